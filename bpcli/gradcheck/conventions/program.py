"""A program whose arguments have roles: by their names, and by what is possible for this network."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .arguments import Point, value_of
from .flat import orders
from .leaves import Moved, alike_in, plain_result
from .names import Names, Role
from .reading import CACHED, PACKED, Choices, Layers, Reading
from .refusals import RefusedError
from .target import Target

# Roles in which all parameters come at once.
PACKING = frozenset({"parameters", "vector", "matrices", "self", "positional", "keywords"})
WEIGHTS = PACKING - {"self"} | {"matrix", "bias", "biases"}  # an object has copies of its own


@dataclass(frozen=True)
class Program:
    """A target with the role of each of its arguments.

    Attributes:
        target: what is called.
        roles: by the name of the argument.
        depth: the number of layers.
    """

    target: Target
    roles: dict[str, Role]
    depth: int

    def returned(self, reading: Reading, point: Point, layers: Layers, *, writable: bool = True) -> Any:
        """Call it; whatever it raises passes. Weights that it moves are what it returns, if it returns no gradients.

        Raises:
            ChangedError: it changed another argument, or weights and returns gradients besides.
        """
        given = {name: value_of(role, reading, point, layers) for name, role in self.roles.items()}
        arrays = list(_arrays(given))
        before = [(array, array.tobytes()) for _, array in arrays]
        weights = {name: given[name] for name, role in self.roles.items() if role.kind in WEIGHTS}
        own = [array for _, array in _arrays(weights)]
        for _, array in arrays:
            array.setflags(write=writable)
        refused, returned = None, None
        try:
            returned = plain_result(self.target.run(given))
        except RefusedError as error:
            refused = error
        except ZeroDivisionError as error:  # such as epoch % (epochs // 10), which works for its author
            for name in (name for name, role in self.roles.items() if role.kind == "epochs"):
                error.args = (f"{error}; bpcli asks for one step: {name} is 1",)
            raise
        changed = [
            name for (name, _), (array, old) in zip(arrays, before, strict=True) if array.tobytes() != old
        ]
        gradients = alike_in(returned, own)
        if changed and writable and not self._only_moves(changed, gradients, own):
            raise ChangedError(list(dict.fromkeys(changed)), reading)
        if not gradients and _have_moved(weights, before):
            return self._as_given(weights)
        if refused:
            raise refused
        return returned

    def _only_moves(self, changed: list[str], gradients: list[Any], own: list[Any]) -> bool:
        """Whether only weights were changed, and what looks like their gradients is nothing but they themselves."""
        data = {name for name, role in self.roles.items() if role.kind not in WEIGHTS}
        moved = all(any(one is array for array in own) for one in gradients)
        return moved and not data & set(changed)

    def _as_given(self, weights: dict[str, Any]) -> Any:
        """The weights among the arguments, in the form in which they were given."""
        ((name, first), *others) = weights.items()
        if others or self.roles[name].kind in {"matrix", "matrices"}:
            return Moved(weights)
        return Moved(first) if isinstance(first, dict) else first


class ChangedError(Exception):
    """A program wrote into these arguments, when it was called in this way."""

    def __init__(self, names: list[str], reading: Reading) -> None:
        super().__init__(" and ".join(names))
        self.names, self.reading = names, reading


def _have_moved(weights: dict[str, Any], before: list[tuple[Any, bytes]]) -> bool:
    """Whether weights were changed, or others put in their place in a dict or a list."""
    old = {id(array): content for array, content in before}
    return any(array.tobytes() != old.get(id(array)) for _, array in _arrays(weights))


def _arrays(given: Any, name: str = "") -> Any:
    """Every array among the arguments, with the name of its argument."""
    if isinstance(given, np.ndarray):
        yield name, given
    elif isinstance(given, dict):
        for key, value in given.items():
            yield from _arrays(value, key if name in {"", "self"} else name)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _arrays(value, name)


def understand(target: Target, layers: Layers) -> Program:
    """Give each argument its role: by its name, or, where all data or weights are called otherwise, by its place.

    Args:
        target: what is called.
        layers: of the network.

    Raises:
        RefusedError: an argument stays unknown, or this network has nothing to give for it.
    """
    depth, has_biases = len(layers), layers[0][1] is not None
    names = Names([*target.names, *target.forward], depth)
    roles = _named(target, names, has_biases)
    for name, stars in target.starred.items():
        roles.pop(name, None)
        if not {role.kind for role in roles.values()} & {"matrix", *PACKING}:
            roles[name] = Role("positional" if stars == "*" else "keywords")
    roles |= _by_place(target, roles, layers)
    given = {"x", "y", *WEIGHTS} - (set() if has_biases else {"bias"})
    for name in target.forward:
        if name not in roles and (role := names.role(name)) and role.kind in given:
            roles[name] = role
    if not {"x", "y", "batch"} & {role.kind for role in roles.values()}:
        taken = " and ".join(f"{stars}{name}" for name, stars in target.starred.items())
        wrapped = f"; it takes {taken}: wrap it in a def that names x, y and the weights" if taken else ""
        raise RefusedError(
            "unknown parameter",
            f"{target.name} asks for no data; take x, y (one sample at a time) or X, Y (the whole batch){wrapped}",
        )
    return Program(
        target, {name: roles[name] for name in [*target.names, *target.forward] if name in roles}, depth
    )


def _named(target: Target, names: Names, has_biases: bool) -> dict[str, Role]:
    """The roles that names say, without those that a default of the program's own does better."""
    roles = {name: role for name in target.names if (role := names.role(name))}
    for name, role in roles.copy().items():
        twice = any(other == role for n, other in roles.items() if n != name) and role.kind in {"x", "y"}
        if name in target.optional and (
            role.kind in {"samples", "size", "sizes", "output", "cache", "pre", "out"} or twice
        ):
            del roles[name]
        elif role.kind == "bias" and not has_biases:
            if name not in target.optional:
                raise RefusedError(
                    "unknown parameter",
                    f"{target.name} asks for {name}, but this network has no biases; give --set model.bias=true",
                )
            del roles[name]
        elif role.kind in {"matrix", "bias"} and role.place >= names.depth:
            del roles[name]
    return roles


def _by_place(target: Target, roles: dict[str, Role], layers: Layers) -> dict[str, Role]:
    """The roles of arguments whose names say nothing: what is missing, in the usual order."""
    unknown = [name for name in target.names if name not in roles and name not in target.optional]
    if not unknown:
        return {}
    depth, has_biases = len(layers), layers[0][1] is not None
    kinds = {role.kind for role in roles.values()}
    missing = [Role(kind) for kind in ("x", "y") if not kinds & {kind, "batch"}]
    if not kinds & PACKING:
        missing += [Role("matrix", i) for i in range(depth) if Role("matrix", i) not in roles.values()]
        if has_biases:
            missing += [Role("bias", i) for i in range(depth) if Role("bias", i) not in roles.values()]
    if len(unknown) not in {len(missing), len(missing) - depth} or not missing:
        parameters = [name for layer in layers for name in layer[:2] if name]
        can = ", ".join(["X", "Y", "x", "y", *parameters, "learning_rate", "weight_decay"])
        raise RefusedError(
            "unknown parameter",
            f"{target.name} asks for {', '.join(unknown)}, which this network does not have; choose from {can}, "
            "or give it a default",
        )
    return dict(zip(unknown, missing, strict=False))


def choices(
    program: Program, point: Point, layers: Layers, layout: str | None, weights: str | None
) -> Choices:
    """What is possible for this program at this example, the more usual first."""
    kinds = {role.kind for role in program.roles.values()}
    names = {role.kind: name for name, role in program.roles.items()}
    batch: tuple[str, ...] = (layout,) if layout else ("rows", "columns")
    single: tuple[str, ...] = ("point", "point column")
    preferred: tuple[str, ...]
    other: tuple[str, ...]
    x, y = names.get("x", ""), names.get("y", "")
    point_wise = x in {"x", "xi", "x_i"} or (not x and y == "y")
    if point_wise and y not in {"Y"}:
        preferred, other = single, batch
    elif "X" in {x[:1], y[:1]} or "Y" in {x[:1], y[:1]} or x.startswith(("X", "x_", "A0")):
        preferred, other = batch, single
    else:
        preferred, other = (*single[:1], *batch, *single[1:]), ()
    has_biases = layers[0][1] is not None
    takes_biases = bool(kinds & {"bias", "biases"})
    forms: tuple[str, ...] = ("none",)
    if has_biases:
        forms = ("vector", "column", "row")
        if not takes_biases:
            forms = ("first", "last", "none") if kinds & {"matrix", "matrices"} else (*forms, "first", "last")
    outputs = point["Y"].shape[1]
    targets: tuple[str, ...] = ("matrix",)
    if outputs == 1:
        targets = ("matrix", "vector")
    elif np.isin(point["Y"], (0, 1)).all() and (point["Y"].sum(axis=1) == 1).all():
        targets = ("matrix", "labels")
    packed: tuple[str, ...] = ("",)
    if "parameters" in kinds:
        packed = (*PACKED, "kinds") if has_biases else PACKED
    if "positional" in kinds:
        packed = ("list", "kinds") if has_biases else ("list",)
    if "cache" in kinds and not kinds & {"matrix", *PACKING}:
        packed = CACHED
    if "vector" in kinds:
        packed, forms = orders(layers), ("vector" if has_biases else "none",)
    ways = {"out-in": (False,), "in-out": (True,)}.get(weights or "", (False, True))
    alone = (False, True) if outputs == 1 and not kinds & {"vector"} else (False,)
    return Choices(preferred, other, ways, forms, targets, alone, packed, len(layers))
