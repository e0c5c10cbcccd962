"""Run the program in the test's own process, in a folder of its own."""

import functools
import signal
import sys
from dataclasses import dataclass

import pytest
import typer

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

    def run(*arguments, columns=100):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["bpcli", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.main()
        streams = capsys.readouterr()
        return Outcome(ended.value.code, streams.out, streams.err)

    return run


@pytest.fixture(scope="session", autouse=True)
def commands_built_once():
    """Let Typer read the signatures of the commands once, and not for each of a thousand calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture
def default_signals():
    """Let what is started here take SIGINT, which a job in the background inherits as ignored, and SIGTERM."""
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    previous = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    yield
    for each, handler in previous.items():
        signal.signal(each, handler)
