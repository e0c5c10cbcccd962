"""What a submission may touch where bubblewrap is installed: its own folder, and the rest of the system to read.

Bubblewrap starts a program in namespaces of its own: no network, no other processes to be seen, a system that cannot be
written to, and empty folders for temporary files. Without it a submission may do whatever its user may.
"""

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from bpcli.common.errors import UsageError

Sandbox = Literal["auto", "none", "bubblewrap"]
Used = Literal["none", "bubblewrap"]
PROGRAM = "bwrap"
_PROBE_SECONDS = 20.0


def chosen(wanted: Sandbox) -> Used:
    """Return the sandbox to use: with "auto" bubblewrap where it works.

    Raises:
        UsageError: if bubblewrap is asked for and does not work here.
    """
    if wanted == "none":
        return "none"
    fault = _fault()
    if fault and wanted == "bubblewrap":
        raise UsageError(
            f"--sandbox bubblewrap: {fault}; install the package bubblewrap, or use --sandbox none"
        )
    return "none" if fault else "bubblewrap"


@cache
def _fault() -> str | None:
    """Why bubblewrap cannot be used, or None: containers often do not allow it."""
    if not shutil.which(PROGRAM):
        return f"there is no program {PROGRAM}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            probe = subprocess.run(
                [*command(Path(folder), Path(folder) / "x.py"), sys.executable, "-c", "import numpy"],
                capture_output=True,
                timeout=_PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{PROGRAM} does not work here: {error}"
    said = probe.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"{PROGRAM} does not work here: {said[-1] if said else 'it fails'}" if probe.returncode else None


def command(folder: Path, submission: Path) -> list[str]:
    """Return the beginning of a command line that runs the rest of it in the sandbox.

    Args:
        folder: what the submission may write to.
        submission: the file, with whose neighbours it may be read.
    """
    hidden = [Path("/tmp"), Path("/var/tmp"), Path("/run"), Path("/dev/shm"), Path(tempfile.gettempdir())]
    hidden = list(dict.fromkeys(place for place in hidden if place.is_dir()))
    folder, neighbours = folder.absolute(), submission.parent.absolute()
    if any(place.is_relative_to(neighbours) for place in hidden):
        neighbours = submission
    readable = [
        *map(Path, (sys.prefix, sys.base_prefix, *sys.path)),
        Path(__file__).parent,
        Path(np.__file__).parent.parent,
        neighbours,
    ]
    shown = [
        place
        for place in dict.fromkeys(readable)
        if place.exists() and any(place.is_relative_to(under) and place != under for under in hidden)
    ]
    return [
        PROGRAM, "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev",
        "--proc", "/proc",
        *(word for place in hidden if place != Path("/dev/shm") for word in ("--tmpfs", str(place))),
        *(word for place in shown for word in ("--ro-bind", str(place), str(place))),
        "--bind", str(folder), str(folder), "--chdir", str(folder),
    ]  # fmt: skip
