"""The check of bpcli's own gradients passes them, sees a planted fault, and certifies nothing that it cannot see."""

from itertools import product

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.gradcheck.own import check_own
from bpcli.gradcheck.step import check_network
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.training.loop import Trainer
from bpcli.training.setup import build_network, prepared_data
from tests.network.test_gradients import PAIRS

TENSORS = [
    "grad_z",
    "delta_2",
    "grad_W",
    "grad_bias_W",
    "grad_h",
    "delta_1",
    "grad_V",
    "grad_bias_V",
    "grad_x",
]
FORWARD = ["a", "h", "Lambda", "b", "z", "input_W", "Omega", "loss"]


def config(*, source="iris", model=None, **training):
    """A small configuration on one of the built-in sets."""
    return Config.model_validate(
        {
            "data": {"source": source},
            "model": {"hidden": [5], **(model or {})},
            "training": {
                "batch_size": 16,
                "optimizer": {"name": "sgd", "learning_rate": 0.1},
                **training,
            },
        }
    )


def plant(monkeypatch, name, change):
    """Make Network's own gradient of that name wrong by ``change``, which alters the array in place."""
    if name == "grad_x":
        right = Network.input_gradient

        def input_gradient(network):
            gradient = right(network)
            change(gradient)
            return gradient

        monkeypatch.setattr(Network, "input_gradient", input_gradient)
        return
    quantities = Network.quantities

    def planted(network):
        named = quantities(network)
        change(named[name])
        return named

    monkeypatch.setattr(Network, "quantities", planted)


ACTIVATIONS = ["sigmoid", "tanh", "relu", "identity"]
KINDS = list(product(["float64", "float32"], ACTIVATIONS, PAIRS, [[], [6], [6, 5]]))
# Every activation with every output and loss, and each of them at every depth and in both precisions.
COVERING = [
    (("float64", "float32")[(i // 2 + j) % 2], activation, pair, ([6], [6, 5], [])[(i + j) % 3])
    for i, activation in enumerate(ACTIVATIONS)
    for j, pair in enumerate(PAIRS)
]
OTHERS = [pytest.param(*kind, marks=pytest.mark.slow) for kind in KINDS if kind not in COVERING]


@pytest.mark.parametrize(("dtype", "activation", "pair", "hidden"), [*COVERING, *OTHERS])
def test_the_gradients_that_train_are_correct(dtype, activation, pair, hidden):
    """Every kind of network, in both precisions, before and after some training."""
    output, loss = pair
    checks = check_own(
        config(
            model={"dtype": dtype, "activation": activation, "output": output, "hidden": hidden}, loss=loss
        )
    )
    assert [check.source for check in checks] == [
        "bpcli, initial weights",
        "bpcli, after 10 steps",
        "bpcli, 2 epochs of training on 40 rows, 16 at a time",
    ]
    for check in checks:
        assert check.verdict == "correct"
        assert {t.verdict for t in check.tensors if t.name != "Lambda"} == {"correct"}
        assert check.method == ("central" if activation == "relu" and hidden else "complex")


def test_every_tensor_is_shown_with_its_shape_norm_and_worst_entry():
    """The tensors come in the order of the backward pass; the worst entry is where the two differ most."""
    check, _, _ = check_own(config(), samples=20)
    assert [tensor.name for tensor in check.tensors] == [*FORWARD, *TENSORS]
    shapes = [(20, 5)] * 3 + [(20, 3)] * 2 + [(20, 5), (20, 3), ()]
    shapes += [(20, 3), (20, 3), (3, 5), (3,), (20, 5), (20, 5), (5, 4), (5,), (20, 4)]
    assert [tensor.shape for tensor in check.tensors] == shapes
    for tensor in check.tensors:
        assert tensor.norm > 0
        assert tensor.residual <= 1e-14
        assert tensor.worst.found == pytest.approx(tensor.worst.true, rel=1e-12)
        assert tensor.left_out == 0


@pytest.mark.parametrize("name", TENSORS)
def test_one_entry_wrong_by_a_hundred_millionth_is_caught(monkeypatch, name):
    """Any tensor, any entry, not its largest alone: only that tensor is wrong, and the entry is named."""
    sizes = next(t.shape for t in check_own(config(), steps=0)[0].tensors if t.name == name)
    at = tuple(size // 2 for size in sizes)

    def change(gradient):
        gradient[tuple(place % size for place, size in zip(at, gradient.shape, strict=True))] *= 1 + 1e-8

    plant(monkeypatch, name, change)
    *checks, epochs = check_own(config())
    assert name in {tensor.name for tensor in epochs.tensors if tensor.verdict == "wrong"}
    for check in checks:
        assert check.verdict == "wrong"
        assert [tensor.name for tensor in check.tensors if tensor.verdict == "wrong"] == [name]
        assert next(tensor.worst.index for tensor in check.tensors if tensor.name == name) == at


RELU = {"activation": "relu"}
AT_A_KINK = {"grad_W", "grad_h", "grad_V", "grad_x"}


@pytest.mark.parametrize(
    ("name", "model", "size"),
    [
        *(pytest.param(name, {"dtype": "float32"}, 1e-3, id=f"{name}-float32") for name in TENSORS),
        *(
            pytest.param(
                name, RELU, 1e-4, id=f"{name}-relu", marks=[] if name in AT_A_KINK else [pytest.mark.slow]
            )
            for name in TENSORS
        ),
    ],
)
def test_a_coarser_fault_is_caught_where_arithmetic_or_method_are_coarser(monkeypatch, name, model, size):
    """The whole tensor scaled by a thousandth in float32, by a ten-thousandth under central differences."""

    def change(gradient):
        gradient *= 1 + size

    plant(monkeypatch, name, change)
    *checks, epochs = check_own(config(model=model))
    assert name in {tensor.name for tensor in epochs.tensors if tensor.verdict == "wrong"}
    for check in checks:
        assert [tensor.name for tensor in check.tensors if tensor.verdict == "wrong"] == [name]


def test_a_fault_in_the_backward_pass_itself_is_caught(monkeypatch):
    """A backward pass that forgets Λ is wrong in ∇V and what follows from it, and right before."""
    right = Network.backward

    def backward(network, Y):
        right(network, Y)
        first = network.layers[0]
        first.delta[...] = first.grad_out
        np.matmul(first.delta.mT, network.inputs[0], out=first.grad_weight)
        first.grad_bias[...] = first.delta.sum(axis=-2, keepdims=True)

    monkeypatch.setattr(Network, "backward", backward)
    for check in check_own(config()):
        wrong = {tensor.name for tensor in check.tensors if tensor.verdict == "wrong"}
        assert wrong == {"delta_1", "grad_V", "grad_bias_V", "grad_x"}


def test_a_gradient_that_is_not_a_number_is_wrong(monkeypatch):
    """NaN compares false with everything, and is not let through by it."""
    plant(monkeypatch, "grad_W", lambda gradient: gradient.fill(np.nan))
    assert check_own(config())[0].verdict == "wrong"


def test_zero_weights_certify_nothing_below_them():
    """With hidden units ∇V vanishes at zero weights, as would many a wrong one."""
    rng = np.random.default_rng(0)
    zero = check_network(
        "zero",
        Parameters(Architecture((3, 4, 2))),
        rng.normal(size=(5, 3)),
        rng.uniform(size=(5, 2)),
        "complex",
    )
    verdicts = {tensor.name: tensor.verdict for tensor in zero.tensors}
    assert verdicts["grad_V"] == "uninformative"
    assert verdicts["grad_W"] == "correct"
    assert next(tensor.residual for tensor in zero.tensors if tensor.name == "grad_V") is None
    assert zero.verdict == "uninformative"


def test_a_beginning_that_cannot_tell_is_replaced():
    """Zero weights above hidden units: a random example is checked in their place, and named so."""
    first, later, _ = check_own(config(model={"init": {"scheme": "zeros"}}))
    assert "a random example (initial weights cannot tell: V is zero" in first.source
    assert (first.verdict, later.verdict) == ("correct", "correct")


def test_zero_weights_are_informative_without_hidden_units():
    """Only ∇x vanishes there, and no parameter is learnt from it."""
    zero, _, _ = check_own(config(model={"hidden": [], "init": {"scheme": "zeros"}}))
    assert {t.name: t.verdict for t in zero.tensors}["grad_x"] == "uninformative"
    assert zero.verdict == "correct"


def test_a_gradient_that_cancels_to_rounding_is_neither_correct_nor_wrong():
    """Errors of 0.1 and -0.1 leave a bias gradient of about 1e-17: any residual fits, and so none certifies."""
    parameters = Parameters(Architecture((1, 1), output="identity"))
    parameters.flat[...] = 0.7, 0.3
    X = np.array([[0.11], [1.3]])
    Y = X * 0.7 + 0.3 + [[0.1], [-0.1]]
    check = check_network("cancelled", parameters, X, Y, "complex")
    bias = next(tensor for tensor in check.tensors if tensor.name == "grad_bias_W")
    assert 0 < bias.norm < 1e-15
    assert bias.verdict == "uninformative"
    assert check.verdict == "uninformative"


def test_entries_at_a_kink_are_counted_and_left_out():
    """With V = 0 every pre-activation of relu lies at the kink; nothing of ∇V is comparable."""
    parameters = Parameters(Architecture((2, 3, 2), "relu", "identity", bias=False))
    parameters.weights[1][...] = 1.0
    rng = np.random.default_rng(0)
    check = check_network("kinks", parameters, rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), "central")
    of_v = next(tensor for tensor in check.tensors if tensor.name == "grad_V")
    assert (of_v.left_out, of_v.worst, of_v.verdict) == (6, None, "uninformative")


def test_weights_that_diverged_are_uninformative():
    """A rate of 1e200 leaves nothing finite to check after a few steps, and that is no wrong gradient."""
    relu = {"activation": "relu", "output": "identity"}
    source = config(source="and", model=relu, optimizer={"name": "sgd", "learning_rate": 1e200})
    _, later, epochs = check_own(source)
    assert (later.verdict, epochs.verdict) == ("uninformative", "uninformative")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(n, marks=pytest.mark.slow) for n in range(8, 40))]
)
def test_right_gradients_are_never_wrong_whatever_the_scale(dtype, seed):
    """Weights from 0.001 to 3 and inputs up to 255: vanishing, saturated and cancelling gradients among them."""
    rng = np.random.default_rng(seed)
    output, loss = PAIRS[seed % 4]
    sizes = tuple(int(size) for size in rng.integers(2, 40, rng.integers(2, 5)))
    activation = str(rng.choice(["sigmoid", "tanh", "relu", "identity"]))
    parameters = Parameters(Architecture(sizes, activation, output, loss, bool(rng.integers(2))), dtype)
    parameters.flat[...] = rng.normal(size=parameters.flat.size) * rng.choice([3, 1, 0.1, 0.01, 0.001])
    X = (rng.normal(size=(9, sizes[0])) * rng.choice([0.1, 1, 255])).astype(dtype)
    Y = np.eye(sizes[-1], dtype=dtype)[rng.integers(0, sizes[-1], 9)]
    for method in ["central"] if activation == "relu" and len(sizes) > 2 else ["complex", "central"]:
        assert check_network("random", parameters, X, Y, method).verdict != "wrong"


def test_the_trained_weights_are_those_of_a_run():
    """As many steps as there are batches end exactly where the first epoch of ``bpcli train`` ends."""
    source = config(optimizer={"name": "adam", "learning_rate": 0.01})
    for_data, for_weights, for_order = map(np.random.default_rng, np.random.SeedSequence(0).spawn(3))
    _, data = prepared_data(source, for_data)
    network = build_network(source, data)
    initialise(network.parameters, for_weights, **source.model.init.model_dump())
    next(Trainer(network, data, source.training, for_order).epochs())
    batches = -(-len(data.X) // 16)
    _, found, _ = check_own(source, steps=batches)
    X, Y = data.X[:32], data.Y[:32]
    assert found == check_network(f"bpcli, after {batches} steps", network.parameters, X, Y, "complex")


def test_a_method_that_does_not_suit_the_network_is_refused():
    """The complex step and relu: the message says what to use instead."""
    with pytest.raises(UsageError, match=r"--method complex.*use the central method"):
        check_own(config(model={"activation": "relu"}), method="complex")
