"""Check the gradients of a Python function without a process of its own: for notebooks, and for tests in pytest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bpcli.common.errors import UsageError
from bpcli.config import Config, resolve
from bpcli.gradcheck.answer import Answer, Reading
from bpcli.gradcheck.collect import Layout, Weights, fitted
from bpcli.gradcheck.conventions import target, trying
from bpcli.gradcheck.conventions.refusals import RefusedError
from bpcli.gradcheck.exchange import Failure
from bpcli.gradcheck.grading import SubmissionCheck, TensorVerdict, Verdict
from bpcli.gradcheck.judging import judge
from bpcli.gradcheck.points import points_for
from bpcli.gradcheck.submissions import Objectives
from bpcli.gradcheck.summary import feedback, verdict_line
from bpcli.gradcheck.trial import arrays_of, layers_of, trial_example

SECONDS = 40.0  # a quarter of it goes into trying to call the function in other ways once one way works


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheck:
    """The result of ``check_gradients``: true if every gradient is correct; printed, it says what is wrong.

    Attributes:
        check: everything that is known.
    """

    check: SubmissionCheck

    @property
    def verdict(self) -> Verdict:
        """``correct``, ``wrong`` or ``uninformative`` (something is missing, or the example cannot tell)."""
        return self.check.verdict

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The ids of the mistakes, as in docs/mistakes.md."""
        return tuple(dict.fromkeys(name for finding in self.check.findings for name in finding.ids))

    @property
    def tensors(self) -> tuple[TensorVerdict, ...]:
        """The verdict on each gradient."""
        return self.check.tensors

    def __bool__(self) -> bool:
        return self.verdict == "correct"

    def __repr__(self) -> str:
        lines = [f"{self.check.source}: {self.verdict}", *self.check.notes, *feedback(self.check, "fix")]
        return "\n".join([*lines, verdict_line(self.check)])


def check_gradients(
    function: Callable[..., Any],
    config: str | Config = "gradcheck",
    *,
    layout: Layout | None = None,
    weights: Weights | None = None,
    overrides: Sequence[str] = (),
) -> GradientCheck:
    """Check what computes gradients: ``assert bpcli.check_gradients(backprop, "gradcheck")``.

    Args:
        function: a function or a class in any of the forms that docs/gradcheck.md lists.
        config: the name of a shipped configuration, a path, or a configuration.
        layout: whether X and Y hold samples in "rows" or "columns"; None to find out.
        weights: whether matrices are n_out × n_in ("out-in") or n_in × n_out ("in-out"); None to find out.
        overrides: as of ``--set``, such as ``["model.bias=true"]``.

    Raises:
        UsageError: the function asks for what nobody knows, returns nothing that could be a gradient, or writes into
            its arguments. What the function itself raises passes.
    """
    if not isinstance(config, Config):
        config = resolve(config, overrides=overrides).config
    points = points_for(config)
    objectives = Objectives(points)
    name = getattr(function, "__name__", type(function).__name__)
    try:
        program, fits = _understood(function, name, objectives, layout, weights)
        layers = layers_of(points.examples[0].architecture)
        kinds = {role.kind for role in program.roles.values()}
        answers = []
        for example in objectives.asked:
            arrays = arrays_of(example)
            readings = tuple(
                Reading(fit.describe(), trying.answer(program, fit, arrays, layers)) for fit in fits
            )
            answer = fitted(name, Answer(readings, "decay" in kinds), example)
            if isinstance(answer, Failure):
                raise UsageError(answer.message)
            answers.append(answer)
    except RefusedError as error:
        raise UsageError(f"{name}: {error}") from None
    except trying.ChangedError as error:
        raise UsageError(
            f"{name} changes {error} in place; it must only return the gradients, so work on copies"
        ) from None
    return GradientCheck(judge(name, answers, objectives.of_program("decay" in kinds)))


def _understood(
    function: Callable[..., Any],
    name: str,
    objectives: Objectives,
    layout: Layout | None,
    weights: Weights | None,
) -> tuple[trying.Program, list[trying.Fit]]:
    """Find out how the function is to be called, as the worker of a submission does."""
    example = objectives.asked[0]
    layers = layers_of(example.architecture)
    if isinstance(function, type):
        called = target.of_class(function, len(layers), None)
    else:
        called = target.of_function(function, name)
    trial = trial_example(example)
    return trying.fits_of(
        called,
        (arrays_of(trial), layers_of(trial.architecture)),
        (arrays_of(example), layers),
        trying.Hints(
            layout, weights, getattr(getattr(function, "__code__", None), "co_filename", "?"), SECONDS
        ),
    )
