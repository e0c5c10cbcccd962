"""``python -m bpcli`` is the same program as ``bpcli``."""

import sys


def main() -> None:
    """Run the command line. An interruption is quiet, even one that comes while the program is still being loaded."""
    try:
        from bpcli.cli.app import main as run  # noqa: PLC0415 - loading takes time in which Ctrl-C must work

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
