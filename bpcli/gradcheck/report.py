"""The result of a whole ``bpcli gradcheck``: its verdict, and the JSON document that the table is another view of."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bpcli.common.json_numbers import finite
from bpcli.gradcheck.findings import CONSTANT_FACTOR
from bpcli.gradcheck.sandbox import Used
from bpcli.gradcheck.step import OwnCheck, TensorCheck
from bpcli.gradcheck.verdicts import Finding, SubmissionCheck, TensorVerdict, Verdict, Worst
from bpcli.mistakes.catalogue import BY_ID, Mistake, fitted
from bpcli.network import Architecture
from bpcli.network.example import Example

SCALED = Mistake(
    CONSTANT_FACTOR,
    "The gradient is right but for a constant factor.",
    "∇ = c · ∇ℓ",
    "∇ = ∇ℓ",
    "A factor of the loss or the batch is written twice, or left out.",
    "Look for a factor that does not belong: divide by the constant.",
)


@dataclass(frozen=True)
class GradcheckReport:
    """Every check of one command, in order, and the example that they were made at (the first, if at several).

    There is no example where each check is of a network of its own.
    """

    checks: tuple[OwnCheck | SubmissionCheck, ...]
    point: Example | None
    sandbox: Used | None = None  # that programs ran in; None where none was run

    @property
    def verdict(self) -> Verdict:
        """The gravest of the checks: wrong, failed, uninformative, or correct where all are."""
        verdicts = {check.verdict for check in self.checks}
        order: tuple[Verdict, ...] = ("wrong", "failed", "uninformative")
        return next((verdict for verdict in order if verdict in verdicts), "correct")

    @property
    def by_machine(self) -> tuple[str, ...]:
        """The submissions that the machine failed to check."""
        return tuple(
            check.source for check in self.checks if isinstance(check, SubmissionCheck) and check.by_machine
        )

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.gradcheck/1``; what does not exist or is not finite is None."""
        return {
            "schema": "bpcli.gradcheck/1",
            "verdict": self.verdict,
            "sandbox": self.sandbox,
            "network": self.point and {**_network(self.point.architecture), "samples": self.point.samples},
            "checks": [_check(check, self.point) for check in self.checks],
        }


def mistakes_of(ids: Sequence[str], architecture: Architecture | None = None) -> list[Mistake]:
    """Return the catalogue's rows of these ids, in the words of the network if one is given."""
    rows = [BY_ID.get(name, SCALED) for name in ids]
    return [fitted(row, architecture) for row in rows] if architecture else rows


def _network(architecture: Architecture) -> dict[str, Any]:
    return {**asdict(architecture), "sizes": list(architecture.sizes)}


def _check(check: OwnCheck | SubmissionCheck, point: Example | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "source": check.source,
        "verdict": check.verdict,
        "tensors": [_tensor(tensor) for tensor in check.tensors],
        "mistakes": [],
    }
    if isinstance(check, OwnCheck):
        document["network"] = _network(check.architecture)
    elif point is not None:
        architecture = point.architecture
        document["mistakes"] = [m for finding in check.findings for m in _mistakes(finding, architecture)]
        document |= {
            "unexplained": list(check.unexplained),
            "reasons": list(check.reasons),
            "notes": list(check.notes),
            "failure": check.failure,
        }
    return document


def _tensor(tensor: TensorVerdict | TensorCheck) -> dict[str, Any]:
    own = isinstance(tensor, TensorCheck)
    document: dict[str, Any] = {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "norm": finite(tensor.norm),
        "residual": finite(tensor.residual),
        "verdict": tensor.verdict,
        "worst": _entry(tensor.worst, *(("analytic", "numeric") if own else ("answer", "true"))),
    }
    if isinstance(tensor, TensorVerdict):
        document |= {
            "cosine": finite(tensor.cosine),
            "row_factors": [finite(factor) for factor in tensor.row_factors],
        }
    return document


def _entry(worst: Worst | None, found: str, true: str) -> dict[str, Any] | None:
    """The worst entry as a JSON object: its index, what was found there, and what is true, by these names."""
    if worst is None:
        return None
    return {"index": list(worst.index), found: finite(worst.found), true: finite(worst.true)}


def _mistakes(finding: Finding, architecture: Architecture) -> list[dict[str, Any]]:
    """Every mistake of a finding, and of the other findings that would fit as well."""
    explanations = (finding.ids, *finding.alternatives)
    return [
        {
            "id": mistake.id,
            "explanation": mistake.explanation,
            "fix": mistake.fix,
            "wrong": mistake.wrong,
            "right": mistake.right,
            "tensors": list(finding.tensors),
            "rows": None if finding.rows is None else list(finding.rows),
            "factor": finite(finding.factor),
            "rate": finite(finding.rate),
            "alternatives": [list(other) for other in explanations if other != ids],
        }
        for ids in explanations
        for mistake in mistakes_of(ids, architecture)
    ]
