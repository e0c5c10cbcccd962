"""What to do next: warnings that say what to change, and a command to type that exists."""

import shlex
from collections.abc import Sequence

from bpcli.render.text import counted, number, ranges
from bpcli.symmetry import LayerSymmetry
from bpcli.training.result import TrainResult

RATE = "training.optimizer.learning_rate"
RANDOM_WEIGHTS = "model.init.scheme=xavier"
EQUAL_SCHEMES = ("constant", "zeros")


def warnings(result: TrainResult) -> list[str]:
    """Return what a person must be told about a run, the gravest first."""
    found = [_divergence(result)] if result.stopped_by == "diverged" else []
    return found + symmetry_warnings(
        result.initial_symmetry, result.symmetry, result.header.config.model.init.scheme
    )


def next_command(result: TrainResult, again: Sequence[str], seed: int | None) -> str:
    """Return a command worth typing after this run.

    ``again`` is the command that would start it anew but for its ``seed``, None where the configuration's was taken.
    """
    run = str(result.header.run)
    config = result.header.config
    with_seed = [] if seed is None else ["--seed", str(seed)]
    if result.stopped_by == "interrupted":
        return shlex.join(["bpcli", "train", "--resume", run])
    if result.stopped_by == "diverged":
        rate = f"{RATE}={number(config.training.optimizer.learning_rate / 10)}"
        return shlex.join([*_without(again, RATE), *with_seed, "--set", rate])
    tied = any(layer.groups for layer in (*result.initial_symmetry, *result.symmetry))
    if tied and config.model.init.scheme in EQUAL_SCHEMES:
        return shlex.join([*_without(again, "model.init"), *with_seed, "--set", RANDOM_WEIGHTS])
    still_improving = result.stopped_by == "epochs" and result.best_epoch == len(result.records)
    solved = result.train.metric == "accuracy" and result.train.value == 1.0
    if still_improving and not solved and config.training.schedule.name != "cosine":
        return shlex.join(["bpcli", "train", "--resume", run, "--epochs", str(2 * len(result.records))])
    return shlex.join([*again, "--seed", str(config.seed + 1)])


def _without(command: Sequence[str], key: str) -> list[str]:
    """The command without the overrides of a key, or of what is below it."""
    pairs = zip(command, [*command[1:], ""], strict=True)
    dropped = {
        i
        for i, (word, value) in enumerate(pairs)
        if word == "--set" and value.startswith((key + "=", key + "."))
    }
    return [word for i, word in enumerate(command) if i not in dropped and i - 1 not in dropped]


def symmetry_warnings(
    initial: Sequence[LayerSymmetry], final: Sequence[LayerSymmetry], scheme: str
) -> list[str]:
    """Say which layers have units that are one unit, why, and what to change; ``scheme`` drew the weights."""
    return [
        text
        for then, now in zip(initial, final, strict=True)
        if (text := _symmetry_warning(then, now, scheme, many=len(final) > 1))
    ]


def _symmetry_warning(then: LayerSymmetry, now: LayerSymmetry, scheme: str, *, many: bool) -> str | None:
    where = f"hidden layer {now.layer}: " if many else ""
    remedy = f"draw them at random instead: --set {RANDOM_WEIGHTS}"
    if now.groups:
        group = now.groups[0]
        exact = all(now.verdicts[unit] == "exact" for unit in group)
        how = "the same to the last bit" if exact else "the same up to rounding"
        what = (
            f"{where}{now.units} hidden units act as {now.effective_units}: units {ranges(group)} are {how}"
        )
        if len(now.groups) > 1:
            more = len(now.groups) - 1
            what += f", and there {'is' if more == 1 else 'are'} {counted(more, 'more group')} of equal units"
        if then.groups:
            return (
                f"{what}. They began equal (init: {scheme}), and equal units get equal gradients at every step; "
                f"{remedy}"
            )
        return f"{what}, though they began different: fewer units in model.hidden would do"
    if then.groups:
        return (
            f"{where}units {ranges(then.groups[0])} began equal (init: {scheme}), and only rounding has told them "
            f"apart; {remedy}"
        )
    return None


def _divergence(result: TrainResult) -> str:
    rate = result.header.config.training.optimizer.learning_rate
    kept = (
        f"The weights of epoch {result.best_epoch}, the best before, are in {result.header.run / 'best.npz'}"
        if result.best_epoch
        else "No epoch before it had a finite loss"
    )
    unscaled = result.header.config.data.scale == "none"
    scaling = ", or scale the inputs (data.scale: standard)" if unscaled else ""
    return (
        f"training diverged: the loss is not finite after epoch {len(result.records)}. {kept}. "
        f"Lower training.optimizer.learning_rate (it was {number(rate)}){scaling}"
    )
