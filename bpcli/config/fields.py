"""The types of single values: bounded numbers, and values that can be written in more than one way."""

from math import isfinite
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from bpcli.common.text import did_you_mean, listed
from bpcli.yamltext.scalars import show

GENERATED = ("circles", "moons", "spiral")
BUILT_IN = ("and", "xor", *GENERATED, "digits", "iris")
TABLES = (".csv", ".tsv", ".txt", ".data", ".dat", ".xlsx", ".parquet", ".arff")
SUFFIXES = (*TABLES, ".npz", ".npy")
ZIP = ".zip"  # with one text table in it
STDIN = "-"

# Far beyond any training that ends, and small enough for every counter that may store it.
_MANY = 10**9

Count = Annotated[int, Field(ge=1, le=_MANY)]
Width = Annotated[int, Field(ge=1, le=10_000)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]


def _invalid(message: str) -> PydanticCustomError:
    # The message travels as context: in the template itself, a brace would be a placeholder.
    return PydanticCustomError("message", "{message}", {"message": message})


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _known_source(source: str) -> str:
    name = PurePath(source).name.lower().removesuffix(".gz")
    if source in (*BUILT_IN, STDIN) or (name.endswith((*SUFFIXES, ZIP)) and "\0" not in source):
        return source
    hint = did_you_mean(source, BUILT_IN) or f"the built-in data sets are {listed(BUILT_IN)}"
    raise _invalid(
        f"{show(source)} is neither a built-in data set nor the path of a {listed(SUFFIXES, 'or')} file "
        f"(.gz too), nor - for standard input; {hint}"
    )


def _as_list(target: object) -> object:
    return [target] if isinstance(target, str) or _is_integer(target) else target


def _column(column: object) -> object:
    if isinstance(column, str) or _is_integer(column):
        return column
    raise _invalid(
        f"{show(column)} is neither the name nor the position of a column; use a value such as label or -1"
    )


def _marks(marks: object) -> object:
    marks = marks if isinstance(marks, list | tuple) else [marks]
    for mark in marks:
        if isinstance(mark, bool) or not isinstance(mark, str | int | float):
            raise _invalid(f"{show(mark)} is neither a number nor a text; use a value such as -999")
    return [mark if isinstance(mark, str) else repr(mark).removesuffix(".0") for mark in marks]


def _header(header: object) -> object:
    if header == "auto" or isinstance(header, bool):
        return header
    raise _invalid(f"{show(header)} is not one of auto, true, false; use a value such as auto")


def is_own_table(source: str) -> bool:
    """Whether a source is a file or a stream of the user's own, and not a built-in set."""
    return source not in BUILT_IN


def _size_or_full(size: object) -> object:
    if size in ("full", "auto") or (isinstance(size, int) and _is_integer(size) and 1 <= size <= _MANY):
        return size
    hint = did_you_mean(size, ["full", "auto"]) or "use a value such as 32"
    raise _invalid(f"{show(size)} is neither an integer from 1 to {_MANY} nor full or auto; {hint}")


def _decay_or_auto(decay: object) -> object:
    if decay == "auto":
        return decay
    hint = did_you_mean(decay, ["auto"]) or "use a value such as 0.0001"
    if not isinstance(decay, int | float) or isinstance(decay, bool) or decay < 0:
        raise _invalid(f"{show(decay)} is neither a number from 0 on nor auto; {hint}")
    if not isfinite(decay):
        raise _invalid(f"{show(decay)} is not a finite number; {hint}")
    return decay


def _fraction_or_auto(fraction: object) -> object:
    if fraction == "auto":
        return fraction
    if not isinstance(fraction, int | float) or isinstance(fraction, bool):
        hint = did_you_mean(fraction, ["auto"]) or "use a value such as 0.2"
        raise _invalid(f"{show(fraction)} is neither a number nor auto; {hint}")
    # Here, as the errors of a union would be those of each of its types.
    if not isfinite(fraction):
        raise PydanticKnownError("finite_number")
    if fraction < 0:
        raise PydanticKnownError("greater_than_equal", {"ge": 0.0})
    if fraction >= 1:
        raise PydanticKnownError("less_than", {"lt": 1.0})
    return fraction


Source = Annotated[str, AfterValidator(_known_source)]
Column = Annotated[int | str, BeforeValidator(_column)]
# Lists become tuples, so that a frozen model is immutable at every level.
Widths = Annotated[tuple[Width, ...], Strict(False), Field(max_length=32)]
Columns = Annotated[
    Annotated[tuple[Column, ...], Strict(False), Field(min_length=1, max_length=1000)] | None,
    BeforeValidator(_as_list),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "integer", "null"]},
                {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1, "maxItems": 1000},
            ]
        }
    ),
]
ColumnNames = Annotated[
    tuple[Column, ...],
    Strict(False),
    Field(max_length=100_000),
    BeforeValidator(_as_list),
]
# Kept as text, as the cells of a table are.
Marks = Annotated[
    tuple[str, ...],
    Strict(False),
    Field(max_length=1000),
    BeforeValidator(_marks),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "number"]},
                {"type": "array", "items": {"type": ["string", "number"]}, "maxItems": 1000},
            ]
        }
    ),
]
Header = Annotated[bool | str, BeforeValidator(_header), WithJsonSchema({"enum": ["auto", True, False]})]
BatchSize = Annotated[Count | Literal["full", "auto"], BeforeValidator(_size_or_full)]
Validation = Annotated[BelowOne | Literal["auto"], BeforeValidator(_fraction_or_auto)]
WeightDecay = Annotated[NonNegative | Literal["auto"], BeforeValidator(_decay_or_auto)]
