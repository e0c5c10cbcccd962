"""``python -m bpcli`` is the same program as ``bpcli``."""

from bpcli.cli.app import main

if __name__ == "__main__":
    main()
