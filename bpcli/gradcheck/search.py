"""The search for what explains the tensors of an answer: layer by layer from the output down, the simplest first.

The output layer is explained first, then each layer below given what was done above it: the δ that was found there and
the ∇W that was answered. A layer's matrix and bias are explained together if the same edits explain both, else each by
itself, else by the rows that are off. An explanation has to hold at every example at which there is an answer. Of
several that hold, the one with the fewest new mistakes is taken; those that no example can tell apart are all named.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bpcli.gradcheck.comparing import SCALINGS, Match, Precision, constant_factor, named_factor
from bpcli.gradcheck.findings import CONSTANT_FACTOR, Group
from bpcli.gradcheck.matching import BETTER, bias_matches, point_matches, vector
from bpcli.gradcheck.verdicts import Ids, relative_residual
from bpcli.gradcheck.views import LayerView
from bpcli.mistakes.candidates import (
    Above,
    Candidates,
    gradients_of,
    hidden_deltas,
    ids_of,
    mask_of,
    most_edits,
    output_deltas,
)
from bpcli.network import Array

SAME = 1e-5  # relative: how well a constant has to agree between two examples
SAME_RATE = 1e-3
MOST = 3  # mistakes in all, common factors not counted
TIED = 4  # explanations of one layer that the next is looked for under
FEWEST = 2  # entries, for more than one mistake at once
FEWEST_FITTED = 5  # entries, where a rate is fitted
Views = Sequence[Sequence[LayerView]]


class Search:
    """One reading of an answer at all examples, explained from the output down."""

    def __init__(self, views: Views, precision: Precision, base: Ids = ()) -> None:
        self.views = views
        self.precision = precision
        self.base = base
        self.named = frozenset(base)
        self.chosen = set(base)  # of what has a name, what was named first
        self.forward = bool(base) and base[0].startswith("forward")
        answered = [tensor for layers in views for view in layers for tensor in view.found.values()]
        self.moving = any(tensor.any() for tensor in answered)
        self.above: list[Above] = []
        self.layer: list[LayerView] = []
        self.banks: list[Candidates] = []
        self.kept: dict[tuple[int, bool], list[Candidates]] = {}

    def explain(self, wrong: Sequence[str]) -> tuple[list[Group], list[str]]:
        """Return what explains the tensors, and those that nothing explains."""
        groups: list[Group] = []
        unexplained: list[str] = []
        for layer in zip(*self.views, strict=True):
            self.layer = list(layer)
            self.kept = {}
            names = [n for n in (layer[0].matrix, layer[0].bias) if n in wrong]
            found, rest = self._explain_layer(names) if names else ([], [])
            groups += found
            unexplained += rest
            self._descend(found)
        return agreed(groups), unexplained

    def _explain_layer(self, names: list[str]) -> tuple[list[Group], list[str]]:
        if not self.moving:
            return [], names
        if len(names) == 2 and (options := self._search(names)):
            return [Group(tuple(names), tuple(options))], []
        groups: list[Group] = []
        rest: list[str] = []
        for name in names:
            own = self._bias(groups) if name == self.layer[0].bias else []
            if options := own or self._search([name]):
                groups.append(Group((name,), tuple(options)))
            elif group := self._by_rows(name):
                groups.append(group)
            else:
                rest.append(name)
        if constant := self._constant(rest):
            return [*groups, constant], []
        return groups, rest

    def _descend(self, found: Sequence[Group]) -> None:
        """Keep for the layer below what this one was: δ, the gradient answered, and what has a name by now."""
        ids = frozenset(name for group in found for match in group.options for name in match.ids)
        self.named |= ids
        matrix = self.layer[0].matrix
        whole = [group for group in found if group.rows is None]
        own = [group for group in whole if matrix in group.tensors] or whole
        options = own[0].options[:TIED] if own else ()
        match = options[0] if options else None
        above = []
        for place, view in enumerate(self.layer):
            work = view.prepared.work(view.index)
            deltas = [(m.ids, delta) for m in options if (delta := self._delta(place, m)) is not None]
            if not work.last and len(deltas) == len(options):
                # A factor in the line that passes back is there once more in the layer below.
                factors = [named_factor(m, self.layer[0].example, view.example) for m in options]
                deltas += [
                    (names, factor * delta)
                    for factor, (names, delta) in zip(factors, deltas, strict=True)
                    if factor is not None
                ]
            times = 0 if "decay-missing" in ids else 2 if "decay-doubled" in ids else 1
            answered = view.found[matrix] - times * view.decay
            if match is not None and "outer-transposed" in match.ids:
                answered = answered.T
            above.append(Above([*deltas, ((), work.delta)], answered, self.named))
        self.above = above

    def _delta(self, place: int, match: Match) -> Array | None:
        """The δ (N×d) that an explanation of this layer has at one example; None where it is no candidate there."""
        number, bank = match.candidate, self.banks[place] if place < len(self.banks) else None
        if bank is None or not 0 <= number < len(bank.masks):
            return None
        mask = mask_of(match.ids)
        if int(bank.masks[number]) | mask != mask:
            return None
        delta: Array = bank.deltas.values[bank.delta[number]]
        return delta

    def _bank(self, most: int, *, fit: bool = False) -> list[Candidates]:
        """The candidates of this layer at each example."""
        if (most, fit) not in self.kept:
            banks = []
            for place, view in enumerate(self.layer):
                work = view.prepared.work(view.index)
                hidden = None if work.last else self.above[place]
                deltas = hidden_deltas(work, hidden, most, fit=fit) if hidden else output_deltas(work)
                deltas = deltas.cheaper(self.named, most)
                banks.append(gradients_of(view.prepared, view.index, deltas, self.named, most))
            self.kept[most, fit] = banks
        return self.kept[most, fit]

    def _search(self, names: Sequence[str], rows: Array | None = None) -> list[Match]:
        """The explanations of these tensors, or rows of them, with the fewest mistakes."""
        view = self.layer[0]
        entries = sum(view.reduced(n, view.found[n]).size for n in names) if rows is None else 2
        entries *= len(self.layer)
        counted = len(self.named - set(SCALINGS))
        most = min(max(1, MOST - counted), most_edits(view.prepared, view.index))
        if entries < FEWEST or rows is not None:
            most = 1
        fits = view.index < view.example.architecture.depth - 1 and entries >= FEWEST_FITTED and rows is None
        for fit in (False, True) if fits else (False,):
            banks = self._bank(most, fit=fit)
            self.banks = banks
            if options := self._common(names, rows, banks):
                return options
        return []

    def _common(self, names: Sequence[str], rows: Array | None, banks: Sequence[Candidates]) -> list[Match]:
        """The explanations that hold at every example, the simplest ones only."""
        at: list[dict[Ids, Match]] = []
        for view, bank in zip(self.layer, banks, strict=True):
            kept: dict[Ids, Match] = {}
            for match in point_matches(view, bank, names, rows, self.base, self.precision):
                key = tuple(sorted(match.ids))
                if key not in kept or match.residual < kept[key].residual:
                    kept[key] = match
            at.append(kept)
        entries = sum(int(view.found[n].size) for view in self.layer for n in names)
        return self._simplest(at, entries if rows is None else FEWEST)

    def _simplest(self, at: Sequence[dict[Ids, Match]], entries: int) -> list[Match]:
        shared = [m for key, m in at[0].items() if all(key in o and _same_rate(m, o[key]) for o in at[1:])]
        if entries < FEWEST:
            # A single number proves little: one mistake or one factor, and all that fit are told.
            shared = [m for m in shared if len(set(m.ids) - self.named) <= 1]
        best = min((match.residual for match in shared), default=0.0)
        if not shared or best > self.precision.match:
            return []
        close = [m for m in shared if m.residual <= max(self.precision.tie, 100 * best)]
        fewest = min(self._cost(match) for match in close)
        simplest = [match for match in close if entries < FEWEST or self._cost(match) == fewest]
        best_of = sorted(simplest, key=self._likely)
        self.chosen |= set(best_of[0].ids)
        return best_of + [m for m in close if m not in simplest and _another_word(m, best_of[0])]

    def _likely(self, match: Match) -> tuple[int, int, int, float]:
        """The order of explanations that are as simple: what was named before, then common factors."""
        unusual = sum(SCALINGS.index(name) for name in match.ids if name in SCALINGS)
        edits = set(match.ids) - set(SCALINGS)
        return len(set(match.ids) - self.chosen), len(edits), unusual, match.residual

    def _cost(self, match: Match) -> int:
        """How many new mistakes it takes."""
        return len(set(match.ids) - self.named)

    def _bias(self, groups: Sequence[Group]) -> list[Match]:
        """What explains a bias by itself that has a formula of its own, from the δ and the matrix of this layer."""
        match = next(
            (g.options[0] for g in groups if self.layer[0].matrix in g.tensors and g.rows is None), None
        )
        at: list[dict[Ids, Match]] = []
        for place, view in enumerate(self.layer):
            work = view.prepared.work(view.index)
            deltas: list[tuple[Ids, Array]] = [((), work.delta)]
            if match is not None and (own_delta := self._delta(place, match)) is not None:
                deltas.append((match.ids, own_delta))
            if self.above and not match:
                follows = hidden_deltas(work, self.above[place], 0)
                deltas.append((ids_of(int(follows.masks[0])), follows.values[0]))
            at.append(bias_matches(view, deltas, self.base, self.precision))
        return self._simplest(at, self.layer[0].found[self.layer[0].bias].size * len(self.layer))

    def _by_rows(self, name: str) -> Group | None:
        """Explain the rows that are off, where others are right."""
        off = np.zeros(len(self.layer[0].found[name]), dtype=bool)
        for view in self.layer:
            for row, (found, true) in enumerate(zip(view.found[name], view.true(name), strict=True)):
                off[row] |= (
                    relative_residual(np.atleast_1d(found), np.atleast_1d(true)) > self.precision.match
                )
        if off.all() or not off.any():
            return None
        rows = np.flatnonzero(off)
        if self.layer[0].found[name][rows].size * len(self.layer) < FEWEST:
            return None
        options = self._search([name], rows)
        return Group((name,), tuple(options), tuple(int(row) for row in rows)) if options else None

    def _constant(self, names: list[str]) -> Group | None:
        """A scaling by one constant that has no other name, the same at every example."""
        if not names or self.forward:
            return None
        factors = []
        for view in self.layer:
            found = vector([view.found[name] for name in names], None)
            true = vector([view.true(name) for name in names], None)
            factor = constant_factor(found, true, self.precision.match)
            left = relative_residual(found, (factor or 0.0) * true)
            # Noise in two numbers lies near a line by chance.
            better = BETTER**2 if found.size <= FEWEST else BETTER
            factors.append(factor if left <= better * relative_residual(found, true) else None)
        first = factors[0]
        if first is None or any(f is None or abs(f - first) > SAME * abs(first) for f in factors):
            return None
        return Group(tuple(names), (Match((*self.base, CONSTANT_FACTOR), 0.0, factor=first, candidate=-1),))


def agreed(groups: Sequence[Group]) -> list[Group]:
    """Of explanations of a group that fit as well, put first what other groups have too: one mistake, not two."""
    out = list(groups)
    for number, group in enumerate(groups):
        others = [*out[:number], *out[number + 1 :]]
        elsewhere = {name for other in others for name in other.options[0].ids}
        options = sorted(group.options, key=lambda match: not set(match.ids) <= elsewhere)
        out[number] = replace(group, options=tuple(options))
    return out


def _another_word(one: Match, other: Match) -> bool:
    """Whether two matches are one and the same formula: with two outputs ½ is half, and the mean over them, too."""
    return (
        one.candidate == other.candidate >= 0
        and (one.factor, one.residual) == (other.factor, other.residual)
        and len(one.ids) == len(other.ids)
    )


def _same_rate(one: Match, other: Match) -> bool:
    if one.rate is None or other.rate is None:
        return one.rate == other.rate
    return abs(one.rate - other.rate) <= SAME_RATE * abs(one.rate)
