"""The compiled engine against the core, over every kind of network; and where there is no Numba, what is said."""

from itertools import product, repeat
from types import SimpleNamespace

import numpy as np
import pytest

from bpcli.common.errors import UsageError
from bpcli.config import Config
from bpcli.engine import CompiledEpochs, CompiledNetwork, Rule, available, jit, seconds_saved, worth_compiling
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.training import setup as setting_up
from bpcli.training.descent import Batches, descend
from bpcli.training.optimisers import Adam, Sgd
from bpcli.training.run import Run

needs_numba = pytest.mark.skipif(not available(), reason="the extra fast is not installed")
# Machine code for each precision takes some seconds to make, where no earlier run has left it in the cache.
compiled = [needs_numba, pytest.mark.slow]

PAIRS = [
    ("sigmoid", "squared_error"),
    ("identity", "squared_error"),
    ("sigmoid", "cross_entropy"),
    ("softmax", "cross_entropy"),
]
RULES = [("sgd", 0.0), ("sgd", 0.9), ("adam", 0.0)]
# By loops with and without remainders, deeper, without hidden layers; and one whose first layer is left to BLAS.
SIZES = [(3, 2), (2, 2, 1), (70, 33, 9, 5), (300, 600, 3)]


def trained(network, X, Y, rule, decay, *, engine, epochs=10):
    """Train ten epochs of five steps by one of the engines, in the same order of rows."""
    name, momentum = rule
    parameters = network.parameters
    kind, settings = (Adam, {}) if name == "adam" else (Sgd, {"momentum": momentum})
    optimiser = kind(parameters, network.gradients, weight_decay=decay, **settings)
    rate = 1e-3 if name == "adam" else 0.01
    batches = Batches(X, Y, network.rows, np.random.default_rng(5))
    if engine == "numpy":
        for _ in range(epochs):
            for _ in descend(network, batches.epoch(), optimiser, repeat(rate)):
                pass
        return parameters.flat
    constants = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8} if name == "adam" else {"momentum": momentum}
    rule = Rule(name, **constants, decay=decay, memory=optimiser.slots)
    compiled = CompiledEpochs(network, X, Y, rule)
    for _ in range(epochs):
        assert compiled.train(batches.shuffle(), rate, lambda: False)
    return parameters.flat


def network_and_data(sizes, activation, pair, *, bias, dtype, lead=(), rows=5):
    """Return the parameters of a network and random data for it: 23 rows, so that a last batch of 5 is short.

    The inputs are small enough for every combination to be stable: what grows, grows rounding too.
    """
    output, loss = pair
    rng = np.random.default_rng(1)
    parameters = Parameters(Architecture(sizes, activation, output, loss, bias), dtype, lead)
    initialise(parameters, rng, "xavier")
    X = (rng.normal(size=(23, sizes[0])) / np.sqrt(sizes[0])).astype(dtype)
    Y = np.eye(sizes[-1], dtype=dtype)[rng.integers(0, sizes[-1], 23)]
    return parameters, X, Y


class TestTheCompiledEngine:
    """What needs Numba."""

    pytestmark = compiled

    @pytest.mark.parametrize(("dtype", "bound"), [(np.float64, 1e-12), (np.float32, 2e-4)])
    def test_trains_as_the_core_does(self, dtype, bound):
        """After 50 steps of every combination the weights are those of the core, relative to the largest one."""
        for sizes, activation, pair, bias, rule, decay in product(
            SIZES, ("sigmoid", "tanh", "relu", "identity"), PAIRS, (True, False), RULES, (0.0, 1e-2)
        ):
            if len(sizes) == 2 and activation != "sigmoid":  # there is no hidden layer
                continue
            if sizes[0] == 300 and not (
                activation == "sigmoid" and bias and decay
            ):  # BLAS, which is slow to test
                continue
            rows = 23 if sizes[0] == 300 else 5
            start, X, Y = network_and_data(sizes, activation, pair, bias=bias, dtype=dtype)
            ours, true = (
                trained(
                    Network(start.copy(), rows),
                    X,
                    Y,
                    rule,
                    decay,
                    engine=engine,
                    epochs=50 // (-(-23 // rows)),
                )
                for engine in ("compiled", "numpy")
            )
            assert np.isfinite(true).all()
            difference = abs(ours - true).max() / abs(true).max()
            assert difference <= bound, (sizes, activation, pair, bias, rule, decay, difference)

    @pytest.mark.parametrize("rule", RULES)
    def test_trains_networks_side_by_side(self, rule):
        """Leading axes: each network ends as it does alone."""
        start, X, Y = network_and_data((4, 6, 3), "tanh", PAIRS[3], bias=True, dtype=np.float64, lead=(2, 3))
        together = trained(Network(start.copy(), 5), X, Y, rule, 1e-3, engine="compiled")
        for at in np.ndindex(2, 3):
            alone = Parameters(start.architecture, np.float64)
            alone.flat[...] = start.flat[at]
            assert np.array_equal(
                together[at], trained(Network(alone, 5), X, Y, rule, 1e-3, engine="compiled")
            )

    @pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "identity"])
    def test_gradients_are_those_of_the_core_at_any_input(self, activation):
        """From tiny to saturated pre-activations, where a careless exponential overflows or loses its digits."""
        parameters, X, Y = network_and_data((6, 7, 5), activation, PAIRS[3], bias=True, dtype=np.float64)
        for scale in (1e-9, 1e-3, 1.0, 30.0, 1e3, 1e5):
            ours, core = CompiledNetwork(parameters, 23), Network(parameters, 23)
            for network in (ours, core):
                network.forward(scale * X)
                network.backward(Y)
            size = max(abs(core.gradients.flat).max(), 1e-300)
            assert abs(ours.gradients.flat - core.gradients.flat).max() <= 1e-13 * size

    def test_nan_stays_nan(self):
        """A run that diverges is seen to diverge."""
        for activation in ("sigmoid", "tanh", "relu", "identity"):
            parameters, X, Y = network_and_data((6, 7, 5), activation, PAIRS[0], bias=True, dtype=np.float64)
            parameters.flat[3] = np.nan
            flat = trained(Network(parameters, 5), X, Y, RULES[0], 0.0, engine="compiled", epochs=2)
            assert np.isnan(flat).sum() > 1

    def test_a_resumed_run_is_bit_identical(self, tmp_path, config_of_a_long_run):
        """Ten epochs at once, and six and four: the same bits in every file of weights."""
        for folder, parts in (("whole", [10]), ("parts", [6, 10])):
            for number, epochs in enumerate(parts):
                opened = (
                    Run.resume(tmp_path / folder, {}, epochs=epochs)
                    if number
                    else Run.create(config_of_a_long_run(epochs), "x", tmp_path / folder, {})
                )
                with opened as run:
                    list(run.epochs())
                    run.finish()
        whole, parts = (np.load(tmp_path / folder / "checkpoint.npz") for folder in ("whole", "parts"))
        for name in ("V", "W", "bias_V", "optimiser_m", "optimiser_v"):
            assert np.array_equal(whole[name], parts[name]), name

    def test_the_engine_of_a_run_is_stored(self, tmp_path, config_of_a_long_run):
        """In its configuration as it was decided, and in its environment with the versions of what compiled it."""
        with Run.create(config_of_a_long_run(1), "x", tmp_path / "run", {}) as run:
            assert run.session.config.training.engine == "compiled"
            assert set(run.session.environment({})["engine"]) == {"name", "numba", "llvmlite", "scipy"}

    def test_a_damaged_cache_is_told_and_does_not_stop_training(self, monkeypatch):
        """What Numba cannot read from its cache is compiled again, without it."""

        class Broken:
            class stats:
                cache_path = "/somewhere"

            def compile(self, _signature):
                raise EOFError("Ran out of input")

        monkeypatch.setattr(jit, "_with_cache", lambda _precision, **_: Broken())
        kernel = jit.load_kernel.__wrapped__("float64")
        assert "/somewhere cannot be used (EOFError: Ran out of input)" in kernel.note
        assert callable(kernel.run)

    def test_no_folder_for_the_cache_is_told(self, monkeypatch):
        """Then every run compiles, and the message says how to change that."""
        monkeypatch.setattr(jit, "_with_cache", lambda _precision, **_: None)
        assert "NUMBA_CACHE_DIR" in jit.compilation_notice("float64")

    def test_the_notice_is_about_the_kernel_that_is_wanted(self, monkeypatch, tmp_path):
        """The one that takes many epochs has files of its own."""
        cached = SimpleNamespace(stats=SimpleNamespace(cache_path=tmp_path))
        monkeypatch.setattr(jit, "_with_cache", lambda _precision, **_: cached)
        (tmp_path / "kernels.train_float64-1.nbc").touch()
        assert jit.compilation_notice("float64") is None
        assert "compiled now" in jit.compilation_notice("float64", epochs=True)
        (tmp_path / "kernels.train_epochs_float64-1.nbc").touch()
        assert jit.compilation_notice("float64", epochs=True) is None


@pytest.fixture
def config_of_a_long_run():
    """A small network by Adam, with the compiled engine."""

    def config(epochs):
        return Config.model_validate(
            {
                "data": {"source": "iris"},
                "model": {"hidden": (5,)},
                "training": {"epochs": epochs, "engine": "compiled", "optimizer": {"name": "adam"}},
            }
        )

    return config


def test_without_numba_the_compiled_engine_is_refused_with_the_name_of_the_extra(monkeypatch):
    """One message, before anything is trained."""
    monkeypatch.setattr(setting_up, "available", lambda: False)
    with pytest.raises(
        UsageError, match=r'training\.engine: compiled needs Numba .* pip install "bpcli\[fast\]"'
    ):
        setting_up.setup(Config.model_validate({"training": {"engine": "compiled"}}))


@pytest.mark.parametrize(
    ("epochs", "there", "engine"), [(40, True, "numpy"), (10**6, True, "compiled"), (10**6, False, "numpy")]
)
def test_auto_decides_by_the_work_to_be_done(monkeypatch, epochs, there, engine):
    """Short training does not wait for Numba, long training does; without it there is no choice."""
    monkeypatch.setattr(setting_up, "available", lambda: there)
    config = Config.model_validate({"data": {"source": "iris"}, "training": {"epochs": epochs}})
    rng = np.random.default_rng(0)
    decided = setting_up.with_engine(*setting_up.prepared_data(config, rng))
    assert decided.training.engine == engine


def test_more_work_is_never_less_worth_compiling():
    """In steps, in rows and in width; and networks that share NumPy's calls have less to gain."""
    small, wide = Architecture((64, 32, 10)), Architecture((784, 30, 10))
    counts = [10**power for power in range(8)]
    for architecture in (small, wide):
        worth = [worth_compiling(seconds_saved(architecture, 10, steps)) for steps in counts]
        assert worth == sorted(worth)
        assert worth[0] is False
        assert worth[-1] is True
    assert seconds_saved(wide, 10, 1) > seconds_saved(small, 10, 1) > seconds_saved(small, 10, 1, together=9)
    assert seconds_saved(small, 20, 1) > seconds_saved(small, 10, 1)
