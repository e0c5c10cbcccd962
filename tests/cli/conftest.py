"""Run the program in the test's own process, in a folder of its own."""

import os
import sys
from dataclasses import dataclass

import pytest

from bpcli.cli import app


@dataclass
class Outcome:
    """What a person sees of a command: its exit code and its two streams."""

    code: int
    out: str
    err: str


@pytest.fixture
def bpcli(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command line in ``tmp_path``, 100 columns wide, as in a pipe."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BPCLI_")]:
        monkeypatch.delenv(name)

    def run(*arguments, columns=100):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["bpcli", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.main()
        streams = capsys.readouterr()
        return Outcome(ended.value.code, streams.out, streams.err)

    return run
