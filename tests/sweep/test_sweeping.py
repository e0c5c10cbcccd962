"""A sweep is kept group by group, goes on where it was stopped, and says what it found."""

import csv
import io
import os
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import islice
from shutil import copytree
from time import monotonic, sleep

import numpy as np
import pytest

from bpcli.common.errors import MachineError, UsageError
from bpcli.config import resolve
from bpcli.sweep import groups, part, planned, store, sweeping
from bpcli.sweep.combinations import Rate, Spread, Success
from bpcli.sweep.outcome import best_first, train_task
from bpcli.sweep.planned import Command, Planned
from bpcli.sweep.sweeping import created, resumed, stored_command
from bpcli.training.run import Run
from bpcli.training.sealed_files import read_json, read_npz, write_json, write_npz

RATE = "training.optimizer.learning_rate"
SETTINGS = ("training.epochs=30", "model.hidden=2", "training.engine=numpy")
COMMAND = Command("xor", SETTINGS, over=("seed=0:5", f"{RATE}=0.5,2"), success="train.loss<0.1")
PLANNED = Planned.of(COMMAND)


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Four networks a group, so that there are several."""
    monkeypatch.setattr(groups, "MOST", 4)


def train(sweep, most=None, jobs=1):
    """Train the groups of an opened sweep, or so many of them, and return what was told meanwhile."""
    with sweep.workers(jobs) as workers:
        return list(islice(sweep.run(workers, lambda: False), most))


def run(command, folder, *, stop_after=None, again=False):
    """Run a sweep, in this process; stop it after some groups."""
    opened = (resumed if again else created)(Planned.of(command), folder)
    with opened as sweep:
        trained = len(train(sweep, stop_after))
        return sweep.finish(), trained


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The folder of a sweep that has ended; each test takes a copy of it."""
    folder = tmp_path_factory.mktemp("swept") / "s"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(groups, "MOST", 4)
        run(COMMAND, folder)
    return folder


def rows(folder):
    """The table of results."""
    text = (folder / store.RESULTS).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def content(folder):
    """What must be the same however a sweep came to its end."""
    return (folder / store.RESULTS).read_bytes(), (folder / store.CURVES).read_bytes()


def test_a_row_for_each_network_in_the_order_of_the_plan(tmp_path):
    """All seeds of the first rate, then those of the second; and no time in it."""
    result, trained = run(COMMAND, tmp_path / "s")
    table = rows(tmp_path / "s")
    assert [(row[RATE], row["seed"]) for row in table] == [
        (r, str(s)) for r in ("0.5", "2") for s in range(6)
    ]
    assert not [name for name in table[0] if "sec" in name or "time" in name]
    assert (result.networks, result.stopped_by, trained) == (12, "finished", 3)
    assert all(float(row["train_loss"]) > 0 and row["stopped_by"] == "epochs" for row in table)


def test_a_stopped_sweep_goes_on_and_ends_as_an_uninterrupted_one(swept, tmp_path):
    """The same bytes, and only what was missing is trained."""
    result, _ = run(COMMAND, tmp_path / "s", stop_after=1)
    assert (result.stopped_by, result.networks, len(rows(tmp_path / "s"))) == ("interrupted", 4, 4)
    _, trained = run(stored_command(tmp_path / "s"), tmp_path / "s", again=True)
    assert trained == 2
    assert content(tmp_path / "s") == content(swept)


def test_more_seeds_leave_the_old_networks_alone(swept, tmp_path):
    """Eight seeds in two goes are eight seeds in one."""
    wide = Command(**vars(COMMAND) | {"over": ("seed=0:7", f"{RATE}=0.5,2")})
    run(wide, tmp_path / "whole")
    copytree(swept, tmp_path / "s")
    before = {path.name: path.read_bytes() for path in (tmp_path / "s" / part.PARTS).iterdir()}
    stored = stored_command(tmp_path / "s").widened(["seed=0:7"], None, None)
    _, trained = run(stored, tmp_path / "s", again=True)
    assert trained == 1
    assert {name: (tmp_path / "s" / part.PARTS / name).read_bytes() for name in before} == before
    assert (tmp_path / "s" / store.RESULTS).read_bytes() == (tmp_path / "whole" / store.RESULTS).read_bytes()
    assert np.load(tmp_path / "s" / store.CURVES)["train"].shape == (2, 5, 30)


def test_a_damaged_part_is_not_believed(swept, tmp_path):
    """One changed byte: a warning, and its networks are trained again."""
    copytree(swept, tmp_path / "s")
    before = content(tmp_path / "s")
    path = sorted((tmp_path / "s" / part.PARTS).iterdir())[0]
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(np.load(path)["row_train_loss"].tobytes())] ^= 1
    path.write_bytes(damaged)
    with resumed(Planned.of(COMMAND), tmp_path / "s") as sweep:
        assert "damaged" in "".join(sweep.warnings)
        assert len(train(sweep)) == 1
        sweep.finish()
    assert content(tmp_path / "s") == before


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_processes_give_what_this_process_gives(swept, tmp_path, jobs, monkeypatch):
    """A worker with one thread of BLAS; two of them are in the slow form."""
    monkeypatch.setattr(sweeping, "_is_small", lambda _: False)
    with created(Planned.of(COMMAND), tmp_path / "s") as sweep:
        seen = [progress.networks for progress in train(sweep, jobs=jobs)]
        sweep.finish()
    assert content(tmp_path / "s") == content(swept)
    assert len(seen) > 3, "it is told how far they are between the three groups too"
    assert seen == sorted(seen)
    assert seen[-1] == 12


def test_an_interrupted_group_does_not_draw_the_data_of_its_seeds_first(monkeypatch):
    """Ctrl-C does not wait for the preparation of five hundred networks."""
    monkeypatch.setattr("bpcli.sweep.outcome.prepared_data", lambda *_: pytest.fail("it went on"))
    prepared = Planned.of(COMMAND)
    task = next(groups.tasks(prepared.plan, list(prepared.kinds), {}))
    assert train_task(task, groups.Datasets(), interrupted=lambda: True) is None


def test_what_has_to_be_compiled_is_told_before_it_begins(swept, tmp_path, monkeypatch):
    """And not where nothing is left to be trained."""
    copytree(swept, tmp_path / "done")
    monkeypatch.setattr(planned, "compilation_notice", lambda precision, *, epochs: f"{precision} {epochs}")
    monkeypatch.setattr(Planned, "compiled", ["float32"])
    monkeypatch.setattr("bpcli.sweep.sweeping.prepare_kernel", lambda precision: f"cache of {precision}")
    with created(Planned.of(COMMAND), tmp_path / "s") as sweep:
        assert sweep.warnings == ("float32 True",)
        train(sweep)
        assert sweep.notes == ["cache of float32"]
    with resumed(Planned.of(COMMAND), tmp_path / "done") as sweep:
        train(sweep)
        assert (sweep.warnings, sweep.notes) == ((), [])


def test_an_engine_that_a_wider_sweep_has_become_worth_is_told(tmp_path, monkeypatch):
    """With more seeds, auto chooses machine code; the parts that are there are NumPy's."""
    pytest.importorskip("numba")
    command = Command("xor", ("training.epochs=30",), over=("seed=0:1",))
    run(command, tmp_path / "s")
    monkeypatch.setattr(groups, "worth_compiling", lambda _: True)
    wide = stored_command(tmp_path / "s").widened(["seed=0:2"], None, None)
    with resumed(Planned.of(wide), tmp_path / "s") as sweep:
        assert sweep.warnings[0].startswith("the engine has changed from name numpy to name compiled, numba")


def test_a_folder_of_something_else_is_refused(swept, tmp_path):
    """Another sweep's, a folder with files, changed settings, other weights to keep."""
    folder = copytree(swept, tmp_path / "s")
    with pytest.raises(UsageError, match="already holds a sweep"):
        run(COMMAND, folder)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").touch()
    with pytest.raises(UsageError, match="not empty"):
        run(COMMAND, tmp_path / "x")
    with pytest.raises(UsageError, match="other settings"):
        run(Command(**vars(COMMAND) | {"set": ("training.epochs=31",)}), folder, again=True)
    with pytest.raises(UsageError, match="--keep best"):
        run(Command(**vars(COMMAND) | {"keep": "none"}), folder, again=True)
    with pytest.raises(UsageError, match="holds no sweep"):
        stored_command(tmp_path / "x")


def test_changed_data_are_refused(tmp_path):
    """A table with one more row is another table."""
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20)), encoding="utf-8")
    command = Command(str(table), ("training.epochs=2",), over=("seed=0:1",))
    run(command, tmp_path / "s")
    with table.open("a", encoding="utf-8") as file:
        file.write("20,a\n")
    with pytest.raises(UsageError, match="the data have changed"):
        run(command, tmp_path / "s", again=True)


def test_generated_data_of_other_seeds_have_not_changed(tmp_path):
    """A sweep of moons is extended to an earlier seed and another size; what was there is not trained again."""
    size = "data.samples=60"
    command = Command("moons", ("training.epochs=2", "model.hidden=3"), over=("seed=5:6", size))
    run(command, tmp_path / "s")
    stored = stored_command(tmp_path / "s").widened(["seed=4:6", f"{size},80"], None, None)
    before = {path.name: path.read_bytes() for path in (tmp_path / "s" / part.PARTS).iterdir()}
    result, groups_trained = run(stored, tmp_path / "s", again=True)
    assert (result.networks, groups_trained) == (6, 2)  # seed 4 of 60 rows, and three seeds of 80
    assert all((tmp_path / "s" / part.PARTS / name).read_bytes() == old for name, old in before.items())


@pytest.mark.parametrize("seconds", [0.1, 2.0])
def test_the_estimate_counts_every_epoch(monkeypatch, seconds):
    """Also where one epoch of a group takes longer than a trial may: XOR of four seeds, forty epochs of ``seconds``."""
    clock = [0.0]

    def trained(task, _):
        clock[0] += seconds * task.combinations[0][2].training.epochs

    monkeypatch.setattr(planned, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(planned, "train_task", trained)
    settings = ("training.epochs=40", "training.engine=numpy")
    assert Planned.of(Command("xor", settings, over=("seed=0:3",))).estimate(1).seconds == pytest.approx(
        40 * seconds
    )


def test_weights_are_kept_as_asked(tmp_path):
    """The best network of the best rate; of all of them a file for each group; or none."""
    result, _ = run(Command(**vars(COMMAND) | {"keep": "all"}), tmp_path / "all")
    best = np.load(tmp_path / "all" / store.BEST)
    assert int(best["seed"]) == result.combinations[result.best].best_seed
    assert best["V"].shape == (2, 2)
    parts = [np.load(path) for path in (tmp_path / "all" / part.WEIGHTS).iterdir()]
    assert sum(len(part["seed"]) for part in parts) == 12
    (match,) = [
        part["V"][k]
        for part in parts
        for k in range(len(part["seed"]))
        if part["seed"][k] == best["seed"] and np.array_equal(part["bias_W"][k], best["bias_W"])
    ]
    assert np.array_equal(match, best["V"])
    run(Command(**vars(COMMAND) | {"keep": "none"}), tmp_path / "none")
    assert not (tmp_path / "none" / store.BEST).exists()
    assert (tmp_path / "none" / store.BEST_CONFIG).exists()


def test_weights_that_are_no_longer_those_of_the_best_network_are_removed(tmp_path):
    """With fewer seeds another network is the best, whose weights were not kept; its configuration says what it is."""
    result, _ = run(COMMAND, tmp_path / "s")
    best = result.combinations[result.best].best_seed
    seeds = ",".join(str(seed) for seed in range(6) if seed != best)
    stored = stored_command(tmp_path / "s").widened([f"seed={seeds}", f"{RATE}=2"], None, None)
    result, trained = run(stored, tmp_path / "s", again=True)
    assert (trained, result.networks) == (0, 5)
    other = result.combinations[result.best].best_seed
    assert other != best
    assert f"seed: {other}" in (tmp_path / "s" / store.BEST_CONFIG).read_text(encoding="utf-8")
    if (tmp_path / "s" / store.BEST).exists():  # it was the best of its group
        assert int(np.load(tmp_path / "s" / store.BEST)["seed"]) == other


def test_where_no_network_is_the_best_no_former_one_is_left(tmp_path):
    """Resumed with a rate at which all diverge, a sweep has neither weights nor a configuration to train."""
    command = Command("xor", (*SETTINGS, "model.output=identity"), over=("seed=0:1", f"{RATE}=0.1,1e30"))
    run(command, tmp_path / "s")
    assert (tmp_path / "s" / store.BEST).exists()
    stored = stored_command(tmp_path / "s").widened([f"{RATE}=1e30"], None, None)
    result, _ = run(stored, tmp_path / "s", again=True)
    assert (result.best, result.networks) == (None, 2)
    assert not (tmp_path / "s" / store.BEST).exists()
    assert not (tmp_path / "s" / store.BEST_CONFIG).exists()


def test_a_seed_whose_data_cannot_be_used_is_a_row_with_the_reason(tmp_path, monkeypatch):
    """The others are trained."""
    from bpcli.common.errors import DataError
    from bpcli.training.setup import prepared_data as real

    def prepared(config, *args):
        if config.seed == 3:
            raise DataError("no rows for seed 3")
        return real(config, *args)

    monkeypatch.setattr("bpcli.sweep.outcome.prepared_data", prepared)
    result, _ = run(COMMAND, tmp_path / "s")
    failed = [row for row in rows(tmp_path / "s") if row["stopped_by"] == "failed"]
    assert [(row["seed"], row["reason"], row["train_loss"]) for row in failed] == 2 * [
        ("3", "no rows for seed 3", "")
    ]
    assert [each.failed for each in result.combinations] == [1, 1]


def test_parquet_has_what_the_csv_has(swept):
    """Where pyarrow is installed, the same columns with their types; nothing is a null, and no text one."""
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = parquet.read_table(swept / store.PARQUET).to_pydict()
    table = rows(swept)
    assert list(columns) == list(table[0])
    assert columns["seed"] == [int(row["seed"]) for row in table]
    assert columns["train_loss"] == [float(row["train_loss"]) for row in table]
    assert (columns["validation_loss"], columns["reason"]) == ([None] * 12, [""] * 12)


def test_texts_that_a_spreadsheet_takes_for_formulas_are_whole_in_parquet(tmp_path):
    """A target whose name begins with =, and one with a line break: marked and escaped in the CSV only."""
    parquet = pytest.importorskip("pyarrow.parquet")
    names = ["=y", "=a\nb"]
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["x", *names], *([i, "ab"[i % 2], "ab"[i // 2 % 2]] for i in range(20))])
    targets = ["=y", '"=a\n\nb"']
    command = Command(
        str(tmp_path / "t.csv"), ("training.epochs=1",), over=(f"data.target={','.join(targets)}",)
    )
    run(command, tmp_path / "s")
    assert parquet.read_table(tmp_path / "s" / store.PARQUET)["data.target"].to_pylist() == targets
    assert [row["data.target"] for row in rows(tmp_path / "s")] == ["'=y", r'"=a\n\nb"']


def test_the_wilson_interval_is_that_of_the_paper():
    """Newcombe 1998, table I, method 3: 81 of 263 is 0.2553 to 0.3662; 15 of 148, 0.0624 to 0.1605; 0 of 20."""
    for count, networks, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
    ):
        rate = Rate.of(count, networks)
        assert (round(rate.low, 4), round(rate.high, 4)) == (low, high)


def test_spreads_leave_out_what_is_not_finite():
    """Of 1, 2, 3, NaN and infinity: mean 2, standard deviation 1."""
    spread = Spread.of(np.array([1, np.nan, 3, np.inf, 2]), high_is_good=False)
    assert spread == Spread(2, 1, 1, 3)


def test_a_success_is_a_comparison_and_nan_is_none():
    """On the right side of the limit, the limit itself as its sign says."""
    values = {"train_loss": np.array([0.1, 0.01, np.nan]), "stopped_by": np.array(["epochs"] * 3)}
    assert Success("train", "loss", "<", 0.1).of(values).tolist() == [False, True, False]
    assert Success("train", "loss", "<=", 0.1).of(values).tolist() == [True, True, False]


def test_a_network_that_diverged_is_no_success():
    """Whatever the weights that it ended with happen to give: at XOR, half of the rows."""
    values = {"train_score": np.array([0.5, 0.5]), "stopped_by": np.array(["epochs", "diverged"])}
    assert Success("train", "accuracy", ">=", 0.5).of(values).tolist() == [True, False]


def test_the_best_network_has_the_highest_score_and_of_equals_the_lowest_loss():
    """Of six: one without a score comes last; one that diverged, and one without a finite loss, are not in it."""
    none = np.full(6, np.nan)
    found = {
        "stopped_by": np.array(["epochs"] * 4 + ["diverged", "failed"]),
        "train_score": np.array([0.5, 1.0, 1.0, np.nan, 1.0, np.nan]),
        "train_loss": np.array([0.01, 0.3, 0.2, 0.1, 0.0, np.nan]),
        "validation_score": none,
        "validation_loss": none,
    }
    assert best_first(found).tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accuracy", "write a score, a sign and a number"),
        ("train.acuracy>1", "did you mean accuracy"),
        ("validation.loss<1", "there are no validation rows"),
        ("train.r2>0.5", "is accuracy; write train.accuracy"),
        ("train.loss<x", "write a score, a sign and a number"),
        ("train.loss<nan", "write a score, a sign and a number"),
    ],
)
def test_a_success_that_cannot_be_measured_is_refused(text, said):
    """Before anything is trained."""
    with pytest.raises(UsageError, match=said):
        Planned.of(Command(**vars(COMMAND) | {"success": text}))


KILLED = """
from bpcli.__main__ import main
from bpcli.sweep import groups

groups.MOST = 4
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is of POSIX")
def test_a_killed_sweep_goes_on(tmp_path, monkeypatch):
    """SIGKILL once the first groups are there; tests/torturing/sweeps.py kills at many random moments."""
    words = ["sweep", "xor", "--over", "seed=0:39", "-q", "--jobs", "1", "--out", str(tmp_path / "s")]
    words += [word for text in SETTINGS for word in ("--set", text)]
    folder = tmp_path / "s"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BPCLI_")}
    process = subprocess.Popen([sys.executable, "-c", KILLED, *words], cwd=tmp_path, env=environment)
    until = monotonic() + 60
    while (
        len(list((folder / part.PARTS).glob("*.npz"))) < 2 and process.poll() is None and monotonic() < until
    ):
        sleep(0.002)
    process.kill()
    process.wait()
    command = stored_command(folder)
    _, trained = run(command, folder, again=True)
    assert trained >= 1
    monkeypatch.setattr(groups, "MOST", 500)
    run(command, tmp_path / "whole")
    assert content(folder) == content(tmp_path / "whole")


COPIED = """
import os

from bpcli.__main__ import main
from bpcli.sweep import sweeping

os.register_at_fork(after_in_child=lambda: os.write(2, b"copied "))
sweeping._SMALL = 0
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there it is known how many threads a process has")
def test_a_worker_is_a_copy_of_a_process_with_one_thread(swept, tmp_path):
    """And finds what this process finds."""
    words = ["sweep", "xor", "-q", "--jobs", "1"]
    words += [word for over in COMMAND.over for word in ("--over", over)]
    words += [word for text in SETTINGS for word in ("--set", text)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    line = [sys.executable, "-c", COPIED, *words, "--out", "s"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"copied ")
    assert content(tmp_path / "s") == content(swept)


TERMINATED = """
from bpcli.__main__ import main
from bpcli.sweep import groups, sweeping

groups.MOST, sweeping._SMALL = 4, 0
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="groups of processes are of POSIX")
def test_workers_leave_it_to_their_parent_when_all_are_told_to_stop(tmp_path):
    """SIGTERM to the whole group, as a cluster sends it: what is finished is kept, and shown."""
    line = [sys.executable, "-c", TERMINATED, "sweep", "xor", "--over", "seed=0:3999", "-q", "--jobs", "1"]
    line += ["--set", "training.engine=numpy", "--epochs", "50", "--out", "s"]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, cwd=tmp_path, stderr=pipe, text=True, start_new_session=True) as process:
        while not list((tmp_path / "s" / part.PARTS).glob("*.npz")) and process.poll() is None:
            sleep(0.002)
        os.killpg(process.pid, signal.SIGTERM)
        said = process.communicate()[1]
    assert (process.returncode, said) == (143, "")
    assert 4 <= len(rows(tmp_path / "s")) < 4000


WORKER_KILLED = """
import os
import signal
import sys
from threading import Timer
from time import sleep

from bpcli.__main__ import main
from bpcli.sweep import running, sweeping

sweeping._SMALL, train, killed = 0, running.train_task, sys.argv.pop(1)

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def trained(task, *rest):
    if task.epochs == 2:
        if killed == "busy":
            kill()
        sleep(600)
    if killed == "idle":
        Timer(0.3, kill).start()
    return train(task, *rest)

running.train_task = trained
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only copies of the process have what it has patched")
@pytest.mark.parametrize("killed", ["idle", pytest.param("busy", marks=pytest.mark.slow)])
def test_a_killed_worker_ends_the_sweep_with_a_message_and_takes_the_others_along(tmp_path, killed):
    """One that waits for a group, while the other trains without end; and one that trains while the other waits.

    All workers have this standard error: it ends when the last of them has.
    """
    words = ["sweep", "xor", "--over", "training.epochs=1,2", "--set", "training.engine=numpy", "-q"]
    line = [sys.executable, "-c", WORKER_KILLED, killed, *words, "--jobs", "2", "--out", "s"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        line, cwd=tmp_path, env=environment, stderr=pipe, text=True, start_new_session=True
    ) as process:
        try:
            said = process.communicate(timeout=60)[1]
        finally:
            with suppress(ProcessLookupError):  # which is as it should be: none is left
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert "a worker process was killed" in said


def test_resume_leaves_what_is_no_sweep_alone(tmp_path, monkeypatch):
    """A run's folder, and one with a file that merely looks half-written: not even a temporary file is touched."""
    monkeypatch.chdir(tmp_path)
    with Run.create(
        resolve("xor", overrides=SETTINGS, environment={}, options={}).config, "xor", tmp_path / "r", {}
    ) as made:
        for _ in made.epochs(lambda: made.session.trainer.epoch >= 1):
            pass
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / ".notes.abcdefgh.tmp").write_text("mine", encoding="utf-8")
    for name in ("r", "n"):
        before = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        with pytest.raises(UsageError, match=f"{name} holds no sweep"):
            run(COMMAND, tmp_path / name, again=True)
        assert {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} == before


def test_resume_makes_no_sweep_in_a_folder_that_is_not_there(tmp_path):
    """A name that was mistyped, or is that of a file, is said to be one, and nothing is made there."""
    (tmp_path / "file").touch()
    for name, why in ("typo", "there is no such folder"), ("file", "this is a file"):
        for act in (lambda folder: run(COMMAND, folder, again=True), stored_command):
            with pytest.raises(UsageError, match=f"{name}: {why}; --resume takes the folder of a sweep"):
                act(tmp_path / name)
    assert not (tmp_path / "typo").exists()


def test_only_half_written_files_of_a_sweep_are_removed(swept, tmp_path):
    """What a killed process leaves has the name of one of our files; a linked folder of parts is not cleaned."""
    copytree(swept, tmp_path / "s")
    parts = tmp_path / "s" / part.PARTS
    ours = [tmp_path / "s" / ".results.csv.abcdefgh.tmp", parts / f".{'0' * 20}.npz.abcdefgh.tmp"]
    theirs = [tmp_path / "s" / ".notes.abcdefgh.tmp", parts / ".notes.abcdefgh.tmp"]
    for path in ours + theirs:
        path.touch()
    run(COMMAND, tmp_path / "s", again=True)
    assert [path.exists() for path in ours + theirs] == [False, False, True, True]


@pytest.mark.parametrize("name", sorted(part._ARRAYS))
def test_a_part_that_contradicts_itself_is_not_believed(swept, tmp_path, name):
    """A right digest over an array that is missing, of another type or shape, or of impossible values."""
    copytree(swept, tmp_path / "s")
    path = sorted((tmp_path / "s" / part.PARTS).iterdir())[0]
    arrays = read_npz(path)
    array = arrays[name]
    other = "c16" if array.dtype.kind != "U" else "S9"
    changes = [np.array(5), np.zeros((*array.shape, 2), array.dtype), array.astype(other)]
    changes += [np.zeros(1, array.dtype)] if array.shape else []
    for change in changes:
        write_npz(path, arrays | {name: change})
        (told,) = store.Parts(tmp_path / "s", PLANNED.plan).damaged
        assert told.startswith(f"{path}: the file is damaged (")
    write_npz(path, {each: value for each, value in arrays.items() if each != name})
    assert f"({name}: it is missing" in "".join(store.Parts(tmp_path / "s", PLANNED.plan).damaged)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("row_stopped_by", "x", "stopped_by"), ("row_kept_epoch", 99, "kept_epoch"), ("row_dead", -1, "units"),
        ("recorded", 0, "recorded"), ("kept", 99, "kept"), ("sizes", 0, "sizes"), ("sizes", 7, "theta"),
    ],
)  # fmt: skip
def test_a_part_with_impossible_values_is_not_believed(swept, tmp_path, name, value, said):
    """Epochs, counts and sizes limit each other."""
    copytree(swept, tmp_path / "s")
    path = sorted((tmp_path / "s" / part.PARTS).iterdir())[0]
    arrays = read_npz(path)
    write_npz(path, arrays | {name: np.full_like(arrays[name], value)})
    (told,) = store.Parts(tmp_path / "s", PLANNED.plan).damaged
    assert f"({said}: it does not go with the rest)" in told


def test_a_plan_of_other_types_is_damaged(swept, tmp_path):
    """A right digest over a plan without its command, or with another type in it."""
    copytree(swept, tmp_path / "s")
    path = tmp_path / "s" / store.PLAN
    plan = read_json(path)
    for wrong in (
        {"command": 5},
        {"command": plan["command"] | {"over": 5}},
        {"environment": {}},
        {"data": [1]},
    ):
        write_json(path, plan | wrong)
        with pytest.raises(MachineError, match=f"{store.PLAN}: the file is damaged"):
            stored_command(tmp_path / "s")
