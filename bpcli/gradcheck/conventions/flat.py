"""All parameters in one vector, as optimisers take them, and back again."""

from typing import Any

import numpy as np

from .reading import FLAT_ORDERS, Layers

Tensors = dict[str, Any]
Pieces = list[tuple[tuple[str, ...], tuple[int, ...]]]  # of a vector: the names in each, and its shape


def orders(layers: Layers) -> tuple[str, ...]:
    """The ways to put the parameters into a vector: in which order, and in which direction through a matrix."""
    names = FLAT_ORDERS if layers[0][1] else FLAT_ORDERS[:1]
    return tuple(f"{order} {direction}" for order in names for direction in "CF")


def pieces(layers: Layers, turned: tuple[bool, ...], how: str) -> Pieces:
    """The names in each piece of the vector (a matrix may hold its bias) and its shape as the program has it."""
    order = how.split(maxsplit=1)[0]
    matrices: Pieces = []
    biases: Pieces = []
    by_layer: Pieces = []
    wide_ones: Pieces = []
    for (matrix, bias, rows, columns), flip in zip(layers, turned, strict=True):
        shape = (columns, rows) if flip else (rows, columns)
        matrices.append(((matrix,), shape))
        by_layer.append(((matrix,), shape))
        wide = (columns + 1, rows) if flip else (rows, columns + 1)
        wide_ones.append(((matrix, bias or ""), wide))
        if bias:
            biases.append(((bias,), (rows,)))
            by_layer.append(((bias,), (rows,)))
    return {"matrices": [*matrices, *biases], "layers": by_layer}.get(order, wide_ones)


def flatten(parameters: Tensors, layers: Layers, turned: tuple[bool, ...], how: str) -> Any:
    """Put the parameters into one vector."""
    order, direction = how.split()
    flips = {
        name: flip
        for (matrix, bias, _, _), flip in zip(layers, turned, strict=True)
        for name in (matrix, bias)
    }
    out = []
    for names, _ in pieces(layers, turned, how):
        tensor = parameters[names[0]]
        if len(names) > 1:
            tensor = joined(tensor, parameters[names[1]], order)
        out.append((tensor.T if flips[names[0]] else tensor).ravel(direction))
    return np.concatenate(out)


def unflatten(vector: Any, layers: Layers, turned: tuple[bool, ...], how: str) -> Tensors:
    """Take such a vector apart, into tensors the way round that they are in here."""
    order, direction = how.split()
    flips = {
        name: flip
        for (matrix, bias, _, _), flip in zip(layers, turned, strict=True)
        for name in (matrix, bias)
    }
    out: Tensors = {}
    start = 0
    for names, shape in pieces(layers, turned, how):
        size = int(np.prod(shape))
        tensor = vector[start : start + size].reshape(shape, order=direction)
        tensor = tensor.T if flips[names[0]] and len(shape) > 1 else tensor
        if len(names) > 1:
            out[names[0]], out[names[1]] = parted(tensor, order)
        else:
            out[names[0]] = tensor
        start += size
    return out


def joined(matrix: Any, bias: Any, where: str) -> Any:
    """The matrix with its bias as its first or last column."""
    column = np.reshape(bias, (-1, 1))
    return np.hstack([column, matrix] if where == "first" else [matrix, column])


def parted(wide: Any, where: str) -> tuple[Any, Any]:
    """The matrix and the bias again."""
    return (wide[:, 1:], wide[:, 0]) if where == "first" else (wide[:, :-1], wide[:, -1])
