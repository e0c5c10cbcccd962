"""The program inside a submission's own process: it calls ``gradients`` and sends what came back.

Run by its path, with the standard library and NumPy alone, so that a process costs no more than importing NumPy.
It reads its request and the points from its standard input, and sends a message for each point to its standard
output; ``process.py`` is at the other end, and ``answer.py`` says what a message is. Pipes, and not files, so that
a full disk costs nobody an answer. The submission gets an empty input and prints to standard error.
"""

import errno
import faulthandler
import importlib.util
import inspect
import io
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import IO, Any

import numpy as np

# Under names of our own, because a submission may take NumPy's away.
from numpy import array as array_of
from numpy import errstate

try:
    import resource
except ImportError:  # Windows has no such limits; the wall clock remains
    resource = None  # type: ignore[assignment]

Tensors = dict[str, Any]
NUMPY = dict(vars(np))
LONGEST = 300  # characters of an exception's text: NumPy may print a whole array
LONGEST_MESSAGE = 2000
DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
TEMPORARY = Path.cwd().parent  # bpcli gave this process a folder of its own in there


class RefusedError(Exception):
    """The submission cannot be used: a ``Failure``'s kind, and what its message says after the place."""

    def __init__(self, kind: str, message: str, at: str = "") -> None:
        super().__init__(message)
        self.kind, self.at = kind, at


def main() -> None:
    """Answer every point in turn, each within the time limit, and stop at the first failure."""
    requests, answers = take_streams()
    with requests:
        request = json.loads(requests.readline())
        archives = [requests.read(length) for length in request["points"]]
    process = os.getpid()
    path = Path(request["submission"])
    sys.argv = [str(path)]
    sys.path.append(str(path.parent))  # at the end: a neighbour called random.py must not become everybody's
    function = None
    faulthandler.enable(answers)  # what it writes follows the answers, since the process ends with it
    _ = np.ones((128, 128)) @ np.ones(
        (128, 128)
    )  # BLAS takes its buffers now, and not from the submission's memory
    for content in archives:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            point = {name: archive[name][()] for name in archive.files}
        faulthandler.dump_traceback_later(request["time_limit"], exit=True, file=answers)
        limit(request["memory_limit"], request["cpu_limit"], request["file_limit"])
        tensors: Tensors = {}
        try:
            function = function or load(path)
            report, tensors = answer(function, path, point, request["matrices"], request["biases"])
        except BaseException as error:  # SystemExit too: whatever a submission raises is its result
            lift_memory_limit()
            kind, message = explain(error, path, loading=function is None)
            report = {"kind": kind, "message": one_line(message, LONGEST_MESSAGE)}
        if os.getpid() != process:
            break  # a fork that the submission made came back here as well: only one of them answers
        faulthandler.cancel_dump_traceback_later()
        lift_memory_limit()
        restore_numpy()
        send(answers, request["token"], report, tensors)
        if "kind" in report:
            break
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(0)  # threads that a submission left running would keep an ordinary exit waiting


def take_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Take standard input and output away from the submission, and return them."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests, answers


def send(answers: IO[bytes], token: str, report: dict[str, Any], tensors: Tensors) -> None:
    """Send one message; the token tells it from what a submission sends itself."""
    archive = io.BytesIO()
    if tensors:
        np.savez(archive, **tensors)
    text, content = json.dumps(report).encode(), archive.getvalue()
    answers.write(f"{token}{len(text):016}{len(content):016}".encode() + text + content)
    answers.flush()


def limit(memory: int, cpu: int, file: int) -> None:
    """Bound the size of files, the processor time, and the address space above what Python and NumPy already take.

    Processor time is bounded for whatever outlives the process. Without ``/proc``, memory stays unbounded: what is
    already taken is unknown. Python ignores SIGXFSZ, so that writing too much raises an OSError.
    """
    if resource is None:
        return
    with suppress(OSError, ValueError):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        file = file if before == resource.RLIM_INFINITY else min(file, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + memory, hard))


def lift_memory_limit() -> None:
    """Make room to write the report of a submission that has used all its memory up."""
    if resource is not None:
        with suppress(OSError, ValueError):
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def restore_numpy() -> list[str]:
    """Give NumPy back what a submission deleted or replaced in it, and name that."""
    changed = [name for name, value in NUMPY.items() if vars(np).get(name) is not value]
    vars(np).update(NUMPY)
    return changed


def load(path: Path) -> Callable[..., Any]:
    """Import the file, under a name that no neighbour has, and return its ``gradients``."""
    loader = SourceFileLoader(
        "the_submission", str(path)
    )  # given, since only .py in small letters implies it
    spec = importlib.util.spec_from_file_location(loader.name, path, loader=loader)
    assert spec is not None  # it has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    loader.exec_module(module)
    function: Callable[..., Any] | None = vars(module).get("gradients")
    if callable(function):
        return function
    own = [name for name, value in vars(module).items() if inspect.isfunction(value)]
    has = ", ".join(own[:5]) or "no function"
    raise RefusedError("no function", f"there is no function gradients; it defines {has}; define gradients")


def answer(
    function: Callable[..., Any], path: Path, point: Tensors, matrices: list[str], biases: list[str]
) -> tuple[dict[str, Any], Tensors]:
    """Call the function once for the batch, or once for each sample, and take the mean of what it returns."""
    signature = signature_of(function, path, point)
    per_point = not {"x", "y"}.isdisjoint(signature.parameters)
    samples = [{"x": x, "y": y} for x, y in zip(point["x"], point["y"], strict=True)] if per_point else [{}]
    average = Mean()
    for sample in samples:
        average.add(named(call(function, path, signature, point | sample), matrices, biases))
    notes = []
    if changed := restore_numpy():
        notes.append(f"it changes NumPy itself: {', '.join(changed[:5])}")
    if threads := threading.active_count() - 1:
        notes.append(f"it leaves threads running ({threads}), which were stopped")
    report = {
        "per_point": per_point,
        "wants_decay": "weight_decay" in signature.parameters,
        "notes": notes,
    }
    return report, average.value()


def signature_of(function: Callable[..., Any], path: Path, point: Tensors) -> inspect.Signature:
    """Return what the function asks for, all of which can be given to it."""
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
    at = f"{path.name}:{line}" if line else path.name
    can = f"choose from {', '.join(sorted(point))}"
    signature = inspect.signature(function)
    for name, parameter in signature.parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            starred = str(parameter).partition(":")[0]
            raise RefusedError(
                "unknown parameter", f"gradients takes {starred}, but must name what it wants; {can}", at
            )
        if name not in point and parameter.default is parameter.empty:
            raise RefusedError(
                "unknown parameter",
                f"gradients asks for {name}, which this network does not have; {can}, or give it a default",
                at,
            )
    point_wise, batch = ({*pair} & {*signature.parameters} for pair in (("x", "y"), ("X", "Y")))
    if bool(point_wise) == bool(batch):
        asks = f"mixes {', '.join(sorted(point_wise | batch))}" if batch else "asks for no data"
        raise RefusedError(
            "unknown parameter",
            f"gradients {asks}; take x, y (a point at a time) or X, Y (the whole batch)",
            at,
        )
    return signature


def call(function: Callable[..., Any], path: Path, signature: inspect.Signature, values: Tensors) -> Any:
    """Call the function with copies of its own, and see that it left them as they were."""

    def call_with(given: Tensors) -> Any:
        bound = inspect.BoundArguments(signature, given)
        bound.apply_defaults()
        return function(*bound.args, **bound.kwargs)

    given = {name: values[name].copy() for name in signature.parameters if name in values}
    returned = call_with(dict(given))
    changed = [name for name, value in given.items() if value.tobytes() != values[name].tobytes()]
    if not changed:
        return returned
    # Once more, with arrays that cannot be written to: then NumPy itself points at the line.
    given = {name: values[name].copy() for name in given}
    for value in given.values():
        value.setflags(write=False)
    at = path.name
    try:
        call_with(given)
    except Exception as error:
        at = where(error, path)
    raise RefusedError(
        "changed argument",
        f"gradients changes {' and '.join(changed)} in place; it must only return the gradients, so work on "
        f"{changed[0]}.copy() or leave the update out",
        at,
    )


def named(returned: Any, matrices: list[str], biases: list[str]) -> Tensors:
    """Turn a returned tuple or dict into arrays by name; biases may be left out."""
    names = [*matrices, *biases]
    wanted = f"return {', '.join(names)}"
    if returned is None:
        raise RefusedError("missing return", f"gradients returns None; end it with {wanted}")
    if isinstance(returned, dict):
        found = {name: returned.get(name, returned.get(f"grad_{name}")) for name in names}
    else:
        # With one matrix and nothing else to return, a list is that matrix and not a list of tensors.
        several = isinstance(returned, tuple) or (isinstance(returned, list) and len(names) > 1)
        values = list(returned) if several else [returned]
        if len(values) not in {len(matrices), len(names)}:
            what = f"{len(values)} values" if several else f"one {type(returned).__name__}"
            raise RefusedError(
                "wrong return", f"gradients returns {what}; {wanted} in this order, or a dict by these names"
            )
        found = dict(zip(names, values, strict=False))
    absent = [name for name in matrices if found.get(name) is None]
    if absent:
        raise RefusedError("missing return", f"there is no gradient for {' and '.join(absent)}; {wanted}")
    return {name: real_array(name, value) for name, value in found.items() if value is not None}


def real_array(name: str, value: Any) -> Any:
    """Copy what was returned into an array of real numbers: floats as they are, whole numbers as float64.

    A copy, since a function may well return the same buffer for every point.
    """
    try:
        tensor = array_of(value)
    except Exception as error:
        raise RefusedError("wrong type", f"the gradient for {name} is no array: {shortened(error)}") from None
    if tensor.dtype.kind in "biu":
        return tensor.astype("float64")
    if tensor.dtype.kind != "f":
        held = f"{tensor.dtype} ({type(value).__name__})"
        raise RefusedError("wrong type", f"the gradient for {name} holds {held}; return real numbers")
    return tensor


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
            self.sums, self.precisions = wide, {name: tensor.dtype for name, tensor in tensors.items()}
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


def explain(error: BaseException, path: Path, *, loading: bool) -> tuple[str, str]:
    """Return the kind of a failure, and one line: where, what, and what to do."""
    at, what = where(error, path), f"{type(error).__name__}: {shortened(error)}".removesuffix(": ")
    if isinstance(error, RefusedError):
        return error.kind, f"{error.at or path.name}: {error}"
    if isinstance(error, SystemExit):
        return "exit", f"{at}: it ends Python ({what}); take that out, gradients must return"
    if isinstance(error, MemoryError):
        return (
            "memory limit",
            f"{at}: it needs more memory than it may have ({what}); look for what grows here",
        )
    code = errno_of(error)
    if code == errno.EFBIG and resource is not None:
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[0] >> 20
        return "file limit", f"{at}: it wrote a file larger than {most} MiB; gradients need not write any"
    if code in DISK_FULL:
        return "machine failure", f"{at}: {what}: the disk is full; free space in {TEMPORARY}, then try again"
    if isinstance(error, RecursionError):
        return "crash", f"{at}: {what}; a function calls itself without end"
    if isinstance(error, ModuleNotFoundError):
        return "import failed", f"{at}: there is no module {error.name} here; do without it"
    if loading:
        return "import failed", f"{at}: {what}; the file must import without an error"
    return "crash", f"{at}: {what}"


def errno_of(error: BaseException | None) -> int | None:
    """Return the number of the system's error that an exception is, or that it was raised from or during."""
    for _ in range(10):  # a chain may be made endless
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = None if error is None else error.__cause__ or error.__context__
    return None


def where(error: BaseException, path: Path) -> str:
    """Name the last line inside the submission that the error passed through, as file:line."""
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines.append(error.lineno or 1)
    return f"{path.name}:{lines[-1]}" if lines else path.name


def shortened(error: BaseException) -> str:
    """The text of an exception on one line of bounded length."""
    try:
        return one_line(str(error.msg if isinstance(error, SyntaxError) else error), LONGEST)
    except Exception:
        return "its text cannot be printed"


def one_line(text: str, longest: int) -> str:
    """The text on one line of bounded length, with nothing in it that a screen would obey."""
    text = " ".join(text.split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text[: longest + 1])
    return text if len(text) <= longest else f"{text[:longest]} …"


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
    finally:  # a submission may have taken away what answers are sent by; an ordinary exit could hang for ever
        os._exit(1)
