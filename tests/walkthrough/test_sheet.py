"""What the pages say: every equation comes out as it says, and every label is that of its numbers and their shape."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bpcli.network import Architecture
from bpcli.network.example import Example
from bpcli.network.formulas import Notation
from bpcli.render.walkthrough.text import text_part
from bpcli.walkthrough.blocks import Equation, Graph, Numbers, Table
from bpcli.walkthrough.reuse import factor_table
from bpcli.walkthrough.sheet import sheet
from bpcli.walkthrough.walk import walk
from tests.walkthrough.evaluating import answer, outcome
from tests.walkthrough.points import point

NETWORKS = {
    "the sheet's": {"sizes": (3, 2, 2)},
    "no two sizes alike": {"sizes": (4, 3, 2), "bias": True},
    "tanh": {"sizes": (2, 3, 4), "activation": "tanh", "bias": True},
    "relu": {"sizes": (3, 4, 2), "activation": "relu", "output": "identity"},
    "deeper": {"sizes": (4, 3, 5, 2), "bias": True},
    "none": {"sizes": (3, 2)},
    "cross-entropy": {"sizes": (4, 2, 3), "loss": "cross_entropy"},
    "softmax": {"sizes": (2, 4, 3), "output": "softmax", "loss": "cross_entropy", "bias": True},
    "wide": {"sizes": (9, 8, 7)},
}


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS)
def walked(request):
    """A walk through each kind of network."""
    return walk(point(**request.param))


@pytest.fixture(params=["vw", "delta"])
def style(request):
    """Each notation."""
    return request.param


def blocks(walked, kind, style="vw", letters="abcdefgh"):
    """The blocks of one kind of the whole sheet."""
    whole = sheet(walked, style=style, letters=letters)
    return [block for part in whole.parts for block in part.blocks if isinstance(block, kind)]


def same(found, expected):
    """Whether two arrays are the same but for rounding."""
    return found.shape == expected.shape and np.allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_every_equation_comes_out_as_it_says(walked, style):
    """The working, calculated as it stands there, is the answer."""
    tried = 0
    for equation in blocks(walked, Equation, style):
        found = outcome(equation.working) if equation.working else None
        if found is not None:
            assert same(found.reshape(answer(equation.answer).shape), answer(equation.answer)), (
                equation.symbol
            )
            tried += 1
    assert tried > 10


def symbols(walked, style):
    """Every symbol that may stand under a brace, with the numbers it stands for as a matrix."""
    notation, found = Notation(walked.example.architecture, style), {}
    for name, quantity in walked.quantities.items():
        values = quantity.value
        matrix = values if values.ndim == 2 else values.reshape(-1, 1)
        symbol = notation.symbol(name)
        if name in {layer.derivative for layer in notation.layers}:
            diagonal = np.diag(values)
            found[symbol] = diagonal
        elif name.startswith(("grad_", "delta_", "new_")):
            found[symbol] = matrix
        else:
            found[symbol] = matrix
            if values.ndim and notation.symbol(name, transposed=True) != symbol:
                found[notation.symbol(name, transposed=True)] = matrix.T
    if walked.example.architecture.output == "softmax":
        z = walked["z"]
        found["J"] = np.array([[z[j] * ((j == k) - z[k]) for k in range(len(z))] for j in range(len(z))])
    return found


def single(walked, style):
    """Every symbol of one entry or one row, with its numbers."""
    notation, found = Notation(walked.example.architecture, style), {}
    for index, layer in enumerate(notation.layers):
        for j in range(len(walked[layer.out])):
            unit = str(j + 1)
            found[f"∂ℓ/∂{notation.symbol(layer.out, unit)}"] = walked[layer.grad_out][j]
            found[notation.symbol(layer.delta, unit)] = walked[layer.delta][j]
            found[f"∂ℓ/∂{notation.row(index, unit)}"] = walked[layer.grad_matrix][j : j + 1]
            if not notation.softmax(index):
                found[notation.derivative_entry(index, unit)] = walked[layer.derivative][j]
    return found


def test_every_label_is_that_of_its_numbers(walked, style):
    """What stands over a brace is the quantity of that name, with its shape."""
    known = symbols(walked, style) | single(walked, style)
    labelled = 0
    for equation in blocks(walked, Equation, style):
        for numbers in (*equation.working, equation.answer):
            if isinstance(numbers, Numbers) and numbers.label and numbers.label != "1":
                expected = np.asarray(known[numbers.label])
                assert same(answer(numbers), expected), numbers.label
                if expected.ndim == 2:
                    assert numbers.size == "×".join(map(str, expected.shape))
                labelled += 1
    assert labelled > 15


def test_every_quantity_stands_on_the_sheet_with_formula_working_and_shape(walked, style):
    """All but what is given: one equation each, which its label names; a number and a diagonal of 1 need less."""
    equations = {block.name: block for block in blocks(walked, Equation, style) if block.name}
    for name, quantity in walked.quantities.items():
        if quantity.phase == "given" or (name == "Omega" and name not in equations):
            continue  # under softmax J is there instead
        equation = equations[name]
        assert equation.formula
        assert same(equation.answer.values, quantity.value)
        if quantity.value.ndim:
            assert equation.answer.label == equation.symbol
        if not name.startswith("grad_bias") and equation.formula != "diag(1)":
            by_entry = name == "grad_z" and walked.example.architecture.loss == "cross_entropy"
            assert equation.working or by_entry, name


def test_given_numbers_are_exact_and_all_others_are_not(walked, style):
    """Whatever equation they stand in."""
    given = {"x", "y", *walked.example.parameters}
    notation = Notation(walked.example.architecture, style)
    exact = {notation.symbol(name, transposed=turned) for name in given for turned in (False, True)}
    for equation in blocks(walked, Equation, style):
        for numbers in equation.working:
            if isinstance(numbers, Numbers) and numbers.label:
                assert (numbers.form == "exact") == (numbers.label in exact), numbers.label


def test_each_quantity_belongs_to_its_pass(walked):
    """Given, forward, backward and update, by what the names mean."""
    for name, quantity in walked.quantities.items():
        if name in ("x", "y", *walked.example.parameters):
            expected = "given"
        elif name.startswith(("grad_", "delta_")):
            expected = "backward"
        elif name.startswith("new_") or name == "loss_after":
            expected = "update"
        else:
            expected = "forward"
        assert quantity.phase == expected, name


def test_the_forward_pass_after_the_step_is_that_of_the_new_weights(walked):
    """a, h, b, z and the δ, once more from new_V and new_W by the core."""
    example = walked.example
    parameters = {name: walked[f"new_{name}"] for name in example.parameters}
    again = walk(Example(example.architecture, example.X, example.Y, parameters))
    assert set(walked.after) == {
        name for layer in example.architecture.names() for name in (layer.pre, layer.out, layer.delta)
    }
    for name, value in walked.after.items():
        assert same(value, again[name]), name
    assert same(walked["loss_after"], again["loss"])


def test_the_shapes_of_the_parameters_are_rows_by_columns():
    """4-3-2: V is 3×4, W 2×3, in symbols and numbers; each gradient has the shape of its parameter."""
    (table,) = blocks(walk(point((4, 3, 2))), Table, letters="b")
    v, w = "$d^{(1)}×d^{(0)}$ = 3×4", "$d^{(2)}×d^{(1)}$ = 2×3"
    assert table.rows == (("$V$", v, "12", "$∇V$", v), ("$W$", w, "6", "$∇W$", w))


def test_the_factors_and_when_they_are_known():
    """From the output down, in both notations; no column says the same thing twice."""
    net = Architecture((3, 2, 2), bias=False)
    starts, arrives = "starts the backward pass", "arrives by backpropagation"
    before, after, product = "before the forward pass", "after the forward pass", "product of these"
    known = (starts, after, after, before, product, arrives, after, before, product)
    ours = ("∇z", "Ω", "h^{T}", "W", "∇W", "∇h", "Λ", "x^{T}", "∇V")
    derivatives = (
        *("$(∂ℓ/∂z)^{T}$", "$∂z/∂b$", "$∂b_{j}/∂w_{j}$", "$∂b/∂h$", "rows $∂ℓ/∂w_{j}$"),
        *("$(∂ℓ/∂h)^{T}$", "$∂h/∂a$", "$∂a_{j}/∂v_{j}$", "rows $∂ℓ/∂v_{j}$"),
    )
    rows = tuple((f"${a}$", b, c) for a, b, c in zip(ours, derivatives, known, strict=True))
    assert factor_table(Notation(net)).rows == rows
    theirs = factor_table(Notation(net, "delta")).rows
    assert tuple(row[2] for row in theirs) == known
    assert all(row[0] != row[1] for row in theirs)


def test_the_graphs_carry_what_they_say(walked, style):
    """Forward the values, backward the gradients; what was known before is marked."""
    notation = Notation(walked.example.architecture, style)
    forward, backward = blocks(walked, Graph, style)
    layers = notation.layers
    expected = ["x", *(name for layer in layers for name in (layer.pre, layer.out)), "loss"]
    passed = ["x", *(name for layer in layers for name in (layer.delta, layer.grad_out)), "loss"]
    for graph, names in ((forward, expected), (backward, passed)):
        for stage, name in zip(graph.stages, names, strict=True):
            assert stage.box.symbol == notation.symbol(name)
            assert same(stage.box.values, walked[name])
            assert stage.box.known == (name == "x" or (graph is backward and name == "loss"))
    upward = [stage.upward for stage in backward.stages if stage.upward]
    assert upward == [notation.symbol(layer.input, transposed=True) for layer in layers]


PAGES = Path(__file__).parent / "pages"
BOARD = Example(
    Architecture((3, 2, 2), bias=False),
    np.array([[1.0, 0.5, -1.0]]),
    np.array([[1.0, 0.0]]),
    {"V": np.array([[-1.7, 1.3, -1.4], [-1.4, 1.6, -1.9]]), "W": np.array([[-1.8, -1.3], [1.2, 1.5]])},
    learning_rate=0.5,
)


def test_the_page_is_the_one_that_was_checked_by_hand(style):
    """Parts c to h of the sheet's network, letter by letter; every symbol and index was read against the sheet."""
    console = Console(width=100, highlight=False, markup=False)
    whole = sheet(walk(BOARD), style=style, letters="cdefgh")
    with console.capture() as captured:
        for part in whole.parts:
            if part.letter:
                console.print(text_part(whole, part))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert "\n".join(lines) + "\n" == (PAGES / f"{style}.txt").read_text(encoding="utf-8")
