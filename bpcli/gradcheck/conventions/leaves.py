"""The arrays in what a program returned, wherever in it they are."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy import array as array_of  # under names of our own, because a submission may take NumPy's away
from numpy import asarray, issubdtype, ndarray

from .refusals import RefusedError

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Leaf:
    """One array in a result: where it is, what it is called there (nothing in a tuple), and itself."""

    path: Path
    name: str
    value: Any


class Moved(dict[str, Any]):
    """The weights by name as a program has left them that returns no gradients and moves them instead."""


def plain_result(returned: Any) -> Any:
    """The result without the kinds of containers that nobody can look into twice."""
    if isinstance(returned, tuple) and (fields := getattr(returned, "_fields", None)):
        return dict(zip(fields, returned, strict=True))
    if hasattr(returned, "__next__") or type(returned).__name__ in {"dict_values", "odict_values"}:
        return list(returned)
    if hasattr(returned, "__dataclass_fields__") or type(returned).__name__ == "SimpleNamespace":
        return dict(vars(returned))
    return returned


def spread(
    value: Any, shapes: Mapping[str, tuple[int, ...]], path: Path = (), name: str = ""
) -> Iterator[Leaf]:
    """Yield every array in a result; a list of lists of numbers is an array, a list of arrays is not."""
    if isinstance(value, Mapping) and not all(isinstance(key, int) for key in value):
        for key in value:
            yield from spread(value[key], shapes, (*path, key), f"{name} {key}".strip())
    elif isinstance(value, Mapping) or (
        isinstance(value, tuple | list) and not _is_array(value, shapes, nested=bool(path))
    ):
        keys = sorted(value) if isinstance(value, Mapping) else range(len(value))
        there = [key for key in keys if value[key] is not None]  # counted from 1, a list begins with None
        for index, key in enumerate(there):
            # A list under a name: the gradients of all layers.
            yield from spread(value[key], shapes, (*path, key), f"{name} {index}" if name else "")
    elif value is not None:
        yield Leaf(path, name, value)


def _is_array(value: Any, shapes: Mapping[str, tuple[int, ...]], *, nested: bool) -> bool:
    """Whether a list or a tuple is one array: of numbers, or rows of numbers.

    As many numbers as there are gradients may be these gradients, but not where they stand among others.
    """
    try:
        tensor = array_of(value, dtype="float64")
    except Exception:
        return False
    if isinstance(value, list) and tensor.ndim in {1, 2} and not any(isinstance(v, ndarray) for v in value):
        return nested or not (len(shapes) > 1 and tensor.ndim == 1 and len(value) == len(shapes))
    return tensor.shape in set(shapes.values()) and (nested or len(value) != len(shapes))


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape that a value has as an array of numbers; None if it is none."""
    found = numbers(value)
    return None if found is None else tuple(found.shape)


def numbers(value: Any) -> Any:
    """Return a value as an array of numbers; None if it is none."""
    try:
        return asarray(_detached(value), dtype="float64")
    except Exception:
        return None


def alike_in(returned: Any, weights: Any) -> list[Any]:
    """What in a result may be gradients of these weights, by the shape of one or the size of all: no loss."""
    shapes = [shape for leaf in spread(weights, {}) if (shape := shape_of(leaf.value))]
    size = sum(map(math.prod, shapes))
    unrolled = {(size,), (size, 1), (1, size)}
    return [leaf.value for leaf in spread(returned, {}) if shape_of(leaf.value) in {*shapes, *unrolled}]


def at(returned: Any, path: Path) -> Any:
    """What is at a path in a result."""
    for step in path:
        try:
            returned = returned[step]
        except Exception:
            raise RefusedError(
                "missing return", "it does not return the same things at every point"
            ) from None
    return returned


def real_array(name: str, value: Any) -> Any:
    """Copy what was returned into an array of real numbers: floats as they are, everything else as float64.

    A copy, since a function may well return the same buffer for every point.
    """
    try:
        tensor = array_of(_detached(value))
        if tensor.dtype.kind == "O":  # exact fractions, or numbers of many digits
            tensor = tensor.astype("float64")
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise RefusedError("wrong type", f"the gradient for {name} is no array of numbers: {text}") from None
    if tensor.dtype.kind in "biu":
        return tensor.astype("float64")
    if tensor.dtype.kind != "f":
        held = f"{tensor.dtype} ({type(value).__name__})"
        raise RefusedError("wrong type", f"the gradient for {name} holds {held}; return real numbers")
    if issubdtype(tensor.dtype, "float16"):
        return tensor.astype("float32")
    return tensor


def _detached(value: Any) -> Any:
    """A tensor of PyTorch without its history, and without its device."""
    return value.detach().cpu() if hasattr(value, "detach") and hasattr(value, "cpu") else value
