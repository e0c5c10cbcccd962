"""Name what is wrong with an answer, and never guess: a search over edits of the pass, the simplest first.

The output layer is explained first, then each layer below given what was done above it: the δ that was found there and
the ∇W that was answered. A layer's matrix and bias are explained together if the same edits explain both, else each by
itself, else by the rows that are off. An explanation has to hold at every example at which there is an answer. Of
several that hold, the one with the fewest new mistakes is taken; those that no example can tell apart are all named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bpcli.gradcheck.comparing import SCALINGS, Match, Precision, Prediction, constant_factor, matches
from bpcli.gradcheck.findings import CONSTANT_FACTOR, Finding, Group, findings
from bpcli.gradcheck.residuals import relative_residual
from bpcli.gradcheck.views import LayerView, layer_views
from bpcli.mistakes.candidates import (
    Above,
    Candidates,
    Prepared,
    gradients_of,
    hidden_deltas,
    ids_of,
    mask_of,
    most_edits,
    output_deltas,
)
from bpcli.mistakes.edits import edits_at
from bpcli.mistakes.factors import Factor
from bpcli.network import Array

__all__ = ["CONSTANT_FACTOR", "Finding", "LayerView", "diagnose", "layer_views"]

BETTER = 0.01  # of the truth's residual: what an explanation may leave
SAME = 1e-5  # relative: how well a constant has to agree between two examples
SAME_RATE = 1e-3
MOST = 3  # mistakes in all, common factors not counted
REDUCED = 4  # times the tolerance: random combinations of columns give a residual to a factor of about 1.3
VANISHING = 1e-13  # of the true gradient: rounding alone
TIED = 4  # explanations of one layer that the next is looked for under
FEWEST = 2  # entries, for more than one mistake at once
FEWEST_FITTED = 5  # entries, where a rate is fitted
Ids = tuple[str, ...]
Views = Sequence[Sequence[LayerView]]


def diagnose(views: Views, wrong: Sequence[str], precision: Precision) -> tuple[list[Finding], list[str]]:
    """Explain the tensors that are wrong; return the findings and the tensors that nothing explains.

    Args:
        views: for each example, its layers as ``layer_views`` returns them; all tensors of the right shapes.
        wrong: the names of the tensors that are wrong.
        precision: how closely to compare.
    """
    if not wrong:
        return [], []
    groups, rest = _Search(views, precision).explain(wrong)
    if rest:
        for ids, other, still in _readings(views, wrong, precision):
            found, left = _Search(other, precision, ids).explain(still)
            if not left:
                whole = [Group((name,), (Match(ids, 0.0),)) for name in wrong if name not in still]
                return findings([*whole, *found]), []
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


class _Search:
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
        return groups, unexplained

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
            times = 0 if "decay-missing" in ids else 2 if "decay-doubled" in ids else 1
            answered = view.found[matrix] - times * view.decay
            if match is not None and "outer-transposed" in match.ids:
                answered = answered.T
            above.append(Above([*deltas, ((), work.delta)], answered, self.named))
        self.above = above

    def _delta(self, place: int, match: Match) -> Array | None:
        """The δ that an explanation of this layer has at one example."""
        if not self._bank_holds(place, match):
            return None
        bank = self.banks[place]
        number = _numbers(bank, match)
        delta: Array | None = None if number is None else bank.deltas.values[bank.delta[number]]
        return delta

    def _bank_holds(self, place: int, match: Match) -> bool:
        return place < len(self.banks) and match.candidate < len(self.banks[place].masks)

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
            for match in self._at_point(view, bank, names, rows):
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
        return best_of

    def _leaves(self, off: float) -> float:
        """What an explanation may leave: a small part of what the truth does, where that is off at all."""
        return BETTER * off if off > self.precision.match else self.precision.match

    def _likely(self, match: Match) -> tuple[int, int, int, float]:
        """The order of explanations that are as simple: what was named before, then common factors."""
        unusual = sum(SCALINGS.index(name) for name in match.ids if name in SCALINGS)
        edits = set(match.ids) - set(SCALINGS)
        return len(set(match.ids) - self.chosen), len(edits), unusual, match.residual

    def _cost(self, match: Match) -> int:
        """How many new mistakes it takes."""
        return len(set(match.ids) - self.named)

    def _at_point(
        self, view: LayerView, bank: Candidates, names: Sequence[str], rows: Array | None
    ) -> Iterator[Match]:
        """Every match of one example that explains more than the truth does."""
        off = relative_residual(
            _vector([view.reduced(n, view.found[n]) for n in names], rows),
            _vector([view.reduced(n, view.true(n)) for n in names], rows),
        )
        parts = {view.matrix: bank.matrix, view.bias: bank.bias}
        start = _batch([parts[n] for n in names], rows)
        if off and not view.example.weight_decay and bank.moves is None:
            true = _vector([view.reduced(n, view.true(n)) for n in names], rows)
            if _vanishes(_vector([view.found[n] for n in names], rows), true):
                vanishing = np.linalg.norm(start, axis=1) <= VANISHING * np.linalg.norm(true)
                for number in np.flatnonzero(vanishing):
                    if ids := bank.ids(int(number)):
                        yield Match(tuple(dict.fromkeys((*self.base, *ids))), 0.0, candidate=int(number))
                return
        derivative = None
        if bank.moves is not None:
            moved = dict(zip((view.matrix, view.bias), bank.moves, strict=True))
            derivative = _batch([moved[n] for n in names], rows)
        square = view.matrix in names and view.found[view.matrix].shape[0] == view.found[view.matrix].shape[1]
        for extra, found, decays in _forms(view, names, turned=square):
            target = _vector([view.reduced(n, found[n]) for n in names], rows)
            ways = [(ids, term, {name: np.zeros_like(t) for name, t in term.items()}) for ids, term in decays]
            if view.example.weight_decay and derivative is None and view.matrix in names:
                # A scaling may catch the decay too.
                ways.append(((), ways[0][2], ways[0][1]))
            for decay_ids, term, caught in ways:
                added = _vector([view.reduced(n, caught[n]) for n in names], rows)
                decay = _vector([view.reduced(n, term[n]) for n in names], rows)
                prediction = Prediction(start + added, derivative, decay)
                for match in matches(target, bank.ids, prediction, view.example, self.precision):
                    # What an untransposed matrix in the forward pass leads to is no second mistake.
                    turned = () if "forward-untransposed" in self.base else extra
                    ids = tuple(dict.fromkeys((*self.base, *match.ids, *decay_ids, *turned)))
                    if (
                        ids
                        and match.residual <= self._leaves(off)
                        and self._is_whole(view, bank, match, (found, caught, term), rows)
                    ):
                        yield replace(match, ids=ids)

    def _is_whole(
        self,
        view: LayerView,
        bank: Candidates,
        match: Match,
        terms: tuple[dict[str, Array], dict[str, Array], dict[str, Array]],
        rows: Array | None,
    ) -> bool:
        """Whether a match of a wide matrix, which was found by combinations of its columns, holds in every column."""
        found, caught, term = ({**each}.get(view.matrix) for each in terms)
        if found is None or caught is None or term is None or view.prepared.sketch(view.index) is None:
            return True
        gradient = bank.whole(match.candidate, match.rate) + caught
        expected = (1.0 if match.factor is None else match.factor) * gradient + term
        chosen = slice(None) if rows is None else rows
        return relative_residual(found[chosen], expected[chosen]) <= REDUCED * self.precision.loose

    def _bias(self, groups: Sequence[Group]) -> list[Match]:
        """What explains a bias by itself that has a formula of its own, from the δ and the matrix of this layer."""
        name = self.layer[0].bias
        at: list[dict[Ids, Match]] = []
        match = next(
            (g.options[0] for g in groups if self.layer[0].matrix in g.tensors and g.rows is None), None
        )
        for place, view in enumerate(self.layer):
            work = view.prepared.work(view.index)
            values = dict(work.values)
            values[work.names.grad_matrix] = view.found[view.matrix] - view.decay
            deltas: list[tuple[Ids, Array]] = [((), work.delta)]
            if match is not None and (own_delta := self._delta(place, match)) is not None:
                deltas.append((match.ids, own_delta))
            if self.above and not match:
                follows = hidden_deltas(work, self.above[place], 0)
                deltas.append((ids_of(int(follows.masks[0])), follows.values[0]))
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
            found = view.found[name]
            off = relative_residual(found, view.true(name))
            if _vanishes(found, view.true(name)):
                if work.last and work.architecture.output == "softmax":  # whose deltas sum to zero
                    kept[("bias-summed",)] = Match(("bias-summed",), 0.0, candidate=-1)
                kept[("bias-frozen",)] = Match(("bias-frozen",), 0.0, candidate=-1)
                if not work.bias.any():
                    kept[("bias-is-value",)] = Match(("bias-is-value",), 0.0, candidate=-1)
            prediction = Prediction(np.stack(starts), None, np.zeros_like(found))
            for each in matches(found, names.__getitem__, prediction, view.example, self.precision):
                key = tuple(sorted(each.ids))
                fits = each.residual <= self._leaves(off) and "bias-frozen" not in each.ids
                if fits and (key not in kept or each.residual < kept[key].residual):
                    kept[key] = replace(each, ids=(*self.base, *each.ids), candidate=-1)
            at.append(kept)
        return self._simplest(at, self.layer[0].found[name].size * len(self.layer))

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
            found = _vector([view.found[name] for name in names], None)
            true = _vector([view.true(name) for name in names], None)
            factor = constant_factor(found, true, self.precision.match)
            left = relative_residual(found, (factor or 0.0) * true)
            factors.append(factor if left <= BETTER * relative_residual(found, true) else None)
        first = factors[0]
        if first is None or any(f is None or abs(f - first) > SAME * abs(first) for f in factors):
            return None
        return Group(tuple(names), (Match((*self.base, CONSTANT_FACTOR), 0.0, factor=first, candidate=-1),))


def _numbers(bank: Candidates, match: Match) -> int | None:
    """The candidate of a match at another example: the same, or the first of its mistakes."""
    if match.candidate < 0:
        return None
    mask = mask_of(match.ids)
    if match.candidate < len(bank.masks) and int(bank.masks[match.candidate]) | mask == mask:
        return match.candidate
    return None


def _vanishes(found: Array, true: Array) -> bool:
    """Whether nothing but rounding is there."""
    return bool(np.linalg.norm(found) <= VANISHING * np.linalg.norm(true))


def _same_rate(one: Match, other: Match) -> bool:
    if one.rate is None or other.rate is None:
        return one.rate == other.rate
    return abs(one.rate - other.rate) <= SAME_RATE * abs(one.rate)


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


def _vector(tensors: Sequence[Array], rows: Array | None) -> Array:
    """Several tensors, or the same rows of each, as one vector."""
    return np.concatenate([(tensor if rows is None else tensor[rows]).ravel() for tensor in tensors])


def _batch(tensors: Sequence[Array], rows: Array | None) -> Array:
    """The same for many candidates at once, C×P."""
    chosen = [tensor if rows is None else tensor[:, rows] for tensor in tensors]
    return np.concatenate([t.reshape(len(t), int(np.prod(t.shape[1:]))) for t in chosen], axis=1)
