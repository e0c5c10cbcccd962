"""Run the program in the test's own process, in a folder of its own."""

import signal
import sys
from dataclasses import dataclass
from functools import cache

import pytest
from typer import main

from bpcli.cli import app

# Typer builds all commands with all options anew for each line, in 0.1 s.
get_command = cache(main.get_command)


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
    monkeypatch.setattr(main, "get_command", get_command)

    def run(*arguments, columns=100):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["bpcli", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.main()
        streams = capsys.readouterr()
        return Outcome(ended.value.code, streams.out, streams.err)

    return run


@pytest.fixture
def default_signals():
    """Let what is started here take SIGINT, which a job in the background inherits as ignored, and SIGTERM."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    previous = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    yield
    for each, handler in previous.items():
        signal.signal(each, handler)
