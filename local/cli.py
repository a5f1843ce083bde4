"""The verbs of the local stack, run inside its environment."""

import sys


def main(arguments: list[str]) -> int:
    """Run one verb; return the exit status."""
    print("not there yet:", arguments)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
