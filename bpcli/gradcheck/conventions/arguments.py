"""The arguments of a program at one point, made the way one reading has them."""

from typing import Any

import numpy as np

from .flat import flatten, joined
from .names import Names, Role
from .reading import Layers, Reading

# X and Y with samples in rows, the parameters, learning_rate, weight_decay; pre_1, out_1, …
Point = dict[str, Any]


class Lenient(dict):  # type: ignore[type-arg]
    """Parameters by the names W1, b1, W2, …; any other name that people use for one finds it too."""

    def __init__(self, content: dict[str, Any], by_role: dict[Role, Any], depth: int) -> None:
        super().__init__(content)
        self._by_role, self._depth = by_role, depth

    def __missing__(self, key: object) -> Any:
        names = Names([key, "v", "w1"] if self._depth == 2 else [key, "w1"], self._depth)
        role = names.role(key)
        if role is None or role not in self._by_role:
            raise KeyError(key)
        return self._by_role[role]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def get(self, key: object, default: Any = None) -> Any:
        """As of any dict, under any name."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None


def value_of(role: Role, reading: Reading, point: Point, layers: Layers) -> Any:
    """Return one argument, an array of its own."""
    kind, index = role
    if kind == "x":
        return _samples(point["X"], reading.data)
    if kind == "y":
        return _targets(point["Y"], reading)
    if kind == "batch":
        return _samples(point["X"], reading.data), _targets(point["Y"], reading)
    if kind in {"matrix", "bias"}:
        return parameter(role, reading, point, layers)
    if kind in {"parameters", "self"}:
        return _packed(reading, point, layers, "dict" if kind == "self" else reading.packed)
    if kind == "positional":
        return tuple(_packed(reading, point, layers, reading.packed))
    if kind == "keywords":
        return _keywords(reading, point, layers)
    if kind == "vector":
        return flatten(point, layers, reading.turned, reading.packed)
    if kind in {"matrices", "biases"}:
        one = "matrix" if kind == "matrices" else "bias"
        return [parameter(Role(one, i), reading, point, layers) for i in range(len(layers))]
    if kind in {"cache", "output"}:
        return (
            _cache(reading, point, layers)
            if kind == "cache"
            else _samples(point[f"out_{len(layers)}"], reading.data)
        )
    if kind in {"pre", "out"}:
        return _samples(point[f"{kind}_{index + 1}"], reading.data)
    sizes = [layers[0][3], *(layer[2] for layer in layers)]
    others = {
        "rate": point.get("learning_rate"),
        "decay": point.get("weight_decay"),
        "epochs": 1,  # one step is what is looked at
        "samples": 1 if reading.per_point else len(point["X"]),
        "size": sizes[index] if index < len(sizes) else None,
        "sizes": sizes,
    }
    return others[kind]


def parameter(role: Role, reading: Reading, point: Point, layers: Layers) -> Any:
    """One matrix, or one bias, in the form of this reading."""
    matrix, bias, rows, _ = layers[role.place]
    alone = reading.single and role.place == len(layers) - 1
    if role.kind == "bias":
        value = np.array(point[bias]) if bias else np.zeros(rows)
        if alone:
            return value.reshape(()).copy()[()]
        return {"column": value.reshape(-1, 1), "row": value.reshape(1, -1)}.get(reading.biases, value)
    value = np.array(point[matrix])
    if reading.biases in {"first", "last"}:
        value = joined(value, point[bias or ""], reading.biases)
    if alone:
        return value.ravel()
    return np.ascontiguousarray(value.T) if reading.turned[role.place] else value


def _samples(rows: Any, data: str) -> Any:
    """Samples in rows as this reading has them; one sample is one row here."""
    if data == "point":
        return np.array(rows[0])
    return np.ascontiguousarray(rows.T) if data in {"columns", "point column"} else np.array(rows)


def _targets(rows: Any, reading: Reading) -> Any:
    if reading.targets == "matrix":
        return _samples(rows, reading.data)
    flat = rows.argmax(axis=1) if reading.targets == "labels" else rows[:, 0]
    return flat[0] if reading.per_point else np.array(flat)


def _packed(reading: Reading, point: Point, layers: Layers, how: str) -> Any:
    has_biases = layers[0][1] is not None and reading.biases not in {"first", "last", "none"}
    matrices = [parameter(Role("matrix", i), reading, point, layers) for i in range(len(layers))]
    biases = (
        [parameter(Role("bias", i), reading, point, layers) for i in range(len(layers))] if has_biases else []
    )
    if how == "pairs" and has_biases:
        return list(zip(matrices, biases, strict=True))
    by_layer = [t for pair in zip(matrices, biases, strict=True) for t in pair] if has_biases else matrices
    if how == "list":
        return by_layer
    if how == "kinds":
        return [*matrices, *biases]
    content, by_role = {}, {}
    for i, matrix in enumerate(matrices):
        content[f"W{i + 1}"] = by_role[Role("matrix", i)] = matrix
        if has_biases:
            content[f"b{i + 1}"] = by_role[Role("bias", i)] = biases[i]
    return Lenient(content, by_role, len(layers))


def _keywords(reading: Reading, point: Point, layers: Layers) -> dict[str, Any]:
    """All parameters and rates for ``**``: there only names say which are wanted, so each has two."""
    content = dict(_packed(reading, point, layers, "dict"))
    for number, (matrix, bias, _, _) in enumerate(layers, 1):
        both = {matrix: f"W{number}", bias or "": f"b{number}"}
        content |= {name: content[key] for name, key in both.items() if key in content}
    return content | {"learning_rate": point.get("learning_rate"), "weight_decay": point.get("weight_decay")}


def _cache(reading: Reading, point: Point, layers: Layers) -> Any:
    """The forward pass by the names that people keep it under, or as a tuple."""
    if reading.packed and set(reading.packed) <= set("zawb"):
        parts = []
        for i in range(len(layers)):
            kept = {
                "z": lambda i=i: _samples(point[f"pre_{i + 1}"], reading.data),
                "a": lambda i=i: _samples(point[f"out_{i + 1}"], reading.data),
                "w": lambda i=i: parameter(Role("matrix", i), reading, point, layers),
                "b": lambda i=i: parameter(Role("bias", i), reading, point, layers),
            }
            parts += [kept[letter]() for letter in reading.packed]
        return tuple(parts)
    cache = {"A0": _samples(point["X"], reading.data)}
    for number in range(1, len(layers) + 1):
        pre, out = (_samples(point[f"{what}_{number}"], reading.data) for what in ("pre", "out"))
        cache |= {f"Z{number}": pre, f"A{number}": out}
    cache |= {name.lower(): value for name, value in cache.items()}
    if len(layers) == 2:
        cache |= {"H": cache["A1"], "h": cache["A1"], "b": cache["Z2"], "a": cache["Z1"], "z": cache["A2"]}
    return cache
