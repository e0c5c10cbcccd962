"""What the shapes of an answer give away: matrices turned round, biases not summed, or summed along a wrong axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bpcli.gradcheck.comparing import MATCH, constant_factor
from bpcli.gradcheck.verdicts import Finding, relative_residual
from bpcli.mistakes.candidates import prepared
from bpcli.network import Array
from bpcli.network.architecture import LayerNames
from bpcli.network.example import Example

CANCELLED = 1e-13


@dataclass(frozen=True, eq=False)
class Shapes:
    """What shows in the shapes of an answer, and the answer brought to the shapes that it should have.

    Attributes:
        findings: mistakes that the shape gives away and the numbers confirm.
        unexplained: tensors of a shape that a mistake has, with numbers that it has not.
        turned: matrices that came transposed; what else is wrong with them is still to be found.
        answers: at each point; zeros stand for what cannot be compared.
    """

    findings: list[Finding]
    unexplained: list[str]
    turned: list[str]
    answers: list[dict[str, Array]]

    @property
    def settled(self) -> set[str]:
        """The tensors that are settled by their shape."""
        return {*self.unexplained, *(name for finding in self.findings for name in finding.tensors)}


def by_shape(examples: Sequence[Example], answers: Sequence[Mapping[str, Array]]) -> Shapes:
    """Look at the shapes of an answer: they are the same at every point."""
    by_mistake: dict[str, list[str]] = {}
    shapes = Shapes([], [], [], [dict(answer) for answer in answers])
    for names in examples[0].architecture.names():
        matrix, bias = names.matrix, names.bias
        if shapes.answers[0][matrix].shape != examples[0].parameters[matrix].shape:
            shapes.turned.append(matrix)
            for answer in shapes.answers:
                answer[matrix] = answer[matrix].T
        if bias not in examples[0].parameters:
            continue
        if bias not in shapes.answers[0]:
            by_mistake.setdefault("bias-frozen", []).append(bias)
        elif shapes.answers[0][bias].shape == examples[0].parameters[bias].shape:
            continue
        elif name := _by_its_shape(examples, shapes.answers, names):
            by_mistake.setdefault(name, []).append(bias)
        else:
            shapes.unexplained.append(bias)
        for answer in shapes.answers:
            answer[bias] = np.zeros(examples[0].parameters[bias].shape)
    shapes.findings.extend(Finding((name,), tuple(tensors)) for name, tensors in by_mistake.items())
    return shapes


def _by_its_shape(
    examples: Sequence[Example], answers: Sequence[Mapping[str, Array]], names: LayerNames
) -> str | None:
    """The mistake that gives a bias this shape, if its numbers are those of the mistake at every example."""

    def held(name: str) -> bool:
        return all(
            any(_scaled(a[names.bias], made) for made in _misshapen(example, a, names)[name])
            for example, a in zip(examples, answers, strict=True)
        )

    return next((name for name in ("bias-times-input", "bias-summed", "bias-wrong-axis") if held(name)), None)


def _misshapen(example: Example, answer: Mapping[str, Array], names: LayerNames) -> dict[str, list[Array]]:
    """What a bias's gradient of the wrong shape may be, by mistake: from the true δ, or the matrix answered."""
    work = prepared(example).work(example.architecture.names().index(names))
    delta = work.delta / example.samples
    true = work.grad_weight
    matrix = answer[names.matrix] - example.weight_decay * example.parameters[names.matrix]
    own = [matrix] if matrix.shape == true.shape else []
    return {
        "bias-times-input": [*own, true],
        "bias-summed": [delta.sum()],
        "bias-wrong-axis": [delta.sum(axis=1)],
    }


def _scaled(found: Array, true: Array) -> bool:
    """Whether these are the same numbers, either way round and up to a factor, where there is more than one."""
    right = np.ravel(true)
    for flat in (found.ravel(), found.T.ravel()):
        if flat.shape != right.shape:
            return False
        if max(abs(flat).max(), abs(right).max()) < CANCELLED:  # the deltas of softmax sum to zero
            return True
        factor = constant_factor(flat, right, MATCH) or 1.0
        if relative_residual(flat, factor * right) <= MATCH:
            return True
    return False
