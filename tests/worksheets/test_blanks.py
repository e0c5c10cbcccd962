"""The blanks of a worksheet: their numbers, their names, and the chain that leads from one to the next."""

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.mistakes.candidates import Prepared, single_mistakes
from bpcli.mistakes.making import injected
from bpcli.network import Architecture, Parameters
from bpcli.network.example import Example
from bpcli.walkthrough.walk import core_values
from bpcli.worksheets.blanks import blanks
from bpcli.worksheets.chain import given, steps
from tests.walkthrough.byhand import sheet

ALL = [
    Architecture(sizes, activation, output, loss, bias)
    for sizes in ((3, 2), (3, 4, 2), (3, 3, 3), (2, 3, 2, 2), (1, 1, 1))
    for activation in ("sigmoid", "tanh", "relu", "identity")
    for output, loss in (
        ("sigmoid", "squared_error"),
        ("identity", "squared_error"),
        ("sigmoid", "cross_entropy"),
        ("softmax", "cross_entropy"),
    )
    for bias in (False, True)
]


def point(architecture, seed=0):
    """Return a point of no special numbers."""
    rng = np.random.default_rng(seed)
    parameters = Parameters(architecture)
    parameters.flat[...] = rng.uniform(-1.5, 1.5, parameters.flat.shape)
    outputs = architecture.sizes[-1]
    Y = np.eye(outputs)[:1] if architecture.output == "softmax" else rng.integers(0, 2, (1, outputs)) * 1.0
    return Example(architecture, rng.uniform(0.5, 2, (1, architecture.sizes[0])), Y, dict(parameters.named()))


@pytest.mark.parametrize(
    ("loss", "bias"), [(loss, bias) for loss in ("squared_error", "cross_entropy") for bias in (False, True)]
)
def test_every_value_is_that_of_plain_python_to_twelve_digits(loss, bias):
    """Forward, backward, update and the loss after it, worked out number by number."""
    example = point(Architecture((3, 4, 2), loss=loss, bias=bias))
    by_hand = sheet(example)
    found = blanks(example)
    assert [blank.name for blank in found] == list(by_hand)
    for blank in found:
        np.testing.assert_allclose(blank.value, by_hand[blank.name], rtol=1e-12, atol=1e-15)
        assert blank.shape == np.shape(by_hand[blank.name])


def test_a_sheet_worked_out_on_paper():
    """x = 1, V = 0, W = 1, y = 1: h = ½, z = s(½), and the rest with e^-½ alone."""
    architecture = Architecture((1, 1, 1), bias=False)
    numbers = {"V": np.array([[0.0]]), "W": np.array([[1.0]])}
    example = Example(architecture, np.array([[1.0]]), np.array([[1.0]]), numbers, learning_rate=1.0)
    found = {blank.name: blank.value.item() for blank in blanks(example)}
    z = 1 / (1 + 0.6065306597126334)  # e^-½
    delta = z * (1 - z) * (z - 1)
    expected = {
        "a": 0,
        "h": 0.5,
        "b": 0.5,
        "z": z,
        "loss": (1 - z) ** 2 / 2,
        "grad_z": z - 1,
        "delta_2": delta,
    }
    expected |= {
        "grad_W": delta / 2,
        "grad_h": delta,
        "Lambda": 0.25,
        "grad_V": delta / 4,
        "new_V": -delta / 4,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12), name


def test_biases_follow_their_matrices_and_deeper_layers_have_their_numbers():
    """The order of computation: forward, backward from the output, the update from the output."""
    names = [blank.name for blank in blanks(point(Architecture((2, 3, 2, 2), bias=True)))]
    assert names[:7] == ["a1", "h1", "a2", "h2", "b", "z", "loss"]
    assert names[7:12] == ["grad_z", "Omega", "delta_3", "grad_W3", "grad_bias_W3"]
    assert names[12:14] == ["grad_h2", "Lambda_2"]
    assert names[-3:] == ["new_W1", "new_bias_W1", "loss_after"]


def test_a_softmax_has_no_omega():
    """Its Jacobian is no diagonal, and δ = z - y does not pass through one."""
    names = [
        blank.name for blank in blanks(point(Architecture((3, 2), "sigmoid", "softmax", "cross_entropy")))
    ]
    assert "Omega" not in names
    assert "delta_1" in names


def test_more_than_one_sample_is_refused():
    """A worksheet is about one point."""
    example = Example(
        Architecture((1, 1), bias=False), np.ones((2, 1)), np.ones((2, 1)), {"W": np.ones((1, 1))}
    )
    with pytest.raises(UsageError, match="2 samples"):
        blanks(example)


# A quarter of them, in which every two of sizes, activation and output with loss come together.
COVERING = [
    architecture
    for place, architecture in enumerate(ALL)
    if (place // 32 + place // 8 + place // 2 + place) % 4 == 0
]


@pytest.mark.parametrize(
    "architecture",
    [pytest.param(each, marks=[] if each in COVERING else [pytest.mark.slow], id=str(each)) for each in ALL],
)
def test_each_step_leads_from_the_cores_numbers_to_the_cores_numbers(architecture):
    """Every right formula for a blank, fed with the core's earlier quantities, gives the core's."""
    example = point(architecture)
    core = core_values(example) | given(example)
    for step in steps(example):
        for method in step.methods:
            np.testing.assert_allclose(method.formula(core), core[step.name], rtol=1e-11, atol=1e-13)
        for mistake in step.mistakes:
            assert mistake.wrong(core).shape == core[step.name].shape, mistake


@pytest.mark.parametrize(
    "architecture",
    [a for a in ALL if len(a.sizes) == 3 and a.sizes != (1, 1, 1) and a.activation == "sigmoid"],
    ids=str,
)
def test_what_follows_from_a_named_mistake_are_the_gradients_of_the_catalogue(architecture):
    """A mistake with an id, carried through the sheet, ends in gradients that gradcheck has under that id."""
    example = point(architecture)
    base = Prepared(example)
    layers = {"W": single_mistakes(base, 1), "V": single_mistakes(base, 0)}
    for step in steps(example):
        for mistake in step.mistakes:
            if mistake.id is None or step.name.startswith(("new", "loss")):
                continue
            if step.name == "Omega" and architecture.loss == "cross_entropy":
                continue  # which does not need it
            found = given(example)
            for each in steps(example):
                # A wrong ∇z matters if δ is worked out from it, which under softmax is the second way.
                way = next((way for way in each.methods if step.name in way.needs), each.methods[0])
                found[each.name] = (mistake.wrong if each.name == step.name else way.formula)(found)
            spoilt = False  # by a mistake that these sizes allow, always
            for layer, candidates in layers.items():
                tensors = [f"grad_{layer}"] + [f"grad_bias_{layer}"] * architecture.bias
                for tensor, part in zip(tensors, ("matrix", "bias"), strict=False):
                    true = getattr(candidates, part)[0]
                    if not np.allclose(found[tensor], true, rtol=1e-12, atol=1e-15):
                        spoilt = True
                        known = list(_of_the_catalogue(candidates, part, mistake.id))
                        known.append(injected(example, mistake.id)[tensor.removeprefix("grad_")])
                        assert any(np.allclose(found[tensor], k, rtol=1e-10, atol=1e-14) for k in known), (
                            step.name,
                            mistake.words,
                            tensor,
                        )
            assert spoilt, (step.name, mistake.words)


def _of_the_catalogue(candidates, part, id_):
    """What the catalogue makes of a tensor under one mistake.

    In V alone nothing tells an error passed back without Ω from the raw error passed back.
    """
    tensors = getattr(candidates, part)
    factors = {"sign": (-1,), "half": (2, 0.5), "bias-frozen": (0,)}
    yield from (factor * tensors[0] for factor in factors.get(id_, ()))
    for number, tensor in enumerate(tensors):
        if candidates.ids(number) in {(id_,), ("raw-error-back",) if id_ == "no-omega" else (id_,)}:
            yield tensor
