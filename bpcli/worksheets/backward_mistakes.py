"""The mistakes of the backward pass, quantity by quantity: they lead to the wrong gradients of the catalogue."""

import numpy as np

from bpcli.worksheets.forward_mistakes import BlankMistake, catalogued
from bpcli.worksheets.layer_steps import Formula, LayerSteps


def _negative(formula: Formula) -> BlankMistake:
    return BlankMistake("sign", "every sign is turned round", lambda v: -formula(v))


def _known(
    layer: LayerSteps, quantity: str, mistake: str, words: str, form: str | None = None
) -> BlankMistake:
    """A mistake of the catalogue, in the words that fit this blank."""
    return BlankMistake(mistake, words, catalogued(layer, quantity, mistake, form).value)


def grad_z_mistakes(layer: LayerSteps, right: Formula) -> list[BlankMistake]:
    """In ∇z."""
    found = [_negative(right)]
    if layer.squared:
        found += [
            BlankMistake("half", "twice z - y", lambda v: 2 * right(v)),
            BlankMistake("half", "half of z - y", lambda v: right(v) / 2),
        ]
    if layer.squared_sigmoid:
        found.append(_known(layer, layer.names.grad_out, "numeric-of-output", "ones for z - y"))
    if not layer.squared:
        # Multiplied by Ω, as δ = Ω ∇z says, that is the catalogue's wrong δ; under softmax it is not.
        sigmoid = layer.activation == "sigmoid"
        words = f"z - y, which is δ here; ∇z is {'(z - y)/(z(1-z))' if sigmoid else '-y/z'}"
        leads_to = "extra-omega" if sigmoid else None
        found.append(BlankMistake(None, words, lambda v: v["z"] - v["y"], leads_to))
    return found


def derivative_mistakes(layer: LayerSteps) -> list[BlankMistake]:
    """In Λ and Ω, each a vector: the diagonal."""
    n = layer.names
    if layer.activation == "sigmoid":
        ids = ("preactivation", "sigmoid-twice", "tanh-derivative", "matmul-for-elementwise")
        forms = [catalogued(layer, n.derivative, id_) for id_ in ids]
        return [BlankMistake(form.mistake, form.words, form.value) for form in forms]
    if layer.activation == "tanh":
        # What the rows of the catalogue say is about the sigmoid.
        of_sigmoid = catalogued(layer, n.derivative, "sigmoid-derivative")
        of_pre = catalogued(layer, n.derivative, "preactivation")
        return [
            BlankMistake(None, f"{of_sigmoid.words}, the derivative of the sigmoid", of_sigmoid.value),
            BlankMistake(None, f"{of_pre.words}: the pre-activation for the activation", of_pre.value),
        ]
    if layer.activation == "relu":
        return [BlankMistake(None, f"{n.out} itself for its derivative", lambda v: v[n.out])]
    return []


def delta_mistakes(layer: LayerSteps, right: Formula) -> list[BlankMistake]:
    """In δ of this layer."""
    n = layer.names
    found = [_negative(right)]
    if layer.last and not layer.squared:
        found.append(BlankMistake("extra-omega", "z(1-z) (z - y)", _extra_omega(layer)))
    elif layer.activation != "identity":
        found.append(_known(layer, n.delta, _omitted(layer), f"{n.grad_out} without {n.derivative}"))
    if layer.activation == "sigmoid" and (not layer.last or layer.squared):
        words = f"({n.out}ᵀ(1-{n.out})) {n.grad_out}"
        found.append(_known(layer, n.delta, "matmul-for-elementwise", words))
    if layer.last and layer.squared_sigmoid:
        words = f"{n.derivative} without {n.grad_out}"
        found.append(
            BlankMistake("numeric-of-output", words, lambda v: layer.delta(v, np.ones_like(v[n.grad_out])))
        )
    return found


def _omitted(layer: LayerSteps) -> str:
    """The mistake of a δ without its derivative."""
    return "no-omega" if layer.last else "no-lambda"


def _extra_omega(layer: LayerSteps) -> Formula:
    """z(1-z) (z - y), all of it from z: Omega may be written wrong, and is no blank under softmax."""
    n = layer.names
    wrong = catalogued(layer, n.delta, "extra-omega").value
    return lambda v: wrong({**v, n.derivative: layer.derivative(v)})


def _omega_times_delta(layer: LayerSteps) -> Formula:
    """z(1-z) δ, with δ as it was written."""
    return lambda v: layer.delta({**v, layer.names.derivative: layer.derivative(v)}, v[layer.names.delta])


def grad_out_mistakes(layer: LayerSteps, right: Formula) -> list[BlankMistake]:
    """In ∇h = Wᵀ δ, what the layer above passes back."""
    above, own = layer.above, layer.names.grad_out
    up = above.names
    found = [
        _negative(right),
        _known(layer, own, "updated-first", f"through {up.matrix} - α ∇{up.matrix}"),
        _known(layer, own, "gradient-for-weight", f"through {up.grad_matrix}"),
    ]
    if above.square:
        found.append(_known(layer, own, "w-not-transposed", f"{up.matrix} for {up.matrix}ᵀ"))
    if not above.last and above.activation != "identity":
        words = f"{up.grad_out} is passed back where {up.delta} belongs"
        found.append(BlankMistake(None, words, lambda v: above.passed_back(v, v[up.grad_out])))
    if above.last and layer.squared_sigmoid:
        raw, both = f"{up.matrix}ᵀ {up.grad_out}", f"({up.matrix} - α ∇{up.matrix})ᵀ {up.grad_out}"
        through_moved = catalogued(layer, own, "updated-first").value
        found += [  # the error as it was written in the blank of ∇z
            BlankMistake("raw-error-back", raw, lambda v: above.passed_back(v, v[up.grad_out])),
            BlankMistake("raw-and-updated", both, lambda v: through_moved({**v, up.delta: v[up.grad_out]})),
        ]
    if above.last and not layer.squared:
        words = f"{up.matrix}ᵀ z(1-z) (z - y)"
        found += [
            BlankMistake("extra-omega", words, lambda v, d=delta: above.passed_back(v, d(v)))  # type: ignore[misc]
            for delta in (_extra_omega(above), _omega_times_delta(above))
        ]
    return found


def grad_matrix_mistakes(layer: LayerSteps, right: Formula) -> list[BlankMistake]:
    """In ∇W = δ hᵀ."""
    n, sizes = layer.names, layer.architecture.sizes
    found = [_negative(right)]
    found += [
        BlankMistake(known, f"{words} times {n.input}ᵀ", lambda v, d=delta: layer.grad_matrix(v, d(v)))  # type: ignore[misc]
        for known, words, delta in _wrong_deltas(layer)
    ]
    if layer.square:
        found.append(_known(layer, n.grad_matrix, "outer-transposed", f"{n.input} {n.delta}ᵀ"))
    inputs = []
    if layer.index and sizes[layer.index - 1] == sizes[layer.index]:
        inputs.append(layer.architecture.names()[layer.index - 1].input)
    if not layer.last and layer.square:
        inputs.append(n.out)
    found += [
        _known(layer, n.grad_matrix, "wrong-input", f"{n.delta} {other}ᵀ", f"{other} for {n.input}")
        for other in inputs
    ]
    return found


def grad_bias_mistakes(layer: LayerSteps, right: Formula) -> list[BlankMistake]:
    """In ∇bias = δ."""
    n = layer.names
    found = [
        _negative(right),
        _known(layer, n.grad_bias, "bias-frozen", "zero"),
        *(BlankMistake(known, words, delta) for known, words, delta in _wrong_deltas(layer)),
    ]
    if layer.architecture.sizes[layer.index] == 1:
        times_input = catalogued(layer, n.grad_bias, "bias-times-input").value
        found.append(
            BlankMistake(
                "bias-times-input",
                f"{n.delta} times {n.input}",
                lambda v: times_input({**v, n.grad_matrix: layer.grad_matrix(v)}),
            )
        )
    return found


def _wrong_deltas(layer: LayerSteps) -> list[tuple[str, str, Formula]]:
    """What is multiplied by the input in place of δ, where δ itself was right."""
    n = layer.names
    if layer.last and not layer.squared:
        words = "z(1-z) (z - y)"
        return [("extra-omega", words, delta) for delta in (_extra_omega(layer), _omega_times_delta(layer))]
    if layer.activation == "identity":
        return []
    return [(_omitted(layer), n.grad_out, catalogued(layer, n.delta, _omitted(layer)).value)]
