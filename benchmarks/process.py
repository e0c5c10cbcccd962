"""The processor time of a whole process that trains, start and files included, beside that of its peers.

    pip install -e '.[bench]'
    taskset -c 0 python benchmarks/process.py [digits|parts|images] [--rounds 5] [--epochs N]

``digits``: the shipped data set, 64-32-10, batches of 32, 50 epochs, by bpcli with and without its report on the
screen, and by scikit-learn, JAX and plain NumPy, each in a script that reads the same table, scales it, trains and
keeps the weights. The peers evaluate after every epoch as bpcli does, and write neither curves nor checkpoints.
``parts``: what the time of the digits is made of, with bpcli and with the script of plain NumPy: Python, its libraries,
one epoch, and all others.
``images``: 784-30-10, batches of 10, 50,000 random rows of float32 through ``bpcli train`` with the compiled engine;
the limit is what its bare matrix products and the gather take for as many steps, in this process.

Each is a process of its own; they take turns. Shown are medians of user and system time, with the least, and ratios
of bpcli to each from the same round.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
DIGITS = ROOT / "bpcli" / "datasets" / "files" / "digits.csv.gz"

READ = """
import numpy as np
table = np.loadtxt({table!r}, delimiter=",", skiprows=1, dtype=np.int64)
rng = np.random.default_rng(0)
table = rng.permutation(table)
X, Y = table[:, :64].astype(float), np.eye(10)[table[:, 64]]
held = len(X) // 5
X_validation, Y_validation, X, Y = X[:held], Y[:held], X[held:], Y[held:]
mean, scale = X.mean(axis=0), X.std(axis=0)
scale[scale == 0] = 1
X, X_validation = (X - mean) / scale, (X_validation - mean) / scale
"""

PLAIN = """
def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def score(X, Y):
    z = sigmoid(sigmoid(X @ V.T + bias_V) @ W.T + bias_W)
    return 0.5 * ((Y - z) ** 2).sum(axis=1).mean(), (z.argmax(axis=1) == Y.argmax(axis=1)).mean()

V = rng.normal(size=(32, 64)) * (2 / 96) ** 0.5
W = rng.normal(size=(10, 32)) * (2 / 42) ** 0.5
bias_V, bias_W = np.zeros(32), np.zeros(10)
for epoch in range({epochs}):
    order = rng.permutation(len(X))
    for start in range(0, len(X), 32):
        rows = order[start : start + 32]
        x, y = X[rows], Y[rows]
        h = sigmoid(x @ V.T + bias_V)
        z = sigmoid(h @ W.T + bias_W)
        delta_2 = (z - y) * z * (1 - z) / len(x)
        delta_1 = delta_2 @ W * h * (1 - h)
        W -= 0.5 * (delta_2.T @ h)
        V -= 0.5 * (delta_1.T @ x)
        bias_W -= 0.5 * delta_2.sum(axis=0)
        bias_V -= 0.5 * delta_1.sum(axis=0)
    scores = score(X, Y), score(X_validation, Y_validation)
print(scores)
np.savez("plain.npz", V=V, W=W, bias_V=bias_V, bias_W=bias_W)
"""

SCIKIT_LEARN = """
import warnings
from sklearn.neural_network import MLPClassifier
warnings.simplefilter("ignore")
model = MLPClassifier((32,), activation="logistic", solver="sgd", momentum=0, alpha=0, batch_size=32,
                      learning_rate_init=0.5, max_iter=1, n_iter_no_change=1000, random_state=0)
labels = Y.argmax(axis=1)
for epoch in range({epochs}):
    model.partial_fit(X, labels, classes=range(10))
    scores = model.score(X, labels), model.score(X_validation, Y_validation.argmax(axis=1))
print(scores)
np.savez("sklearn.npz", *model.coefs_, *model.intercepts_)
"""

JAX = """
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)

def outputs(tensors, X):
    V, bias_V, W, bias_W = tensors
    return jax.nn.sigmoid(jax.nn.sigmoid(X @ V.T + bias_V) @ W.T + bias_W)

def loss(tensors, X, Y):
    return 0.5 * ((Y - outputs(tensors, X)) ** 2).sum(axis=1).mean()

def step(tensors, rows):
    return [t - 0.5 * g for t, g in zip(tensors, jax.grad(loss)(tensors, X[rows], Y[rows]))], None

@jax.jit
def score(tensors, X, Y):
    return loss(tensors, X, Y), (outputs(tensors, X).argmax(axis=1) == Y.argmax(axis=1)).mean()

X, Y, X_validation, Y_validation = map(jnp.asarray, (X, Y, X_validation, Y_validation))
scan = jax.jit(lambda tensors, order: jax.lax.scan(step, tensors, order)[0])
tensors = [rng.normal(size=(32, 64)) * (2 / 96) ** 0.5, np.zeros(32),
           rng.normal(size=(10, 32)) * (2 / 42) ** 0.5, np.zeros(10)]
whole = len(X) // 32 * 32
for epoch in range({epochs}):
    tensors = scan(tensors, rng.permutation(len(X))[:whole].reshape(-1, 32))
    scores = score(tensors, X, Y), score(tensors, X_validation, Y_validation)
print(scores)
np.savez("jax.npz", *tensors)
"""

IMAGES = """data: {{source: images.npz, validation: 0, scale: none}}
model: {{hidden: [30], output: sigmoid, dtype: float32}}
training:
  loss: squared_error
  optimizer: {{name: sgd, learning_rate: 0.5}}
  early_stopping: null
  batch_size: 10
  epochs: {epochs}
  engine: compiled
"""


def seconds(command: list[str], folder: str) -> float:
    """The processor time of one process."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | {"PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode")), "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def turns(commands: dict[str, list[str]], rounds: int, folder: str) -> dict[str, list[float]]:
    """The times of each command, in as many rounds, after one that fills the caches."""
    for command in commands.values():
        seconds(command, folder)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command, folder))
    return times


def digits(rounds: int, epochs: int, folder: str) -> None:
    """Print the table of the digits."""
    network = ["--hidden", "32", "--batch", "32", "--rate", "0.5"]
    options = [*network, "--epochs", str(epochs), "--force", "--out"]
    commands = {
        "bpcli train -q": ["-m", "bpcli", "train", "digits", "-q", *options, "quiet"],
        "bpcli train": ["-m", "bpcli", "train", "digits", *options, "shown"],
        "bpcli train -q, compiled": [
            *[
                "-m",
                "bpcli",
                "train",
                "digits",
                "-q",
                "--set",
                "training.engine=compiled",
                *options,
                "compiled",
            ]
        ],
    }
    for name, script in (("plain NumPy", PLAIN), ("scikit-learn", SCIKIT_LEARN), ("JAX jit + scan", JAX)):
        file = Path(folder, f"{name.split()[0]}.py")
        file.write_text((READ + script).format(table=str(DIGITS), epochs=epochs), encoding="utf-8")
        commands[name] = [file.name]
    times = turns(commands, rounds, folder)
    print(f"digits, 64-32-10, batches of 32, {epochs} epochs; {rounds} rounds, seconds of processor time")
    ours = times["bpcli train -q"]
    for name, each in times.items():
        ratio = median(own / other for own, other in zip(ours, each, strict=True))
        print(f"{name:26} median {median(each):6.3f}   least {min(each):6.3f}   bpcli -q ÷ it {ratio:.2f}")
    shown = median(with_report - own for with_report, own in zip(times["bpcli train"], ours, strict=True))
    print(f"the report on the screen takes {shown:.2f} s")


def parts(rounds: int, epochs: int, folder: str) -> None:
    """Print what the time of ``digits`` is made of; each line has all that those above it of the same program have."""
    numpy = "import numpy, numpy.random"
    libraries = f"{numpy}, typer.main, yaml; from pydantic import *; BaseModel, Field, TypeAdapter"
    ours = ["-m", "bpcli", "train", "digits", "-q", "--hidden", "32", "--batch", "32", "--rate", "0.5"]
    commands = {
        "Python": ["-c", ""],
        "NumPy": ["-c", numpy],
        "Typer, pydantic and PyYAML": ["-c", libraries],
        "bpcli, the table, one epoch, the run": [*ours, "--force", "--epochs", "1", "--out", "first"],
        f"{epochs - 1} more epochs": [*ours, "--force", "--epochs", str(epochs), "--out", "every"],
    }
    program, script = [*commands], ["Python", "NumPy"]
    for name, number in (("the table, one epoch", 1), (f"{epochs - 1} more epochs", epochs)):
        file = Path(folder, f"plain{number}.py")
        file.write_text((READ + PLAIN).format(table=str(DIGITS), epochs=number), encoding="utf-8")
        commands[f"script: {name}"] = [file.name]
        script.append(f"script: {name}")
    times = {name: median(each) for name, each in turns(commands, rounds, folder).items()}
    print(
        f"digits, {epochs} epochs; medians of {rounds} rounds, seconds of processor time, and what each part adds"
    )
    for chain in (program, script):
        before = 0.0
        for name in chain:
            print(f"{name:38} {times[name]:6.3f}   +{times[name] - before:.3f}")
            before = times[name]
        print(f"{'':38} {before:6.3f}")


def images(rounds: int, epochs: int, folder: str) -> None:
    """Print the table of the images."""
    rng = np.random.default_rng(0)
    X = rng.random((50_000, 784), dtype=np.float32)
    np.savez(Path(folder, "images.npz"), X=X, y=rng.integers(0, 10, len(X)))
    Path(folder, "images.yaml").write_text(IMAGES.format(epochs=epochs), encoding="utf-8")
    command = ["-m", "bpcli", "train", "images.yaml", "-q", "--force", "--out", "images"]
    seconds(command, folder)
    bare(X)
    trained, limits = [], []
    for _ in range(rounds):
        trained.append(seconds(command, folder))
        limits.append(epochs * bare(X))
    ratio = median(own / limit for own, limit in zip(trained, limits, strict=True))
    print(f"784-30-10, batches of 10, 50,000 rows of float32, {epochs} epochs; {rounds} rounds")
    print(
        f"bpcli train -q, start included {median(trained):.2f} s; products and gather {median(limits):.2f} s"
    )
    print(f"ratio {ratio:.2f} (at most 1.6)")


def bare(X: np.ndarray) -> float:
    """The processor time of the gather and the five products of an epoch of 784-30-10."""
    one = np.float32
    order = np.random.default_rng(1).permutation(len(X)).reshape(-1, 10)
    V, W = np.full((30, 784), 1e-3, one), np.full((10, 30), 1e-3, one)
    a, b, delta_2, delta_1 = (np.ones(shape, one) for shape in ((10, 30), (10, 10), (10, 10), (10, 30)))
    grad_W, grad_V, x = np.empty_like(W), np.empty_like(V), np.empty((10, 784), one)
    V_T, W_T, delta_1_T, delta_2_T = V.T, W.T, delta_1.T, delta_2.T
    started = process_time()
    for rows in order:
        X.take(rows, axis=0, out=x, mode="clip")
        np.dot(x, V_T, out=a)
        np.dot(a, W_T, out=b)
        np.dot(delta_2_T, a, out=grad_W)
        np.dot(delta_2, W, out=delta_1)
        np.dot(delta_1_T, x, out=grad_V)
    return process_time() - started


def main() -> None:
    """Print what was asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=["digits", "parts", "images", "all"], default="all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="default: 50 of the digits, 30 of the images")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.what in {"digits", "all"}:
            digits(options.rounds, options.epochs or 50, folder)
        if options.what in {"parts", "all"}:
            parts(options.rounds, options.epochs or 50, folder)
        if options.what in {"images", "all"}:
            images(options.rounds, options.epochs or 30, folder)


if __name__ == "__main__":
    main()
