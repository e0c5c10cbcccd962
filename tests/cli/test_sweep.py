"""What ``bpcli sweep`` prints, and how it ends."""

import json
import re
from types import SimpleNamespace

import pytest

from bpcli.cli.completion import swept
from bpcli.cli.sweep import next_command

RULE = "training.optimizer"
RATE = f"{RULE}.learning_rate"
SMALL = ["--set", "model.hidden=2", "--epochs", "40", "--set", "training.engine=numpy"]


def test_the_report_has_scores_success_the_loss_and_a_next_command(bpcli):
    """Two rates and two widths of XOR: tables, the map of the two keys, the band, and a command that exists."""
    words = ["sweep", "xor", "--over", "seed=0:9", "--over", f"{RATE}=0.5,2", "--over", "model.hidden=2,3x2"]
    done = bpcli(*words, "--epochs", "40", "--success", "train.loss<0.1", "--out", "s")
    assert (done.code, done.err) == (0, "")
    for part in (
        "40 = 4 combinations × 10 seeds",
        "Training accuracy",
        "mean ± std",
        "95 % interval",
        "Map",
        "median",
    ):
        assert part in done.out
    last = done.out.splitlines()[-1]
    assert last == "next   bpcli train s/best.yaml"
    assert re.search(r"^best network: learning_rate=2 hidden=\w+, seed \d$", done.out, re.MULTILINE)
    again = bpcli(*last.split()[2:], "--out", "run", "--json")
    best = json.loads((bpcli(*words[:2], "--resume", "s", *words[2:], "--epochs", "40", "--json")).out)
    loss = json.loads(again.out)["train"]["loss"]
    assert bpcli("train", "s").err.strip().endswith("go on with it by bpcli sweep --resume s")
    assert loss == pytest.approx(best["combinations"][best["best"]]["train_loss"]["best"], rel=1e-6)


TABLE = "x,y\n" + "".join(f"{i},{i * i % 7}.5\n" for i in range(20))


@pytest.mark.parametrize(
    "words",
    [
        ["xor", *SMALL, "--seed", "3", "--over", f"{RATE}=1,2", "--keep", "none"],
        ["xor", *SMALL, "--set", "model.hidden=9", "--over", "model.hidden=2,3x2", "--over", "training.epochs=9,10"],
        ["xor", "--epochs", "20", "--set", f"{RULE}.momentum=0.5", "--over", f"{RULE}.name=sgd,adam"],
        ["moons", "--epochs", "3", "--over", "seed=2:3", "--over", "data.samples=40,50"],
        ["table.csv", "--epochs", "3", "--over", "model.hidden=2,3"],
        ["folder/own.yaml", "--sample", "2"],
    ],
)  # fmt: skip
def test_the_next_command_trains_the_best_network(bpcli, tmp_path, monkeypatch, words):
    """Whatever the sweep was given: its options, the environment of that time, a table, a section of its file."""
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "table.csv").write_text(TABLE, encoding="utf-8")
    text = "data: {source: table.csv}\ntraining: {epochs: 3}\nsweep: {seed: 0:2, model.hidden: [2, 3, 4]}\n"
    (tmp_path / "folder" / "own.yaml").write_text(text, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setenv("BPCLI_TRAINING__BATCH_SIZE", "3")
        document = json.loads(bpcli("sweep", *words, "--out", "s", "--json").out)
    assert document["next"] == "bpcli train s/best.yaml"
    best = document["combinations"][document["best"]]
    part = "validation" if "validation_loss" in best else "train"
    trained = json.loads(bpcli(*document["next"].split()[1:], "--out", "run", "--json").out)[part]
    (metric,) = {"accuracy", "r2"} & set(trained)
    assert trained[metric] == pytest.approx(best[f"{part}_{metric}"]["best"], rel=1e-6)


def test_an_interrupted_sweep_goes_on_as_it_ran():
    """With the options that its folder does not keep."""
    result = SimpleNamespace(stopped_by="interrupted", folder="my sweep", best=None)
    assert (
        next_command(result, ["--jobs", "3", "--dask", "tcp://10.0.0.1:8786"])
        == "bpcli sweep --resume 'my sweep' --jobs 3 --dask tcp://10.0.0.1:8786"
    )


MANY = ["--over", "model.activation=sigmoid,tanh", "--over", f"{RATE}=log:0.01:10:13"]


def test_where_columns_do_not_fit_a_combination_is_folded(bpcli):
    """Three keys at 60 columns: no number is cut off, and a key with a single value is left out."""
    more = [
        "--over",
        "model.init={scheme: xavier},{scheme: uniform}",
        "--over",
        "training.optimizer.momentum=0.5",
    ]
    words = ["sweep", "xor", *SMALL, "--epochs", "2", "--over", "seed=0:2", *MANY, *more, "--sample", "9"]
    done = bpcli(*words, "--success", "train.accuracy>=1", columns=60)
    assert re.search(r"^combination +mean ± std +best +worst +loss$", done.out, re.MULTILINE)
    table = done.out.partition("Training accuracy")[2].partition("Networks")[0]
    assert table.count(" ± ") == 10
    assert "momentum" not in table
    header = done.out.partition("Training accuracy")[0]
    assert header.count("…") == done.out.count("…") == 1  # 0.01, 0.01778, 0.03162, …, 10


@pytest.mark.parametrize(
    ("columns", "over", "title", "rows"),
    [
        (200, MANY, "activation \\ learning_rate", 2),
        (60, MANY, "learning_rate \\ activation", 13),
        (
            60,
            ["--over", f"{RATE}=log:0.01:10:7", "--over", "model.hidden=1:20"],
            "learning_rate \\ hidden  1 … 20",
            7,
        ),
    ],
)
def test_a_map_has_the_form_that_fits(bpcli, columns, over, title, rows):
    """Its first key down; else its second; else shades without numbers. All of its values are there."""
    done = bpcli("sweep", "xor", "--epochs", "1", *over, columns=columns)
    drawn = done.out.partition("Map  mean training accuracy\n")[2].partition("quarters")[0].splitlines()
    assert drawn[0].strip().startswith(title)
    assert len(drawn) == rows + 3
    shades = sum(line.count(shade) for line in drawn[2:-1] for shade in "░▒▓█")
    assert shades == (7 * 20 if "…" in title else 2 * 26)


def test_a_map_that_fits_nowhere_is_left_out_with_a_word(bpcli, monkeypatch):
    """More rows than a table has room for, both ways."""
    monkeypatch.setattr("bpcli.render.sweep.MOST_ROWS", 3)
    over = ["--over", "model.hidden=1:4", "--over", f"{RATE}=1,2,3,4"]
    assert "it has more values than fit here" in bpcli("sweep", "xor", "--epochs", "1", *over).out


def test_of_one_seed_there_is_a_curve_and_no_band(bpcli):
    """Quantiles of one number are that number."""
    done = bpcli("sweep", "xor", *SMALL, "--over", f"{RATE}=1,2")
    assert "quantiles" not in done.out
    assert "median" not in done.out
    assert "Training loss  by learning_rate" in done.out


def test_without_a_finished_network_there_are_no_empty_tables(bpcli, monkeypatch):
    """Ctrl-C at once."""
    monkeypatch.setattr("bpcli.sweep.sweeping.Sweep.run", lambda *_: iter(()))
    done = bpcli("sweep", "xor", *SMALL, "--over", "seed=0:3", "--out", "s")
    after = done.out.partition("engine\n")[2].strip().splitlines()
    assert after[0] == "0 of 4 networks are finished"
    assert after[-1] == "next   bpcli sweep --resume s"


@pytest.mark.parametrize("columns", [60, 100, 160])
def test_no_line_is_wider_than_the_terminal(bpcli, columns):
    """But for the command, which is copied."""
    done = bpcli("sweep", "xor", *SMALL, "--over", "seed=0:3", "--over", f"{RATE}=0.5,2", columns=columns)
    assert (
        max(len(line) for line in done.out.splitlines() if not line.startswith(("next", "results")))
        <= columns
    )
    assert "…" not in done.out


def test_one_seed_has_no_spread(bpcli):
    """Nor best, worst and quantiles, of one network; and a map in which all is alike is not drawn."""
    over = ("--over", "model.init.scheme=constant,zeros", "--over", "model.hidden=2,3", "--over", "seed=0")
    shown = bpcli("sweep", "xor", "--epochs", 3, *over, "--success", "train.loss<0.01").out
    assert re.search(r"^scheme +hidden  accuracy +loss$", shown, re.MULTILINE)
    assert re.search(r"^constant +2 ", shown, re.MULTILINE)  # words to the left, numbers to the right
    for absent in ("±", "worst", "quantiles", "median", "Map"):
        assert absent not in shown, absent
    alone = bpcli("sweep", "xor", "--epochs", 3, "--over", "seed=0:2").out
    assert re.search(r"^accuracy  \S+ ± \S+; best \S+, worst", alone, re.MULTILINE)


def test_json_is_one_document(bpcli):
    """Each combination with its settings, spreads, success and counts."""
    done = bpcli("sweep", "xor", *SMALL, "--over", "seed=0:3", "--success", "train.accuracy>=1", "--json")
    document = json.loads(done.out)
    assert (document["schema"], document["networks"], document["stopped_by"]) == (
        "bpcli.sweep/1",
        4,
        "finished",
    )
    (only,) = document["combinations"]
    assert set(only["train_loss"]) == {"mean", "std", "best", "worst"}
    assert set(only["success"]) == {"count", "networks", "rate", "low", "high"}
    assert {"symmetric", "dead", "diverged", "failed"} <= set(only)


def test_a_dry_run_trains_nothing_and_leaves_nothing(bpcli, tmp_path, monkeypatch):
    """How many, in which groups, and about how long."""
    monkeypatch.setattr("bpcli.sweep.planned._TRIAL", 0.01)
    done = bpcli("sweep", "xor", *SMALL, "--over", "seed=0:1199", "--dry-run", "--jobs", "2")
    assert "groups    3 groups of up to 400" in done.out
    assert "about" in done.out
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_counts_groups_of_one_size_together(bpcli, monkeypatch):
    """Three widths are three groups of four."""
    monkeypatch.setattr("bpcli.sweep.planned._TRIAL", 0.01)
    done = bpcli(
        "sweep", "xor", "--epochs", "3", "--over", "seed=0:3", "--over", "model.hidden=2,3,4", "--dry-run"
    )
    assert "groups    3 groups of up to 4\n" in "\n".join(map(str.rstrip, done.out.splitlines()))


def test_without_dask_it_says_what_to_install_and_leaves_nothing(bpcli, tmp_path, monkeypatch):
    """One message, before there is a folder that would be in the way of the next try."""
    monkeypatch.setattr("bpcli.sweep.cluster.find_spec", lambda name: None)
    done = bpcli("sweep", "xor", *SMALL, "--over", "seed=0:1", "--out", "s", "--dask", "local")
    assert (done.code, done.out, list(tmp_path.iterdir())) == (2, "", [])
    assert 'pip install "bpcli[dask]"' in done.err


def test_resume_refuses_to_keep_other_weights(bpcli):
    """What was not kept is not there."""
    bpcli("sweep", "xor", *SMALL, "--over", "seed=0:1", "--out", "s", "-q")
    assert bpcli("sweep", "--resume", "s", "--keep", "best", "-q").code == 0
    done = bpcli("sweep", "--resume", "s", "--keep", "all")
    assert (done.code, "created with --keep best" in done.err) == (2, True)


def test_combinations_are_not_compared_by_the_rows_of_their_training_without_a_word(bpcli, tmp_path):
    """Of few rows none are held out unless that is asked for; for seeds alone, or made-up data, it does not matter."""
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{i},{i * i}.5\n" for i in range(30)))
    widths = ("--over", "model.hidden=2,3")
    told = "compared by how well they fit the rows that they are trained on"
    assert told in " ".join(bpcli("sweep", "t.csv", *widths, "--epochs", 2, "--out", "s").err.split())
    held_out = ("--set", "data.validation=0.2")
    assert bpcli("sweep", "t.csv", *widths, *held_out, "--epochs", 2, "--out", "h").err == ""
    assert bpcli("sweep", "t.csv", "--over", "seed=0:1", "--epochs", 2, "--out", "one").err == ""
    assert bpcli("sweep", "xor", *widths, "--epochs", 2, "--out", "xor").err == ""
    assert bpcli("data", "t.csv", "--write-config", "t.yaml").code == 0
    assert told in " ".join(bpcli("sweep", "t.yaml", *widths, "--epochs", 2, "--out", "w").err.split())


def test_a_sweep_whose_networks_all_diverge_says_no(bpcli):
    """Exit code 3, with a warning; a row for each."""
    words = ["--over", "seed=0:1", "--set", f"{RATE}=1e9", "--set", "model.output=identity"]
    done = bpcli("sweep", "xor", *SMALL, *words, "--out", "s")
    assert done.code == 3
    assert "2 of 2 networks diverged" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep"], "needs a configuration"),
        (["sweep", "xor"], "needs values to vary"),
        (["sweep", "--resume", "nowhere"], "nowhere: there is no such folder"),
        (["sweep", "xor", "--over", "seed=0:3", "--resume", "a", "--out", "b"], "leave --out out"),
        (["sweep", "xor", "--over", "seeds=0:3"], "did you mean seed"),
        (["sweep", "--resume", "a", "--set", "seed=1"], "leave --set"),
    ],
)
def test_wrong_usage_is_one_message(bpcli, words, said):
    """With exit code 2, and nothing on stdout."""
    done = bpcli(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_the_shell_offers_keys_with_their_values():
    """All choices of a key between commas."""
    offered = [text for text, _ in swept("")]
    assert "seed=0:99" in offered
    assert "model.activation=sigmoid,tanh,relu,identity" in offered


def test_config_check_reads_the_section_of_a_file(bpcli, tmp_path):
    """A wrong key in it is a problem of the file."""
    (tmp_path / "own.yaml").write_text(
        "data: {source: xor, validation: 0}\nsweep: {modl.hidden: [2, 3]}\n", encoding="utf-8"
    )
    done = bpcli("config", "check", "own.yaml")
    assert (done.code, "did you mean model" in done.err) == (2, True)
