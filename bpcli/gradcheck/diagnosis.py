"""Name what is wrong with an answer, and never guess.

A layer's matrix and bias are explained together if one mistake explains both, else each by itself, else by the rows
that are off. An explanation has to hold at every point at which there is an answer. Of several that hold, the one
with the fewest mistakes is taken; those that no point can tell apart are all named.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bpcli.gradcheck.comparing import (
    Expectation,
    Match,
    Precision,
    constant_factor,
    matches,
    relative_residual,
)
from bpcli.mistakes.candidates import Candidate, Quantities, hidden_candidates, output_candidates
from bpcli.network import Array
from bpcli.network.example import Example

CONSTANT_FACTOR = "constant-factor"
BETTER = 0.01  # of the truth's residual: what an explanation may leave
SAME_FACTOR = 1e-5  # relative: how well a constant has to agree between two points


@dataclass(frozen=True)
class Finding:
    """One mistake, or two that occur together, and where.

    Attributes:
        ids: of the catalogue, or ``constant-factor``.
        tensors: the parameters whose gradients it spoils.
        rows: the rows it spoils; None for all.
        factor: the constant of a scaling.
        rate: the fitted η of a weight that was moved first.
        alternatives: other explanations that fit just as well at every point.
    """

    ids: tuple[str, ...]
    tensors: tuple[str, ...]
    rows: tuple[int, ...] | None = None
    factor: float | None = None
    rate: float | None = None
    alternatives: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class LayerView:
    """One layer at one point: what was answered, what is true, and every candidate.

    ``rounding`` is how far rounding alone may move matrix and bias, in units of ε.
    """

    matrix: str
    bias: str
    found: dict[str, Array]
    decay: Array
    candidates: list[Candidate]
    example: Example
    rounding: tuple[Array, Array]

    def part(self, candidate: Candidate, name: str) -> tuple[Array, Array | None]:
        """The candidate's numbers for one tensor, and their derivative by the rate."""
        index = 0 if name == self.matrix else 1
        tensor = (candidate.matrix, candidate.bias)[index]
        return tensor, None if candidate.per_rate is None else candidate.per_rate[index]

    def decays(self, candidate: Candidate) -> list[Array]:
        """The decay term as it may have been added: to a transposed gradient, perhaps before it was turned."""
        return [self.decay, self.decay.T] if candidate.transposed and self.decay.any() else [self.decay]

    def true(self, name: str) -> Array:
        """The true gradient, the decay term included."""
        tensor, _ = self.part(self.candidates[0], name)
        return tensor + self.decay if name == self.matrix else tensor


def layer_views(example: Example, answer: dict[str, Array]) -> list[LayerView]:
    """Set an answer beside the candidates of each layer, the output layer first."""
    q = Quantities(example)
    lists = [output_candidates(q)] + ([hidden_candidates(q)] if q.has_hidden else [])
    return [
        LayerView(
            matrix=names.matrix,
            bias=names.bias,
            found={n: answer[n].astype(np.float64) for n in (names.matrix, names.bias) if n in answer},
            decay=example.weight_decay * example.parameters[names.matrix],
            candidates=candidates,
            example=example,
            rounding=rounding,
        )
        for names, candidates, rounding in zip(
            reversed(example.architecture.names()), lists, q.rounding(), strict=False
        )
    ]


@dataclass(frozen=True)
class _Group:
    """Tensors (or the same rows of them) and every explanation that they share, the closest first."""

    tensors: tuple[str, ...]
    options: tuple[Match, ...]
    rows: tuple[int, ...] | None = None

    def joined(self, other: "_Group") -> "_Group | None":
        """Both groups with the explanations that they share, or None if there is none."""
        shared = {match.ids for match in other.options}
        options = tuple(match for match in self.options if match.ids in shared)
        if not options or self.rows != other.rows:
            return None
        return _Group((*self.tensors, *other.tensors), options, self.rows)

    def finding(self) -> Finding:
        """Name the closest explanation, and beside it the others."""
        first = self.options[0]
        return Finding(
            ids=first.ids,
            tensors=self.tensors,
            rows=self.rows,
            factor=first.factor,
            rate=next((match.rate for match in self.options if match.rate is not None), None),
            alternatives=tuple(match.ids for match in self.options[1:]),
        )


def diagnose(
    views: Sequence[Sequence[LayerView]], wrong: Sequence[str], precision: Precision
) -> tuple[list[Finding], list[str]]:
    """Explain the tensors that are wrong; return the findings and the tensors that nothing explains.

    Args:
        views: for each point, its layers as ``layer_views`` returns them; all tensors of the shapes they should have.
        wrong: the names of the tensors that are wrong.
        precision: how closely to compare.
    """
    groups: list[_Group] = []
    unexplained: list[str] = []
    for layer in zip(*views, strict=True):
        names = [n for n in (layer[0].matrix, layer[0].bias) if n in wrong]
        above = [match for group in groups for match in group.options]
        found, rest = _explain_layer(layer, names, precision, above)
        unexplained += rest
        for group in found:
            _join(groups, group)
    return [group.finding() for group in groups], unexplained


def _join(groups: list[_Group], new: _Group) -> None:
    """Add a group, to one that shares an explanation with it if there is one: one mistake in several tensors."""
    for index, group in enumerate(groups):
        if joined := group.joined(new):
            groups[index] = joined
            return
    groups.append(new)


def _explain_layer(
    layer: Sequence[LayerView], names: list[str], precision: Precision, above: list[Match]
) -> tuple[list[_Group], list[str]]:
    """Explain a layer's wrong tensors together, else one by one, else by rows; ``above`` explains the output's."""
    if len(names) == 2 and (options := _common(layer, names, precision, above)):
        return [_Group(tuple(names), tuple(options))], []
    groups, rest = [], []
    for name in names:
        if options := _alone(layer, name, precision, above):
            groups.append(_Group((name,), tuple(options)))
        elif group := _by_rows(layer, name, precision, above):
            groups.append(group)
        else:
            rest.append(name)
    if constant := _constant(layer, rest, precision):
        return [*groups, constant], []
    return groups, rest


def _alone(layer: Sequence[LayerView], name: str, precision: Precision, above: list[Match]) -> list[Match]:
    """What explains one tensor by itself; a bias that never moves is told before anything else."""
    if name == layer[0].bias and not any(view.found[name].any() for view in layer):
        return [Match(("bias-frozen",), 0.0)]
    if name == layer[0].bias and all(_times_the_only_input(view, precision) for view in layer):
        return [Match(("bias-times-input",), 0.0)]
    return _common(layer, [name], precision, above)


def _times_the_only_input(view: LayerView, precision: Precision) -> bool:
    """Whether a bias has the gradient of the matrix, where that is a single column and no shape gives it away."""
    matrix = view.candidates[0].matrix
    return matrix.shape[1] == 1 and relative_residual(view.found[view.bias], matrix[:, 0]) <= precision.match


def _common(
    layer: Sequence[LayerView],
    names: Sequence[str],
    precision: Precision,
    above: list[Match],
    rows: Array | None = None,
) -> list[Match]:
    """The explanations of these tensors (or rows of them) that hold at every point, the simplest ones only."""
    at_points = [
        {match.ids: match for match in _at_point(view, names, precision, rows) if _possible(match, above)}
        for view in layer
    ]
    shared = [match for ids, match in at_points[0].items() if all(ids in others for others in at_points[1:])]
    best = min((match.residual for match in shared), default=0.0)
    if not shared or best > precision.match:
        return []
    as_good = [match for match in shared if match.residual <= max(precision.blur, 100 * best)]
    fewest = min(len(match.ids) for match in as_good)
    return sorted((m for m in as_good if len(m.ids) == fewest), key=lambda match: match.residual)


def _at_point(view: LayerView, names: Sequence[str], precision: Precision, rows: Array | None) -> list[Match]:
    """Every match of one point; of several with the same mistakes, the closest comes last."""
    found = _vector([view.found[name] for name in names], rows)
    off = relative_residual(found, _vector([view.true(name) for name in names], rows))
    result: list[Match] = []
    for candidate in view.candidates:
        parts = [view.part(candidate, name) for name in names]
        per_rate = [rate for _, rate in parts if rate is not None]
        for decay in view.decays(candidate):
            terms = [decay if name == view.matrix else np.zeros_like(view.found[name]) for name in names]
            expectation = Expectation(
                start=_vector([start for start, _ in parts], rows),
                per_rate=_vector(per_rate, rows) if per_rate else None,
                decay=_vector(terms, rows),
            )
            result += matches(found, candidate, expectation, view.example, precision)
    # What the truth explains nearly as well is explained by nothing else: a rounded answer is no mistake.
    result = [match for match in result if match.residual <= BETTER * off]
    return sorted(result, key=lambda match: (not match.needs_output, -match.residual))


def _vector(tensors: Sequence[Array], rows: Array | None) -> Array:
    """Several tensors, or the same rows of each, as one vector."""
    return np.concatenate([(tensor if rows is None else tensor[rows]).ravel() for tensor in tensors])


def _possible(match: Match, above: list[Match]) -> bool:
    """A mistake that goes through the output layer is one only if the output layer has it."""
    return not match.needs_output or any(match.ids[:1] == other.ids[:1] for other in above)


def _by_rows(
    layer: Sequence[LayerView], name: str, precision: Precision, above: list[Match]
) -> _Group | None:
    """Explain the rows that are off, where others are right."""
    off = np.zeros(len(layer[0].found[name]), dtype=bool)
    for view in layer:
        for row, (found, true) in enumerate(zip(view.found[name], view.true(name), strict=True)):
            off[row] |= relative_residual(np.atleast_1d(found), np.atleast_1d(true)) > precision.match
    if off.all() or not off.any():
        return None
    rows = np.flatnonzero(off)
    options = _common(layer, [name], precision, above, rows)
    return _Group((name,), tuple(options), tuple(int(row) for row in rows)) if options else None


def _constant(layer: Sequence[LayerView], names: list[str], precision: Precision) -> _Group | None:
    """A scaling by one constant that has no other name, the same at every point."""
    if not names:
        return None
    factors = []
    for view in layer:
        found = _vector([view.found[name] for name in names], None)
        true = _vector([view.true(name) for name in names], None)
        factor = constant_factor(found, true, precision.match)
        left = relative_residual(found, (factor or 0.0) * true)
        factors.append(factor if left <= BETTER * relative_residual(found, true) else None)
    first = factors[0]
    if first is None or any(f is None or abs(f - first) > SAME_FACTOR * abs(first) for f in factors):
        return None
    return _Group(tuple(names), (Match((CONSTANT_FACTOR,), 0.0, factor=first),))
