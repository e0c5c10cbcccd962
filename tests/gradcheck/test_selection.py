"""``bpcli gradcheck`` without a configuration reaches every line that trains, and sees the faults of a later step."""

from itertools import product

import numpy as np
import pytest

from bpcli.gradcheck.selection import CASES, check_case, check_selection, describe
from bpcli.network import Network
from bpcli.network.activations import Softmax
from bpcli.network.layer import Layer
from bpcli.network.losses import Loss
from bpcli.training import loop, setup
from bpcli.training.descent import Batches
from bpcli.training.optimisers import Adam, Sgd

PLAIN, DECAYED, SOFTMAX = CASES[0], CASES[1], CASES[2]
MANY_ROWS = next(case for case in CASES if case.batch == 43)
STEPPED = next(case for case in CASES if "schedule" in (case.training or {}))
STOPPED = next(case for case in CASES if "early_stopping" in (case.training or {}))


def wrong(case):
    """The names of what is wrong when one network is trained."""
    return {tensor.name for tensor in check_case(case).tensors if tensor.verdict == "wrong"}


def test_the_networks_cover_every_kind_and_all_are_correct():
    """Every activation, output with loss, depth, precision, optimiser and schedule; with and without biases."""
    assert {check.verdict for check in check_selection()} == {"correct"}
    kinds = [case.architecture for case in CASES]
    assert {kind.activation for kind in kinds if kind.depth > 1} == {"sigmoid", "tanh", "relu", "identity"}
    pairs = {(kind.output, kind.loss) for kind in kinds}
    assert {*product(["sigmoid"], ["squared_error", "cross_entropy"])} < pairs
    assert pairs > {("identity", "squared_error"), ("softmax", "cross_entropy")}
    for dtype, bias in product(["float64", "float32"], [True, False]):
        assert any((case.dtype, case.bias) == (dtype, bias) for case in CASES)
    for dtype in ("float64", "float32"):
        assert {case.architecture.depth for case in CASES if case.dtype == dtype} == {1, 2, 3}
        assert {case.optimizer["name"] for case in CASES if case.dtype == dtype} == {"sgd", "adam"}
    assert {case.settings.schedule.name for case in CASES} == {"constant", "step", "cosine"}


@pytest.mark.parametrize("case", CASES, ids=describe)
def test_no_two_sizes_agree_and_the_last_batch_is_short(case):
    """Sizes, rows and batches are such that no factor of one equals that of another."""
    sizes = [*case.sizes, case.batch, case.rows]
    assert len(set(sizes)) == len(sizes)
    assert 0 < case.rows % case.batch < case.batch < case.rows


def test_gradients_that_accumulate_over_steps_are_caught(monkeypatch):
    """Right in the first step of every run."""

    def differentiate(layer, x, matmul):
        layer.grad_weight[...] += layer.delta_T @ x

    monkeypatch.setattr(Layer, "differentiate", differentiate)
    assert wrong(PLAIN) >= {"grad_V", "grad_W"}


def test_a_stale_input_buffer_is_caught(monkeypatch):
    """The batch of the first step is used in every later one."""
    forward, first = Network.forward, {}

    def stale(network, X):
        return forward(network, first.setdefault((id(network), len(X)), X.copy()))

    monkeypatch.setattr(Network, "forward", stale)
    assert "rows" in wrong(PLAIN)


def test_a_short_batch_divided_by_the_rows_of_the_buffer_is_caught(monkeypatch):
    """Only the last batch of an epoch is wrong."""
    backward = Network.backward

    def divided(network, Y):
        backward(network, Y)
        network.gradients.flat[...] *= len(Y) / network.rows

    monkeypatch.setattr(Network, "backward", divided)
    assert wrong(PLAIN) >= {"grad_V", "grad_W"}


def test_samples_beyond_32_that_are_dropped_are_caught(monkeypatch):
    """From the batch, and from the gradient alone."""
    epoch = Batches.epoch
    monkeypatch.setattr(Batches, "epoch", lambda self: ((x[:32], y[:32]) for x, y in epoch(self)))
    assert {"rows", "batch_sizes"} <= wrong(MANY_ROWS)
    monkeypatch.setattr(Batches, "epoch", epoch)

    def differentiate(layer, x, matmul):
        layer.grad_weight[...] = layer.delta[:32].T @ x[:32]
        layer.grad_bias[...] = layer.delta.sum(axis=0)

    monkeypatch.setattr(Layer, "differentiate", differentiate)
    assert wrong(MANY_ROWS) == {"grad_W"}


def test_a_loss_that_is_a_sum_is_caught(monkeypatch):
    """The gradients stay those of the mean."""
    monkeypatch.setattr(Loss, "mean", lambda loss, b, z, Y: loss.of_samples(b, z, Y).sum(axis=-1))
    assert wrong(PLAIN) >= {"loss", "train_loss", "validation_loss"}


def test_the_derivative_of_softmax_is_checked(monkeypatch):
    """No gradient needs it, but it is shown."""
    monkeypatch.setattr(Softmax, "derivative", lambda self, b, z, out: np.multiply(z, z, out=out))
    assert wrong(SOFTMAX) == {"Omega"}


@pytest.mark.parametrize(
    ("case", "rule", "attribute", "value"),
    [(DECAYED, Sgd, "_momentum", 0.5), (SOFTMAX, Adam, "_beta1", 0.9), (SOFTMAX, Adam, "_beta2", 0.9)],
)
def test_an_update_rule_with_another_constant_is_caught(monkeypatch, case, rule, attribute, value):
    """The gradients are right and the parameters move wrongly."""
    start = rule.__init__

    def started(self, *args, **kwargs):
        start(self, *args, **kwargs)
        setattr(self, attribute, value)

    monkeypatch.setattr(rule, "__init__", started)
    found = wrong(case)
    assert found
    assert all(name.startswith("new_") for name in found)


def test_weight_decay_and_schedule_are_checked(monkeypatch):
    """Decay of the biases too, and a rate that stays where it began."""
    monkeypatch.setattr(loop, "learning_rate", lambda schedule, initial, epoch, epochs: initial)
    assert "learning_rate" in wrong(STEPPED)
    monkeypatch.undo()
    build = setup.build_optimiser

    def doubled(network, settings):
        return build(network, settings.model_copy(update={"weight_decay": 2 * settings.weight_decay}))

    monkeypatch.setattr(loop, "build_optimiser", doubled)
    assert wrong(DECAYED) == {"new_V", "new_W"}


def test_one_network_stops_early_with_the_best_parameters(monkeypatch):
    """Neither an epoch more nor the last parameters in place of the best go unseen."""
    assert {"stopped_by", "kept_W"} <= {tensor.name for tensor in check_case(STOPPED).tensors}
    monkeypatch.setattr(loop.Trainer, "kept", lambda trainer: trainer.network.parameters)
    assert wrong(STOPPED) == {"kept_W"}


def test_a_state_that_forgets_the_velocity_is_caught(monkeypatch):
    """What is resumed must end where the run ended that was never stopped."""
    state = loop.Trainer.state

    def forgetful(trainer):
        return {name: 0 * a if name == "optimiser_velocity" else a for name, a in state(trainer).items()}

    monkeypatch.setattr(loop.Trainer, "state", forgetful)
    assert {"resumed_V", "resumed_W"} <= wrong(DECAYED)
