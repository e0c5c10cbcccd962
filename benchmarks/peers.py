"""The time of training beside that of its peers: same data, weights, batches and steps, and losses that agree.

    pip install -e '.[bench]'
    python benchmarks/peers.py [--dtype float32] [--seconds 5] [--no-write]

A round times an epoch of each, one after the other, in one process on one core; a ratio is the median over the rounds,
with its quartiles. Before any time is printed, each trains three epochs from the same weights in the same order, in
float64, and its loss must be that of the core to a millionth. scikit-learn draws its own order, so it is held to the
loss of the whole set only where a batch is the whole set. The tables are written to benchmarks/RESULTS.md, unless
``--no-write`` says not to.
"""

import argparse
import os
import platform
import sys
import warnings
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import repeat
from pathlib import Path
from time import perf_counter

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # before anything loads BLAS
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from bpcli.engine import CompiledEpochs, Rule
from bpcli.network import Architecture, Network, Parameters, initialise
from bpcli.training.descent import Batches, descend
from bpcli.training.optimisers import Sgd

SHAPES = [((2, 2, 1), 4), ((64, 32, 10), 32), ((784, 30, 10), 10), ((784, 1024, 10), 256)]
RATE = 0.5
ROUNDS = 7
FAR = 10  # times our own time, beyond which seven rounds say enough
EPOCHS = 3
SLOWEST = 3.0  # seconds of an epoch beyond which a peer is left out of a shape


class Task:
    """One shape: its data, its initial weights (V, bias_V, W, bias_W), and the size of a batch."""

    def __init__(self, sizes, size, dtype):
        rng = np.random.default_rng(0)
        self.sizes, self.size, self.dtype = sizes, size, np.dtype(dtype)
        self.rows = max(2000, 4 * size) // size * size
        self.X = rng.random((self.rows, sizes[0])).astype(dtype)
        classes = rng.integers(0, max(2, sizes[-1]), self.rows)
        one_hot = np.eye(max(2, sizes[-1]), dtype=dtype)[classes]
        self.Y = np.ascontiguousarray(one_hot[:, : sizes[-1]])
        self.start = Parameters(Architecture(sizes), dtype)
        initialise(self.start, rng, "xavier")

    def tensors(self):
        """The initial weights, copied."""
        return [array.copy() for _, array in self.start.named()]

    def loss(self, tensors):
        """The mean loss of V, bias_V, W, bias_W on the whole set, in float64."""
        V, bias_V, W, bias_W = (np.asarray(t, np.float64) for t in tensors)
        h = 1 / (1 + np.exp(-(self.X @ V.T + bias_V)))
        z = 1 / (1 + np.exp(-(h @ W.T + bias_W)))
        return 0.5 * ((self.Y - z) ** 2).sum(axis=1).mean()


def core(task):
    """bpcli, the core."""
    network = Network(task.start.copy(), task.size)
    optimiser = Sgd(network.parameters, network.gradients)
    batches = Batches(task.X, task.Y, task.size, np.random.default_rng(0))

    def epoch(order):
        batches.shuffle = lambda: np.copyto(batches._order, order)  # the common order in place of its own
        for _ in descend(network, batches.epoch(), optimiser, repeat(RATE)):
            pass

    return epoch, lambda: [array for _, array in network.parameters.named()]


def compiled(task):
    """bpcli, the compiled engine."""
    network = Network(task.start.copy(), task.size)
    epochs = CompiledEpochs(network, task.X, task.Y, Rule("sgd"))

    def epoch(order):
        epochs.train(order, RATE, lambda: False)

    return epoch, lambda: [array for _, array in network.parameters.named()]


def products(task):
    """The five matrix products of each step alone: a limit, and no training."""
    network = Network(task.start.copy(), task.size)
    (first, last), x = network.layers, task.X[: task.size]

    def epoch(_order):
        for _ in range(task.rows // task.size):
            np.dot(x, first.weight_T, out=first.pre)
            np.dot(first.out, last.weight_T, out=last.pre)
            np.dot(last.delta_T, first.out, out=last.grad_weight)
            np.dot(last.delta, last.weight, out=first.grad_out)
            np.dot(first.delta_T, x, out=first.grad_weight)

    return epoch, None


def lecture(task):
    """NumPy as one writes it in a lecture."""
    V, bias_V, W, bias_W = task.tensors()

    def epoch(order):
        for rows in order.reshape(-1, task.size):
            x, y = task.X[rows], task.Y[rows]
            h = 1 / (1 + np.exp(-(x @ V.T + bias_V)))
            z = 1 / (1 + np.exp(-(h @ W.T + bias_W)))
            delta_2 = (z - y) * z * (1 - z) / len(x)
            grad_W = delta_2.T @ h
            delta_1 = delta_2 @ W * h * (1 - h)
            grad_V = delta_1.T @ x
            V[...] -= RATE * grad_V
            W[...] -= RATE * grad_W
            bias_V[...] -= RATE * delta_1.sum(axis=0)
            bias_W[...] -= RATE * delta_2.sum(axis=0)

    return epoch, lambda: [V, bias_V, W, bias_W]


def per_sample(task):
    """NumPy, one sample after the other."""
    V, bias_V, W, bias_W = task.tensors()

    def epoch(order):
        for rows in order.reshape(-1, task.size):
            sums = [np.zeros_like(t) for t in (V, bias_V, W, bias_W)]
            for row in rows:
                x, y = task.X[row], task.Y[row]
                h = 1 / (1 + np.exp(-(V @ x + bias_V)))
                z = 1 / (1 + np.exp(-(W @ h + bias_W)))
                delta_2 = (z - y) * z * (1 - z)
                delta_1 = W.T @ delta_2 * h * (1 - h)
                for total, part in zip(
                    sums, (np.outer(delta_1, x), delta_1, np.outer(delta_2, h), delta_2), strict=True
                ):
                    np.add(total, part, out=total)
            for tensor, total in zip((V, bias_V, W, bias_W), sums, strict=True):
                np.subtract(tensor, RATE / task.size * total, out=tensor)

    return epoch, lambda: [V, bias_V, W, bias_W]


def torch_eager(task, *, compile_step=False):
    """PyTorch with autograd."""
    import torch

    torch.set_num_threads(1)
    tensors = [torch.tensor(t, requires_grad=True) for t in task.tensors()]
    X, Y = torch.from_numpy(task.X), torch.from_numpy(task.Y)

    def loss(x, y):
        V, bias_V, W, bias_W = tensors
        h = torch.sigmoid(torch.nn.functional.linear(x, V, bias_V))
        z = torch.sigmoid(torch.nn.functional.linear(h, W, bias_W))
        return 0.5 * ((y - z) ** 2).sum() / len(x)

    loss = torch.compile(loss) if compile_step else loss

    def epoch(order):
        for rows in torch.from_numpy(order).reshape(-1, task.size):
            gradients = torch.autograd.grad(loss(X[rows], Y[rows]), tensors)
            with torch.no_grad():
                for tensor, gradient in zip(tensors, gradients, strict=True):
                    tensor.sub_(gradient, alpha=RATE)

    return epoch, lambda: [t.detach().numpy() for t in tensors]


def torch_compiled(task):
    """PyTorch with torch.compile, where a C++ compiler is there."""
    return torch_eager(task, compile_step=True)


def jax_scan(task):
    """JAX: an epoch as one scan, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, Y = jnp.asarray(task.X), jnp.asarray(task.Y)
    rate = task.dtype.type(RATE)

    def loss(tensors, x, y):
        V, bias_V, W, bias_W = tensors
        h = jax.nn.sigmoid(x @ V.T + bias_V)
        z = jax.nn.sigmoid(h @ W.T + bias_W)
        return 0.5 * ((y - z) ** 2).sum(axis=1).mean()

    def step(tensors, rows):
        gradients = jax.grad(loss)(tensors, X[rows], Y[rows])
        return [t - rate * g for t, g in zip(tensors, gradients, strict=True)], None

    scan = jax.jit(lambda tensors, order: jax.lax.scan(step, tensors, order)[0], donate_argnums=0)
    kept = [[jnp.asarray(t) for t in task.tensors()]]

    def epoch(order):
        kept[0] = jax.block_until_ready(scan(kept[0], order.reshape(-1, task.size)))

    return epoch, lambda: [np.asarray(t) for t in kept[0]]


def scikit_learn(task):
    """MLPRegressor of scikit-learn: sigmoid hidden units, identity output, its own order of rows; time only."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    warnings.simplefilter("ignore", ConvergenceWarning)
    model = MLPRegressor(
        hidden_layer_sizes=(task.sizes[1],), activation="logistic", solver="sgd", momentum=0, alpha=0,
        batch_size=task.size, learning_rate_init=1e-3, max_iter=1, random_state=0,
    )  # fmt: skip
    Y = task.Y if task.Y.shape[1] > 1 else task.Y[:, 0]
    model.partial_fit(task.X, Y)
    return lambda _order: model.partial_fit(task.X, Y), None


PEERS = {
    "bpcli compiled": compiled,
    "bpcli core": core,
    "products alone": products,
    "lecture NumPy": lecture,
    "JAX jit + scan": jax_scan,
    "PyTorch eager": torch_eager,
    "PyTorch compiled": torch_compiled,
    "scikit-learn": scikit_learn,
    "per-sample loop": per_sample,
}


def require_agreement(sizes, size):
    """Train each peer in float64 and compare the losses; return them by name, None where one could not be made."""
    task = Task(sizes, size, np.float64)
    rng = np.random.default_rng(1)
    orders = [rng.permutation(task.rows) for _ in range(EPOCHS)]
    losses = {}
    for name, make in PEERS.items():
        if name == "per-sample loop" and sizes[1] > 100:
            continue
        try:
            epoch, weights = make(task)
            for order in orders if weights else []:
                epoch(order)
        except Exception as error:  # a compiler or a library that is not there
            print(
                f"{name} left out: {type(error).__name__}: {str(error).splitlines()[0][:90]}", file=sys.stderr
            )
            continue
        if weights:
            losses[name] = task.loss(weights())
        elif name in ("scikit-learn", "products alone"):
            losses[name] = None
    for name, loss in losses.items():
        if loss is not None and abs(loss - losses["bpcli core"]) > 1e-6:
            raise SystemExit(f"{name} ends with the loss {loss}, the core with {losses['bpcli core']}")
    return losses


def compare(sizes, size, dtype, seconds, losses):
    """Return the lines of one shape's table."""
    task = Task(sizes, size, dtype)
    rng = np.random.default_rng(2)
    epochs = {name: PEERS[name](task)[0] for name in losses}
    orders = [rng.permutation(task.rows) for _ in range(ROUNDS)]
    for name in list(epochs):
        epochs[name](orders[0])  # compiles
        started = perf_counter()
        epochs[name](orders[0])
        if perf_counter() - started > SLOWEST:
            del epochs[name]
    times, started = [], perf_counter()
    while len(times) < ROUNDS or perf_counter() - started < seconds:
        row = []
        for name, epoch in epochs.items():
            # The slowest have had their rounds; of those near to us, more rounds say more.
            done = len(times) >= ROUNDS and np.nanmedian([r[name] for r in times]) > FAR * np.nanmedian(
                [r["bpcli compiled"] for r in times]
            )
            before = perf_counter()
            if not done:
                epoch(orders[len(times) % ROUNDS])
            row.append((name, np.nan if done else perf_counter() - before))
        times.append(dict(row))
    times = [[row[name] for name in epochs] for row in times]
    steps = task.rows // size
    times = 1e6 * np.array(times) / steps
    ours = times[:, list(epochs).index("bpcli compiled")]
    lines = [
        f"### {'-'.join(map(str, sizes))}, batch {size}, {np.dtype(dtype).name}",
        "",
        f"{len(times)} rounds of {steps} steps each; {ROUNDS} of those that take more than {FAR} times as long.",
        "",
        "| who | µs a step | bpcli compiled ÷ it | half of the rounds | loss after 3 epochs, float64 |",
        "|---|---|---|---|---|",
    ]
    for column, name in enumerate(epochs):
        ratio = ours / times[:, column]
        low, high = np.nanquantile(ratio, [0.25, 0.75])
        loss = "–" if losses[name] is None else f"{losses[name]:.9f}"
        half = f"{low:.3f} to {high:.3f}"
        lines.append(
            f"| {name} | {np.nanmedian(times[:, column]):.2f} | {np.nanmedian(ratio):.3f} | {half} | {loss} |"
        )
    return [*lines, ""]


def main():
    """Compare every shape."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dtype", action="append", choices=["float64", "float32"], help="default: both")
    parser.add_argument("--seconds", type=float, default=5, help="of timing for each shape, about")
    parser.add_argument("--no-write", action="store_true", help="leave benchmarks/RESULTS.md as it is")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # JAX heeds no limit on its threads
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "numba", "scipy", "scikit-learn", "torch", "jax")
    )
    text = [
        "# Results of benchmarks/peers.py",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, one core of {platform.machine()} ({processor()}), Python "
        f"{platform.python_version()}, {versions}. Sigmoid network with biases, squared error, SGD. A step "
        "is gather, forward, backward and update; all in one process. scikit-learn has an identity output, and its own "
        "order of rows.",
        "",
    ]
    for sizes, size in SHAPES:
        losses = require_agreement(sizes, size)
        for dtype in options.dtype or ["float64", "float32"]:
            lines = compare(sizes, size, np.dtype(dtype), options.seconds, losses)
            print("\n".join(lines), flush=True)
            text += lines
    if not options.no_write:
        Path(__file__).with_name("RESULTS.md").write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")


def processor():
    """The name of the processor, where the system tells it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if "model name" in line), platform.processor()
    )


if __name__ == "__main__":
    main()
