"""SIGINT and SIGTERM as a question that a loop can ask, or as an exception, so that nothing is left half done."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Remembers the first signal; a second one ends the process at once, as it would have without this."""

    def __init__(self) -> None:
        self.received: int | None = None

    def __call__(self) -> bool:
        """Whether a signal has come."""
        return self.received is not None

    def exit_code(self) -> int:
        """128 + the signal's number: 130 after SIGINT, 143 after SIGTERM."""
        return 128 + (self.received or 0)


@contextmanager
def listening() -> Iterator[Interrupts]:
    """Take SIGINT and SIGTERM as requests to stop, until the block ends."""
    interrupts = Interrupts()
    previous: dict[signal.Signals, signal.Handlers | Callable[..., object] | int | None] = {}

    def receive(number: int, _frame: FrameType | None) -> None:
        interrupts.received = number
        for each, handler in previous.items():
            signal.signal(each, handler)

    for each in (signal.SIGINT, signal.SIGTERM):
        # Whoever started us may have switched a signal off, as a shell does for what runs in the background.
        if signal.getsignal(each) is not signal.SIG_IGN:
            previous[each] = signal.signal(each, receive)
    try:
        yield interrupts
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


@contextmanager
def ending() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave the block by an exception, as SIGINT does, so that it ends what it has started."""
    previous: dict[signal.Signals, signal.Handlers | Callable[..., object] | int | None] = {}

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for each in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(each) is signal.SIG_DFL:  # nohup has switched SIGHUP off
            previous[each] = signal.signal(each, leave)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
