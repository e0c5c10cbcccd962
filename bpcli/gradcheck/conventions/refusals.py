"""Why a submission cannot be used: the one form that this room raises, and what any other exception of its means."""

import errno
import traceback
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

LONGEST = 300  # characters of an exception's text: NumPy may print a whole array
DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
OUT_OF_MEMORY = (
    "cannot allocate memory",
    "failed to map segment",
    "bad_alloc",
    "resource_exhausted",
    "start new thread",
)


class RefusedError(Exception):
    """The submission cannot be used: a ``Failure``'s kind, and what its message says after the place."""

    def __init__(self, kind: str, message: str, at: str = "") -> None:
        super().__init__(message)
        self.kind, self.at = kind, at


def explain(error: BaseException, path: Path, temporary: Path, *, loading: bool) -> tuple[str, str]:
    """Return the kind of a failure, and one line: where, what, and what to do; ``temporary`` is where its folder is."""
    at, what = where(error, path), f"{type(error).__name__}: {shortened(error)}".removesuffix(": ")
    if isinstance(error, RefusedError):
        return error.kind, f"{error.at or path.name}: {error}"
    if isinstance(error, SystemExit):
        return "exit", f"{at}: it ends Python ({what}); take that out, gradients must return"
    if isinstance(error, MemoryError) or any(words in what.lower() for words in OUT_OF_MEMORY):
        return (
            "memory limit",
            f"{at}: it needs more memory than it may have ({what}); look for what grows here, or allow more with "
            "--memory-limit MIB, 0 for no limit",
        )
    code = errno_of(error)
    if code == errno.EFBIG and resource is not None:
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[0] >> 20
        return "file limit", f"{at}: it wrote a file larger than {most} MiB; gradients need not write any"
    if code in DISK_FULL:
        return "machine failure", f"{at}: {what}: the disk is full; free space in {temporary}, then try again"
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
    places = [(frame.f_code.co_filename, line) for frame, line in frames]
    lines = [(name, line) for name, line in places if name.startswith(str(path))]
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(str(path)):
        lines.append((str(error.filename), error.lineno or 1))
    return f"{Path(lines[-1][0]).name}:{lines[-1][1]}" if lines else path.name


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
