"""Which candidates one layer of an answer agrees with at one example, and with what of the decay."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bpcli.gradcheck.comparing import SCALINGS, Match, Precision, Prediction, matches
from bpcli.gradcheck.verdicts import Ids, relative_residual
from bpcli.gradcheck.views import LayerView
from bpcli.mistakes.candidates import Candidates
from bpcli.mistakes.edits import edits_at
from bpcli.mistakes.factors import Factor
from bpcli.network import Array

BETTER = 0.01  # of the truth's residual: what an explanation may leave
REDUCED = 4  # times the tolerance: random combinations of columns give a residual to a factor of about 1.3
VANISHING = 1e-13  # of the true gradient: rounding alone


def point_matches(
    view: LayerView,
    bank: Candidates,
    names: Sequence[str],
    rows: Array | None,
    reading: Ids,
    precision: Precision,
) -> Iterator[Match]:
    """Yield every match of these tensors, or rows of them, that explains more than the truth does.

    ``reading`` is what is wrong with the answer as a whole, which is part of every explanation.
    """
    off = relative_residual(
        vector([view.reduced(n, view.found[n]) for n in names], rows),
        vector([view.reduced(n, view.true(n)) for n in names], rows),
    )
    parts = {view.matrix: bank.matrix, view.bias: bank.bias}
    start = _batch([parts[n] for n in names], rows)
    if off and not view.example.weight_decay and bank.moves is None:
        true = vector([view.reduced(n, view.true(n)) for n in names], rows)
        if vanishes(vector([view.found[n] for n in names], rows), true):
            vanishing = np.linalg.norm(start, axis=1) <= VANISHING * np.linalg.norm(true)
            for number in np.flatnonzero(vanishing):
                if ids := bank.ids(int(number)):
                    yield Match(tuple(dict.fromkeys((*reading, *ids))), 0.0, candidate=int(number))
            return
    derivative = None
    if bank.moves is not None:
        moved = dict(zip((view.matrix, view.bias), bank.moves, strict=True))
        derivative = _batch([moved[n] for n in names], rows)
    square = view.matrix in names and view.found[view.matrix].shape[0] == view.found[view.matrix].shape[1]
    for extra, found, decays in _forms(view, names, turned=square):
        target = vector([view.reduced(n, found[n]) for n in names], rows)
        ways = [(ids, term, {name: np.zeros_like(t) for name, t in term.items()}) for ids, term in decays]
        if view.example.weight_decay and derivative is None and view.matrix in names:
            # A scaling may catch the decay too.
            ways.append(((), ways[0][2], ways[0][1]))
        for decay_ids, term, caught in ways:
            added = vector([view.reduced(n, caught[n]) for n in names], rows)
            decay = vector([view.reduced(n, term[n]) for n in names], rows)
            prediction = Prediction(start + added, derivative, decay)
            for match in matches(target, bank.ids, prediction, view.example, precision):
                # What an untransposed matrix in the forward pass leads to is no second mistake.
                turned = () if "forward-untransposed" in reading else extra
                ids = tuple(dict.fromkeys((*reading, *match.ids, *decay_ids, *turned)))
                if (
                    ids
                    and match.residual <= leaves(off, precision)
                    and _is_whole(view, bank, match, (found, caught, term), rows, precision)
                ):
                    yield replace(match, ids=ids)


def _is_whole(
    view: LayerView,
    bank: Candidates,
    match: Match,
    terms: tuple[dict[str, Array], dict[str, Array], dict[str, Array]],
    rows: Array | None,
    precision: Precision,
) -> bool:
    """Whether a match of a wide matrix, which was found by combinations of its columns, holds in every column."""
    found, caught, term = (each.get(view.matrix) for each in terms)
    if found is None or caught is None or term is None or view.prepared.sketch(view.index) is None:
        return True
    gradient = bank.whole(match.candidate, match.rate) + caught
    expected = (1.0 if match.factor is None else match.factor) * gradient + term
    chosen = slice(None) if rows is None else rows
    return relative_residual(found[chosen], expected[chosen]) <= REDUCED * precision.tolerance


def bias_matches(
    view: LayerView, deltas: Sequence[tuple[Ids, Array]], reading: Ids, precision: Precision
) -> dict[Ids, Match]:
    """The closest match of a bias with each formula of its own: from these δ, each with the mistakes behind it."""
    work = view.prepared.work(view.index)
    values = {**work.values, work.names.grad_matrix: view.found[view.matrix] - view.decay}
    names: list[Ids] = []
    starts: list[Array] = []
    for ids, delta in deltas:
        own_work = replace(work, values={**values, work.names.delta: delta})
        inherited = tuple(i for i in ids if i not in SCALINGS)
        for edit in edits_at(work.architecture, work.index, Factor.BIAS):
            of_delta = edit.mistake == "bias-summed" or "{δ}" in edit.words
            names.append((*(inherited if of_delta else ()), edit.mistake))
            starts.append(np.broadcast_to(edit.value(own_work), work.bias.shape))
    kept: dict[Ids, Match] = {}
    found, true = view.found[view.bias], view.true(view.bias)
    off = relative_residual(found, true)
    if vanishes(found, true):
        kept[("bias-frozen",)] = Match(("bias-frozen",), 0.0, candidate=-1)
        if work.last and work.architecture.output == "softmax":  # whose deltas sum to zero
            kept[("bias-summed",)] = Match(("bias-summed",), 0.0, candidate=-1)
        if not work.bias.any():
            kept[("bias-is-value",)] = Match(("bias-is-value",), 0.0, candidate=-1)
    prediction = Prediction(np.stack(starts), None, np.zeros_like(found))
    for each in matches(found, names.__getitem__, prediction, view.example, precision):
        key = tuple(sorted(each.ids))
        fits = each.residual <= leaves(off, precision) and "bias-frozen" not in each.ids
        if fits and (key not in kept or each.residual < kept[key].residual):
            kept[key] = replace(each, ids=(*reading, *each.ids), candidate=-1)
    return kept


def _forms(
    view: LayerView, names: Sequence[str], *, turned: bool
) -> Iterator[tuple[Ids, dict[str, Array], list[tuple[Ids, dict[str, Array]]]]]:
    """The answer as it is, and with its matrix turned round; each with the decay terms that may be in it."""
    c, parameters, samples = view.example.weight_decay, view.example.parameters, view.example.samples
    none = {name: np.zeros_like(view.found[name]) for name in names}
    plain: list[tuple[Ids, dict[str, Array]]] = [((), none)]
    if c:
        d = view.decay
        times = (((), 1), (("decay-missing",), 0), (("decay-doubled",), 2), (("decay-over-n",), 1 / samples))
        if view.matrix in names:
            plain = [(ids, {**none, view.matrix: factor * d}) for ids, factor in times]
        if list(names) == [view.bias]:
            plain += [
                (("decay-on-bias",), {view.bias: c * parameters[view.bias]}),
                (("decay-on-bias",), {view.bias: np.full_like(none[view.bias], c)}),
            ]
    yield (), {name: view.found[name] for name in names}, plain
    if turned:
        found = {name: view.found[name].T if name == view.matrix else view.found[name] for name in names}
        yield ("outer-transposed",), found, plain
        if c:
            yield ("outer-transposed",), found, [((), {**none, view.matrix: view.decay.T})]


def leaves(off: float, precision: Precision) -> float:
    """What an explanation may leave: a small part of what the truth does, where that is off at all."""
    return BETTER * off if off > precision.match else precision.match


def vanishes(found: Array, true: Array) -> bool:
    """Whether nothing but rounding is there."""
    return bool(np.linalg.norm(found) <= VANISHING * np.linalg.norm(true))


def vector(tensors: Sequence[Array], rows: Array | None) -> Array:
    """Several tensors, or the same rows of each, as one vector."""
    return np.concatenate([(tensor if rows is None else tensor[rows]).ravel() for tensor in tensors])


def _batch(tensors: Sequence[Array], rows: Array | None) -> Array:
    """The same for many candidates at once, C×P."""
    chosen = [tensor if rows is None else tensor[:, rows] for tensor in tensors]
    return np.concatenate([t.reshape(len(t), int(np.prod(t.shape[1:]))) for t in chosen], axis=1)
