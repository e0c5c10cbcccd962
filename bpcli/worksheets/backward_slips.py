"""The slips of the backward pass, quantity by quantity: what follows from them are the catalogue's wrong gradients."""

import numpy as np

from bpcli.network import Array
from bpcli.worksheets.slips import Formula, Site, Slip, Values, activated


def _negative(formula: Formula) -> Slip:
    return Slip("sign", "every sign is turned round", lambda v: -formula(v))


def grad_z_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇z."""
    found = [_negative(right)]
    if site.squared:
        found += [
            Slip("half", "twice z - y", lambda v: 2 * right(v)),
            Slip("half", "half of z - y", lambda v: right(v) / 2),
        ]
    if site.squared_sigmoid:
        found.append(Slip("numeric-of-output", "ones for z - y", lambda v: np.ones_like(v["z"])))
    if not site.squared:
        # Multiplied by Ω, as δ = Ω ∇z says, that is the catalogue's wrong δ; under softmax it is not.
        sigmoid = site.activation == "sigmoid"
        words = f"z - y, which is δ here; ∇z is {'(z - y)/(z(1-z))' if sigmoid else '-y/z'}"
        leads_to = "extra-omega" if sigmoid else None
        found.append(Slip(None, words, lambda v: v["z"] - v["y"], leads_to))
    return found


def slope_slips(site: Site) -> list[Slip]:
    """In Λ and Ω, each a vector: the diagonal."""
    n = site.own
    a, h = n.pre, n.out

    def twice(v: Values) -> Array:
        s = activated("sigmoid", v[h])
        slope: Array = s * (1 - s)
        return slope

    if site.activation == "sigmoid":
        return [
            Slip("preactivation", f"{a}(1-{a})", lambda v: v[a] * (1 - v[a])),
            Slip("sigmoid-twice", f"s({h})(1-s({h}))", twice),
            Slip("tanh-derivative", f"1-{h}²", lambda v: 1 - v[h] ** 2),
            Slip("matmul-for-elementwise", f"{h}ᵀ(1-{h}), one number for all", lambda v: _dot(v[h])),
        ]
    if site.activation == "tanh":
        return [
            Slip(None, f"{h}(1-{h}), the derivative of the sigmoid", lambda v: v[h] * (1 - v[h])),
            Slip(None, f"1-{a}²: the pre-activation for the activation", lambda v: 1 - v[a] ** 2),
        ]
    if site.activation == "relu":
        return [Slip(None, f"{h} itself for its slope", lambda v: v[h])]
    return []


def _dot(h: Array) -> Array:
    """(hᵀ(1-h)) times the vector of ones."""
    column: Array = np.full_like(h, h @ (1 - h))
    return column


def delta_slips(site: Site, right: Formula) -> list[Slip]:
    """In δ of this layer."""
    n = site.own
    found = [_negative(right)]
    if site.last and not site.squared:
        found.append(Slip("extra-omega", "z(1-z) (z - y)", _extra_omega))
    elif site.activation != "identity":
        known = "no-omega" if site.last else "no-lambda"
        found.append(Slip(known, f"{n.grad_out} without {n.derivative}", lambda v: v[n.grad_out]))
    if site.activation == "sigmoid" and (not site.last or site.squared):
        words = f"({n.out}ᵀ(1-{n.out})) {n.grad_out}"
        found.append(Slip("matmul-for-elementwise", words, lambda v: _dot(v[n.out]) * v[n.grad_out]))
    if site.last and site.squared_sigmoid:
        found.append(
            Slip("numeric-of-output", f"{n.derivative} without {n.grad_out}", lambda v: v[n.derivative])
        )
    return found


def _extra_omega(v: Values) -> Array:
    z = v["z"]
    delta: Array = z * (1 - z) * (z - v["y"])
    return delta


def grad_out_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇h = Wᵀ δ, what the layer above passes back."""
    up, rate = site.above, site.learning_rate
    upper = Site(site.architecture, site.index + 1, rate)

    def moved(v: Values) -> Array:
        matrix: Array = v[up.matrix] - rate * v[up.grad_matrix]
        return matrix

    found = [
        _negative(right),
        Slip(
            "updated-first",
            f"through {up.matrix} - α ∇{up.matrix}",
            lambda v: moved(v).T @ v[up.delta],
        ),
        Slip(
            "gradient-for-weight",
            f"through {up.grad_matrix}",
            lambda v: v[up.grad_matrix].T @ v[up.delta],
        ),
    ]
    if upper.square:
        words = f"{up.matrix} for {up.matrix}ᵀ"
        found.append(Slip("w-not-transposed", words, lambda v: v[up.matrix] @ v[up.delta]))
    if not upper.last and upper.activation != "identity":
        words = f"{up.grad_out} is passed back where {up.delta} belongs"
        found.append(Slip(None, words, lambda v: v[up.matrix].T @ v[up.grad_out]))
    if upper.last and site.squared_sigmoid:
        raw, both = f"{up.matrix}ᵀ {up.grad_out}", f"({up.matrix} - α ∇{up.matrix})ᵀ {up.grad_out}"
        found += [
            Slip("raw-error-back", raw, lambda v: v[up.matrix].T @ v[up.grad_out]),
            Slip("raw-and-updated", both, lambda v: moved(v).T @ v[up.grad_out]),
        ]
    if upper.last and not site.squared:
        words = f"{up.matrix}ᵀ z(1-z) (z - y)"
        found += [
            Slip("extra-omega", words, lambda v: v[up.matrix].T @ _extra_omega(v)),
            Slip("extra-omega", words, lambda v: v[up.matrix].T @ (v["z"] * (1 - v["z"]) * v[up.delta])),
        ]
    return found


def grad_matrix_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇W = δ hᵀ."""
    n, sizes = site.own, site.architecture.sizes
    found = [_negative(right)]
    for known, words, delta in _wrong_deltas(site):
        found.append(
            Slip(known, f"{words} times {n.input}ᵀ", lambda v, d=delta: np.outer(d(v), v[n.input]))  # type: ignore[misc]
        )
    if site.square:
        words = f"{n.input} {n.delta}ᵀ"
        found.append(Slip("outer-transposed", words, lambda v: np.outer(v[n.input], v[n.delta])))
    if site.index and sizes[site.index - 1] == sizes[site.index]:
        below = site.architecture.names()[site.index - 1].input
        found.append(Slip("wrong-input", f"{n.delta} {below}ᵀ", lambda v: np.outer(v[n.delta], v[below])))
    if not site.last and site.square:
        found.append(Slip("wrong-input", f"{n.delta} {n.out}ᵀ", lambda v: np.outer(v[n.delta], v[n.out])))
    return found


def grad_bias_slips(site: Site, right: Formula) -> list[Slip]:
    """In ∇bias = δ."""
    n = site.own
    found = [
        _negative(right),
        Slip("bias-frozen", "zero", lambda v: np.zeros_like(v[n.delta])),
        *(Slip(known, words, delta) for known, words, delta in _wrong_deltas(site)),
    ]
    if site.architecture.sizes[site.index] == 1:
        words = f"{n.delta} times {n.input}"
        found.append(Slip("bias-times-input", words, lambda v: v[n.delta] * v[n.input]))
    return found


def _wrong_deltas(site: Site) -> list[tuple[str, str, Formula]]:
    """What is multiplied by the input in place of δ, where δ itself was right."""
    n = site.own
    if site.last and not site.squared:
        words = "z(1-z) (z - y)"
        return [
            ("extra-omega", words, _extra_omega),
            ("extra-omega", words, lambda v: v["z"] * (1 - v["z"]) * v[n.delta]),
        ]
    if site.activation == "identity":
        return []
    return [("no-omega" if site.last else "no-lambda", n.grad_out, lambda v: v[n.grad_out])]
