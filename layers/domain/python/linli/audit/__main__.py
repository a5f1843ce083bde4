"""
`python -m linli.audit`: the audits on live tables, named by `TABLE_*` of the environment.

Exits with 1 if a guarantee is violated, with 2 if something could not be settled while writes
were running.
"""

import os
import sys

from linli.audit.run import run
from linli.kernel.settings import settings_from_environment

_MOST_SHOWN = 20


def main() -> int:
    """Print the verdicts; answers the exit code."""
    settings = settings_from_environment()
    verdicts = run(settings.points_a_day)
    for each in verdicts:
        sys.stdout.write(
            f"{each.guarantee}  {each.verdict:10}  {each.checked:>7} checked  "
            f"{each.title_en} / {each.title_zh}\n"
        )
        if each.note_en:
            sys.stdout.write(f"    note  {each.note_en} / {each.note_zh}\n")
        for kind, found in (("VIOLATED", each.violations), ("unsettled", each.unsettled)):
            for suspicion in found[:_MOST_SHOWN]:
                sys.stdout.write(f"    {kind}  {suspicion.key}: {suspicion.what}\n")
            if len(found) > _MOST_SHOWN:
                sys.stdout.write(f"    … and {len(found) - _MOST_SHOWN} more\n")
    states = {each.verdict for each in verdicts}
    return 1 if "violated" in states else 2 if "unsettled" in states else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
