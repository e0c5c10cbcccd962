"""Each part of the sheet on initialisation is answered in full, in both notations, and its algebra is SymPy's."""

from functools import cache

import mpmath
import pytest
import sympy
from rich.console import Console

from bpcli.config import resolve
from bpcli.render.symmetry_demo import demonstration
from bpcli.symmetry_demo.demo import Demo

# What the because-line of each part says: first in one notation, then in the other, then in both.
ANSWERS = {
    "a": (
        ["S_j⁽¹⁾ = Σ_i w_ij⁽¹⁾ x_i = w Σ_i x_i does not depend on j", "x_j⁽¹⁾ = g(0.4) = 0.5987 for every j"],
        ["a_j = Σ_i v_ji x_i = w Σ_i x_i does not depend on j", "h_j = g(0.4) = 0.5987 for every j"],
        ["equal to g(w Σ_i x_i)"],
    ),
    "b": (
        ["δ_i⁽¹⁾ = Σ_j δ_j⁽²⁾ w_ij⁽²⁾ g′(S_i⁽¹⁾) = g′(w Σ_k x_k) w Σ_j δ_j⁽²⁾ does not depend on i"],
        ["δ_i⁽¹⁾ = Σ_j δ_j⁽²⁾ w_ji g′(a_i) = g′(w Σ_k x_k) w Σ_j δ_j⁽²⁾ does not depend on i"],
        ["δ_i⁽¹⁾ = 0.2403 · 0.5 · 0.01332 = 0.0016 for every i"],
    ),
    "c": (
        ["(z_i - y_i) g′(S_i⁽²⁾) under squared error"],
        ["(z_i - y_i) g′(b_i) under squared error"],
        ["each δ_i⁽²⁾ contains its own target", "z_i - y_i under cross-entropy",
         "the targets 0.8 and 0.2 of outputs 2 and 3 give", "δ₃⁽²⁾ = 0.01134"],
    ),
    "d": (
        ["w_ij⁽¹⁾ ← w - η Σ δ_j⁽¹⁾ x_i", "w_ij⁽²⁾ ← w - η Σ δ_j⁽²⁾ x_i⁽¹⁾", "x_i⁽¹⁾ for every i"],
        ["v_ji ← w - α Σ δ_j⁽¹⁾ x_i", "w_ji ← w - α Σ δ_j⁽²⁾ h_i", "h_i for every i"],
        ["δ_j⁽¹⁾ is the same for every j", "moves by -0.009604 to 0.4904 for every j", "0.4168 for every i"],
    ),
    "e": (
        ["x_j⁽¹⁾ = g(Σ_i w_i⁽¹⁾ x_i) does not depend on j", "δ_i⁽¹⁾ = Σ_j δ_j⁽²⁾ w_j⁽²⁾ g′(Σ_k w_k⁽¹⁾ x_k) does not"],
        ["h_j = g(Σ_i v_i x_i) does not depend on j", "δ_i⁽¹⁾ = Σ_j δ_j⁽²⁾ w_j g′(Σ_k v_k x_k) does not"],
        ["outgoing symmetry of layer 1", "incoming symmetry of layer 2", "by induction", "= (2.296, 3.73, -1.978)"],
    ),
    "f": (
        ["S_j⁽¹⁾ = Σ_i w_ij⁽¹⁾ x_i depends on j", "S⁽¹⁾ = (0.4831, "],
        ["a_j = Σ_i v_ji x_i depends on j", "a = (0.4831, "],
        ["random weights break the symmetry", "0.4831, -0.1918, -0.06061, 0.4935, …) before the first step"],
    ),
    "g": (
        [],
        [],
        ["there are no hidden units that could stay equal", "the loss is convex", "λ = 0.1453", "reach one optimum"],
    ),
}  # fmt: skip


@cache
def demo():
    """The default demo."""
    return Demo("symmetry-demo", resolve("symmetry-demo").config).run()


@pytest.mark.parametrize("notation", ["delta", "vw"])
@pytest.mark.parametrize("part", list(ANSWERS))
def test_a_part_is_answered_in_full(part, notation):
    """Symbols, numbers and reason stand on the screen; nothing of the other notation does."""
    console = Console(width=100)
    with console.capture() as capture:
        console.print(demonstration(demo().only(part), notation))
    shown = " ".join(capture.get().partition("\nClaims")[2].split())
    delta, vw, both = ANSWERS[part]
    here, there = (delta, vw) if notation == "delta" else (vw, delta)
    assert [text for text in (*here, *both) if text not in shown] == []
    assert [text for text in there if text in shown] == []
    assert "^" not in shown


def test_the_reasons_of_a_network_with_biases_mention_them():
    """They begin at 0, so the closed form holds for the first pass; at random weights they add to each sum."""
    overrides = ["model.bias=true", "training.epochs=1"]
    found = Demo("symmetry-demo", resolve("symmetry-demo", overrides=overrides).config).run()
    reasons = {claim.id: claim.because for claim in found.claims}
    assert "w Σ_i x_i, since biases begin at 0, does not depend on j" in reasons["a"]
    assert "w_ij^(1) x_i + the bias depends on j" in reasons["f"]
    assert "bias" not in demo().claims[0].because


def test_the_reasons_show_no_rounding_and_no_sign_of_zero():
    """Under softmax δ^(2) adds up to 0; from w = 0 nothing moves; a negative factor stands in brackets."""
    softmax = ["model.output=softmax", "training.loss=cross_entropy", "training.epochs=1"]
    found = {
        claim.id: claim for claim in Demo("iris", resolve("iris", overrides=softmax).config).run().claims
    }
    assert found["b"].because.endswith("· 0.5 · 0 = 0 for every i")
    assert found["c"].remark == (
        "under squared error with sigmoid outputs in place of softmax; "
        "under cross-entropy with sigmoid outputs in place of softmax"
    )
    config = resolve("symmetry-demo", overrides=["training.epochs=1"]).config
    zero = {claim.id: claim.because for claim in Demo("zero", config, weight=0.0).run().claims}
    assert zero["b"].endswith("= 0.25 · 0 · (-0.00625) = 0 for every i")
    assert "w_1j^(1) moves by 0 to 0 for every j" in zero["d"]


def tied(outgoing):
    """A 2-2-2 network with symbols: v_i from input i to every hidden unit, and to output j w_j from every one."""
    x, y = sympy.symbols("x1:3"), sympy.symbols("y1:3")
    own = sympy.symbols("v1_1:3 v2_1:3"), sympy.symbols("w1_1:3 w2_1:3")
    V, W = sympy.Matrix(2, 2, own[0]), sympy.Matrix(2, 2, own[1])
    shared = (
        sympy.symbols("v1:3") if outgoing else [sympy.Symbol("w")] * 2,
        (sympy.symbols("u1:3") if outgoing else [sympy.Symbol("w")] * 2),
    )
    same = {V[j, i]: shared[0][i] for j in range(2) for i in range(2)}
    same |= {W[j, i]: shared[1][j] for j in range(2) for i in range(2)}

    def s(u):
        return 1 / (1 + sympy.exp(-u))

    a = sympy.symbols("a1:3")
    b = [sum(W[j, i] * s(a[i]) for i in range(2)) for j in range(2)]
    loss = sum((y[j] - s(b[j])) ** 2 for j in range(2)) / 2
    pre = {a[j]: sum(V[j, i] * x[i] for i in range(2)) for j in range(2)}
    deltas = [sympy.diff(loss, each).subs(pre).subs(same) for each in a]
    gradients = [[sympy.diff(loss.subs(pre), V[j, i]).subs(same) for i in range(2)] for j in range(2)]
    outgoing_gradients = [
        [sympy.diff(loss.subs(pre), W[j, i]).subs(same) for i in range(2)] for j in range(2)
    ]
    # δ^(2), and the closed form of δ^(1) that claims (b) and (e) print.
    outs = [
        s(sum(shared[1][j] * s(sum(shared[0][i] * x[i] for i in range(2))) for _ in range(2)))
        for j in range(2)
    ]
    second = [(outs[j] - y[j]) * outs[j] * (1 - outs[j]) for j in range(2)]
    h = s(sum(shared[0][i] * x[i] for i in range(2)))
    closed = h * (1 - h) * sum(second[j] * shared[1][j] for j in range(2))
    return deltas, gradients, outgoing_gradients, closed, second, h, x


def zero(expression):
    """Whether an expression vanishes at a rational point, with 30 digits."""
    symbols = sorted(expression.free_symbols, key=str)
    point = [mpmath.mpf(3 + 2 * place) / (7 + place) for place in range(len(symbols))]
    with mpmath.workdps(30):
        return abs(sympy.lambdify(symbols, expression, "mpmath", cse=True)(*point)) < 1e-25


@pytest.mark.parametrize("outgoing", [False, True], ids=["constant w", "after steps"])
def test_the_algebra_is_that_of_derivatives(outgoing):
    """(b), (d), (e): δ^(1) is the closed form for every unit, and no gradient tells two units apart."""
    deltas, gradients, outgoing_gradients, closed, second, h, x = tied(outgoing)
    assert all(zero(delta - closed) for delta in deltas)
    assert all(zero(gradients[j][i] - closed * x[i]) for j in range(2) for i in range(2))
    assert all(zero(outgoing_gradients[j][i] - second[j] * h) for j in range(2) for i in range(2))
    assert not zero(second[0] - second[1])  # (c)


def test_a_closed_form_with_the_weights_of_the_layer_below_would_be_found():
    """The misprint of the sheet, w_ij^(1) for w_ij^(2), is another number as soon as the two differ."""
    deltas, _, _, _, second, h, _ = tied(outgoing=True)
    misprint = h * (1 - h) * sum(each * sympy.Symbol("v1") for each in second)
    assert not zero(deltas[0] - misprint)
