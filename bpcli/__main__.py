"""``python -m bpcli`` is the same program as ``bpcli``."""

import gc
import os
import sys

# Objects more than before, after which Python looks for cycles; loading makes up to 100,000, and they stay.
_GARBAGE = 200_000


def main() -> None:
    """Run the command line. An interruption is quiet, even one that comes while the program is still being loaded."""
    gc.set_threshold(_GARBAGE, 20, 20)
    # Typer checks options by pydantic, which would look through every installed package for plugins to load.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from bpcli.cli.app import main as run  # noqa: PLC0415 - loading takes time in which Ctrl-C must work

        run()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()  # else Python looks through everything that was loaded, several times, before it ends


if __name__ == "__main__":
    main()
