"""``bpcli train`` as a person types it: what it prints, what it keeps, and how it ends."""

import csv
import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.torturing.running import become, called

FAST = ("--set", "training.epochs=20")
DIVERGING = (
    "train",
    "moons",
    "--set=model.output=identity",
    "--set=model.activation=relu",
    "--set=training.loss=squared_error",
    "--set=training.optimizer={name: sgd, learning_rate: 1e9}",
)


def test_train_shows_header_curve_gradients_units_scores_and_what_next(bpcli):
    """Every part of the report, in order, on stdout; nothing on stderr where nothing is wrong."""
    found = bpcli("train", "iris", *FAST)
    assert found.code == 0
    assert found.err == ""
    places = [
        found.out.index(part)
        for part in (
            "data ",
            "network ",
            "training ",
            "Scores",
            "Loss",
            "Gradients",
            "Hidden units",
            "ended",
            "run",
        )
    ]
    assert places == sorted(places)
    for formula in ("∇z = z - y", "∇W = Ω ∇z hᵀ", "∇h = Wᵀ Ω ∇z", "∇V = Λ ∇h xᵀ"):
        assert formula in found.out


CONFIGS = ["iris", "digits", "symmetry", "xor", "logistic", "spiral", "circles"]
EVERY_WIDTH = ["iris", "symmetry"]  # units that are all distinct, and identical ones


@pytest.mark.parametrize(
    ("config", "columns"),
    [
        *((config, 60) for config in CONFIGS),
        *((config, columns) for config in EVERY_WIDTH for columns in (100, 160)),
        *(
            pytest.param(config, columns, marks=pytest.mark.slow)
            for config in CONFIGS
            if config not in EVERY_WIDTH
            for columns in (100, 160)
        ),
    ],
)
def test_the_report_fits_its_terminal(bpcli, config, columns):
    """No line is longer than the terminal, and nothing is cut off with an ellipsis but a span of numbers."""
    found = bpcli("train", config, "--epochs", 3, columns=columns)
    *lines, last = found.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert last.startswith("next   bpcli ")  # whole, however long: it is there to be copied
    assert "…" not in found.out.replace(" … ", "")
    for word in ("gradient", "before", "after", "known", "forward", "passed", "loss", "accuracy"):
        assert word in found.out.split(), word


@pytest.mark.parametrize(
    ("loss", "formulas"),
    [
        ("squared_error", ["∇W₂ = Λ₂ ∇h₂ h₁ᵀ", "∇h₁ = W₂ᵀ Λ₂ ∇h₂"]),
        ("cross_entropy", ["(z - y) / (z(1-z))", "Λ₂ ∇h₂ h₁ᵀ", "W₂ᵀ Λ₂ ∇h₂"]),
    ],
)
def test_no_formula_of_a_gradient_is_folded(bpcli, loss, formulas):
    """Two hidden layers in 60 characters: a formula stands in one line, at worst below its name."""
    options = ("--hidden", "16,8", "--epochs", 1, "--set", f"training.loss={loss}")
    shown = bpcli("train", "iris", *options, columns=60).out
    assert [formula for formula in formulas if formula not in shown] == []
    assert max(map(len, shown.splitlines()[:-1])) <= 60


def test_one_unit_is_not_called_all_distinct(bpcli):
    """Nor is there more of it to list."""
    shown = bpcli("train", "xor", "--hidden", 1, "--epochs", 1).out
    assert "Hidden units  1 unit\nmoved by" in shown
    assert "--units" not in shown


def test_the_next_command_needs_no_quotes_for_a_list_of_numbers(bpcli):
    """Brackets would have to be quoted: zsh expands them."""
    last = bpcli(
        "train", "xor", "--hidden", "3,2", "--epochs", 1, "--set", "model.init.scheme=zeros"
    ).out.splitlines()[-1]
    assert last == "next   bpcli train xor --set model.hidden=3,2 --epochs 1 --set model.init.scheme=xavier"


def test_the_header_says_why_no_rows_are_held_out(bpcli, tmp_path):
    """There are too few; where that is written down, it needs no reason."""
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{i},{i * i}.5\n" for i in range(30)))
    why = "30 to train, none held out: fewer than 100 rows (--set data.validation=0.2 to validate on a fifth of them)"
    shown = bpcli("train", "t.csv", "--epochs", 1, columns=200).out
    assert why in shown
    asked = bpcli("train", "t.csv", "--epochs", 1, "--set", "data.validation=0", columns=200).out
    assert "30 to train, none held out\n" in "".join(f"{line.rstrip()}\n" for line in asked.splitlines())
    assert (
        "24 to train, 6 to validate"
        in bpcli("train", "t.csv", "--set", "data.validation=0.2", columns=200).out
    )


def test_the_scores_of_a_run_that_diverged_keep_their_names(bpcli, tmp_path):
    """Numbers of 10 characters leave no room for a baseline in 60, which such a run need not be compared with."""
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{i},{i * i}.5\n" for i in range(30)))
    rule = ("--set", "training.optimizer.name=sgd", "--rate", 1000, "--set", "data.validation=0.2")
    found = bpcli("train", "t.csv", *rule, "--hidden", 3, columns=60)
    assert found.code == 3
    assert {"training", "validation"} <= {line.partition(" ")[0] for line in found.out.splitlines()}
    assert "baseline" not in found.out


def test_scores_and_curve_stand_on_the_first_screen(bpcli):
    """Of 40 lines and 100 columns: both scores, and the curve down to its legend."""
    first = "\n".join(bpcli("train", "digits", "--epochs", 3).out.splitlines()[:40])
    for words in (
        "training  ",
        "validation  ",
        "rows",
        "Loss  by epoch",
        "epoch 1",
        "• training   × validation",
    ):
        assert words in first, words


def test_distinct_units_take_a_line_and_units_lists_them(bpcli):
    """Without --units how many, how far, how near; with it a row a unit. Equal units are shown as groups."""
    command = ("train", "iris", "--epochs", 5)
    short, full = bpcli(*command).out, bpcli(*command, "--units").out
    assert "8 units, all distinct" in short
    assert "(--units lists them)" in short
    assert "at distance" not in short
    table = full.split("at distance")[1].split("ended")[0]
    rows = [line.split() for line in table.splitlines() if line.rstrip().endswith("distinct")]
    assert [row[0] for row in rows] == [str(unit) for unit in range(8)]
    tied = bpcli("train", "symmetry", "--epochs", 5).out
    assert "8 units, only 1 distinct" in tied
    assert "0–7" in tied


def test_overfitting_is_said_with_what_to_set(bpcli, tmp_path):
    """Best and last validation loss as metrics.csv has them; the setting is in the next command, which stops early."""
    command = ("train", "spiral", "--epochs", 200)
    shown = bpcli(*command, "--out", "run").out
    found = " ".join(shown.split())
    with (tmp_path / "run" / "metrics.csv").open() as file:
        losses = [float(row["validation_loss"]) for row in csv.DictReader(file)]
    assert min(losses) * 1.1 < losses[-1]
    assert f"lowest validation loss: {min(losses):.4g}, after epoch {losses.index(min(losses)) + 1}" in found
    assert f"validation loss rose to {losses[-1]:.4g}" in found
    assert "--set training.early_stopping.patience=20" in found.split("overfitting")[1].split("Loss")[0]
    assert advised(shown)[-2:] == ["--set", "training.early_stopping.patience=20"]
    assert "overfitting" not in bpcli("train", "iris", *FAST).out


def test_no_seed_is_advised_where_it_changes_nothing(bpcli):
    """A run with nothing left to mend is followed by a check of its gradients, with the options of the command."""
    shown = bpcli("train", "xor", "--set", "training.schedule.name=cosine", "--epochs", 10).out
    assert advised(shown) == ["gradcheck", "xor", "--set", "training.schedule.name=cosine"]


def test_the_rate_that_a_warning_blames_is_not_advised(bpcli):
    """Relu units that a large rate has switched off: the next command has a tenth of it."""
    found = bpcli(
        "train", "iris", "--epochs", 5, "--set", "model.activation=relu",
        "--set", "training.optimizer.learning_rate=20",
    )  # fmt: skip
    assert "lower training.optimizer.learning_rate" in " ".join(found.err.split())
    assert advised(found.out)[-2:] == ["--set", "training.optimizer.learning_rate=2"]


def test_outputs_that_a_large_rate_has_saturated_are_warned_of(bpcli):
    """Every hidden unit can learn, but squared error passes nothing back to them; cross-entropy does."""
    rate = ("--epochs", 10, "--rate", 50, "--force", "--out", "run")
    found = bpcli("train", "iris", *rate)
    assert "training rows an output is saturated on the wrong side" in " ".join(found.err.split())
    assert advised(found.out)[-2:] == ["--set", "training.optimizer.learning_rate=5"]
    assert json.loads(Path("run/summary.json").read_text())["train"]["saturated_rows"] >= 12
    found = bpcli("train", "iris", *rate, "--set", "training.loss=cross_entropy")
    assert "saturated on the wrong side" not in " ".join(found.err.split())
    assert json.loads(Path("run/summary.json").read_text())["train"]["saturated_rows"] is None


def test_json_is_one_document_with_the_keys_of_the_contract(bpcli):
    """Exactly one JSON document on stdout; the same one lies in the run folder."""
    found = bpcli("train", "iris", *FAST, "--json", "--out", "run")
    document = json.loads(found.out)
    assert found.err == ""
    assert set(document) >= {
        "schema", "run", "epochs", "stopped_by", "train", "validation", "gradients", "neurons", "symmetry",
        "seconds", "samples_per_second",
    }  # fmt: skip
    assert document["schema"] == "bpcli.train/1"
    assert document["epochs"] == 20
    assert document["stopped_by"] == "epochs"
    assert set(document["validation"]) >= {"loss", "accuracy"}
    assert [g["name"] for g in document["gradients"]] == ["grad_z", "grad_W", "grad_h", "grad_V"]
    assert {"name", "shape", "norm"} <= set(document["gradients"][0])
    assert set(document["neurons"][0]) == {
        "layer",
        "unit",
        "change",
        "twin",
        "distance",
        "verdict",
        "activity",
    }
    assert {"layer", "units", "effective_units", "groups"} <= set(document["symmetry"][0])
    kept = json.loads(Path("run/summary.json").read_text())
    kept.pop("sha256")
    assert kept == document


def test_regression_is_scored_by_r2(bpcli, tmp_path):
    """A numeric target with an identity output: R² in the report, ``r2`` in the document."""
    (tmp_path / "line.csv").write_text("x,y\n" + "".join(f"{i / 10},{i / 5 - 3.25}\n" for i in range(40)))
    (tmp_path / "line.yaml").write_text("data: {source: line.csv}\nmodel: {hidden: [], output: identity}\n")
    assert "R²" in bpcli("train", "line.yaml", *FAST).out
    assert set(json.loads(bpcli("train", "line.yaml", *FAST, "--json").out)["train"]) >= {"loss", "r2"}


def test_numbers_on_the_screen_are_those_of_the_document(bpcli, tmp_path):
    """Scores, and the losses that label the curve: 0.5, 0.4 … of a run whose metrics are read from its file."""
    shown = bpcli("train", "iris", "--epochs", 30, "--out", "a").out
    document = json.loads((tmp_path / "a" / "summary.json").read_text())
    for part in ("training", "validation"):
        row = next(line.split() for line in shown.split("Scores")[1].splitlines() if line.startswith(part))
        scores = document["train" if part == "training" else part]
        assert row[1] == f"{scores['loss']:.4g}"
        assert row[2] == f"{scores['accuracy']:.4g}"
    with (tmp_path / "a" / "metrics.csv").open() as file:
        losses = [float(row[k]) for row in csv.DictReader(file) for k in ("train_loss", "validation_loss")]
    axis = [
        line.split("│")[0]
        for line in shown.split("Loss")[1].split("Gradients")[0].splitlines()
        if "│" in line
    ]
    labels = [float(label) for label in axis if label.strip()]
    assert labels == sorted(labels, reverse=True)
    assert labels[0] == pytest.approx(max(losses), rel=0.02)
    assert labels[-1] == pytest.approx(min(losses), rel=0.02)
    assert "log axis" in shown  # from 0.6 to 0.02 is more than a decade


def test_file_names_are_printed_as_they_are(bpcli):
    """What looks like markup in a name is a name."""
    assert "odd[bold]name" in bpcli("train", "xor", *FAST, "--out", "odd[bold]name").out


@pytest.mark.filterwarnings("ignore:.*forkpty.*:DeprecationWarning")
def test_a_terminal_without_unicode_gets_a_report_all_the_same(tmp_path):
    """In ASCII a question mark stands for what cannot be written; nothing breaks."""
    assert "2 ? 4 ? 1" in terminal_output(tmp_path, "train", "xor", "--epochs", 5, encoding="ascii")


@pytest.mark.parametrize(
    ("console", "command", "words"),
    [
        ({"PYTHONIOENCODING": "cp1252"}, ("walkthrough", "--format", "html"), ('charset="utf-8"', "∇")),
        ({"LC_ALL": "C", "PYTHONUTF8": "0"}, ("docs", "symmetry"), ("τ_V = 1024 ε √n_V",)),
    ],
)
def test_what_is_redirected_is_utf8_whatever_the_console(tmp_path, console, command, words):
    """A page says that it is UTF-8, and is; one process prints it as a person redirects it."""
    command = [sys.executable, "-m", "bpcli", *command]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | console, capture_output=True, check=True)
    page = done.stdout.decode("utf-8")
    assert [each for each in words if each not in page] == []
    assert "?" not in page.partition("<body")[2].replace("?</", "")


def test_a_reader_who_leaves_does_not_stop_the_training(tmp_path):
    """``bpcli train xor | true`` trains to its end and exits with 0."""
    line = f"{sys.executable} -m bpcli train xor --epochs 50 --out run | true; exit ${{PIPESTATUS[0]}}"
    subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True)
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["epochs"] == 50


def test_the_next_command_keeps_the_options_of_this_one(bpcli):
    """Seed, epochs and overrides are in the advice; what began tied is drawn at random there."""
    found = bpcli("train", "symmetry", "--seed", 7, "--epochs", 3, "--set", "model.hidden=[4]")
    assert advised(found.out) == [
        "train", "symmetry", "--set", "model.hidden=[4]", "--epochs", "3", "--seed", "7",
        "--set", "model.init.scheme=xavier",
    ]  # fmt: skip


def test_quiet_prints_nothing_and_keeps_the_run(bpcli, tmp_path):
    """The run folder is all that is left."""
    found = bpcli("train", "xor", *FAST, "-q", "--out", "run")
    assert (found.code, found.out, found.err) == (0, "", "")
    assert (tmp_path / "run" / "summary.json").exists()


def test_symmetric_units_are_warned_of_with_what_to_do(bpcli):
    """Constant weights: which units, why, and the option that changes it; it is the next command, too."""
    found = bpcli("train", "symmetry", *FAST)
    warning = " ".join(found.err.split())
    assert "hidden units act as 1" in warning
    assert "Their initial weights were equal (init: constant)" in warning
    assert "--set model.init.scheme=xavier" in warning
    assert "bpcli train symmetry" in found.out
    assert bpcli("train", "iris", *FAST).err == ""


def test_divergence_ends_with_3_and_advice(bpcli):
    """The epoch, the rate to lower, the scores as null, and the run kept."""
    found = bpcli(*DIVERGING, "--json", "--out", "run")
    assert found.code == 3
    assert "learning_rate" in found.err
    document = json.loads(found.out)
    assert document["stopped_by"] == "diverged"
    assert (document["train"]["loss"], document["train"]["accuracy"]) == (None, None)
    assert bpcli("train", "--resume", "run").code == 3


def advised(out):
    """The command that the report says to type next."""
    return shlex.split(" ".join(out.split("next", 1)[1].split()))[1:]


@pytest.mark.parametrize(
    "command",
    [
        ("train", "iris", "--set=training.epochs=2"),
        ("train", "xor", "--set", "training.checkpoint_every=500"),
        ("train", "symmetry", "--set=training.epochs=2"),
        DIVERGING,
        ("train", "iris", "--set=training.early_stopping={patience: 1}", "--set=training.epochs=2"),
        ("train", "logistic", "--set=training.schedule.name=cosine", "--set=training.epochs=2"),
    ],
)
def test_the_next_command_exists(bpcli, command):
    """Whatever the report advises can be typed, and runs."""
    found = bpcli(*command)
    assert bpcli(*advised(found.out)).code in {0, 3}


def test_resume_goes_on_and_says_so(bpcli):
    """--resume with more epochs; its header says where it went on."""
    bpcli("train", "xor", *FAST, "--out", "run")
    found = bpcli("train", "--resume", "run", "--epochs", 25)
    assert found.code == 0
    assert "after epoch 20" in found.out
    assert "25 epochs done" in found.out


@pytest.mark.parametrize(
    "extra", [["xor"], ["--seed", "0"], ["--set", "seed=1"], ["--out", "x"], ["--force"]]
)
def test_nothing_but_epochs_goes_with_resume(bpcli, extra):
    """A resumed run is configured already: everything else is refused, seed 0 included."""
    bpcli("train", "xor", *FAST, "--out", "run")
    found = bpcli("train", *extra, "--resume", "run")
    assert found.code == 2
    assert found.err.startswith("error: --resume continues a run as it was configured")


def test_every_configuration_error_is_told_at_once(bpcli, tmp_path):
    """Three mistakes, three lines with file, line and column, exit 2 and no run folder."""
    (tmp_path / "bad.yaml").write_text("data:\n  sorce: iris\ntraining:\n  epochs: ten\n  los: x\n")
    found = bpcli("train", "bad.yaml")
    assert found.code == 2
    for place in ("bad.yaml:2:3:", "bad.yaml:4:11:", "bad.yaml:5:3:"):
        assert place in found.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "nothing"], "no configuration 'nothing'"),
        (["train", "--resume", "nowhere"], "no such folder"),
        (["trian"], "there is no command 'trian'; did you mean train?"),
        (["train", "--epochs", "0"], "--epochs"),
        (["train", "xor", "--set", "data.source=absent.csv"], "absent.csv"),
    ],
)
def test_wrong_usage_is_one_short_message_and_exit_2(bpcli, arguments, says):
    """No traceback, no panel: one message that starts with ``error:``."""
    found = bpcli(*arguments)
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith("error: ")
    assert says in found.err
    assert "Traceback" not in found.err


def test_a_failing_machine_is_exit_1(bpcli, monkeypatch):
    """A full disk is nobody's mistake: one message, exit 1."""

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    found = bpcli("train", "xor", *FAST)
    assert found.code == 1
    assert "No space left on device" in found.err


def test_a_run_is_not_overwritten_without_force(bpcli):
    """The second run into the same folder is refused; with --force it is made."""
    command = ("train", "xor", *FAST, "--out", "run")
    assert bpcli(*command).code == 0
    assert "--force" in bpcli(*command).err
    assert bpcli(*command, "--force").code == 0


@pytest.mark.parametrize(
    "command", ["--out run", "--out run --force", "--resume run", "--resume run --epochs 1"]
)
@pytest.mark.parametrize("plant", ["text", "link", "hard link", "pipe", "folder"])
def test_a_lock_of_somebody_else_is_refused_with_one_message(bpcli, tmp_path, plant, command):
    """Exit code 2 and what to do, and neither the file nor what it links to is written to or removed."""
    lock, victim = tmp_path / "run" / "lock", tmp_path / "victim.txt"
    victim.write_text("notes\n")
    if command == "--out run":
        lock.parent.mkdir()
    else:
        assert bpcli("train", "xor", "--epochs", 2, "--out", "run", "-q").code == 0
    make = {
        "text": lambda: lock.write_text("notes\n"),
        "link": lambda: lock.symlink_to("../victim.txt"),
        "hard link": lambda: lock.hardlink_to(victim),
        "pipe": lambda: os.mkfifo(lock),
        "folder": lock.mkdir,
    }
    make[plant]()
    before = [(path.lstat().st_ino, path.lstat().st_nlink, path.lstat().st_mode) for path in (lock, victim)]
    config = () if "--resume" in command else ("xor", "--epochs", 2)
    found = bpcli("train", *config, *command.split(), "-q")
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith("error: run/lock is not a lock of bpcli: it ")
    assert "move it away or delete it, or use another folder" in " ".join(found.err.split())
    assert before == [
        (path.lstat().st_ino, path.lstat().st_nlink, path.lstat().st_mode) for path in (lock, victim)
    ]
    assert victim.read_text() == "notes\n"
    assert plant != "text" or lock.read_text() == "notes\n"


def test_the_environment_overrides_the_file_and_options_override_it(bpcli, monkeypatch):
    """BPCLI_TRAINING__EPOCHS=4 beats the file; --epochs beats it."""
    monkeypatch.setenv("BPCLI_TRAINING__EPOCHS", "4")
    assert json.loads(bpcli("train", "iris", "--json").out)["epochs"] == 4
    assert json.loads(bpcli("train", "iris", "--json", "--epochs", 3).out)["epochs"] == 3


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_signal_stops_the_run_and_loses_nothing(bpcli, tmp_path, default_signals, sent, code):
    """The process exits with 128 + the signal; the run can be resumed and ends like one never stopped."""
    command = [sys.executable, "-m", "bpcli", "train", "xor", "--epochs=10000000", "--out=run", "--json"]
    metrics = tmp_path / "run" / "metrics.csv"
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        # The first checkpoint is written before training; a row of an epoch is not.
        while process.poll() is None and not (metrics.exists() and metrics.read_text().count("\n") > 3):
            time.sleep(0.01)
        process.send_signal(sent)
        out, _ = process.communicate(timeout=300)  # a watchdog, not a measurement
    assert process.returncode == code
    document = json.loads(out)
    assert document["stopped_by"] == "interrupted"
    assert not (tmp_path / "run" / "lock").exists()
    done = document["epochs"]
    again = bpcli("train", "--resume", "run", "--epochs", done + 5, "--json")
    assert again.code == 0
    assert json.loads(again.out)["epochs"] == done + 5


def terminal_output(folder, *arguments, encoding="utf-8"):
    """Run bpcli on a pseudo-terminal, in a fork of this process, and return everything that it writes there."""

    def run():
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding=encoding)
        return called(folder, *arguments)

    pid, terminal = pty.fork()
    if pid == 0:
        become(run, 1, 2)
    written = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        written += chunk
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return written.decode()


@pytest.mark.filterwarnings("ignore:.*forkpty.*:DeprecationWarning")
def test_progress_is_shown_on_a_terminal_and_colour_can_be_switched_off(tmp_path):
    """A bar with epochs and loss on a terminal, which in the tests above has left no trace in a pipe."""
    command = ("train", "xor", "--epochs", 15)
    shown = terminal_output(tmp_path, *command)
    assert "/15" in shown
    assert "loss" in shown
    assert "\x1b[1" in shown
    plain = terminal_output(tmp_path, *command, "--no-color")
    assert "\x1b[3" not in plain
    assert "/15" in plain
