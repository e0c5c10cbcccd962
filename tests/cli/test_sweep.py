"""What ``bpcli sweep`` prints, and how it ends."""

import json
import re

import pytest

from bpcli.cli.completion import swept

RATE = "training.optimizer.learning_rate"
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
    assert last.startswith("next   bpcli train xor --set ")
    again = bpcli(*last.split()[2:], "--out", "run", "--json")
    best = json.loads((bpcli(*words[:2], "--resume", "s", *words[2:], "--epochs", "40", "--json")).out)
    loss = json.loads(again.out)["train"]["loss"]
    assert bpcli("train", "s").err.strip().endswith("go on with it by bpcli sweep --resume s")
    assert loss == pytest.approx(best["combinations"][best["best"]]["train_loss"]["best"], rel=1e-6)


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
    for absent in ("±", "best", "worst", "quantiles", "median", "Map"):
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
    assert "3 groups of up to 500" in done.out
    assert "about" in done.out
    assert list(tmp_path.iterdir()) == []


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
        (["sweep", "--resume", "nowhere"], "holds no sweep"),
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
