"""What to do next: warnings that say what to change, and a command to type that exists."""

import shlex
from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

from bpcli.common.text import listed, printable
from bpcli.config import is_table
from bpcli.render.text import counted, number
from bpcli.render.unit_advice import (
    EQUAL_SCHEMES,
    RANDOM_WEIGHTS,
    RATE,
    activity_warnings,
    either,
    symmetry_warnings,
)
from bpcli.training.result import TrainResult

DECAY = "training.weight_decay"

if TYPE_CHECKING:  # a run has no sweep to load
    from bpcli.sweep.combinations import SweepResult


def warnings(result: TrainResult) -> list[str]:
    """Return what a person must be told about a run, the gravest first."""
    found = [_divergence(result)] if result.stopped_by == "diverged" else []
    scheme = result.header.config.model.init.scheme
    found += symmetry_warnings(
        result.initial_symmetry,
        result.symmetry,
        scheme,
        result.split_after,
        result.header.config.training.decay,
    )
    found += activity_warnings(result)
    return found if found or not _uninformative(result) else [_no_better(result)]


def sweep_warnings(result: "SweepResult") -> list[str]:
    """Return what a person must be told about a sweep."""
    found = []
    for what, why in (("diverged", "a smaller learning rate may help"), ("failed", "results.csv says why")):
        count = sum(getattr(each, what) for each in result.combinations)
        if count:
            found.append(f"{count:,} of {counted(result.networks, 'network')} {what}; {why}")
    return found


def next_command(result: TrainResult, again: Sequence[str], seed: int | None) -> str:
    """Return a command worth typing after this run.

    ``again`` is the command that would start it anew but for its ``seed``, None where the configuration's was taken.
    """
    run = str(result.header.run)
    config = result.header.config
    with_seed = [] if seed is None else ["--seed", str(seed)]
    if result.stopped_by == "interrupted":
        return shlex.join(["bpcli", "train", "--resume", run])
    if result.stopped_by == "diverged" or _rate_is_blamed(result):
        rate = f"{RATE}={number(config.training.optimizer.learning_rate / 10)}"
        return shlex.join([*_without(again, RATE), *with_seed, "--set", rate])
    tied = any(layer.groups for layer in (*result.initial_symmetry, *result.symmetry))
    if tied and config.model.init.scheme in EQUAL_SCHEMES:
        return shlex.join([*_without(again, "model.init"), *with_seed, "--set", RANDOM_WEIGHTS])
    if result.overfits:
        return shlex.join(
            [*_without(again, "training.early_stopping"), *with_seed, "--set", early_stopping(result)]
        )
    still_improving = result.stopped_by == "epochs" and result.best_epoch == len(result.records)
    solved = result.train.metric == "accuracy" and result.train.value == 1.0
    if still_improving and not solved and config.training.schedule.name != "cosine":
        return shlex.join(["bpcli", "train", "--resume", run, "--epochs", str(2 * len(result.records))])
    table = again[2]
    if _uninformative(result) and _decay_is_blamed(result):
        return shlex.join([*_without(again, DECAY), *with_seed, "--set", f"{DECAY}=0"])
    if _uninformative(result) and is_table(table):
        options = [word for pair in _overrides(again) if pair[1].startswith("data.") for word in pair]
        return shlex.join(["bpcli", "data", table, *options])
    # Nothing to mend: what comes next is to see the gradients of this very configuration checked.
    return shlex.join([*_check(again), *with_seed])


def early_stopping(result: TrainResult) -> str:
    """Return the setting that stops a training like this one soon after its best epoch."""
    return f"training.early_stopping.patience={max(5, len(result.records) // 10)}"


def _rate_is_blamed(result: TrainResult) -> bool:
    """Whether a warning about hidden units says to lower the learning rate."""
    return any(f"lower {RATE}" in text for text in activity_warnings(result))


def _check(command: Sequence[str]) -> list[str]:
    """Return ``bpcli gradcheck`` for what ``bpcli train`` trained; the number of epochs does not matter to it."""
    words = [*command]
    if "--epochs" in words:
        at = words.index("--epochs")
        del words[at : at + 2]
    words[words.index("train")] = "gradcheck"
    return words


def _overrides(command: Sequence[str]) -> list[tuple[str, str]]:
    """Every ``--set`` of a command with its value."""
    return [(word, value) for word, value in pairwise(command) if word == "--set"]


def _without(command: Sequence[str], key: str) -> list[str]:
    """The command without the overrides of a key, or of what is below it."""
    pairs = zip(command, [*command[1:], ""], strict=True)
    dropped = {
        i
        for i, (word, value) in enumerate(pairs)
        if word == "--set" and value.startswith((key + "=", key + "."))
    }
    return [word for i, word in enumerate(command) if i not in dropped and i - 1 not in dropped]


def _uninformative(result: TrainResult) -> bool:
    """Whether a table of one's own seems to say nothing about its target; made-up data are as they were made."""
    return result.header.data.text and result.no_better_than_baseline


def _no_better(result: TrainResult) -> str:
    (scores, details), data, training = result.decisive, result.header.data, result.header.config.training
    target = listed(printable(name, 40) for name in data.outputs)
    value, hints = f"R² {number(scores.value)}", []
    if data.classes:
        value = f"accuracy {number(scores.value)}, balanced accuracy {number(details.balanced_accuracy)}"
    if _decay_is_blamed(result):
        hints.append(
            f"lower {DECAY} (it was {number(training.decay)}), which keeps few rows from being fitted"
        )
    if (details.baseline or 0.0) * len(data.classes) > 1 and not training.class_weight:
        hints.append("let every class count alike (--set training.class_weight=balanced)")
    hints.append(f"look at the columns with bpcli data: they may say little about {target}")
    rows = counted(data.validation_rows, "validation row")
    if not data.validation_rows:
        rows = counted(data.training_rows, "training row")
    return (
        f"on the {rows} the network is no better than always predicting the "
        f"{'most frequent class' if data.classes else 'mean'} ({value}): {either(hints)}"
    )


def _decay_is_blamed(result: TrainResult) -> bool:
    """Whether weight decay may be why not even the rows trained on are fitted."""
    return not result.header.data.validation_rows and result.header.config.training.decay > 0


def _divergence(result: TrainResult) -> str:
    rate = result.header.config.training.optimizer.learning_rate
    run = result.header.run
    loss = result.records[-1].train.loss
    what = f"has grown to {number(loss)}" if isfinite(loss) else "is not finite"
    kept = " No epoch before it had a finite loss." if len(result.records) > 1 else ""
    if result.best_epoch:
        weights = f"; its weights are in {run / 'best.npz'}" if run else ""
        kept = f" The lowest loss before was at epoch {result.best_epoch:,}{weights}."

    unscaled = result.header.config.data.scale == "none"
    scaling = ", or scale the inputs (data.scale: standard)" if unscaled else ""
    return (
        f"training diverged: the loss {what} after epoch {len(result.records):,}.{kept} "
        f"Lower training.optimizer.learning_rate (it was {number(rate)}){scaling}"
    )
