"""Find out how a program wants its arguments and gives its gradients: call it in every likely way, and keep what fits.

It is called at a small example whose sizes are all different, so that whatever is the wrong way round fails or has the
wrong shape. A program that works at no sizes but those of the real example is tried there.
"""

import errno
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import errstate, isfinite

from .arguments import Point, value_of
from .flat import orders
from .names import Names, Role
from .reading import PACKED, Choices, Layers, Reading
from .refusals import RefusedError
from .results import Plan, Tensors, plain_result, plans
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
class Fit:
    """A reading of the arguments with a plan for the result."""

    reading: Reading
    plan: Plan

    def describe(self) -> str:
        """Say it in a line."""
        said = f", {self.plan.said}" if self.plan.said else ""
        return self.reading.describe() + said


@dataclass(frozen=True)
class Program:
    """A target with the role of each of its arguments.

    Attributes:
        target: what is called.
        roles: by the name of the argument.
        depth: the number of layers.
    """

    target: Target
    roles: dict[str, Role]
    depth: int

    def returned(self, reading: Reading, point: Point, layers: Layers, *, writable: bool = True) -> Any:
        """Call it; whatever it raises passes.

        Raises:
            RefusedError: it changed an argument.
        """
        given = {name: value_of(role, reading, point, layers) for name, role in self.roles.items()}
        arrays = list(_arrays(given))
        before = [(array, array.tobytes()) for _, array in arrays]
        for _, array in arrays:
            array.setflags(write=writable)
        returned = plain_result(self.target.run(given))
        changed = [
            name for (name, _), (array, old) in zip(arrays, before, strict=True) if array.tobytes() != old
        ]
        if changed and writable:
            raise ChangedError(list(dict.fromkeys(changed)), reading)
        return returned


class ChangedError(Exception):
    """A program wrote into these arguments, when it was called in this way."""

    def __init__(self, names: list[str], reading: Reading) -> None:
        super().__init__(" and ".join(names))
        self.names, self.reading = names, reading


def _arrays(given: Any, name: str = "") -> Any:
    """Every array among the arguments, with the name of its argument."""
    if isinstance(given, np.ndarray):
        yield name, given
    elif isinstance(given, dict):
        for key, value in given.items():
            yield from _arrays(value, name or key)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _arrays(value, name)


def understand(target: Target, layers: Layers) -> Program:
    """Give each argument its role: by its name, or, where all data or weights are called otherwise, by its place.

    Args:
        target: what is called.
        layers: of the network.

    Raises:
        RefusedError: an argument stays unknown, or this network has nothing to give for it.
    """
    depth, has_biases = len(layers), layers[0][1] is not None
    optional = target.optional
    parameters = [name for layer in layers for name in layer[:2] if name]
    can = ", ".join(["X", "Y", "x", "y", *parameters, "learning_rate", "weight_decay"])
    names = Names(target.names, depth)
    roles = {name: role for name in target.names if (role := names.role(name))}
    for name, role in roles.copy().items():
        twice = any(other == role for n, other in roles.items() if n != name) and role.kind in {"x", "y"}
        if name in optional and (
            role.kind in {"samples", "size", "sizes", "output", "cache", "pre", "out"} or twice
        ):
            del roles[name]  # nothing that a default would not do
        elif role.kind == "bias" and not has_biases:
            if name not in optional:
                raise RefusedError(
                    "unknown parameter",
                    f"{target.name} asks for {name}, but this network has no biases; give --set model.bias=true",
                )
            del roles[name]
        elif role.kind in {"matrix", "bias"} and role.place >= depth:
            del roles[name]
    unknown = [name for name in target.names if name not in roles and name not in optional]
    if unknown:
        kinds = {role.kind for role in roles.values()}
        packed = kinds & {"parameters", "vector", "matrices", "self"}
        missing = [Role(kind) for kind in ("x", "y") if kind not in kinds]
        if not packed:
            missing += [Role("matrix", i) for i in range(depth) if Role("matrix", i) not in roles.values()]
            if has_biases:
                missing += [Role("bias", i) for i in range(depth) if Role("bias", i) not in roles.values()]
        if len(unknown) not in {len(missing), len(missing) - depth} or not missing:
            raise RefusedError(
                "unknown parameter",
                f"{target.name} asks for {', '.join(unknown)}, which this network does not have; choose from {can}, "
                "or give it a default",
            )
        roles |= dict(zip(unknown, missing, strict=False))
    for name in target.forward:
        if (role := names.role(name)) and name not in roles and role.kind in {"x", "y"}:
            roles[name] = role
    if not {"x", "y"} & {role.kind for role in roles.values()}:
        raise RefusedError(
            "unknown parameter",
            f"{target.name} asks for no data; take x, y (one sample at a time) or X, Y (the whole batch)",
        )
    return Program(
        target, {name: roles[name] for name in [*target.names, *target.forward] if name in roles}, depth
    )


def choices(
    program: Program, point: Point, layers: Layers, layout: str | None, weights: str | None
) -> Choices:
    """What is possible for this program at this example, the more usual first."""
    kinds = {role.kind for role in program.roles.values()}
    names = {role.kind: name for name, role in program.roles.items()}
    batch: tuple[str, ...] = (layout,) if layout else ("rows", "columns")
    single: tuple[str, ...] = ("point", "point column")
    preferred: tuple[str, ...]
    other: tuple[str, ...]
    x, y = names.get("x", ""), names.get("y", "")
    point_wise = x in {"x", "xi", "x_i"} or (not x and y == "y")
    if point_wise and y not in {"Y"}:
        preferred, other = single, batch
    elif "X" in {x[:1], y[:1]} or "Y" in {x[:1], y[:1]} or x.startswith(("X", "x_", "A0")):
        preferred, other = batch, single
    else:
        preferred, other = (*single[:1], *batch, *single[1:]), ()
    has_biases = layers[0][1] is not None
    takes_biases = bool(kinds & {"bias", "biases"})
    forms: tuple[str, ...] = ("none",)
    if has_biases:
        forms = ("vector", "column", "row")
        if not takes_biases:
            forms = ("first", "last", "none") if kinds & {"matrix", "matrices"} else (*forms, "first", "last")
    outputs = point["Y"].shape[1]
    targets: tuple[str, ...] = ("matrix",)
    if outputs == 1:
        targets = ("matrix", "vector")
    elif np.isin(point["Y"], (0, 1)).all() and (point["Y"].sum(axis=1) == 1).all():
        targets = ("matrix", "labels")
    packed: tuple[str, ...] = ("",)
    if "parameters" in kinds:
        packed = PACKED
    if "vector" in kinds:
        packed, forms = orders(layers), ("vector" if has_biases else "none",)
    ways = {"out-in": (False,), "in-out": (True,)}.get(weights or "", (False, True))
    alone = (False, True) if outputs == 1 and not kinds & {"vector"} else (False,)
    return Choices(preferred, other, ways, forms, targets, alone, packed, len(layers))


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
    """A call that did not work, and how far it came."""

    error: BaseException
    line: int


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
        """What went wrong in the call that came furthest; that an unlikely reading gave nonsense says little."""
        first, *others = self.failed
        likely = [failed for failed in others if getattr(failed.error, "kind", "") != "wrong return"]
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
            self.failed.append(_Failed(error, self._line(error)))
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


def single(point: Point, sample: int) -> Point:
    """The same point with one of its samples."""
    kept = slice(sample, sample + 1)
    return {n: v[kept] if n in {"X", "Y"} or n.startswith(("pre_", "out_")) else v for n, v in point.items()}


def answer(program: Program, fit: Fit, point: Point, layers: Layers) -> Tensors:
    """The gradients at a point; the mean over the samples of what a function of one sample returns.

    Beside them stand the quantities of the forward pass that were returned too, as "~out_1".
    """
    reading = fit.reading
    average = Mean()
    for sample in range(len(point["X"])) if reading.per_point else [None]:
        here = point if sample is None else single(point, sample)
        returned = program.returned(reading, here, layers)
        found = fit.plan.follow(returned, layers, reading.turned)
        besides = fit.plan.besides(returned, reading.data)
        average.add(found | {f"~{name}": tensor for name, tensor in besides.items()})
    return average.value() if reading.per_point else average.sums


class Mean:
    """The mean over the calls, summed in float64, so that it adds no error of ours to a float32 answer.

    Summed as they come: all of them at once would count against the submission's memory.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.sums: Tensors = {}
        self.precisions: Tensors = {}

    def add(self, tensors: Tensors) -> None:
        """Add what one call returned; a bias that a call leaves out is left out altogether."""
        wide = {name: t.astype("float64") if t.dtype.itemsize < 8 else t for name, t in tensors.items()}
        self.calls += 1
        if self.calls == 1:
            self.sums, self.precisions = tensors, {name: tensor.dtype for name, tensor in tensors.items()}
            return
        self.sums = {name: total for name, total in self.sums.items() if name in wide}
        for name, so_far in self.sums.items():
            if wide[name].shape != so_far.shape:
                raise RefusedError(
                    "wrong shapes",
                    f"the gradient for {name} has shape {so_far.shape} at one point "
                    f"and {wide[name].shape} at another",
                )
            with errstate(all="ignore"):  # what is not finite is found, and named, at the other end
                self.sums[name] = so_far + wide[name]

    def value(self) -> Tensors:
        """The mean of each tensor, in the precision in which it was returned."""
        with errstate(all="ignore"):
            return {name: (t / self.calls).astype(self.precisions[name]) for name, t in self.sums.items()}


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
