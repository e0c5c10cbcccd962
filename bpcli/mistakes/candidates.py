"""What the mistakes, up to three at once, make of the gradients of one layer: the arrays an answer is compared with.

The combinations lie along a leading axis, so that a few matrix products make hundreds of them. Those of a hidden layer
start from what was done above it: δ as it was found there, and the ∇W that was answered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from bpcli.mistakes.edits import ALL, derivative_counts, edits_at
from bpcli.mistakes.factors import Edit, Factor, Work
from bpcli.mistakes.passes import Placed, run
from bpcli.network import Array
from bpcli.network.example import Example

F = Factor
Ids = tuple[str, ...]
WIDE = 24  # columns of a matrix; a wider one is compared by as many random combinations of them
LOOSE = 1e-3  # relative: how well a gradient shows that it is turned round or summed
BUDGET = 2_000_000  # entries that all combinations of one layer may take


_NAMES = tuple(dict.fromkeys([*(edit.mistake for edit in ALL), "wrong-input"]))
_BIT = {name: 1 << place for place, name in enumerate(_NAMES)}
Mask = NDArray[np.uint64]  # for each combination the mistakes that it takes, a bit each


def mask_of(ids: Iterable[str]) -> int:
    """The bits of these mistakes; common factors have none."""
    return sum(_BIT.get(name, 0) for name in set(ids))


def ids_of(mask: int) -> Ids:
    """The mistakes of a combination, in the order of the pass."""
    return tuple(name for name in _NAMES if mask & _BIT[name])


def _count(masks: Mask, named: frozenset[str]) -> NDArray[np.uint8]:
    """How many mistakes each combination takes that have not been named yet."""
    counted: NDArray[np.uint8] = np.bitwise_count(masks & np.uint64(~mask_of(named) & (2**64 - 1)))
    return counted


@dataclass(frozen=True, eq=False)
class Deltas:
    """δ of one layer under many combinations: C×N×d, with the mistakes of each.

    ``moves`` is, where W was moved first by an unknown rate, minus the derivative of δ by this rate.
    """

    masks: Mask
    values: Array
    moves: Array | None = None

    def cheaper(self, named: frozenset[str], most: int) -> "Deltas":
        """Those of at most so many mistakes that have not been named yet."""
        keep = _count(self.masks, named) <= most
        return Deltas(self.masks[keep], self.values[keep], None if self.moves is None else self.moves[keep])


@dataclass(frozen=True, eq=False)
class Candidates:
    """The gradients of one layer under many combinations, without decay.

    Attributes:
        masks: the mistakes of each.
        matrix, bias: C×d×r and C×d, r columns as ``Prepared.sketch`` has them.
        delta: which of the δ each has.
        deltas: them.
        moves: minus the derivatives of matrix and bias by the rate, where that is unknown.
        make: the whole matrix that one of ``deltas.values`` (or of ``deltas.moves``) leads to, by a candidate's number.
    """

    masks: Mask
    matrix: Array
    bias: Array
    delta: NDArray[np.intp]
    deltas: Deltas
    make: Callable[[int, Array], Array]
    moves: tuple[Array, Array] | None = None

    def whole(self, number: int, rate: float | None = None) -> Array:
        """The whole matrix of one, d×d_in, whose W had moved by this rate if one is given."""
        at = self.delta[number]
        matrix = self.make(number, self.deltas.values[at])
        if rate is not None and self.deltas.moves is not None:
            matrix = matrix - rate * self.make(number, self.deltas.moves[at])
        return matrix

    def ids(self, number: int) -> Ids:
        """The mistakes of one."""
        return ids_of(int(self.masks[number]))


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


def _deltas(found: Sequence[tuple[Ids, Array]]) -> Deltas:
    masks = np.array([mask_of(ids) for ids, _ in found], np.uint64)
    return Deltas(masks, np.stack([value for _, value in found]))


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
    return _deltas(found)


def hidden_deltas(work: Work, above: Above, most: int, *, fit: bool = False) -> Deltas:
    """δ of a hidden layer: what follows from above, then with further mistakes, at most ``most`` of them new.

    With ``fit`` only combinations with a moved W, whose rate is unknown.
    """
    a, i = work.architecture, work.index
    names = work.above.names
    answered = {names.delta: above.deltas[0][1], names.grad_matrix: above.gradient}
    own = replace(work.above, values={**work.values, **answered})
    passed, through = _passed(work.above, own, above), _weights(own, fit=fit)
    arrived_masks, arrived, moved = _arriving(own, passed, through)
    keep = _count(arrived_masks, above.named) <= most
    arrived_masks, arrived = arrived_masks[keep], arrived[keep]
    slopes: list[tuple[Ids, Array]] = [((), work.derivative)]
    slopes += [((e.mistake,), e.value(work)) for e in edits_at(a, i, F.DERIVATIVE)]
    S = np.stack([value for _, value in slopes])
    S_masks = np.array([mask_of(ids) for ids, _ in slopes], np.uint64)
    both = arrived_masks[:, None] | S_masks
    kept = _count(both, above.named) <= most
    where, which = np.nonzero(kept)
    values = work.received(S[which], arrived[where])
    if fit:
        moves = work.received(S[which], moved[keep][where])
        return Deltas(both[kept], values, moves)
    masks_found, values_found = [both[kept]], [values]
    for edit in edits_at(a, i, F.DELTA):
        masks = arrived_masks | np.uint64(mask_of((edit.mistake,)))
        cheap = _count(masks, above.named) <= most
        for scale in (1, work.samples) if edit.mistake == "slope-of-upstream" else (1,):
            with_it = replace(work, values={**work.values, work.names.grad_out: arrived[cheap] / scale})
            masks_found.append(masks[cheap])
            values_found.append(edit.value(with_it) * scale)
    for edit in edits_at(a, i, F.UPSTREAM):
        masks = S_masks | np.uint64(mask_of((edit.mistake,)))
        cheap = _count(masks, above.named) <= most
        delta = work.received(S[cheap], edit.value(work))
        masks_found += [masks[cheap]] * 2
        values_found += [delta, delta * work.samples]
    return Deltas(np.concatenate(masks_found), np.concatenate(values_found))


Through = tuple[Ids, Array, Array | None]


def _arriving(
    own: Work, passed: Sequence[tuple[Ids, Array]], through: Sequence[Through]
) -> tuple[Mask, Array, Array]:
    """∇h for everything that may be passed back through everything: C×N×d; and what a moved W takes off it."""
    P = np.stack([value for _, value in passed])
    P_masks = np.array([mask_of(ids) for ids, _ in passed], np.uint64)
    masks, arrived, moved = [], [], []
    for ids, weight, move in through:
        masks.append(P_masks | np.uint64(mask_of(ids)))
        arrived.append(own.passed_back(P, weight))
        moved.append(own.passed_back(P, move) if move is not None else arrived[-1][:0])
    return np.concatenate(masks), np.concatenate(arrived), np.concatenate(moved)


def _passed(true: Work, own: Work, above: Above) -> list[tuple[Ids, Array]]:
    """What may be passed back: the δ of the layer above as it was found there, the true one, and wrong ones."""
    found: list[tuple[Ids, Array]] = [*above.deltas, ((), true.delta)]
    for edit in edits_at(own.architecture, own.index, F.PASSED):
        found.append(((edit.mistake,), edit.value(own)))
    if own.last:
        wrong = output_deltas(true)
        raw = {"no-omega": "raw-error-back"} if true.architecture.output == "sigmoid" else {}
        found += [
            (tuple(raw.get(name, name) for name in ids_of(int(mask))), value)
            for mask, value in zip(wrong.masks, wrong.values, strict=True)
        ]
    return _distinct(found)


def _distinct(found: Sequence[tuple[Ids, Array]]) -> list[tuple[Ids, Array]]:
    """Without those that are there already with the same mistakes."""
    kept: list[tuple[Ids, Array]] = []
    for ids, value in found:
        if not any(ids == other and np.array_equal(value, there) for other, there in kept):
            kept.append((ids, value))
    return kept


def _weights(own: Work, *, fit: bool) -> list[Through]:
    """What the error may be passed back through: W, or another matrix by the mistake that puts it there."""
    mean = own.differentiated(own.delta, own.input)[0]
    right = replace(own, values={**own.values, own.names.grad_matrix: mean})
    turned_or_summed = any(
        np.allclose(own.grad_weight, factor * mean, rtol=LOOSE, atol=0) for factor in (-1, own.samples)
    )

    def ids(edit: Edit, work: Work) -> Ids:
        by_its_own = edit.mistake == "updated-first" and turned_or_summed and work is own
        # The move of each point is made of δ, not of the gradient that was returned.
        if by_its_own and not np.array_equal(edit.value(own), edit.value(right)):
            return ("own-update",)
        return (edit.mistake,)

    edits = [(e, work) for work in (own, right) for e in edits_at(own.architecture, own.index, F.WEIGHT)]
    if fit:
        moves = _distinct(
            [
                (ids(e, work), e.move(work))
                for e, work in edits
                if e.move is not None and e.mistake == "updated-first"
            ]
        )
        return [(names, own.weight, move) for names, move in moves]
    found: list[tuple[Ids, Array]] = [((), own.weight)]
    found += [(ids(e, work), e.value(work)) for e, work in edits]
    return [(ids, weight, None) for ids, weight in _distinct(found) if np.isfinite(weight).all()]


def gradients_of(
    prepared: Prepared, index: int, deltas: Deltas, named: frozenset[str], most: int
) -> Candidates:
    """Return the gradients that these δ make with the right and the wrong inputs and samples."""
    work, sketch = prepared.work(index), prepared.sketch(index)
    a = work.architecture
    forms: list[tuple[Ids, Array]] = [((), work.input)]
    forms += [((e.mistake,), e.value(work)) for e in edits_at(a, index, F.INPUT)]
    ways: list[tuple[Ids, Make]] = [
        _way(work, ids, x, times) for times in (0.0, 1.0, 1.0 / work.samples) for ids, x in forms
    ]
    if deltas.moves is None:
        ways.append((("weight-for-input",), partial(_scaled_weight, work)))
    masks, numbers, made_by = [], [], []
    gradients: list[tuple[Array, Array]] = []
    moves: list[tuple[Array, Array]] = []
    for place, (ids, make) in enumerate(ways):
        mask = deltas.masks | np.uint64(mask_of(ids))
        keep = np.flatnonzero(_count(mask, named) <= most)
        masks.append(mask[keep])
        numbers.append(keep)
        made_by.append(np.full(len(keep), place))
        gradients.append(make(deltas.values[keep], sketch))
        if deltas.moves is not None:
            moves.append(make(deltas.moves[keep], sketch))
    by = np.concatenate(made_by)
    return Candidates(
        np.concatenate(masks),
        np.concatenate([matrix for matrix, _ in gradients]),
        np.concatenate([bias for _, bias in gradients]),
        np.concatenate(numbers),
        deltas,
        lambda number, delta: ways[by[number]][1](delta, None)[0],
        (np.concatenate([m for m, _ in moves]), np.concatenate([b for _, b in moves])) if moves else None,
    )


# From δ (…×N×d) and a sketch of the columns, or None for all of them, to matrix and bias.
Make = Callable[[Array, Array | None], tuple[Array, Array]]


def _way(work: Work, ids: Ids, x: Array, times: float) -> tuple[Ids, Make]:
    """The outer product with x, over all samples, or of the last one alone (``times`` it)."""

    def make(delta: Array, sketch: Array | None) -> tuple[Array, Array]:
        rows = x if sketch is None else x @ sketch
        if not times:
            return work.differentiated(delta, rows)
        matrix, bias = work.differentiated(delta[..., -1:, :], rows[-1:])
        return matrix * times, bias * times

    return (*ids, "last-sample") if times else ids, make


def _scaled_weight(work: Work, delta: Array, sketch: Array | None) -> tuple[Array, Array]:
    """The matrix itself where the input belongs: δ times W."""
    weight = work.weight if sketch is None else work.weight @ sketch
    bias = work.differentiated(delta, work.input[:, :0])[1]
    return bias[..., :, None] * weight, bias


def most_edits(prepared: Prepared, index: int) -> int:
    """How many mistakes at once are looked for: three, fewer in layers so large that it would take too long."""
    sizes = prepared.example.architecture.sizes
    entries = prepared.example.samples * sizes[index + 1] + sizes[index + 1] * min(sizes[index], WIDE)
    return next((most for most, number in ((3, 1500), (2, 300)) if entries * number <= BUDGET * 2), 1)


@lru_cache(maxsize=48)
def single_mistakes(prepared: Prepared, index: int) -> Candidates:
    """The right gradients of a layer first, then those of each mistake by itself."""
    work = prepared.work(index)
    if work.last:
        deltas = output_deltas(work)
    else:
        above = work.above
        deltas = hidden_deltas(work, Above([((), above.delta)], above.grad_weight, frozenset()), 1)
    return gradients_of(prepared, index, deltas.cheaper(frozenset(), 1), frozenset(), 1)
