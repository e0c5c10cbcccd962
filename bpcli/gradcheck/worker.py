"""The program inside a submission's own process: it calls what computes gradients and sends what came back.

Run by its path, with the standard library, NumPy and the room ``conventions`` alone, so that a process costs no more
than importing NumPy. It reads its request and the points from its standard input, and sends a message for each point to
its standard output; ``runner.py`` is at the other end, and ``answer.py`` says what a message is. Pipes, and not files,
so that a full disk costs nobody an answer. The submission gets an empty input and prints to standard error.
"""

import dataclasses
import faulthandler
import importlib.util
import io
import json
import os
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import numpy as np

try:
    import resource
except ImportError:  # Windows has no such limits; the wall clock remains
    resource = None  # type: ignore[assignment]

Tensors = dict[str, Any]
NUMPY = dict(vars(np))
LONGEST_MESSAGE = 2000
TEMPORARY = Path.cwd().parent  # bpcli gave this process a folder of its own in there


def conventions() -> Any:
    """Load the room of that name by its path, under a name that no submission imports."""
    folder = Path(__file__).with_name("conventions")
    spec = importlib.util.spec_from_file_location(
        "_bpcli_conventions", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = package
    spec.loader.exec_module(package)
    names = ("answering", "importing", "program", "refusals", "target", "trying")
    return SimpleNamespace(**{name: importlib.import_module(f"_bpcli_conventions.{name}") for name in names})


ROOM = conventions()
RefusedError = ROOM.refusals.RefusedError


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
    sys.meta_path.append(ROOM.importing.NoPictures())  # at the end: what is installed is found before
    faulthandler.enable(answers)  # what it writes follows the answers, since the process ends with it
    # BLAS takes its buffers now, and not from the submission's memory.
    _ = np.ones((128, 128)) @ np.ones((128, 128))
    points = [loaded(content) for content in archives]
    submission = Submission(path, request)
    answers.write(b".")  # from now on it is the submission's time
    answers.flush()
    for number in range(1, len(points)):
        faulthandler.dump_traceback_later(request["time_limit"], exit=True, file=answers)
        limit(request)
        tensors: Tensors = {}
        try:
            if number == 1:
                submission.understand(points[0], points[1])
                answers.write(b".")
                answers.flush()
                faulthandler.dump_traceback_later(request["time_limit"], exit=True, file=answers)
            report, tensors = submission.answer(points[number])
        except BaseException as error:  # SystemExit too: whatever a submission raises is its result
            lift_memory_limit()
            kind, message = ROOM.refusals.explain(error, path, TEMPORARY, loading=submission.module is None)
            report = {"kind": kind, "message": ROOM.refusals.one_line(message, LONGEST_MESSAGE)}
        if os.getpid() != process:
            break  # a fork that the submission made came back here as well: only one of them answers
        send(answers, request["token"], report, tensors)
        if "kind" in report:
            break
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(0)  # threads that a submission left running would keep an ordinary exit waiting


def loaded(content: bytes) -> Tensors:
    """The arrays of an archive; a number is a number."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name][()] for name in archive.files}


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


def limit(request: dict[str, Any]) -> None:
    """Bound files, processes, processor time, and the address space above what Python and NumPy already take.

    Processor time is bounded for whatever outlives the process. Without ``/proc``, memory and processes stay unbounded:
    what is already there is unknown. Python ignores SIGXFSZ, so that writing too much raises an OSError.
    """
    if resource is None:
        return
    lower(resource.RLIMIT_FSIZE, request["file_limit"])
    lower(resource.RLIMIT_CORE, 0)
    with suppress(OSError, ValueError):
        resource.setrlimit(
            resource.RLIMIT_CPU, (request["cpu_limit"], resource.getrlimit(resource.RLIMIT_CPU)[1])
        )
        lower(resource.RLIMIT_NPROC, running_threads() + request["process_limit"])
        if not request["memory_limit"]:
            return
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(
            resource.RLIMIT_AS, (pages * resource.getpagesize() + request["memory_limit"], hard)
        )


def lower(kind: int, most: int) -> None:
    """Set a limit for good, unless there is a lower one."""
    with suppress(OSError, ValueError):
        before = resource.getrlimit(kind)[0]
        most = most if before == resource.RLIM_INFINITY else min(most, before)
        resource.setrlimit(kind, (most, most))


def running_threads() -> int:
    """How many threads the user has, since the system counts all of them against the limit for one process."""
    count = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and process.stat().st_uid == os.getuid():
                count += len(list((process / "task").iterdir()))
    return count


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


class Submission:
    """A file, what it defines, and how it is read."""

    def __init__(self, path: Path, request: dict[str, Any]) -> None:
        self.path, self.request = path, request
        self.module: dict[str, Any] | None = None
        self.layers = tuple(map(tuple, request["layers"]))
        self.fits: list[Any] = []
        self.changed_numpy: dict[str, None] = {}

    def guarded(self, run: Any) -> Any:
        """Mend NumPy after each call, and let a fork end where it returns: only one process goes on."""
        process = os.getpid()

        def mended(given: Tensors) -> Any:
            try:
                return run(given)
            finally:
                if os.getpid() != process:
                    os._exit(0)
                self.changed_numpy |= dict.fromkeys(restore_numpy())

        return mended

    def understand(self, trial: Tensors, example: Tensors) -> None:
        """Import the file, find what to call, and find out how by calling it."""
        self.module = ROOM.importing.load(self.path, len(self.layers), self.request["function"])
        self.changed_numpy |= dict.fromkeys(restore_numpy())
        target = ROOM.target.find(self.module, len(self.layers), self.request["function"])
        trying = ROOM.trying
        request = self.request
        hints = trying.Hints(request["layout"], request["weights"], str(self.path), request["time_limit"])
        trial_layers = tuple(map(tuple, request["trial_layers"]))
        target = dataclasses.replace(target, run=self.guarded(target.run))
        try:
            self.program, self.fits = trying.fits_of(
                target, (trial, trial_layers), (example, self.layers), hints
            )
        except RefusedError as error:
            if error.kind == "unknown parameter" and target.line:
                error.at = f"{self.path.name}:{target.line}"
            raise
        except ROOM.program.ChangedError as error:
            self.program = ROOM.program.understand(target, self.layers)
            self.refuse_change(error, example)

    def refuse_change(self, error: Any, example: Tensors) -> None:
        """Once more, with arrays that cannot be written to: then NumPy itself points at the line."""
        at = self.path.name
        try:
            first = ROOM.answering.single(example, 0) if error.reading.per_point else example
            self.program.returned(error.reading, first, self.layers, writable=False)
        except Exception as raised:
            at = ROOM.refusals.where(raised, self.path)
        raise RefusedError(
            "changed argument",
            f"{self.program.target.name} changes {' and '.join(error.names)} in place; it must only return the "
            f"gradients, so work on {error.names[0]}.copy() or leave the update out",
            at,
        )

    def answer(self, point: Tensors) -> tuple[dict[str, Any], Tensors]:
        """The gradients at one point in every reading that fits; a reading that fails later is dropped."""
        tensors: Tensors = {}
        readings: list[str] = []
        for number, fit in enumerate(self.fits):
            try:
                found = ROOM.answering.answer(self.program, fit, point, self.layers)
            except ROOM.program.ChangedError as error:
                self.refuse_change(error, point)
                raise
            except Exception:
                if number == 0:
                    raise
                continue
            tensors |= {f"{len(readings)} {name}": tensor for name, tensor in found.items()}
            readings.append(fit.describe())
        roles = {role.kind for role in self.program.roles.values()}
        target = self.program.target
        notes = [] if target.name == "gradients" else [f"checked: {target.name}"]
        if self.changed_numpy:
            notes.append(f"it changes NumPy itself: {', '.join(list(self.changed_numpy)[:5])}")
        if threads := threading.active_count() - 1:
            notes.append(f"it leaves threads running ({threads}), which were stopped")
        return {"readings": readings, "wants_decay": "decay" in roles, "notes": notes}, tensors


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        traceback.print_exc()
    finally:  # a submission may have taken away what answers are sent by; an ordinary exit could hang for ever
        os._exit(1)
