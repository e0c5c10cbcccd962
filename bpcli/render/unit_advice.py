"""Warnings about units: hidden ones that are equal or cannot learn, and outputs that are saturated and wrong."""

from collections.abc import Sequence

from bpcli.config import Config
from bpcli.render.text import counted, number, ranges
from bpcli.symmetry import LayerSymmetry
from bpcli.training.result import TrainResult

RATE = "training.optimizer.learning_rate"
RANDOM_WEIGHTS = "model.init.scheme=xavier"
SMALLER_WEIGHTS = f"use smaller initial weights (--set {RANDOM_WEIGHTS})"
EQUAL_SCHEMES = ("constant", "zeros")
SCALED_SCHEMES = ("xavier", "he")  # already as small as the fan-in asks for
PIECES = 8  # of a list of units
MANY = (
    0.5  # of a layer: so many saturated units are worth a warning, fewer are steps that a trained network has
)
STUCK = 0.1  # of the training rows: so many are no outliers that a trained network has got wrong


def symmetry_warnings(
    initial: Sequence[LayerSymmetry],
    final: Sequence[LayerSymmetry],
    scheme: str,
    split_after: Sequence[int | None],
    weight_decay: float = 0.0,
) -> list[str]:
    """Say which layers have equal units, why, and what to change.

    ``scheme`` drew the weights; ``split_after`` has for each layer the epoch after which its ties were fewer, or None;
    ``weight_decay`` may be why units that began different have become one.
    """
    return [
        text
        for then, now, split in zip(initial, final, split_after, strict=True)
        if (text := _symmetry_warning(then, now, scheme, split, weight_decay, many=len(final) > 1))
    ]


def _symmetry_warning(
    then: LayerSymmetry, now: LayerSymmetry, scheme: str, split: int | None, decay: float, *, many: bool
) -> str | None:
    where = f"hidden layer {now.layer}: " if many else ""
    remedy = f"use random initial weights: --set {RANDOM_WEIGHTS}"
    if now.groups:
        group = now.groups[0]
        exact = all(now.verdicts[unit] == "exact" for unit in group)
        how = "identical to the last bit" if exact else "equal up to rounding"
        what = f"{where}{now.units} hidden units act as {now.effective_units}: units {ranges(group, PIECES)} are {how}"
        if len(now.groups) > 1:
            more = len(now.groups) - 1
            what += f", and there {'is' if more == 1 else 'are'} {counted(more, 'more group')} of equal units"
        if then.groups:
            return (
                f"{what}. Their initial weights were equal (init: {scheme}), so their gradients are equal at every step"
                f"{f' (rounding separated some of them, by epoch {split})' if split else ''}; {remedy}"
            )
        change = "use fewer units in model.hidden"
        if decay:
            change = f"lower training.weight_decay (it was {number(decay)}), which pulls weights towards 0, or {change}"
        return f"{what}, though their initial weights were different: {change}"
    if then.groups:
        group = then.groups[0]
        equal = all(then.verdicts[unit] == "exact" for unit in group)
        how = "only rounding has separated them" if equal else "training has separated them"
        apart = f", and {how}, by epoch {split}" if split else ""
        began = "equal" if equal else "almost equal"
        return f"{where}units {ranges(group, PIECES)} had {began} initial weights (init: {scheme}){apart}; {remedy}"
    return None


def activity_warnings(result: TrainResult) -> list[str]:
    """Say which rows teach no more and which units of which layers learn no more, since when, and what to change.

    A saturated unit is worth it where it began so, or where half of its layer is: a few steep steps are what a network
    has that has learnt its data.
    """
    many = len(result.activity) > 1
    hidden = (_activity_warning(result, layer, many=many) for layer in range(1, len(result.activity) + 1))
    return [text for text in (_saturation_warning(result), *hidden) if text]


def _saturation_warning(result: TrainResult) -> str | None:
    rows, total = result.train_details.saturated_rows or 0, result.header.data.training_rows
    if rows < STUCK * total:
        return None
    settings = result.header.config
    remedies = [_lower_rate(settings)]
    if settings.model.init.scheme not in (*SCALED_SCHEMES, *EQUAL_SCHEMES):
        remedies.append(SMALLER_WEIGHTS)
    remedies.append("use a loss whose gradient has no Ω (--set training.loss=cross_entropy)")
    return (
        f"on {rows:,} of {counted(total, 'training row')} an output is saturated on the wrong side: its z(1-z) is "
        f"below 1 % of the largest value, so its entry of Ω ∇z is almost 0 although that of ∇z is not, and training "
        f"hardly corrects it: {either(remedies)}"
    )


def _activity_warning(result: TrainResult, layer: int, *, many: bool) -> str | None:
    then, now = result.initial_activity[layer - 1], result.activity[layer - 1]
    dead, saturated = (
        tuple(unit for unit, activity in enumerate(now) if activity == kind) for kind in ("dead", "saturated")
    )
    stuck_from_the_start = any(then[unit] != "active" for unit in saturated)
    if not dead and not stuck_from_the_start and len(saturated) < MANY * len(now):
        return None
    matrix = result.header.architecture.names()[layer - 1].matrix
    found = []
    if dead:
        found.append(
            f"{_which(dead)} dead: derivative 0 on every training row, so {_rows(dead, matrix)} no gradient"
        )
    if saturated:
        found.append(
            f"{_which(saturated, first=not dead)} saturated: derivative below 1 % of the largest on every training "
            f"row, so {_rows(saturated, matrix)} next to no gradient"
        )
    where = f"hidden layer {layer}: " if many else ""
    amounts = [f"{len(dead)} cannot learn"] * bool(dead) + [f"{len(saturated)} can hardly learn"] * bool(
        saturated
    )
    amount = f"of {counted(len(now), 'hidden unit')} {' and '.join(amounts)}"
    began = sum(then[unit] != "active" for unit in (*dead, *saturated))
    became = len(dead) + len(saturated) - began
    since = (
        f"{began} of them {'was' if began == 1 else 'were'} so before the first step"
        if began and became
        else "This happened during training"
    )
    since = since if became else "This was so before the first step"
    remedies = _remedies(result, layer, began=began > 0, became=became > 0)
    return f"{where}{amount}. {'; '.join(found)}. {since}: {either(remedies)}"


def either(remedies: Sequence[str]) -> str:
    """Return ``a, b, or c``: what may be done."""
    *others, last = remedies
    return f"{', '.join(others)}, or {last}" if others else last


def _which(units: tuple[int, ...], *, first: bool = True) -> str:
    named = f"unit {units[0]} is" if len(units) == 1 else f"units {ranges(units, PIECES)} are"
    return named.capitalize() if first else named


def _rows(units: tuple[int, ...], matrix: str) -> str:
    return f"its row of {matrix} gets" if len(units) == 1 else f"their rows of {matrix} get"


def _lower_rate(config: Config) -> str:
    return f"lower {RATE} (it was {number(config.training.optimizer.learning_rate)})"


def _remedies(result: TrainResult, layer: int, *, began: bool, became: bool) -> list[str]:
    """What to change, the likeliest first; ``began`` and ``became`` say when units came to be so."""
    config = result.header.config
    scheme, relu = config.model.init.scheme, config.model.activation == "relu"
    remedies = []
    if began and scheme in EQUAL_SCHEMES:
        # Nothing else helps: equal units stay equal at any scale and under any activation.
        return [f"use random initial weights (--set {RANDOM_WEIGHTS})"]
    if began and scheme not in SCALED_SCHEMES and not relu:
        remedies.append(SMALLER_WEIGHTS)
    if became:
        remedies.append(_lower_rate(config))
    if layer == 1 and config.data.scale == "none":
        remedies.append("scale the inputs (--set data.scale=standard)")
    if relu:
        remedies.append("use an activation that is never switched off (--set model.activation=tanh)")
    return remedies or ["use another --seed"]
