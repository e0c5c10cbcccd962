"""Find out how a program wants its arguments and gives its gradients: call it in every likely way, and keep what fits.

It is called at a small example whose sizes are all different, so that whatever is the wrong way round fails or has the
wrong shape. A program that works at no sizes but those of the real example is tried there.
"""

import errno
import time
from dataclasses import dataclass

from numpy import errstate, isfinite  # under names of our own, because a submission may take NumPy's away

from .answering import Fit, answer, single
from .arguments import Point
from .program import ChangedError, Program, choices, understand
from .reading import Choices, Layers, Reading
from .refusals import RefusedError
from .results import Tensors, plans
from .target import Target

MOST = 6  # readings that are kept
SAME = 1e-9  # relative: two readings that differ by no more are the same
ENOUGH = 0.25  # of the time limit: then what fits so far is taken
TOO_LONG = 0.8  # of the time limit: then nothing more is tried
# No other way of calling would help.
FINAL = (
    MemoryError,
    NameError,
    ImportError,
    SyntaxError,
    RecursionError,
    EOFError,
    SystemExit,
    KeyboardInterrupt,
)


@dataclass(frozen=True)
class Hints:
    """What is known beforehand.

    Attributes:
        layout: "rows" or "columns" of X and Y; None to find out.
        weights: "out-in" or "in-out"; None to find out.
        path: how the names of the files begin that a call passes through.
        seconds: the time limit, of which a quarter is spent on looking for a second reading.
    """

    layout: str | None
    weights: str | None
    path: str
    seconds: float


Sized = tuple[Point, Layers]  # a point, with the names and sizes of its parameters


def fits_of(target: Target, trial: Sized, example: Sized, hints: Hints) -> tuple[Program, list[Fit]]:
    """Find out how a program is to be read; at least one reading, the likeliest first.

    Raises:
        RefusedError: it asks for what nobody knows, or returns nothing that could be a gradient.
        ChangedError: it writes into its arguments.
        Exception: what it raised in the call that came furthest.
    """
    program = understand(target, example[1])
    options = choices(program, *example, hints.layout, hints.weights)
    trials = Trials(program, options, hints.path, hints.seconds)
    fits = trials.fits(*trial)
    if not fits and (parts := trials.best_part()) and not parts[0].plan.unfitting:
        fits = parts
    if not fits:
        trials.failed.clear()
        fits = trials.fits(*example) or trials.best_part()
    if not fits:
        raise trials.error()
    return program, fits


@dataclass
class _Failed:
    """A call that did not work, how far it came, and how the samples were laid out."""

    error: BaseException
    line: int
    data: str


class Trials:
    """The calls that are made to find out."""

    def __init__(self, program: Program, options: Choices, path: str, seconds: float) -> None:
        self.program, self.options, self.path = program, options, path
        started = time.monotonic()
        self.enough, self.too_long = started + ENOUGH * seconds, started + TOO_LONG * seconds
        self.failed: list[_Failed] = []
        self.partial: list[Fit] = []

    def fits(self, point: Point, layers: Layers) -> list[Fit]:
        """The readings in which everything fits, of the first group in which there are any."""
        self.partial = []
        for group in self.options.groups():
            found: list[tuple[Fit, Tensors]] = []
            for reading in group:
                for fit, tensors in self._try(reading, point, layers):
                    if len(found) < MOST and not any(_same(tensors, other) for _, other in found):
                        found.append((fit, tensors))
                now = time.monotonic()
                if now > self.too_long or ((found or self.partial) and now > self.enough):
                    break
            if found:
                return [fit for fit, _ in found]
            if any(_is_settled(failed.error) for failed in self.failed):
                break  # however it is called
        return []

    def best_part(self) -> list[Fit]:
        """The readings in which most fits, if nothing does wholly."""
        if not self.partial:
            return []
        best = max(self.partial, key=lambda fit: fit.plan.fitting - fit.plan.unfitting)
        return [
            fit
            for fit in self.partial
            if fit.reading == best.reading and fit.plan.fitting == best.plan.fitting
        ]

    def error(self) -> BaseException:
        """What went wrong in the call that came furthest; that an unlikely layout gave nonsense says little."""
        first, *others = self.failed
        likely = [
            failed
            for failed in others
            if failed.data == first.data or getattr(failed.error, "kind", "") != "wrong return"
        ]
        return max([first, *likely], key=lambda failed: failed.line).error

    def _try(self, reading: Reading, point: Point, layers: Layers) -> list[tuple[Fit, Tensors]]:
        whole = sum(1 + (layer[1] is not None) for layer in layers)
        out = []
        try:
            with errstate(all="ignore"):
                first = single(point, 0) if reading.per_point else point
                returned = self.program.returned(reading, first, layers)
                for plan in plans(returned, layers, reading.turned):
                    if reading.packed and " " in reading.packed and plan.flat and plan.flat != reading.packed:
                        continue
                    fit = Fit(reading, plan)
                    if plan.fitting < whole:
                        self.partial.append(fit)
                        continue
                    out.append((fit, answer(self.program, fit, point, layers)))
        except FINAL:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
            self.failed.append(_Failed(error, self._line(error), reading.data))
        return out

    def _line(self, error: BaseException) -> int:
        """How far the call came: the line of the file, or beyond all lines if it came back."""
        if isinstance(error, RefusedError | ChangedError):
            return 1 << 30
        line, trace = 0, error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename.startswith(self.path):
                line = max(line, trace.tb_lineno)
            trace = trace.tb_next
        return line


def _is_settled(error: BaseException) -> bool:
    """Whether a program shows that it is no function that returns gradients."""
    return isinstance(error, ChangedError) or (
        isinstance(error, RefusedError) and error.kind in {"missing return", "wrong type"}
    )


def _same(one: Tensors, other: Tensors) -> bool:
    """Whether two readings give the same gradients."""
    one, other = ({n: t for n, t in tensors.items() if n[:1] != "~"} for tensors in (one, other))
    if set(one) != set(other):
        return False
    with errstate(all="ignore"):
        for name, tensor in one.items():
            gap, size = abs(tensor - other[name]).max(), abs(tensor).max()
            if isfinite(gap) and isfinite(size) and gap > SAME * size:
                return False
    return True
