"""The types of single values: bounded numbers, and the few values that can be written in several ways."""

from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError

from bpcli.common.text import did_you_mean, listed
from bpcli.yamltext.quoting import show

GENERATED = ("circles", "moons", "spiral")
BUILT_IN = ("and", "xor", *GENERATED, "digits", "iris")
SUFFIXES = (".csv", ".tsv", ".npz", ".npy")

# Far beyond any training that ends, and small enough for every counter it may be stored in.
_MANY = 10**9

Count = Annotated[int, Field(ge=1, le=_MANY)]
Width = Annotated[int, Field(ge=1, le=10_000)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]


def _refuse(words: str) -> PydanticCustomError:
    # The words travel as context: as the template itself, a brace in them would be a placeholder.
    return PydanticCustomError("words", "{words}", {"words": words})


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _known_source(source: str) -> str:
    name = PurePath(source).name.lower().removesuffix(".gz")
    if source in BUILT_IN or (name.endswith(SUFFIXES) and "\0" not in source):
        return source
    hint = did_you_mean(source, BUILT_IN) or f"the built-in sets are {listed(BUILT_IN)}"
    raise _refuse(
        f"{show(source)} is neither a built-in set nor a path to {listed(SUFFIXES, 'or')} (.gz too); {hint}"
    )


def _a_list(target: object) -> object:
    return [target] if isinstance(target, str) or _is_whole(target) else target


def _column(column: object) -> object:
    if isinstance(column, str) or _is_whole(column):
        return column
    raise _refuse(
        f"{show(column)} is neither a column's name nor its position; write for example label or -1"
    )


def _size_or_full(size: object) -> object:
    if size == "full" or (isinstance(size, int) and _is_whole(size) and 1 <= size <= _MANY):
        return size
    raise _refuse(f"{show(size)} is neither a whole number from 1 to {_MANY} nor full; write for example 32")


Source = Annotated[str, AfterValidator(_known_source)]
Column = Annotated[int | str, BeforeValidator(_column)]
# Lists become tuples, so that a frozen model is frozen all the way down.
Widths = Annotated[tuple[Width, ...], Strict(False), Field(max_length=32)]
Columns = Annotated[
    Annotated[tuple[Column, ...], Strict(False), Field(min_length=1, max_length=1000)] | None,
    BeforeValidator(_a_list),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "integer", "null"]},
                {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1, "maxItems": 1000},
            ]
        }
    ),
]
BatchSize = Annotated[Count | Literal["full"], BeforeValidator(_size_or_full)]
