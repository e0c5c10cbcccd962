"""What the mistakes, up to three at once, make of the gradients of one layer: the arrays an answer is compared with.

The combinations lie along a leading axis, so that a few matrix products make hundreds of them. Those of a hidden layer
start from what was done above it: δ as it was found there, and the ∇W that was answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from bpcli.mistakes.edits import derivative_counts, edits_at
from bpcli.mistakes.factors import Edit, Factor, Work
from bpcli.mistakes.passes import Placed, run
from bpcli.network import Array
from bpcli.network.example import Example

F = Factor
Ids = tuple[str, ...]
WIDE = 24  # columns of a matrix; a wider one is compared by as many random combinations of them
BUDGET = 2_000_000  # entries that all combinations of one layer may take


@dataclass(frozen=True, eq=False)
class Deltas:
    """δ of one layer under many combinations: C×N×d, with the mistakes of each.

    ``moves`` is, where W was moved first by an unknown rate, minus the derivative of δ by this rate; else zero.
    """

    ids: list[Ids]
    values: Array
    moves: Array | None = None

    def cheaper(self, named: frozenset[str], most: int) -> "Deltas":
        """Those of at most so many mistakes that have not been named yet."""
        keep = [i for i, ids in enumerate(self.ids) if len(set(ids) - named) <= most]
        moves = None if self.moves is None else self.moves[keep]
        return Deltas([self.ids[i] for i in keep], self.values[keep], moves)


@dataclass(frozen=True, eq=False)
class Candidates:
    """The gradients of one layer under many combinations, without decay.

    Attributes:
        ids: the mistakes of each.
        matrix, bias: C×d×r and C×d, r columns as ``Sketch`` has them.
        delta: which of the δ each has.
        deltas: them.
        moves: minus the derivatives of matrix and bias by the rate, where that is unknown.
    """

    ids: list[Ids]
    matrix: Array
    bias: Array
    delta: list[int]
    deltas: Deltas
    moves: tuple[Array, Array] | None = None


@dataclass(frozen=True, eq=False)
class Above:
    """What somebody did in the layer above: δ (the most likely first), the gradient answered, and what has a name."""

    deltas: Sequence[tuple[Ids, Array]]
    gradient: Array
    named: frozenset[str]


class Prepared:
    """One pass at an example, and what does not depend on an answer."""

    def __init__(self, example: Example, forward: Sequence[Placed] = ()) -> None:
        self.example = example
        self.values = run(example, forward)

    def work(self, index: int) -> Work:
        """The layer as the pass left it."""
        return Work(self.example.architecture, index, self.values, self.example.learning_rate)

    def sketch(self, index: int) -> Array | None:
        """d_in×r for a wide matrix: random combinations of its columns; None where all are compared."""
        return _combinations(self.example.architecture.sizes[index])


@lru_cache(maxsize=16)
def prepared(example: Example) -> Prepared:
    """Return the right pass at an example, worked out once."""
    return Prepared(example)


@lru_cache(maxsize=16)
def _combinations(columns: int) -> Array | None:
    if columns <= WIDE:
        return None
    return np.random.default_rng(0).normal(size=(columns, WIDE))


def output_deltas(work: Work) -> Deltas:
    """δ of the output layer: right first, then with up to two mistakes."""
    a, i = work.architecture, work.index
    found: list[tuple[Ids, Array]] = [((), work.delta)]
    if derivative_counts(a, i):
        slopes = [((e.mistake,), e.value(work)) for e in edits_at(a, i, F.DERIVATIVE)]
        errors = [((e.mistake,), e.value(work)) for e in edits_at(a, i, F.ERROR)]
        found += [(ids, work.received(slope, work.grad_out)) for ids, slope in slopes]
        found += [(ids, work.received(work.derivative, error)) for ids, error in errors]
        found += [((*e, *s), work.received(slope, error)) for s, slope in slopes for e, error in errors]
    found += [((e.mistake,), e.value(work)) for e in edits_at(a, i, F.DELTA)]
    return Deltas([ids for ids, _ in found], np.stack([value for _, value in found]))


def hidden_deltas(work: Work, above: Above, most: int, *, fit: bool = False) -> Deltas:
    """δ of a hidden layer: what follows from above, then with further mistakes, at most ``most`` of them new.

    With ``fit`` only combinations with a moved W, whose rate is unknown.
    """
    a, i = work.architecture, work.index
    names = work.above.names
    own = replace(
        work.above, values={**work.values, names.delta: above.deltas[0][1], names.grad_matrix: above.gradient}
    )
    passed = _passed(work.above, own, above)
    P = np.stack([value for _, value in passed])
    slopes: list[tuple[Ids, Array]] = [((), work.derivative)]
    slopes += [((e.mistake,), e.value(work)) for e in edits_at(a, i, F.DERIVATIVE)]
    S = np.stack([value for _, value in slopes])
    ids: list[Ids] = []
    values: list[Array] = []
    moves: list[Array] = []
    for w_ids, weight, move in _weights(own, fit=fit):
        grad_h = own.passed_back(P, weight)
        moved = own.passed_back(P, move) if move is not None else None
        keep_p = [p for p, (p_ids, _) in enumerate(passed) if len({*p_ids, *w_ids} - above.named) <= most]
        for s, (s_ids, _) in enumerate(slopes):
            keep = [p for p in keep_p if len({*passed[p][0], *w_ids, *s_ids} - above.named) <= most]
            ids += [_joined(passed[p][0], w_ids, s_ids) for p in keep]
            values.append(work.received(S[s], grad_h[keep]))
            if moved is not None:
                moves.append(work.received(S[s], moved[keep]))
        if fit:
            continue
        for edit in edits_at(a, i, F.DELTA):
            keep = [p for p in keep_p if len({*passed[p][0], *w_ids, edit.mistake} - above.named) <= most]
            for scale in (1, work.samples) if edit.mistake == "slope-of-upstream" else (1,):
                arrived = replace(work, values={**work.values, work.names.grad_out: grad_h[keep] / scale})
                ids += [_joined(passed[p][0], w_ids, (edit.mistake,)) for p in keep]
                values.append(edit.value(arrived) * scale)
    if not fit:
        for edit in edits_at(a, i, F.UPSTREAM):
            for s_ids, slope in slopes:
                if len({edit.mistake, *s_ids} - above.named) > most:
                    continue
                delta = work.received(slope, edit.value(work))
                ids += [_joined((edit.mistake,), s_ids)] * 2
                values.append(np.stack([delta, delta * work.samples]))
    return Deltas(ids, np.concatenate(values), np.concatenate(moves) if moves else None)


def _joined(*parts: Ids) -> Ids:
    return tuple(dict.fromkeys(name for part in parts for name in part))


def _passed(true: Work, own: Work, above: Above) -> list[tuple[Ids, Array]]:
    """What may be passed back: the δ of the layer above as it was found there, the true one, and wrong ones."""
    found: list[tuple[Ids, Array]] = list(above.deltas)
    found.append(((), true.delta))
    for edit in edits_at(own.architecture, own.index, F.PASSED):
        found.append(((edit.mistake,), edit.value(own)))
    if own.last:
        wrong = output_deltas(true)
        raw = {"no-omega": "raw-error-back"}
        found += [
            (tuple(raw.get(name, name) for name in ids), value)
            for ids, value in zip(wrong.ids, wrong.values, strict=True)
        ]
    kept: list[tuple[Ids, Array]] = []
    for ids, value in found:
        if not any(np.array_equal(value, other) for _, other in kept):
            kept.append((ids, value))
    return kept


def _weights(own: Work, *, fit: bool) -> list[tuple[Ids, Array, Array | None]]:
    """What the error may be passed back through: W, or another matrix by the mistake that puts it there."""
    true = replace(
        own, values={**own.values, own.names.grad_matrix: own.differentiated(own.delta, own.input)[0]}
    )
    edits = edits_at(own.architecture, own.index, F.WEIGHT)
    if fit:
        return [
            ((e.mistake,), own.weight, e.move(work))
            for work in (own, true)
            for e in edits
            if e.move is not None and e.mistake == "updated-first"
        ]
    found: list[tuple[Ids, Array, Array | None]] = [((), own.weight, None)]
    for work in (own, true):
        found += [((e.mistake,), e.value(work), None) for e in edits]
    kept: list[tuple[Ids, Array, Array | None]] = []
    for each in found:
        if (
            not any(each[1].shape == k[1].shape and np.array_equal(each[1], k[1]) for k in kept)
            and np.isfinite(each[1]).all()
        ):
            kept.append(each)
    return kept


def gradients_of(
    prepared: Prepared, index: int, deltas: Deltas, named: frozenset[str], most: int
) -> Candidates:
    """Return the gradients that these δ make with the right and the wrong inputs and samples."""
    work, sketch = prepared.work(index), prepared.sketch(index)
    a = work.architecture
    forms: list[tuple[Ids, Array | None, float]] = [((), work.input, 0.0)]
    forms += [((e.mistake,), e.value(work), 0.0) for e in edits_at(a, index, F.INPUT)]
    last = [(ids + ("last-sample",), x, times) for ids, x, _ in forms for times in (1.0, float(work.samples))]
    ids: list[Ids] = []
    matrices, biases, numbers = [], [], []
    moved: list[tuple[Array, Array]] = []
    only_last = np.zeros((work.samples, 1))
    only_last[-1] = 1
    for f_ids, x, times in forms + last:
        keep = [c for c, d in enumerate(deltas.ids) if len({*d, *f_ids} - named) <= most]
        if not keep or x is None:
            continue
        factor = only_last * times if times else np.ones(())
        x = x if sketch is None else x @ sketch
        matrix, bias = work.differentiated(deltas.values[keep] * factor, x)
        ids += [_joined(deltas.ids[c], f_ids) for c in keep]
        numbers += keep
        matrices.append(matrix)
        biases.append(bias)
        if deltas.moves is not None:
            moved.append(work.differentiated(deltas.moves[keep] * factor, x))
    keep = [c for c, d in enumerate(deltas.ids) if len({*d, "weight-for-input"} - named) <= most]
    if keep and deltas.moves is None:
        weight = work.weight if sketch is None else work.weight @ sketch
        bias = work.differentiated(deltas.values[keep], work.input[:, :0])[1]
        ids += [_joined(deltas.ids[c], ("weight-for-input",)) for c in keep]
        numbers += keep
        matrices.append(bias[:, :, None] * weight)
        biases.append(bias)
    moves = None
    if moved:
        moves = np.concatenate([m for m, _ in moved]), np.concatenate([b for _, b in moved])
    return Candidates(ids, np.concatenate(matrices), np.concatenate(biases), numbers, deltas, moves)


def most_edits(prepared: Prepared, index: int) -> int:
    """How many mistakes at once are looked for: three, fewer in layers so large that it would take too long."""
    sizes = prepared.example.architecture.sizes
    entries = prepared.example.samples * sizes[index + 1] + sizes[index + 1] * min(sizes[index], WIDE)
    return next((most for most, number in ((3, 1500), (2, 300)) if entries * number <= BUDGET * 2), 1)


def single_mistakes(prepared: Prepared, index: int) -> Candidates:
    """The right gradients of a layer first, then those of each mistake by itself."""
    work = prepared.work(index)
    if work.last:
        deltas = output_deltas(work)
    else:
        above = work.above
        deltas = hidden_deltas(work, Above([((), above.delta)], above.grad_weight, frozenset()), 1)
    return gradients_of(prepared, index, deltas.cheaper(frozenset(), 1), frozenset(), 1)


__all__ = [
    "Above",
    "Candidates",
    "Deltas",
    "Edit",
    "Prepared",
    "gradients_of",
    "hidden_deltas",
    "output_deltas",
]
