"""A run in its folder: whole files, digests, resumption bit for bit, one process at a time."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from bpcli.common.errors import DataError, MachineError, UsageError
from bpcli.common.files import write_atomically
from bpcli.config import Config, read
from bpcli.render.advice import warnings
from bpcli.symmetry import effective_units
from bpcli.training import run_folder
from bpcli.training import session as session_module
from bpcli.training.evaluation import ClassScore, Details, Scores
from bpcli.training.run import Run
from bpcli.training.sealed_files import read_json, read_npz, write_json, write_npz

PARTS = ("V", "bias_V", "W", "bias_W")


def trained(config, folder, *, stop_after=None, **options):
    """Train in ``folder`` and return the result; with ``stop_after``, be interrupted after so many epochs."""
    with Run.create(config, "small", folder, {}, **options) as run:
        for _ in run.epochs(lambda: stop_after is not None and run.session.trainer.epoch >= stop_after):
            pass
        return run.finish()


def resumed(folder, **options):
    """Go on with the run in ``folder`` to its end."""
    with Run.resume(folder, {}, **options) as run:
        for _ in run.epochs():
            pass
        return run.finish()


def test_the_folder_holds_the_files_of_the_contract(small_config, tmp_path):
    """Seven files, nothing temporary, no lock left behind."""
    trained(small_config(), tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == set(run_folder.FILES)


def test_metrics_have_a_row_an_epoch_with_full_digits(small_config, tmp_path):
    """What is read back from the file is what the records hold, to the last bit."""
    result = trained(small_config(), tmp_path)
    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [float(row["validation_loss"]) for row in rows] == [r.validation.loss for r in result.records]
    assert [float(row["train_accuracy"]) for row in rows] == [r.train.value for r in result.records]


@pytest.mark.parametrize(
    ("hidden", "columns"),
    [([], []), ([5], ["effective_units"]), ([4, 3], ["effective_units_1", "effective_units_2"])],
)
def test_metrics_count_the_different_units_of_each_hidden_layer(small_config, tmp_path, hidden, columns):
    """Constant weights, each layer one unit after every epoch; stopped and resumed, the same file to the last byte."""
    config = small_config()
    model = {"hidden": hidden, "init": {"scheme": "constant", "value": 0.5}}
    config = Config.model_validate(config.model_dump() | {"model": model})
    result = trained(config, tmp_path / "whole")
    assert {record.effective_units for record in result.records} == {(1,) * len(hidden)}
    content = (tmp_path / "whole" / "metrics.csv").read_bytes()
    names, *rows = csv.reader(content.decode().splitlines())
    assert names[6:] == [*columns, "sha256"]
    assert [row[6:-1] for row in rows] == [["1"] * len(hidden)] * 7
    trained(config, tmp_path / "stopped", stop_after=4)
    assert resumed(tmp_path / "stopped").records == result.records
    assert (tmp_path / "stopped" / "metrics.csv").read_bytes() == content


def test_the_epoch_that_split_a_tie_is_the_first_with_more_units_than_at_the_start(small_config, tmp_path):
    """Counts 1, 1, 3, 2 of units that began equal: after epoch 3. Weights that are not finite have split nothing."""
    model = {"hidden": [5], "init": {"scheme": "constant", "value": 0.5}}
    result = trained(Config.model_validate(small_config().model_dump() | {"model": model}), tmp_path)
    assert result.document()["symmetry"][0]["split_after"] is None
    counts = zip(result.records, (1, 1, 3, 2, 5, 5, 5), strict=True)
    split = tuple(replace(record, effective_units=(count,)) for record, count in counts)
    assert replace(result, records=split).document()["symmetry"][0]["split_after"] == 3
    diverged = replace(split[2], train=replace(split[2].train, loss=float("nan")))
    assert replace(result, records=(*split[:2], diverged)).split_after == (None,)


def test_units_that_cannot_learn_are_in_the_document_and_in_a_warning(small_config, tmp_path):
    """Zero weights leave every relu at the kink; a large rate switches some off; ordinary sigmoids are all active."""
    for model, rate, expected in (
        ({"hidden": [5]}, 0.5, {"active"}),
        ({"hidden": [5], "activation": "relu", "init": {"scheme": "zeros"}}, 0.5, {"dead"}),
        ({"hidden": [5], "init": {"scheme": "normal", "std": 500.0}}, 1e-6, {"active", "saturated"}),
    ):
        config = small_config(optimizer={"name": "sgd", "learning_rate": rate})
        folder = tmp_path / str(sorted(expected))
        result = trained(Config.model_validate(config.model_dump() | {"model": model}), folder)
        assert {unit["activity"] for unit in result.document()["neurons"]} == expected
        assert [
            any(f" {state}: derivative" in text for text in warnings(result))
            for state in ("dead", "saturated")
        ] == [
            "dead" in expected,
            "saturated" in expected,
        ]


def test_no_better_than_the_baseline(small_config, tmp_path):
    """R² of 0 is what the mean has; accuracy and balanced accuracy of one class are what naming it always has."""
    done = replace(trained(small_config(), tmp_path), stopped_by="early_stopping", best_epoch=1)

    def judged(task, value, balanced=None, rows=(9, 1), **changed):
        classes = tuple(ClassScore(str(i), n, None, None) for i, n in enumerate(rows))
        header = replace(done.header, data=replace(done.header.data, task=task))
        metric = "r2" if task == "regression" else "accuracy"
        details = Details(balanced, 0.9, classes)
        scores = Scores(1.0, metric, value)
        result = replace(done, header=header, validation=scores, validation_details=details)
        return replace(result, **changed).no_better_than_baseline

    assert judged("regression", 0.0)
    assert not judged("regression", 0.01)
    assert not judged("regression", None)
    assert judged("classification", 0.9, 0.5)
    assert judged("classification", 0.5, 0.3)
    assert not judged("classification", 0.8, 0.75)  # the rare class is found: weighted classes cost accuracy
    assert not judged("classification", 1.0, 1.0, rows=(10, 0))  # one class cannot be told from another
    assert not judged("multilabel", 0.5, 0.1)
    assert not judged("regression", -1.0, best_epoch=len(done.records))  # more epochs may help
    assert not judged("regression", -1.0, stopped_by="interrupted")
    assert judged(
        "regression", 1.0, validation=None, train=Scores(1.0, "r2", 0.0)
    )  # else the rows trained on
    assert not judged("regression", -1.0, validation=None, train=Scores(1.0, "r2", 0.1))


def test_the_same_seed_gives_the_same_metrics_byte_for_byte(small_config, tmp_path):
    """Two runs, one file; another seed, another file."""
    other = small_config().model_copy(update={"seed": 1})
    for folder, config in (("a", small_config()), ("b", small_config()), ("c", other)):
        trained(config, tmp_path / folder)
    a, b, c = ((tmp_path / folder / "metrics.csv").read_bytes() for folder in "abc")
    assert a == b
    assert a != c


def test_numpy_load_alone_is_enough_to_use_the_weights(small_config, tmp_path):
    """The forward pass from best.npz in plain NumPy gives the loss that the metrics have for the best epoch."""
    result = trained(small_config(), tmp_path)
    with np.load(tmp_path / "best.npz", allow_pickle=False) as file:
        best = dict(file)
    with Run.create(small_config(), "again", tmp_path / "again", {}) as run:
        X, Y = run.session.data.X_validation, run.session.data.Y_validation
    h = 1 / (1 + np.exp(-(X @ best["V"].T + best["bias_V"])))
    z = 1 / (1 + np.exp(-(h @ best["W"].T + best["bias_W"])))
    best_epoch = min(result.records, key=lambda record: record.validation.loss)
    assert 0.5 * ((Y - z) ** 2).sum(axis=1).mean() == pytest.approx(best_epoch.validation.loss, rel=1e-12)
    assert best["classes"].tolist() == ["0", "1"]
    assert best["input_scale"].shape == (2,)


def test_the_resolved_configuration_reads_back(small_config, tmp_path):
    """config.yaml is an ordinary configuration: read, it equals the one that trained, with the engine that did."""
    config = small_config()
    trained(config, tmp_path)
    training = config.training.model_copy(update={"engine": "numpy"})
    assert read(tmp_path / "config.yaml") == config.model_copy(update={"training": training})


COSINE = {"optimizer": {"name": "adam"}, "schedule": {"name": "cosine"}}
STOPPING = {"optimizer": {"name": "sgd", "momentum": 0.9}, "early_stopping": {"patience": 2}}


@pytest.mark.parametrize(
    ("training", "stop_after"),
    [
        *(({}, epochs) for epochs in (0, 1, 4, 6)),
        *((training, 4) for training in (COSINE, STOPPING)),
        *(
            pytest.param(training, epochs, marks=pytest.mark.slow)
            for training in (COSINE, STOPPING)
            for epochs in (0, 1, 6)
        ),
    ],
)
def test_a_resumed_run_is_bit_identical_to_one_that_never_stopped(
    small_config, tmp_path, training, stop_after
):
    """Interrupted after any epoch and resumed: same metrics, same checkpoint, same best weights, same scores."""
    config = small_config(**training)
    whole = trained(config, tmp_path / "whole")
    assert trained(config, tmp_path / "stopped", stop_after=stop_after).stopped_by in {
        "interrupted",
        "early_stopping",
    }
    result = resumed(tmp_path / "stopped")
    assert result.records == whole.records
    assert (result.train, result.validation, result.gradients) == (
        whole.train,
        whole.validation,
        whole.gradients,
    )
    for name in ("metrics.csv", "checkpoint.npz", "best.npz", "initial.npz", "config.yaml"):
        assert (tmp_path / "stopped" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_a_killed_run_goes_on_from_its_last_checkpoint(small_config, tmp_path):
    """Left without a word in epoch 6, with the checkpoint of epoch 3 on disk, it ends where the whole run ends."""
    whole = trained(small_config(), tmp_path / "whole")
    with Run.create(small_config(), "small", tmp_path / "killed", {}) as run:
        epochs = run.epochs()
        for _ in range(5):
            next(epochs)
    with Run.resume(tmp_path / "killed", {}) as run:
        assert run.header.resumed_at == 3
    assert resumed(tmp_path / "killed").records == whole.records


def test_a_run_can_be_lengthened(small_config, tmp_path):
    """Seven epochs resumed to twelve are the twelve that would have been."""
    trained(small_config(), tmp_path / "short")
    result = resumed(tmp_path / "short", epochs=12)
    assert result.records == trained(small_config(epochs=12), tmp_path / "long").records
    assert read(tmp_path / "short" / "config.yaml").training.epochs == 12


def test_a_finished_run_resumed_reports_what_it_reported(small_config, tmp_path):
    """Nothing is trained again, and the result is the same but for the time."""
    first, again = trained(small_config(), tmp_path), resumed(tmp_path)
    assert again.records == first.records
    assert again.stopped_by == "epochs"
    assert again.samples_per_second is None


@pytest.mark.parametrize("epochs", [3, 12])
def test_a_cosine_schedule_cannot_be_lengthened_or_cut(small_config, tmp_path, epochs):
    """Its rates depend on the number of epochs it was made for: refused, with the reason."""
    trained(small_config(schedule={"name": "cosine"}), tmp_path)
    with pytest.raises(UsageError, match="cosine" if epochs > 7 else "7 epochs already"):
        resumed(tmp_path, epochs=epochs)


def test_a_run_is_not_overwritten_without_force(small_config, tmp_path):
    """The files stay as they were; with force they are replaced, and what else lies there stays."""
    trained(small_config(), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    before = (tmp_path / "metrics.csv").read_bytes()
    other = small_config().model_copy(update={"seed": 5})
    with pytest.raises(UsageError, match="--force"):
        trained(other, tmp_path)
    assert (tmp_path / "metrics.csv").read_bytes() == before
    trained(other, tmp_path, force=True)
    assert (tmp_path / "metrics.csv").read_bytes() != before
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["config.yaml", "environment.json", "checkpoint.npz", "metrics.csv"])
def test_a_damaged_file_is_named_as_such(small_config, tmp_path, name):
    """A changed digit, a cut end: resuming refuses and names the file."""
    trained(small_config(), tmp_path)
    path = tmp_path / name
    content = path.read_bytes()
    digit = next(i for i in range(len(content) // 2, len(content)) if chr(content[i]).isdigit())
    for harmed in (
        content[:digit] + bytes([content[digit] ^ 1]) + content[digit + 1 :],
        content[: len(content) // 2],
        b"",
    ):
        path.write_bytes(harmed)
        with pytest.raises(MachineError, match=name):
            resumed(tmp_path)


def test_a_damaged_row_of_the_metrics_is_found(small_config, tmp_path):
    """The digest of a row seals all rows before it: the message names the first line that does not fit."""
    trained(small_config(), tmp_path)
    path = tmp_path / "metrics.csv"
    lines = path.read_text().splitlines()
    cells = lines[3].split(",")
    cells[2] = "0.125"
    path.write_text("\n".join([*lines[:3], ",".join(cells), *lines[4:]]) + "\n")
    with pytest.raises(MachineError, match="line 4"):
        resumed(tmp_path)


def test_data_that_changed_are_not_trained_on(tmp_path):
    """The digest of the data is kept: a run on another table is refused."""
    table = tmp_path / "table.csv"
    rows = [f"{i},{i % 3},{'ab'[i % 2]}" for i in range(20)]
    table.write_text("\n".join(rows) + "\n")
    config = Config.model_validate({"data": {"source": str(table)}, "training": {"epochs": 1}})
    trained(config, tmp_path / "run")
    table.write_text("\n".join(["7,7,a", *rows[1:]]) + "\n")
    with pytest.raises(DataError, match=r"table\.csv"):
        resumed(tmp_path / "run")


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_what_is_no_run_cannot_be_resumed(tmp_path, folder):
    """Neither a folder that does not exist nor one without a checkpoint."""
    with pytest.raises(UsageError, match=r"no such folder|is not a run folder"):
        resumed(tmp_path / folder)


def test_a_second_process_is_refused_with_the_holders_pid(small_config, tmp_path):
    """While another process holds the folder, this one may not; after its death it may."""
    holder = (
        "import sys, pathlib; from bpcli.training.run_folder import held\n"
        "with held(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match=f"process {process.pid}"):
            trained(small_config(), tmp_path)
        process.kill()
    trained(small_config(), tmp_path)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """If the disk is full, the old content is there and the temporary file is not."""
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_takes_its_name_when_all_else_is_on_the_disk(small_config, tmp_path, monkeypatch):
    """Each file is flushed before its rename, the folder before and after that of the checkpoint, and no more."""
    done = []
    fsync, replace_file = os.fsync, Path.replace

    def noted_fsync(descriptor):
        folder = os.path.samestat(os.fstat(descriptor), tmp_path.stat())
        done.append("folder" if folder else "flushed")
        fsync(descriptor)

    def noted_replace(self, target):
        done.append(target.name)
        return replace_file(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    trained(small_config(), tmp_path)
    start = ["config.yaml", "encoding.json", "environment.json", "initial.npz", "metrics.csv"]
    expected = []
    for files in (start, *[["metrics.csv", "best.npz"]] * (done.count("checkpoint.npz") - 1)):
        expected += [each for name in files for each in ("flushed", name)]
        expected += ["folder", "flushed", "checkpoint.npz", "folder"]
    assert done == [*expected, "flushed", "summary.json", "folder"]


def test_an_npz_is_the_same_bytes_whenever_it_is_written(tmp_path):
    """No time of day is in it, so that equal runs have equal files."""
    for name in "ab":
        write_npz(tmp_path / name, {"x": np.arange(3.0)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_npz(tmp_path / "a")["x"].tolist() == [0, 1, 2]


def test_the_digest_in_a_json_file_is_of_the_rest_of_it(tmp_path):
    """Anyone can check it: SHA-256 of the document without that key, its keys sorted."""
    write_json(tmp_path / "x.json", {"b": 1.5, "a": None})
    whole = json.loads((tmp_path / "x.json").read_text())
    assert whole["sha256"] == hashlib.sha256(b'{"a": null, "b": 1.5}').hexdigest()
    assert read_json(tmp_path / "x.json") == {"b": 1.5, "a": None}


def test_default_folders_do_not_collide(tmp_path, monkeypatch):
    """runs/<UTC time>-<name>, then -2, -3: made at once, so that runs of the same second each have their own."""
    monkeypatch.chdir(tmp_path)
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    for expected in ("20260102T030405Z-xor", "20260102T030405Z-xor-2", "20260102T030405Z-xor-3"):
        assert run_folder.make_default("xor", now).as_posix() == f"runs/{expected}"


def test_force_removes_runs_and_nothing_else(small_config, tmp_path):
    """A folder with somebody's own config.yaml is refused even with force, and the file stays."""
    (tmp_path / "config.yaml").write_text("seed: 3\n")
    with pytest.raises(UsageError, match=r"config\.yaml.*did not write"):
        trained(small_config(), tmp_path, force=True)
    assert (tmp_path / "config.yaml").read_text() == "seed: 3\n"


def test_what_a_killed_process_left_is_swept(small_config, tmp_path):
    """Temporary files of a run's names go when the run is taken up; other hidden files stay."""
    trained(small_config(), tmp_path)
    (tmp_path / ".metrics.csv.abc123_z.tmp").write_text("half")
    (tmp_path / ".mine.tmp").write_text("mine")
    resumed(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {*run_folder.FILES, ".mine.tmp"}


@pytest.mark.parametrize("killed", [True, False])
def test_what_was_left_before_there_was_a_configuration_is_swept_beside_a_lock_of_ours(
    small_config, tmp_path, killed
):
    """Killed while it wrote the first file, a process has left its lock too; without one the file may be anybody's."""
    half = tmp_path / ".config.yaml.abc123_z.tmp"
    half.write_text("half")
    if killed:
        (tmp_path / "lock").write_text("bpcli 12\n")
    trained(small_config(), tmp_path)
    assert half.exists() != killed
    assert not (tmp_path / "lock").exists()


def test_a_summary_never_speaks_of_a_former_state(small_config, tmp_path):
    """While a resumed run trains there is no summary: if it is killed, none lies."""
    trained(small_config(), tmp_path)
    with Run.resume(tmp_path, {}, epochs=12) as run:
        next(run.epochs())
        assert not (tmp_path / "summary.json").exists()


@pytest.mark.parametrize("training", [{"early_stopping": {"patience": 1, "min_delta": 10.0}}])
def test_what_stopped_early_cannot_be_lengthened(small_config, tmp_path, training):
    """More epochs would change nothing: said so, and the configuration is left alone."""
    assert trained(small_config(**training), tmp_path).stopped_by == "early_stopping"
    with pytest.raises(UsageError, match="stopped early after epoch 2"):
        resumed(tmp_path, epochs=100)
    assert read(tmp_path / "config.yaml").training.epochs == 7


def test_the_kept_weights_of_an_early_stop_are_the_best_throughout(small_config, tmp_path):
    """Scores, kept epoch and best.npz agree with the record of the best epoch, not with the last."""
    config = small_config(
        epochs=60, optimizer={"name": "sgd", "learning_rate": 30.0}, early_stopping={"patience": 3}
    )
    result = trained(config, tmp_path)
    assert result.stopped_by == "early_stopping"
    best = min(result.records, key=lambda record: record.validation.loss)
    assert result.kept_epoch == result.best_epoch == best.epoch < len(result.records)
    assert (result.train, result.validation) == (best.train, best.validation)


def test_norms_are_those_before_and_after(small_config, tmp_path):
    """∇W at the initial weights and at the last, from the files, in plain NumPy."""
    result = trained(small_config(), tmp_path)
    with Run.create(small_config(), "again", tmp_path / "again", {}) as run:
        X, Y = run.session.data.X[:8], run.session.data.Y[:8]
    (grad_w,) = [report for report in result.gradients if report.formula.name == "grad_W"]
    for norm, weights in ((grad_w.initial_norm, "initial.npz"), (grad_w.norm, None)):
        if weights:
            with np.load(tmp_path / weights) as file:
                V, bias_V, W, bias_W = (file[name] for name in ("V", "bias_V", "W", "bias_W"))
        else:
            flat = read_npz(tmp_path / "checkpoint.npz")["parameters"]
            V, bias_V = flat[:10].reshape(5, 2), flat[10:15]
            W, bias_W = flat[15:20].reshape(1, 5), flat[20:]
        h = 1 / (1 + np.exp(-(X @ V.T + bias_V)))
        z = 1 / (1 + np.exp(-(h @ W.T + bias_W)))
        expected = np.linalg.norm((z * (1 - z) * (z - Y) / 8).T @ h)
        assert norm == pytest.approx(expected, rel=1e-12)
    assert result.batch == 8


def test_another_environment_is_warned_of(small_config, tmp_path, monkeypatch):
    """A run begun under another NumPy goes on, with a warning that names both versions."""
    with monkeypatch.context() as patch:
        patch.setattr(np, "__version__", "1.0")
        trained(small_config(), tmp_path)
    with Run.resume(tmp_path, {}) as run:
        (warning,) = run.header.warnings
    assert "NumPy has changed from 1.0 to" in warning


def test_another_npz_in_the_checkpoints_place_is_told(small_config, tmp_path):
    """A whole file with a digest that fits, but of something else."""
    trained(small_config(), tmp_path)
    (tmp_path / "checkpoint.npz").write_bytes((tmp_path / "best.npz").read_bytes())
    with pytest.raises(MachineError, match=r"checkpoint\.npz"):
        resumed(tmp_path)


def test_diverged_numbers_are_null_in_the_document(tmp_path):
    """A run that overflows has scores and norms that are not finite: JSON says null, and the run is whole."""
    config = Config.model_validate(
        {
            "data": {"source": "moons", "samples": 60},
            "model": {"hidden": [4], "activation": "relu", "output": "identity"},
            "training": {"optimizer": {"name": "sgd", "learning_rate": 1e300}, "epochs": 500},
        }
    )
    result = trained(config, tmp_path)
    document = json.loads(json.dumps(result.document(), allow_nan=False))
    assert document["stopped_by"] == "diverged"
    assert (document["train"]["loss"], document["train"]["accuracy"]) == (None, None)
    assert {(unit["twin"], unit["distance"]) for unit in document["neurons"]} == {(None, None)}
    assert read_json(tmp_path / "summary.json") == document
    assert resumed(tmp_path).stopped_by == "diverged"


def test_the_units_of_an_early_stop_are_those_of_the_best_and_the_initial_weights(
    small_config, tmp_path, monkeypatch
):
    """What is asked about equal units, moves and slopes: best weights at the end, initial ones at the start."""
    asked = {"network_symmetry": [], "unit_differences": [], "unit_activity": []}

    def spy(name, of):
        function = getattr(session_module, name)

        def called(first, *others):
            asked[name] += [each.flat.copy() for each in of(first, *others)]
            return function(first, *others)

        monkeypatch.setattr(session_module, name, called)

    spy("network_symmetry", lambda parameters: [parameters])
    spy("unit_differences", lambda parameters, initial, _layer: [parameters, initial])
    spy("unit_activity", lambda network, _rows: [network.parameters])
    config = small_config(
        epochs=60, optimizer={"name": "sgd", "learning_rate": 30.0}, early_stopping={"patience": 3}
    )
    result = trained(config, tmp_path)
    assert result.kept_epoch < len(result.records)
    best, initial, last = (
        np.concatenate([read_npz(tmp_path / f"{name}.npz")[part].ravel() for part in PARTS])
        for name in ("best", "initial", "checkpoint")
    )
    assert not np.array_equal(best, last)
    assert np.array_equal(asked["network_symmetry"], [best, initial])
    assert np.array_equal(asked["unit_differences"], [best, initial])
    assert np.array_equal(asked["unit_activity"], [initial, best])
    assert all(neuron.change > 0 for neuron in result.neurons)


def test_an_epoch_counts_the_units_that_it_ended_with(small_config, tmp_path):
    """The last row of metrics.csv has what the last weights have, not the best ones."""
    config = small_config(
        epochs=60, optimizer={"name": "sgd", "learning_rate": 30.0}, early_stopping={"patience": 3}
    )
    counted = []
    with Run.create(config, "small", tmp_path, {}) as run:
        for record in run.epochs():
            counted.append((record.effective_units, effective_units(run.session.network.parameters)))
            run.session.network.parameters.weights[0][1:] = run.session.network.parameters.weights[0][0]
            run.session.network.parameters.biases[0][1:] = run.session.network.parameters.biases[0][0]
            run.session.network.parameters.weights[1][:, 1:] = run.session.network.parameters.weights[1][
                :, :1
            ]
    assert all(recorded == found for recorded, found in counted)
    assert counted[-1][0] == (1,)


def test_a_run_of_an_earlier_version_is_called_so(small_config, tmp_path):
    """Its metrics have no column of different units: nothing is damaged, but nothing can go on either."""
    trained(small_config(), tmp_path, stop_after=3)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    old = [name for name in rows[0] if name != "effective_units"]
    text = "\n".join([",".join(old), *(",".join(row[name] for name in old) for row in rows)])
    (tmp_path / "metrics.csv").write_text(text + "\n")
    with pytest.raises(UsageError, match="earlier version of bpcli"):
        resumed(tmp_path)
