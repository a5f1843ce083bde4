#!/bin/sh
# Finds a Python of 3.11 or newer and hands the verb to local/linli.py with it. Written in sh,
# because on a new machine Python itself may be what is missing.
here=$(dirname "$0")
for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$candidate" "$here/linli.py" "$@"
    fi
    if [ "$candidate" = "${PYTHON:-}" ]; then
        echo "PYTHON=$PYTHON is not a working Python of 3.11 or newer." >&2
        echo "Point PYTHON at one (make $1 PYTHON=/path/to/python3.12) or leave it unset." >&2
        exit 3
    fi
done
cat >&2 <<'MESSAGE'
Linli needs Python 3.11 or newer, and none was found (python3.13, python3.12, python3.11, python3).
  Debian, Ubuntu:  sudo apt-get install python3 python3-venv
  macOS:           brew install python@3.12
  elsewhere:       pyenv install 3.12, or your system's package
Already have one?  make run PYTHON=/path/to/python3.12
没有找到 Python 3.11 或更新的版本。请先安装,或用 PYTHON=/路径/python3.12 指定。
MESSAGE
exit 3
