"""Check the gradients of a Python function without a process of its own: for notebooks, and for tests in pytest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bpcli.common.errors import UsageError
from bpcli.config import Config, resolve
from bpcli.gradcheck.answer import Answer, Reading
from bpcli.gradcheck.collect import Layout, Weights, fitted
from bpcli.gradcheck.conventions import target, trying
from bpcli.gradcheck.conventions.answering import answer as answered
from bpcli.gradcheck.conventions.program import ChangedError
from bpcli.gradcheck.conventions.refusals import RefusedError
from bpcli.gradcheck.exchange import Failure
from bpcli.gradcheck.judging import judge
from bpcli.gradcheck.points import Points, points_for
from bpcli.gradcheck.submissions import Objectives
from bpcli.gradcheck.summary import feedback, verdict_line
from bpcli.gradcheck.trial import arrays_of, layers_of, trial_example
from bpcli.gradcheck.verdicts import SubmissionCheck, TensorVerdict, Verdict

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
    **overrides: object,
) -> GradientCheck:
    """Check what computes gradients: ``assert bpcli.check_gradients(backprop, "gradcheck")``.

    Args:
        function: a function or a class in any of the forms that docs/gradcheck.md lists.
        config: the name of a shipped configuration, a path, or a configuration.
        layout: whether X and Y hold samples in "rows" or "columns"; None to find out.
        weights: whether matrices are n_out × n_in ("out-in") or n_in × n_out ("in-out"); None to find out.
        overrides: as for ``bpcli.load_config``, with two underscores for the dot: ``model__bias=True``.

    Raises:
        UsageError: the function asks for what nobody knows, returns nothing that could be a gradient, or writes into
            its arguments. What the function itself raises passes.
    """
    if not isinstance(config, Config):
        options = {key.replace("__", "."): value for key, value in overrides.items()}
        config = resolve(config, options=options).config
    elif overrides:
        raise TypeError("overrides go with the name or the path of a configuration: give them to load_config")
    points = points_for(config)
    depth = points.examples[0].architecture.depth
    name = getattr(function, "__name__", type(function).__name__)
    path = getattr(getattr(function, "__code__", None), "co_filename", name)
    try:
        called = (
            target.of_class(function, depth, None)
            if isinstance(function, type)
            else target.of_function(function, name, depth)
        )
        return GradientCheck(check_target(called, points, layout=layout, weights=weights, path=path))
    except RefusedError as error:
        raise UsageError(f"{name}: {error}") from None
    except ChangedError as error:
        raise UsageError(
            f"{name} changes {error} in place; it must only return the gradients, so work on copies"
        ) from None


def check_target(
    called: target.Target,
    points: Points,
    *,
    layout: Layout | None = None,
    weights: Weights | None = None,
    path: str = "?",
) -> SubmissionCheck:
    """Find out how a program is to be read, call it at every example, and judge what it returns."""
    objectives = Objectives(points)
    example = objectives.asked[0]
    layers = layers_of(example.architecture)
    trial = trial_example(example)
    program, fits = trying.fits_of(
        called,
        (arrays_of(trial), layers_of(trial.architecture)),
        (arrays_of(example), layers),
        trying.Hints(layout, weights, path, SECONDS),
    )
    wants_decay = any(role.kind == "decay" for role in program.roles.values())
    answers = []
    for asked in objectives.asked:
        arrays = arrays_of(asked)
        readings = [Reading.of(fit.describe(), answered(program, fit, arrays, layers)) for fit in fits]
        answer = fitted(called.name, Answer(tuple(readings), wants_decay), asked)
        if isinstance(answer, Failure):
            raise RefusedError(answer.kind, answer.message)
        answers.append(answer)
    return judge(called.name, answers, objectives.of_program(wants_decay))
