"""What a program returned, or left in its attributes, read as gradients by name.

A ``Plan`` says where in the result each gradient is and how it is laid out. Plans are made where all sizes differ, so
that shapes tell the tensors apart, and followed where they may not.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .flat import orders, parted, unflatten
from .leaves import Leaf, Moved, Path, at, real_array, shape_of, spread
from .names import Names, Role
from .reading import Layers
from .refusals import RefusedError

Tensors = dict[str, Any]
Turned = tuple[bool, ...]


@dataclass(frozen=True)
class Plan:
    """Where the gradients are.

    Attributes:
        places: for each name the path to its array.
        vectors: "C" or "F" where each matrix is a vector, row by row or column by column, else nothing.
        wide: "first" or "last" where a matrix comes with its bias as a column, else nothing.
        flat: the order of a single vector, as ``flat.orders`` has it, else nothing.
        said: what is unusual about it, in words.
        fitting: how many of the gradients have the shape that they should have.
        quantities: for each quantity of the forward pass that was returned besides, such as "out_1", its path.
        exact: how many have it without an axis of length 1 more or less.
    """

    places: tuple[tuple[str, Path], ...]
    wide: str = ""
    vectors: str = ""
    flat: str = ""
    said: str = ""
    fitting: int = 0
    exact: int = 0
    quantities: tuple[tuple[str, Path], ...] = ()

    @property
    def unfitting(self) -> int:
        """How many gradients have another shape than they should have."""
        return 0 if self.wide or self.flat or self.vectors else len(self.places) - self.fitting

    def follow(self, returned: Any, layers: Layers, turned: Turned) -> Tensors:
        """Return the gradients by name, the way round that they are in here where their shape allows it."""
        by_name = {layer[0]: (layer, flip) for layer, flip in zip(layers, turned, strict=True)}
        sizes = {layer[1]: layer[2] for layer in layers if layer[1]}
        out: Tensors = {}
        for name, path in self.places:
            tensor = real_array(name, at(returned, path))
            if self.flat:
                return unflatten(tensor.ravel(), layers, turned, self.flat)
            if name in sizes:
                fits = _fits(tensor.shape, (sizes[name],))
                out[name] = tensor.reshape(sizes[name]) if fits else tensor
                continue
            (_, bias, rows, columns), flip = by_name[name]
            shape = (columns, rows) if flip else (rows, columns)
            if self.vectors and tensor.size == rows * columns:
                tensor = tensor.reshape(shape, order="C" if self.vectors == "C" else "F")
            elif _fits(tensor.shape, shape):
                tensor = tensor.reshape(shape)
            tensor = tensor.T if flip and tensor.ndim == 2 else tensor
            if self.wide and bias and tensor.ndim == 2 and tensor.shape[1] > 1:
                out[name], out[bias] = parted(tensor, self.wide)
            else:
                out[name] = tensor
        return out

    def besides(self, returned: Any, data: str) -> Tensors:
        """Return the quantities of the forward pass, with samples in rows; those that are no arrays are left out."""
        out: Tensors = {}
        for name, path in self.quantities:
            with suppress(RefusedError):
                tensor = real_array(name, at(returned, path))
                if data.startswith("point"):
                    out[name] = tensor.ravel()
                elif tensor.ndim == 2:
                    out[name] = tensor.T if data == "columns" else tensor
        return out


def plans(returned: Any, layers: Layers, turned: Turned) -> list[Plan]:
    """Return the ways to read a result, the best first; several where shapes cannot tell.

    Raises:
        RefusedError: there is nothing in it that could be a gradient.
    """
    wanted = (
        f"return {', '.join([layer[0] for layer in layers] + [layer[1] for layer in layers if layer[1]])}"
    )
    if returned is None:
        raise RefusedError("missing return", f"it returns None; end it with {wanted}")
    leaves = list(spread(returned, shapes_of(layers, turned)))
    if not leaves:
        raise RefusedError("missing return", f"it returns nothing but None; {wanted}")
    named = [leaf for leaf in leaves if leaf.name]
    found = _by_name(named, layers, turned) if named else []
    if isinstance(returned, Moved) and not any(map(Names(returned, len(layers)).is_marked, returned)):
        found = [replace(plan, said="the weights that it changes in place") for plan in found]
    if not found:
        found = _in_order([leaf for leaf in leaves if not leaf.name], layers, turned)
    if not found:
        has = ", ".join(leaf.name for leaf in named) if named else counted(returned)
        kind = "missing return" if named else "wrong return"
        raise RefusedError(kind, f"it returns {has}; {wanted} in this order, or a dict by these names")
    return found


def counted(returned: Any) -> str:
    """How many values there are, in words."""
    if isinstance(returned, tuple | list):
        return f"{len(returned)} values"
    return f"one {type(returned).__name__}"


def shapes_of(layers: Layers, turned: Turned) -> dict[str, tuple[int, ...]]:
    """The shape of each gradient, the way round that the program has its weights."""
    shapes: dict[str, tuple[int, ...]] = {}
    for (matrix, bias, rows, columns), flip in zip(layers, turned, strict=True):
        shapes[matrix] = (columns, rows) if flip else (rows, columns)
        if bias:
            shapes[bias] = (rows,)
    return shapes


def _by_name(leaves: list[Leaf], layers: Layers, turned: Turned) -> list[Plan]:
    """Read a dict, or attributes."""
    names = Names([leaf.name.split()[0] for leaf in leaves], len(layers))
    places: dict[str, Path] = {}
    quantities: dict[str, Path] = {}
    marked: dict[str, bool] = {}
    for leaf in leaves:
        role = _role_of(leaf, names, len(layers))
        if quantity := names.quantity(leaf.name):
            quantities[f"{quantity.kind}_{quantity.place + 1}"] = leaf.path
            continue
        if role is None or role.place >= len(layers):
            continue
        matrix, bias, _, _ = layers[role.place]
        name = matrix if role.kind == "matrix" else bias
        marks = names.is_marked(leaf.name.split()[0])
        if not name or (marked.get(name, marks) and not marks):
            continue  # the parameter itself beside its gradient
        if name in places and marked[name] == marks:
            raise RefusedError("wrong return", f"it returns {name} under two names; leave {leaf.name} out")
        places[name], marked[name] = leaf.path, marks
    if not places:
        return []
    values = {leaf.path: leaf.value for leaf in leaves}
    taken = {path[0] for path in (*places.values(), *quantities.values()) if path}
    unknown = [str(leaf.path[0]) for leaf in leaves if leaf.path[0] not in taken]
    partial = len(places) < len(shapes_of(layers, turned))
    said = f"not understood: {', '.join(dict.fromkeys(unknown))[:200]}" if unknown and partial else ""
    found = _with_columns(places, values, layers, turned, said)
    return [replace(plan, quantities=tuple(quantities.items())) for plan in found]


def _role_of(leaf: Leaf, names: Names, depth: int) -> Role | None:
    """Whose gradient this is: by its key, by a key and a place in a list, or by two keys (grads["W"][1])."""
    first, *more = leaf.name.split()
    role = names.gradient(first)
    if role is None and more:  # grads["layer1"]["W"], grads["hidden"]["weight"]
        number = "".join(letter for letter in first if letter.isdigit())
        one = names.gradient(f"{more[0]}1")
        short = "b" if one and one.kind == "bias" else "w"
        both = [f"{more[0]}{number}"] if number else [f"{more[0]}{first}", f"{short}{first}", more[0]]
        near = Names([*both, f"{more[0]}1"], depth)
        return next((found for name in both if (found := near.gradient(name))), None) or names.gradient(
            more[0]
        )
    if role and role.kind in {"matrices", "biases"}:
        kind = "matrix" if role.kind == "matrices" else "bias"
        if more and more[0].isdigit():
            return Role(kind, int(more[0]))
        return Role(kind, depth - 1)
    return role if role is None or not more or role.kind in {"matrix", "bias"} else None


def _in_order(leaves: list[Leaf], layers: Layers, turned: Turned) -> list[Plan]:
    """Read a tuple: in one of the usual orders, or in the only one in which the shapes fit."""
    shapes = shapes_of(layers, turned)
    values = {leaf.path: leaf.value for leaf in leaves}
    total = sum(int(np.prod(shape)) for shape in shapes.values())
    for leaf in leaves:
        if (
            len(shapes) > 1
            and (size := shape_of(leaf.value))
            and max(size) == total
            and np.prod(size) == total
        ):
            return [
                Plan(((layers[0][0], leaf.path),), flat=how, fitting=len(shapes)) for how in orders(layers)
            ]
    matrices, biases = [layer[0] for layer in layers], [layer[1] for layer in layers if layer[1]]
    by_layer = [name for layer in layers for name in layer[:2] if name]
    usual = [[*matrices, *biases], by_layer, matrices]
    arrays = [leaf for leaf in leaves if shape_of(leaf.value) != ()] or leaves  # a loss may stand among them
    best: list[Plan] = []
    for taken in (leaves, arrays):
        for order in usual:
            if len(order) == len(taken):
                places = {name: leaf.path for name, leaf in zip(order, taken, strict=True)}
                best += _with_columns(places, values, layers, turned, "")
    by_shape = _by_shape(arrays, shapes, layers, turned)
    best += by_shape
    if not best:
        return []
    most = max((plan.fitting, plan.exact) for plan in best)
    kept: dict[tuple[object, ...], Plan] = {}
    for plan in best:
        if (plan.fitting, plan.exact) == most:
            kept.setdefault((plan.places, plan.wide, plan.vectors), plan)
    return list(kept.values())


def _by_shape(
    leaves: list[Leaf], shapes: dict[str, tuple[int, ...]], layers: Layers, turned: Turned
) -> list[Plan]:
    """Each array is the gradient whose shape it has, if it has the shape of one and of one alone."""
    wide = {layer[0]: _widened(layer, flip) for layer, flip in zip(layers, turned, strict=True) if layer[1]}
    for wanted in (shapes, wide):
        places: dict[str, Path] = {}
        for leaf in leaves:
            fits = [name for name, shape in wanted.items() if _fits(shape_of(leaf.value), shape)]
            if len(fits) == 1 and fits[0] not in places:
                places[fits[0]] = leaf.path
        if places and len(places) in {len(wanted), len(leaves)}:
            order = ", ".join(f"∇{name}" for name in places)
            said = f"returned as {order}" if len(places) > 1 else f"returned ∇{next(iter(places))} alone"
            return _with_columns(places, {leaf.path: leaf.value for leaf in leaves}, layers, turned, said)
    return []


def _with_columns(
    places: dict[str, Path], values: dict[Path, Any], layers: Layers, turned: Turned, said: str
) -> list[Plan]:
    """The plan for these places; two of them where matrices have a column more, which is the bias."""
    shapes = shapes_of(layers, turned)
    found = {name: shape_of(values[path]) for name, path in places.items()}
    wide = [
        layer[0]
        for layer, flip in zip(layers, turned, strict=True)
        if layer[1] and layer[1] not in places and found.get(layer[0]) == _widened(layer, flip)
    ]
    pairs = tuple(places.items())
    if wide and len(wide) == sum(layer[0] in places for layer in layers):
        line = "row" if turned[0] else "column"
        return [
            Plan(pairs, wide=where, fitting=2 * len(wide), said=f"bias gradients in the {where} {line}")
            for where in ("first", "last")
        ]
    matrices = {
        layer[0]: layer[2] * layer[3] for layer in layers if layer[0] in places and min(layer[2:]) > 1
    }
    if matrices and all(found[name] in {(size,), (size, 1), (1, size)} for name, size in matrices.items()):
        return [
            Plan(pairs, vectors=direction, fitting=len(places), said=f"each matrix is a vector, {words}")
            for direction, words in (("C", "row by row"), ("F", "column by column"))
        ]
    fitting = sum(_fits(found[name], shapes[name]) for name in places)
    exact = sum(found[name] == shapes[name] for name in places)
    return [Plan(pairs, said=said, fitting=fitting, exact=exact)]


def _widened(layer: tuple[str, str | None, int, int], flip: bool) -> tuple[int, ...]:
    _, _, rows, columns = layer
    return (columns + 1, rows) if flip else (rows, columns + 1)


def _fits(shape: tuple[int, ...] | None, wanted: tuple[int, ...]) -> bool:
    """Whether a shape is the wanted one; a bias may have more axes, and a single row or column one less."""
    if shape is None or len(wanted) == 1:
        return shape is not None and _bare(shape) == _bare(wanted)
    return shape == wanted or shape == _bare(wanted)


def _bare(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
