"""How much faster a sweep is than one network after another, than its bare products, and than a grid search.

    python benchmarks/sweep.py xor        # 1,000 networks 2-2-1, 5,000 full-batch epochs, one process
    python benchmarks/sweep.py digits     # 300 networks 64-32-10, batch 32, 20 epochs, a process for each core
    python benchmarks/sweep.py grid       # 3 widths × 5 rates × 10 seeds, against GridSearchCV (grid=3: 3 seeds)
    python benchmarks/sweep.py memory     # 100,000 networks 2-2-1, 200 epochs: resident memory of all processes (Linux)

Everything that is compared runs in the same call, in turns, evaluation of every epoch included; ratios are of process
time, which other users of the machine hardly change, but of wall time for digits and grid. "One after another" is
``Session``, what ``bpcli train`` runs, on some of the networks.

Found on two idle cores: xor 229 times (1.77 µs an epoch of a network, 3.1 times the 0.57 µs of the bare products),
compiled 354 times; grid 0.17 of the time, with the NumPy engine 0.20 (scored at the end, as there). Beside other work:
digits 2.3 times; grid 0.08 to 0.14; memory 313 MiB.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import perf_counter, process_time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the workers of a sweep

import numpy as np

from bpcli.config import read_layers
from bpcli.engine import available
from bpcli.network import Architecture, Parameters
from bpcli.sweep.groups import Datasets, find_kinds, tasks
from bpcli.sweep.machine import prepare_kernel
from bpcli.sweep.outcome import train_task
from bpcli.sweep.plan import make_plan
from bpcli.training.session import Session

XOR = ["model.hidden=2", "training.epochs=5000"]
DIGITS = ["model.hidden=32", "training.batch_size=32", "training.epochs=20", "training.engine=numpy"]


def alone(name, config, epochs):
    """Seconds of one epoch of a network by itself."""
    session = Session(name, config)
    started = process_time()
    for record in session.epochs():
        if record.epoch == epochs:
            break
    return (process_time() - started) / epochs


def bare(networks, steps):
    """Seconds of one network's bare products in a step: the six of 2-2-1 on four rows, networks side by side."""
    parameters = Parameters(Architecture((2, 2, 1)), lead=(networks,))
    V, W = (weight + 0.5 for weight in parameters.weights)
    x, h, z = (np.ones((networks, 4, width)) for width in (2, 2, 1))
    ones = np.ones((1, 4))
    started = process_time()
    for _ in range(steps):
        np.matmul(x, V.mT)
        np.matmul(h, W.mT)
        np.matmul(z.mT, h)
        np.matmul(ones, z)
        np.matmul(z, W)
        np.matmul(h.mT, x)
        np.matmul(ones, h)
    return (process_time() - started) / steps / networks


def xor():
    """Process time of an epoch of a network, alone and among a thousand."""
    for engine in engines():
        plan = make_plan(read_layers("xor", overrides=[*XOR, f"training.engine={engine}"]), ["seed=0:999"])
        single, seconds = [], 0.0
        reference = make_plan(
            read_layers("xor", overrides=[*XOR, "training.engine=numpy"]), ["seed=0:999"]
        ).config(0)
        for task in tasks(plan, find_kinds(plan, Datasets()), {}):
            single.append(alone("xor", reference, 500))
            started = process_time()
            train_task(task, Datasets())
            seconds += process_time() - started
            single.append(alone("xor", reference, 500))
        each, one = seconds / 1000 / 5000, float(np.mean(single))
        products = bare(500, 300)
        print(
            f"{engine}: {1e6 * each:.2f} µs an epoch of a network, everything included; one after another "
            f"{1e6 * one:.0f} µs: {one / each:.0f} times; bare products {1e6 * products:.2f} µs: {each / products:.1f}"
        )


def engines():
    """What there is; the machine code is compiled before anything is timed."""
    if not available():
        return ["numpy"]
    prepare_kernel("float64")
    return ["numpy", "compiled"]


def command(*words, look=lambda _: None):
    """Wall seconds of a sweep as it is typed, in a temporary folder; meanwhile ``look`` sees its process."""
    with tempfile.TemporaryDirectory() as folder:
        started = perf_counter()
        line = [sys.executable, "-m", "bpcli", "sweep", *words, "-q", "--out", str(Path(folder) / "s")]
        with subprocess.Popen(line) as process:
            while process.poll() is None:
                look(process)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.3)
        if process.returncode:
            sys.exit(f"it ended with {process.returncode}")
        return perf_counter() - started


def sets(settings):
    """Settings as options."""
    return [word for setting in settings for word in ("--set", setting)]


def digits(networks=300):
    """Wall time of the networks, against 10 of them one after another in this process, before and after."""
    config = make_plan(read_layers("digits", overrides=DIGITS), ["seed=0:299"]).config(0)

    def ten():
        started = perf_counter()
        for seed in range(10):
            session = Session("digits", config.model_copy(update={"seed": seed}))
            list(session.epochs())
            session.result(session.header())
        return (perf_counter() - started) / 10

    before = ten()
    seconds = command("digits", "--over", f"seed=0:{networks - 1}", *sets(DIGITS))
    one = (before + ten()) / 2
    print(
        f"{networks} networks: {seconds:.1f} s; one after another {networks * one:.1f} s: "
        f"{networks * one / seconds:.2f} times"
    )


def grid(seeds=10):
    """Wall time against scikit-learn: the same widths, rates, seeds, epochs, batches; scored at the end, as there."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import GridSearchCV, ShuffleSplit
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    widths, rates = (16, 32, 64), (0.03, 0.1, 0.3, 1.0, 3.0)
    network = MLPClassifier(
        activation="logistic", solver="sgd", momentum=0.0, alpha=0.0, batch_size=32, max_iter=20, tol=0.0,
        n_iter_no_change=1000,
    )  # fmt: skip
    values = {
        "hidden_layer_sizes": [(width,) for width in widths],
        "learning_rate_init": list(rates),
        "random_state": list(range(seeds)),
    }
    search = GridSearchCV(
        network, values, cv=ShuffleSplit(1, test_size=0.2, random_state=0), n_jobs=2, refit=False
    )
    over = ["--over", f"seed=0:{seeds - 1}", "--over", f"model.hidden={','.join(map(str, widths))}"]
    over += ["--over", f"training.optimizer.learning_rate={','.join(map(str, rates))}"]
    settings = ["training.batch_size=32", "training.epochs=20", "training.evaluate_every=20"]
    engines()  # compiles, where that is possible, before anything is timed
    ours = {}
    for engine in ("auto", "numpy"):
        words = [*over, *sets([*settings, f"training.engine={engine}"]), "--jobs", "2"]
        ours[engine] = command("digits", *words)
    started = perf_counter()
    os.environ["PYTHONWARNINGS"] = "ignore"  # that 20 epochs have not converged
    search.fit(X, y)
    theirs = perf_counter() - started
    print(f"{15 * seeds} networks: GridSearchCV(n_jobs=2) {theirs:.1f} s")
    for engine, seconds in ours.items():
        print(f"bpcli sweep, {engine}: {seconds:.1f} s: {seconds / theirs:.2f}")


def memory(networks=100_000):
    """The most that the processes of a sweep have resident together, looked at three times a second."""
    most = 0

    def look(process):
        nonlocal most
        most = max(most, sum(map(resident, family(process.pid))))

    seconds = command(
        "xor",
        "--over",
        f"seed=0:{networks - 1}",
        *sets([XOR[0], "training.epochs=200", "training.engine=numpy"]),
        look=look,
    )
    print(f"{networks} networks: {most / 2**20:.0f} MiB, {seconds:.0f} s")


def family(pid):
    """A process, its children, and theirs."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it has ended
            found += [each for child in path.read_text().split() for each in family(int(child))]
    return found


def resident(pid):
    """Bytes of a process in memory; what it shares with others is counted for each of them."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


if __name__ == "__main__":
    for word in sys.argv[1:] or ("xor", "digits", "grid"):
        name, _, fewer = word.partition("=")
        {"xor": xor, "digits": digits, "grid": grid, "memory": memory}[name](*([int(fewer)] if fewer else []))
