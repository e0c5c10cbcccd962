"""Where a value was written and what is wrong with it, collected so that one run reports every error."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from bpcli.common.errors import ConfigError
from bpcli.common.text import LONGEST, printable

_LONGEST_OVERRIDE = 100

KeyPath = tuple[str | int, ...]


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as it is written after ``--set``, with ``[i]`` for the items of a list."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{printable(part, LONGEST)}" for part in path]
    return "".join(parts).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: in a file, on the command line or in the environment.

    Attributes:
        text: The file, or the override as it was typed.
        origin: The short form, such as ``xor.yaml:12`` or ``--set``.
        order: Sort key: defaults, the file from top to bottom, then the layers of higher precedence in turn.
        line: Counted from 1; None outside a file.
        column: Counted from 1; None outside a file.
    """

    text: str
    origin: str
    order: tuple[int, int, int]
    line: int | None = None
    column: int | None = None

    @classmethod
    def default(cls) -> "Place":
        """Return the place of a value that is not set anywhere."""
        return cls("default", "default", (0, 0, 0))

    @classmethod
    def in_file(cls, file: str, line: int, column: int) -> "Place":
        """Return a line and a column of a file, both counted from 1."""
        return cls(file, f"{printable(PurePath(file).name)}:{line}", (1, line, column), line, column)

    @classmethod
    def in_override(cls, text: str, origin: str, layer: int, position: int) -> "Place":
        """Return an override as it was typed; ``layer`` is 2 or more, and higher for higher precedence."""
        return cls(printable(text, _LONGEST_OVERRIDE), origin, (layer, position, 0))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration.

    Attributes:
        file: A file or, where line and column are None, the override as it was typed.
        line: Counted from 1.
        column: Counted from 1.
        key: The dotted key; empty where the text cannot be read as keys and values.
        message: What is wrong and what to write.
    """

    file: str
    line: int | None
    column: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = ":".join(
            str(part) for part in (printable(self.file), self.line, self.column) if part is not None
        )
        return ": ".join(part for part in (place, self.key, self.message) if part)


class ConfigProblems(ConfigError):
    """Every problem of a configuration, one line each (exit 2)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def lines(self) -> Sequence[str]:
        """A line for each problem."""
        return [printable(str(problem)) for problem in self.problems]


class Collector:
    """Collects problems while reading continues, and records which keys have an invalid value."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[int, int, int], Problem]] = []
        self._invalid: set[KeyPath] = set()

    def copy(self) -> "Collector":
        """Return a collector with the problems so far, to which others can be added."""
        twin = Collector()
        twin._found, twin._invalid = [*self._found], {*self._invalid}
        return twin

    def add(self, place: Place, path: Sequence[str | int], message: str, *, invalidates: bool = True) -> None:
        """Record a problem at ``place`` with the key ``path``.

        ``invalidates`` says that the value of the key is unknown, so that no further check can use it.
        """
        problem = Problem(place.text, place.line, place.column, dotted(path), message)
        self._found.append((place.order, problem))
        if invalidates:
            self._invalid.add(tuple(path))

    def is_invalid(self, path: KeyPath) -> bool:
        """Return whether the value of ``path``, of a key below it or of a mapping around it is invalid."""
        return any(path[: len(invalid)] == invalid[: len(path)] for invalid in self._invalid)

    def raise_if_any(self) -> None:
        """Raise the problems found so far.

        Raises:
            ConfigProblems: Every problem, in the order of their places.
        """
        if self._found:
            raise ConfigProblems(problem for _, problem in sorted(self._found, key=lambda found: found[0]))
