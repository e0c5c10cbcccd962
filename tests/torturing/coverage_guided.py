"""Fuzzes what is read, guided by coverage: ``python -m tests.torturing.coverage_guided KIND [-runs=N]``; needs atheris.

The kinds are those of ``fuzzing.targets``, such as YAML, CSV, NPZ and channel; ``every`` is one after another. Any
exception but an error of ours, more than 5 s for an input, and more than 1 GiB (256 MiB for settings) end it with the
input, which atheris also writes to a file ``crash-…``.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bpcli"]):
    from bpcli.common.errors import BpcliError
    from tests.torturing.fuzzing import SETTINGS, targets

from tests.torturing.running import PATIENCE, SCRATCH, SECONDS

MIB, MIB_OF_SETTINGS = 1024, 256
EVERY = "every"


def main() -> int:
    """Fuzz one kind, or one after another; 1 if any of them ended badly."""
    name, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        kinds = targets(Path(folder))
        if name not in (*kinds, EVERY):
            sys.exit(f"{name}: the kinds are {', '.join(kinds)}, or {EVERY} for each of them")
        bad = 0
        for each in kinds if name == EVERY else (name,):
            print(f"== {each}", file=sys.stderr, flush=True)  # noqa: T201
            pid = os.fork()  # atheris ends its process
            if pid == 0:
                _fuzz(Path(folder), each, *kinds[each], options)
            bad |= os.waitpid(pid, 0)[1]
        return 1 if bad else 0


def _fuzz(
    folder: Path, name: str, seeds: list[bytes], read: Callable[[bytes], object], options: list[str]
) -> None:
    corpus = Path(tempfile.mkdtemp(dir=folder))
    for number, content in enumerate(seeds):
        (corpus / str(number)).write_bytes(content)

    def one(content: bytes) -> None:
        start = time.process_time()
        try:
            read(content)
        except BpcliError as error:
            if not all(map(str.isprintable, error.lines)):
                raise ValueError("not printable") from error
        if time.process_time() - start > SECONDS:
            raise TimeoutError

    most = MIB_OF_SETTINGS if name in SETTINGS else MIB
    limits = [f"-timeout={PATIENCE * SECONDS:.0f}", f"-rss_limit_mb={most}", "-runs=20000", "-max_len=20000"]
    atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
