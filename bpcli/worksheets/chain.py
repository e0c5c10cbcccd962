"""A worksheet as a chain: each blank is a step from the numbers before it.

The core computes a whole pass from the given numbers. A sheet is judged from a student's own numbers, wrong ones
too, and so each quantity is here a step by itself: the lines of ``docs/backprop.md``, one point, vectors without the
axis of the samples. At the given numbers every step yields what the core does, to which the tests hold it; what
is right is always taken from the core.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bpcli.network import Architecture, Array
from bpcli.network.example import Example
from bpcli.worksheets import backward_slips, slips
from bpcli.worksheets.rounding import half_down, half_even, half_up
from bpcli.worksheets.slips import Formula, Site, Slip, activated, loss_of

Pass = Callable[[dict[str, Array], Array, Array], Array]  # from parameters, x and y to ℓ
Rounding = Callable[[Array, int], Array]


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
        ways: the right formulas, the sheet's own first; cross-entropy has two for δ, and the loss after the update
            is worked out with all digits in between, or rounded.
        slips: the wrong ones.
    """

    name: str
    ways: tuple[Way, ...]
    slips: tuple[Slip, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """Every earlier blank that one of the ways takes."""
        return tuple(dict.fromkeys(need for way in self.ways for need in way.needs))


def given(example: Example) -> dict[str, Array]:
    """Return the numbers that are printed on the sheet, by name: x, y and the parameters."""
    return {"x": example.X[0], "y": example.Y[0], **example.parameters}


def steps(example: Example, digits: int | None = None) -> tuple[Step, ...]:
    """Return the blanks of a point in the order of computation: forward, backward, the update, the loss after it.

    With ``digits`` the loss after the update has more ways: its own a, h, b and z, which are no blanks, rounded.
    """
    architecture = example.architecture
    sites = [Site(architecture, i, example.learning_rate) for i in range(architecture.depth)]
    found = [step for site in sites for step in _forward(site)]
    loss = Way(("z",), lambda v: loss_of(architecture, v["z"], v["y"]))
    found.append(Step("loss", (loss,), tuple(slips.loss_slips(architecture, loss.formula))))
    for site in reversed(sites):
        found += _backward(site)
    for site in reversed(sites):
        found += _update(site)
    found.append(_loss_after(example, digits))
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
        yield Step(n.derivative, (slope,), tuple(backward_slips.slope_slips(site)))
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
    """Λ ∇h, or Ω ∇z; under cross-entropy z - y too, and under softmax, which has no Ω, that first."""
    n = site.own
    product = Way((n.derivative, n.grad_out), lambda v: v[n.derivative] * v[n.grad_out])
    if not site.last or site.squared:
        return (product,)
    direct = Way(("z",), lambda v: v["z"] - v["y"])
    if site.activation == "sigmoid":
        return product, direct
    return direct, Way(("z", n.grad_out), lambda v: v["z"] * (v[n.grad_out] - v["z"] @ v[n.grad_out]))


def _update(site: Site) -> Iterator[Step]:
    n = site.own
    for parameter in (n.matrix, n.bias) if site.architecture.bias else (n.matrix,):
        yield _moved(site, parameter)


def _moved(site: Site, parameter: str) -> Step:
    gradient = f"grad_{parameter}"
    way = Way((gradient,), lambda v: v[parameter] - site.learning_rate * v[gradient])
    return Step(f"new_{parameter}", (way,), tuple(slips.new_slips(site, parameter)))


def _loss_after(example: Example, digits: int | None) -> Step:
    """A forward pass through the new parameters as they were written down: the core's, or rounded line by line."""
    architecture, names = example.architecture, tuple(example.parameters)
    passes: list[Pass] = [partial(_core_pass, example)]
    if digits is not None:
        passes += [
            partial(_rounded_pass, architecture, rounded, digits)
            for rounded in (half_even, half_up, half_down)
        ]

    def through(one: Pass, moved: tuple[str, ...]) -> Formula:
        return lambda v: one(
            {name: v[f"new_{name}"] if name in moved else v[name] for name in names}, v["x"], v["y"]
        )

    right = [through(one, names) for one in passes]
    wrong = [slip for formula in right for slip in slips.loss_slips(architecture, formula)]
    wrong.append(Slip(None, "the loss before the update", lambda v: v["loss"]))
    if architecture.depth > 1:
        last = architecture.names()[-1]
        above = tuple(name for name in names if name in (last.matrix, last.bias))
        below = tuple(name for name in names if name not in above)
        wrong += [
            Slip(None, f"only {' and '.join(some)} moved", through(one, some))
            for some in (above, below)
            for one in passes
        ]
    needs = tuple(f"new_{name}" for name in names)
    return Step("loss_after", tuple(Way(needs, formula) for formula in right), tuple(wrong))


def _core_pass(example: Example, parameters: dict[str, Array], x: Array, y: Array) -> Array:
    """ℓ by the core, with all digits."""
    network = replace(example, parameters=parameters).network()
    network.forward(x[None])
    return np.asarray(network.loss(y[None]))


def _rounded_pass(
    architecture: Architecture, rounded: Rounding, digits: int, p: dict[str, Array], x: Array, y: Array
) -> Array:
    """ℓ by somebody who rounds a, h, b and z and calculates on."""
    h = x
    for n in architecture.names():
        pre = rounded(p[n.matrix] @ h + p.get(n.bias, 0.0), digits)
        h = rounded(activated(architecture.output if n.out == "z" else architecture.activation, pre), digits)
    return loss_of(architecture, h, y)
