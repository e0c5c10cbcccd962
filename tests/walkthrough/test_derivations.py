"""Every line of every derivation holds, by derivatives that SymPy takes; and each part of the sheet is answered."""

import re

import pytest
import sympy

from bpcli.common.markup import plain
from bpcli.network import Architecture
from bpcli.network.formulas import Notation
from bpcli.walkthrough.blocks import Derivation, Factor, Prose
from bpcli.walkthrough.derivations import derivation
from bpcli.walkthrough.reasons import why
from tests.walkthrough.symbolic import Network, Value, sigmoid

CASES = {
    "sigmoid": ("vw", {}),
    "sigmoid, delta": ("delta", {}),
    "tanh, biases": ("vw", {"activation": "tanh", "bias": True}),
    "relu, identity, biases": ("delta", {"activation": "relu", "output": "identity", "bias": True}),
    "cross-entropy": ("vw", {"loss": "cross_entropy"}),
    "softmax": ("delta", {"output": "softmax", "loss": "cross_entropy", "activation": "identity"}),
}


SLOW = ("tanh, biases", "relu, identity, biases")
PARAMS = [
    pytest.param(case, marks=[pytest.mark.slow] if name in SLOW else [], id=name)
    for name, case in CASES.items()
]


@pytest.fixture(scope="module", params=PARAMS)
def case(request):
    """A notation, and the same network by SymPy; no two sizes are alike."""
    style, settings = request.param
    architecture = Architecture((4, 3, 2), **{"bias": False, **settings})
    return Notation(architecture, style), Network(architecture, style)


def lines(notation, letter):
    """The lines of the derivation of one part."""
    return [block for block in derivation(letter, notation) if isinstance(block, Derivation)]


def evaluated(network, side, **at):
    """The value of one side of a line; factors beside one another are multiplied."""
    if isinstance(side[0], Factor) and side[0].stack:
        rows = [network.evaluate(row, **at).of for row in side[0].stack]
        return Value(sympy.Matrix.vstack(*rows))
    return network.evaluate(" ".join(each if isinstance(each, str) else each.symbol for each in side), **at)


@pytest.mark.parametrize("letter", ["a", "c", "d", "e", "f"])
def test_every_side_of_every_line_is_equal(case, letter):
    """All sides by SymPy; and each shape under a brace is that of the matrix above it."""
    notation, network = case
    sizes = {f"d^{{({layer})}}": size for layer, size in enumerate(notation.architecture.sizes)} | {"1": 1}
    checked = 0
    for line in lines(notation, letter):
        if "s′(u)" in line.sides[0]:
            continue  # which has a test of its own
        first, *others = (evaluated(network, side, i=1, j=1) for side in line.sides)
        assert others
        assert all(first.same(other) for other in others), line
        for factor in (each for side in line.sides for each in side if isinstance(each, Factor)):
            if factor.shape:
                found = network.evaluate(factor.symbol, i=1, j=1)
                assert found.shape == tuple(sizes[size] for size in factor.shape.split("×")), factor
        checked += 1
    assert checked >= 2


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"loss": "cross_entropy"}, "δ⁽²⁾ = Ω ∇z = z - y"),
        ({"loss": "cross_entropy", "output": "softmax"}, "δ⁽²⁾ = J ∇z = z - y"),
        ({}, ""),
    ],
)
def test_cross_entropy_leaves_the_error_as_delta(settings, left):
    """That Ω, or J, and ∇z make z - y is said in part (d), also without derivations; of squared error it is not so."""
    notation = Notation(Architecture((4, 3, 2), bias=False, **settings), "vw")
    said = plain(why("d", notation).text).replace("$", "").partition("; under cross-entropy ")[2]
    assert said == left + "." * bool(left)
    shown = any(line.sides[-1][0] == "z_{j} - y_{j}" for line in lines(notation, "d"))
    assert shown == (settings == {"loss": "cross_entropy"})


def test_a_wrong_line_is_seen():
    """A missing factor, a wrong sign, a matrix that is not transposed."""
    network = Network(Architecture((4, 3, 2), bias=False), "vw")
    right = network.evaluate("∂ℓ/∂w_{j}", j=0)
    assert right.same(network.evaluate("∂ℓ/∂z_{j} · z_{j}(1-z_{j}) h^{T}", j=0))
    for wrong in (
        "∂ℓ/∂z_{j} h^{T}",
        "(y_{j} - z_{j}) · z_{j}(1-z_{j}) h^{T}",
        "∂ℓ/∂z_{j} · z_{j}(1-z_{j}) x^{T}",
    ):
        assert not right.same(network.evaluate(wrong, j=0)), wrong
    assert not network.evaluate("Ω ∇z").same(network.evaluate("∇z"))


def test_the_derivative_of_the_sigmoid():
    """s′(u) = e^-u / (1 + e^-u)² = s(u) (1 - s(u)), for every u."""
    u = sympy.Symbol("u", real=True)
    notation = Notation(Architecture((4, 3, 2), bias=False))
    (line,) = [line for line in lines(notation, "d") if "s′(u)" in line.sides[0]]
    code = {"e^{-u}": "exp(-u)", "^{2}": "**2", ")(": ")*("}
    for (side,) in line.sides[1:]:
        for markup, python in code.items():
            side = side.replace(markup, python)  # noqa: PLW2901
        found = eval(side, {"exp": sympy.exp, "s": sigmoid, "u": u})
        assert sympy.simplify(found - sympy.diff(sigmoid(u), u)) == 0


def test_the_formulas_within_the_text_hold(case):
    """Of parts d to f, every formula with an equals sign that has no sum in it and is no condition."""
    notation, network = case
    checked = 0
    for letter in "def":
        for block in derivation(letter, notation):
            if not isinstance(block, Prose):
                continue
            for found in re.finditer(r"\$([^$]*)\$", block.text):
                formula = found[1]
                sides = formula.split(" = ")
                if (
                    len(sides) < 2
                    or block.text[: found.start()].endswith("where ")
                    or "Σ" in formula
                    or "u" in formula
                    or "[j=k]" in formula
                    or "diag(" in formula
                ):
                    continue
                values = [network.evaluate(side, i=1, j=0) for side in sides]
                assert all(values[0].same(value) for value in values[1:]), formula
                checked += 1
    assert checked >= 4


@pytest.mark.parametrize("style", ["vw", "delta"])
def test_the_loss_changes_along_the_step_by_minus_the_squared_gradient(style):
    """dℓ_new/dα at α = 0, by SymPy from the loss at V - α∇V and W - α∇W."""
    architecture = Architecture((2, 2, 2), bias=False)
    network, alpha = Network(architecture, style), sympy.Symbol("α")
    gradients = {layer: network.gradient("weight", layer) for layer in (1, 2)}
    squares = sum(entry**2 for gradient in gradients.values() for entry in gradient)
    for layer in (1, 2):
        network.weights[layer] = network.weights[layer] - alpha * gradients[layer]
    found = sympy.N(sympy.diff(network.loss(network.out(2)), alpha).subs(alpha, 0), 30)
    assert abs(found + squares) < 1e-25
    (line,) = lines(Notation(architecture, style), "h")
    norms = {"vw": "-(‖∇V‖² + ‖∇W‖²)", "delta": "-(‖∂ℓ/∂w⁽¹⁾ᵀ‖² + ‖∂ℓ/∂w⁽²⁾ᵀ‖²)"}[style]
    assert [plain(side[0]) for side in line.sides] == ["dℓ_new/dα", norms, "-‖∇ℓ‖²"]


def test_each_layer_keeps_its_derivative_whatever_the_depth():
    """One hidden layer, and a second in the same words: only the names of the quantities differ."""
    blocks = derivation("g", Notation(Architecture((3, 2, 2), bias=False)))
    said = [plain(block.text).replace("$", "") for block in blocks]
    assert said[1] == (
        "The output layer keeps Ω, W and h, receives ∇z, computes δ⁽²⁾ = Ω ∇z, ∇W = δ⁽²⁾ hᵀ and ∇h = Wᵀ δ⁽²⁾, "
        "and passes the last of them back."
    )
    assert said[2] == "Hidden layer 1 keeps Λ, V and x, receives ∇h, computes δ⁽¹⁾ = Λ ∇h and ∇V = δ⁽¹⁾ xᵀ."
    assert said[5] == (
        "Hidden layer 2 keeps Λ₂, W₂ and h₁, receives ∇h₂, computes δ⁽²⁾ = Λ₂ ∇h₂, ∇W₂ = δ⁽²⁾ h₁ᵀ and ∇h₁ = W₂ᵀ δ⁽²⁾, "
        "and passes the last of them back."
    )


def test_a_network_without_hidden_layers_has_nothing_to_derive_there():
    """Parts e and f have neither derivation nor reason."""
    notation = Notation(Architecture((3, 2)))
    for letter in "ef":
        assert derivation(letter, notation) == ()
        assert why(letter, notation) is None
