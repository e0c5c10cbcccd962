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
    groups, rest = Search(views, precision).explain(wrong)
    if rest:
        for ids, other, still in _readings(views, wrong, precision):
            found, left = Search(other, precision, ids).explain(still)
            if not left:
                whole = [Group((name,), (Match(ids, 0.0),)) for name in wrong if name not in still]
                rate = _own_rate(found, other) if "weights-returned" in ids and not whole else None
                return findings(rate or [*whole, *found]), []
    return findings(groups), rest


def _readings(
    views: Views, wrong: Sequence[str], precision: Precision
) -> Iterator[tuple[Ids, Views, list[str]]]:
    """Answers that are something else than gradients of this pass: the mistakes, the views, what is wrong then."""
    returned = [[replace(v, found=_behind(v)) for v in layers] for layers in views]
    yield ("weights-returned",), returned, _still_wrong(returned, wrong, precision)
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


def _behind(view: LayerView) -> dict[str, Array]:
    """The gradients behind weights θ - α∇ that were returned in their place."""
    parameters, rate = view.example.parameters, view.example.learning_rate
    return {name: (parameters[name] - found) / rate for name, found in view.found.items()}


def _own_rate(groups: Sequence[Group], views: Views) -> list[Group] | None:
    """New weights by a rate of the program's own, where nothing else is wrong: one positive factor in all tensors."""
    factors = [g.options[0].factor for g in groups if g.options[0].ids[1:] == (CONSTANT_FACTOR,)]
    tensors = {name for view in views[0] for name in view.found}
    first = factors[0] if factors else None
    if first is None or first <= 0 or {name for g in groups for name in g.tensors} != tensors:
        return None
    if len(factors) < len(groups) or any(f is None or abs(f - first) > SAME * first for f in factors):
        return None
    rate = first * views[0][0].example.learning_rate
    return [
        Group(g.tensors, (replace(g.options[0], ids=g.options[0].ids[:1], factor=None, rate=rate),))
        for g in groups
    ]


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
