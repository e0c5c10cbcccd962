"""A worksheet as a chain: each blank is a step from the numbers before it.

The core computes a whole pass from the given numbers. A sheet is judged from a student's own numbers, wrong ones
too, and so each quantity is here a step by itself: the lines of ``docs/backprop.md``, one point, vectors without the
axis of the samples. At the given numbers every step yields what the core does, to which the tests hold it; what
is right is always taken from the core.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bpcli.gradcheck.problem import Problem
from bpcli.network import Array
from bpcli.walkthrough import backward_slips, slips
from bpcli.walkthrough.slips import Formula, Site, Slip, Values, activated, loss_of


@dataclass(frozen=True)
class Way:
    """A right formula for a blank, and the earlier blanks that it takes (given numbers are not listed)."""

    needs: tuple[str, ...]
    formula: Formula


@dataclass(frozen=True)
class Step:
    """One blank: how it is worked out, and how it goes wrong.

    Attributes:
        name: of the quantity.
        ways: the right formulas, the sheet's own first; cross-entropy has two for δ.
        slips: the wrong ones.
    """

    name: str
    ways: tuple[Way, ...]
    slips: tuple[Slip, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """Every earlier blank that one of the ways takes."""
        return tuple(dict.fromkeys(need for way in self.ways for need in way.needs))


def given(problem: Problem) -> dict[str, Array]:
    """Return the numbers that are printed on the sheet, by name: x, y and the parameters."""
    return {"x": problem.X[0], "y": problem.Y[0], **problem.parameters}


def steps(problem: Problem) -> tuple[Step, ...]:
    """Return the blanks of a point in the order of computation: forward, backward, the update, the loss after it."""
    architecture = problem.architecture
    sites = [Site(architecture, i, problem.learning_rate) for i in range(architecture.depth)]
    found = [step for site in sites for step in _forward(site)]
    loss = Way(("z",), lambda v: loss_of(architecture, v["z"], v["y"]))
    found.append(Step("loss", (loss,), tuple(slips.loss_slips(architecture, loss.formula))))
    for site in reversed(sites):
        found += _backward(site)
    for site in reversed(sites):
        found += _update(site)
    found.append(_loss_after(problem))
    return tuple(found)


def _blanks_among(*names: str) -> tuple[str, ...]:
    """The names that are blanks: x is given."""
    return tuple(name for name in names if name != "x")


def _forward(site: Site) -> Iterator[Step]:
    n = site.own
    pre = Way(_blanks_among(n.input), lambda v: v[n.matrix] @ v[n.input] + v.get(n.bias, 0.0))
    out = Way((n.pre,), lambda v: activated(site.activation, v[n.pre]))
    yield Step(n.pre, (pre,), tuple(slips.pre_slips(site)))
    yield Step(n.out, (out,), tuple(slips.out_slips(site)))


def _backward(site: Site) -> Iterator[Step]:
    n = site.own
    yield _grad_out(site)
    if site.activation != "softmax":  # whose Jacobian is no diagonal
        slope = Way((n.out,), lambda v: _slope(site.activation, v[n.out]))
        yield Step(n.slope, (slope,), tuple(backward_slips.slope_slips(site)))
    ways = _deltas(site)
    yield Step(n.delta, ways, tuple(backward_slips.delta_slips(site, ways[0].formula)))
    outer = Way(_blanks_among(n.delta, n.input), lambda v: np.outer(v[n.delta], v[n.input]))
    yield Step(n.grad_matrix, (outer,), tuple(backward_slips.grad_matrix_slips(site, outer.formula)))
    if site.architecture.bias:
        same = Way((n.delta,), lambda v: v[n.delta])
        yield Step(n.grad_bias, (same,), tuple(backward_slips.grad_bias_slips(site, same.formula)))


def _grad_out(site: Site) -> Step:
    """∇z, or the ∇h that the layer above passes back."""
    n = site.own
    if not site.last:
        up = site.above
        way = Way((up.delta,), lambda v: v[up.matrix].T @ v[up.delta])
        return Step(n.grad_out, (way,), tuple(backward_slips.grad_out_slips(site, way.formula)))
    if site.squared:
        way = Way(("z",), lambda v: v["z"] - v["y"])
    elif site.activation == "sigmoid":
        way = Way(("z",), lambda v: (v["z"] - v["y"]) / (v["z"] * (1 - v["z"])))
    else:
        way = Way(("z",), lambda v: -v["y"] / v["z"])
    return Step(n.grad_out, (way,), tuple(backward_slips.grad_z_slips(site, way.formula)))


def _slope(activation: str, h: Array) -> Array:
    """g′, written in the output h = g(a)."""
    if activation == "relu":
        return (h > 0).astype(h.dtype)
    slopes: dict[str, Array] = {"sigmoid": h * (1 - h), "tanh": 1 - h**2, "identity": np.ones_like(h)}
    return slopes[activation]


def _deltas(site: Site) -> tuple[Way, ...]:
    """Λ ∇h, or Ω ∇z; under cross-entropy z - y first."""
    n = site.own
    product = Way((n.slope, n.grad_out), lambda v: v[n.slope] * v[n.grad_out])
    if not site.last or site.squared:
        return (product,)
    direct = Way(("z",), lambda v: v["z"] - v["y"])
    if site.activation == "sigmoid":
        return direct, product
    return direct, Way(("z", n.grad_out), lambda v: v["z"] * (v[n.grad_out] - v["z"] @ v[n.grad_out]))


def _update(site: Site) -> Iterator[Step]:
    n = site.own
    for parameter in (n.matrix, n.bias) if site.architecture.bias else (n.matrix,):
        yield _moved(site, parameter)


def _moved(site: Site, parameter: str) -> Step:
    gradient = f"grad_{parameter}"
    way = Way((gradient,), lambda v: v[parameter] - site.learning_rate * v[gradient])
    return Step(f"new_{parameter}", (way,), tuple(slips.new_slips(site, parameter)))


def _loss_after(problem: Problem) -> Step:
    """The core's forward pass, through the new parameters as they were written down."""
    names = tuple(problem.parameters)

    def through(v: Values, moved: tuple[str, ...] = names) -> Array:
        parameters = {name: v[f"new_{name}"] if name in moved else v[name] for name in names}
        network = replace(problem, parameters=parameters).network()
        network.forward(problem.X)
        return np.asarray(network.loss(problem.Y))

    wrong = slips.loss_slips(problem.architecture, through)
    wrong.append(Slip(None, "the loss before the update", lambda v: v["loss"]))
    if problem.architecture.depth > 1:
        last = problem.architecture.names()[-1]
        above = tuple(name for name in names if name in (last.matrix, last.bias))
        below = tuple(name for name in names if name not in above)
        wrong += [
            Slip(None, f"only {' and '.join(some)} moved", lambda v, m=some: through(v, m))  # type: ignore[misc]
            for some in (above, below)
        ]
    needs = tuple(f"new_{name}" for name in names)
    return Step("loss_after", (Way(needs, through),), tuple(wrong))
