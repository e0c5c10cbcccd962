"""Where something was written and what is wrong with it, gathered so that one run reports every error."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from bpcli.common.errors import ConfigError
from bpcli.common.text import printable
from bpcli.yamltext.quoting import dotted

_OVERRIDE_SHOWN = 100

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written: in a file, on the command line or in the environment.

    ``origin`` is its short form, for a reader who knows which file is meant. Places sort by ``order``:
    defaults, the file from top to bottom, then the stronger layers in turn.
    """

    text: str
    origin: str
    order: tuple[int, int, int]
    line: int | None = None
    column: int | None = None

    @classmethod
    def default(cls) -> "Place":
        """The place of what nobody wrote."""
        return cls("default", "default", (0, 0, 0))

    @classmethod
    def in_file(cls, file: str, line: int, column: int) -> "Place":
        """A line and a column of a file, both counted from 1."""
        return cls(file, f"{printable(PurePath(file).name)}:{line}", (1, line, column), line, column)

    @classmethod
    def in_override(cls, text: str, origin: str, layer: int, position: int) -> "Place":
        """An override as it was typed; ``layer`` is above 1, the file's, and higher for stronger layers."""
        return cls(printable(text, _OVERRIDE_SHOWN), origin, (layer, position, 0))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration.

    ``file`` is a file or, without line and column, the override as it was typed; ``key`` is the dotted key,
    empty where the text cannot be read as keys and values at all.
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
    """Everything that is wrong with a configuration, one line each (exit 2)."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Collector:
    """Gathers problems while reading goes on, and remembers which values are not known for them."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[int, int, int], Problem]] = []
        self._spoilt: set[KeyPath] = set()

    def add(self, place: Place, path: Sequence[str | int], message: str, *, spoils: bool = True) -> None:
        """Notes what is wrong at ``place`` with the key ``path``.

        ``spoils`` says that the value of the key is not known, so that nothing more can be said about it.
        """
        problem = Problem(place.text, place.line, place.column, dotted(path), message)
        self._found.append((place.order, problem))
        if spoils:
            self._spoilt.add(tuple(path))

    def spoilt(self, path: KeyPath) -> bool:
        """Whether the value of ``path``, of something below it or of what holds it is not known."""
        return any(path[: len(spoilt)] == spoilt[: len(path)] for spoilt in self._spoilt)

    def raise_if_any(self) -> None:
        """Ends the reading if anything was found.

        Raises:
            ConfigProblems: Every problem, in the order of their places.
        """
        if self._found:
            raise ConfigProblems(problem for _, problem in sorted(self._found, key=lambda found: found[0]))
