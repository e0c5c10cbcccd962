"""Name what is wrong with an answer, and never guess: as gradients of this pass, or else as something else instead.

Where the search leaves a tensor unexplained, other readings of the whole answer are tried: new weights returned, two
gradients exchanged, a wrong forward pass, whose gradients would be these.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bpcli.gradcheck.comparing import Match, Precision
from bpcli.gradcheck.findings import CONSTANT_FACTOR, Group, findings
from bpcli.gradcheck.search import SAME, Search, Views
from bpcli.gradcheck.verdicts import Finding, Ids, relative_residual
from bpcli.gradcheck.views import LayerView
from bpcli.mistakes.candidates import Prepared
from bpcli.mistakes.edits import edits_at
from bpcli.mistakes.factors import Factor
from bpcli.network import Array


def diagnose(views: Views, wrong: Sequence[str], precision: Precision) -> tuple[list[Finding], list[str]]:
    """Explain the tensors that are wrong; return the findings and the tensors that nothing explains.

    Args:
        views: for each example, its layers as ``layer_views`` returns them; all tensors of the right shapes.
        wrong: the names of the tensors that are wrong.
        precision: how closely to compare.
    """
    if not wrong:
        return [], []
    unmoved = [name for name in wrong if _is_weight(views, name, precision)]
    wrong = [name for name in wrong if name not in unmoved]
    groups, rest = Search(views, precision).explain(wrong)
    if (rest or unmoved) and (moved := _new_weights(views, wrong, precision)):
        return findings(moved), unmoved
    if rest:
        for ids, other, still in _readings(views, wrong, precision):
            if explained := _explained(ids, other, wrong, still, precision):
                return findings(explained), unmoved
    return findings(groups), [*rest, *unmoved]


def _is_weight(views: Views, name: str, precision: Precision) -> bool:
    """Whether a matrix itself came back, as it was: no gradient, whatever edits could make one equal to it."""
    pairs = [
        (view.found[name], view.example.parameters[name])
        for layers in views
        for view in layers
        if name == view.matrix
    ]
    same = all(true.any() and relative_residual(found, true) <= precision.match for found, true in pairs)
    return bool(pairs) and same


def _new_weights(views: Views, wrong: Sequence[str], precision: Precision) -> list[Group] | None:
    """What is wrong with weights θ - η∇ that were returned in place of gradients, by the rate given or one's own."""
    ids, given = ("weights-returned",), views[0][0].example.learning_rate
    for rate in (given, 1.0):  # 1 where there is none
        behind = [[replace(v, found=_behind(v, rate)) for v in layers] for layers in views]
        groups = _explained(ids, behind, wrong, _still_wrong(behind, wrong, precision), precision)
        if groups and (factor := _common_factor(groups)):
            return [_by_rate(Group(group.tensors, (Match(ids, 0.0),)), factor * rate) for group in groups]
        if groups:
            return groups if rate == given else [_by_rate(group, rate) for group in groups]
    return None


def _explained(
    ids: Ids, other: Views, wrong: Sequence[str], still: Sequence[str], precision: Precision
) -> list[Group] | None:
    """What explains every tensor in this reading: some need no more than that, some are ``still`` wrong in it."""
    found, left = Search(other, precision, ids).explain(still)
    whole = [Group((name,), (Match(ids, 0.0),)) for name in wrong if name not in still]
    return None if left else [*whole, *found]


def _by_rate(group: Group, rate: float) -> Group:
    """The group with the rate by which the weights were moved, unless it tells another one."""
    return replace(
        group, options=tuple(replace(m, rate=rate) if m.rate is None else m for m in group.options)
    )


def _common_factor(groups: Sequence[Group]) -> float | None:
    """The positive constant that all tensors are multiplied by, if nothing else is wrong with any."""
    firsts = [group.options[0] for group in groups]
    factor = firsts[0].factor
    alike = all(
        m.ids[1:] == (CONSTANT_FACTOR,)
        and m.factor is not None
        and factor is not None
        and abs(m.factor - factor) <= SAME * factor
        for m in firsts
    )
    return factor if alike else None


def _readings(
    views: Views, wrong: Sequence[str], precision: Precision
) -> Iterator[tuple[Ids, Views, list[str]]]:
    """Gradients exchanged, or those of another forward pass: the mistakes, the views, what is wrong then."""
    if len(views[0]) == 2 and (swapped := _swapped(views)):
        yield ("swapped-return",), swapped, _still_wrong(swapped, wrong, precision)
    architecture = views[0][0].example.architecture
    seen: dict[str, list[tuple[int, ...]]] = {}
    for index in range(architecture.depth):
        for edit in edits_at(architecture, index, Factor.PRE, Factor.OUT):
            seen.setdefault(edit.mistake, []).append((index,))
    for mistake, places in seen.items():
        layers_of = sorted({p for place in places for p in place})
        for chosen in ([tuple(layers_of)] if len(layers_of) > 1 else []) + [(p,) for p in layers_of]:
            other = []
            for layers in views:
                example = layers[0].example
                edits = [
                    (edit, i)
                    for i in chosen
                    for edit in edits_at(architecture, i, Factor.PRE, Factor.OUT)
                    if edit.mistake == mistake
                ]
                base = Prepared(example, edits)
                other.append([replace(view, prepared=base) for view in layers])
            yield (mistake,), other, list(wrong)


def _behind(view: LayerView, rate: float) -> dict[str, Array]:
    """The gradients behind weights θ - η∇ that were returned in their place."""
    parameters = view.example.parameters
    return {name: (parameters[name] - found) / rate for name, found in view.found.items()}


def _swapped(views: Views) -> Views | None:
    (last, first) = views[0]
    if last.found[last.matrix].shape != first.found[first.matrix].shape:
        return None
    return [
        [
            replace(top, found={**top.found, top.matrix: low.found[low.matrix]}),
            replace(low, found={**low.found, low.matrix: top.found[top.matrix]}),
        ]
        for top, low in views
    ]


def _still_wrong(views: Views, wrong: Sequence[str], precision: Precision) -> list[str]:
    return [
        name
        for name in wrong
        if any(
            relative_residual(view.found[name], view.true(name)) > precision.match
            for layers in views
            for view in layers
            if name in view.found
        )
    ]
