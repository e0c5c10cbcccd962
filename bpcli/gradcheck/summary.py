"""What a check comes to in one line, and a class's checks by mistake: the words that every kind of report ends with."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bpcli.common.errors import UsageError
from bpcli.gradcheck.report import mistakes_of
from bpcli.gradcheck.verdicts import SubmissionCheck

UNKNOWN = "unknown mistake"
CORRECT = "correct"


def verdict_line(check: SubmissionCheck) -> str:
    """Say it: "4 of 4 gradients correct", "∇V wrong: raw-error-back"."""
    if check.failure:
        return f"not checked: {check.failure.partition(': ')[0]}"
    right = sum(tensor.verdict == "correct" for tensor in check.tensors)
    count = f"{right} of {len(check.tensors)} gradients correct"
    if check.verdict == "correct":
        return count
    if check.verdict == "uninformative":
        return f"{count}, the rest inconclusive: {'; '.join(check.reasons) or 'this example cannot tell'}"
    wrong = [f"{gradients(f.tensors)} wrong: {' + '.join(f.ids)}" for f in check.findings]
    if check.unexplained:
        wrong.append(f"{gradients(check.unexplained)} wrong: {UNKNOWN}")
    return "; ".join(wrong)


def gradients(names: Iterable[str]) -> str:
    """∇V, ∇bias_V."""
    return ", ".join(f"∇{name}" for name in names)


def check_of(name: str, checks: Sequence[SubmissionCheck]) -> SubmissionCheck:
    """The check of the file of that name, with its folder or without, with its suffix or without.

    Raises:
        UsageError: if there is none.
    """
    for check in checks:
        path = Path(check.source)
        if name in {check.source, path.name, path.stem}:
            return check
    raise UsageError(f"--show {name}: there is no such file among those of --against")


def labels(check: SubmissionCheck) -> list[str]:
    """What a check counts as in a class's table: every mistake once, or what else came of it."""
    if check.failure:
        return [f"failed: {check.failure.partition(': ')[0]}"]
    if check.verdict == "wrong":
        named = list(dict.fromkeys(name for finding in check.findings for name in finding.ids))
        return named + ([UNKNOWN] if check.unexplained or not named else [])
    return [CORRECT if check.verdict == "correct" else "inconclusive"]


def by_mistake(checks: Sequence[SubmissionCheck]) -> list[tuple[str, list[SubmissionCheck]]]:
    """The checks under each label: correct first, then mistakes by how many made them, then failures."""
    groups: dict[str, list[SubmissionCheck]] = {}
    for check in checks:
        for label in labels(check):
            groups.setdefault(label, []).append(check)

    def place(group: tuple[str, list[SubmissionCheck]]) -> tuple[int, int]:
        label, members = group
        return (0 if label == CORRECT else 2 if label.startswith("failed") else 1), -len(members)

    return sorted(groups.items(), key=place)


def feedback(check: SubmissionCheck, much: str) -> list[str]:
    """What to tell the author: the "mistake" by its id, a "hint" that says what was done, or the "fix" as well."""
    if check.failure:
        return [check.failure]
    lines = []
    for finding in check.findings:
        for mistake in mistakes_of(finding.ids):
            told = f"{gradients(finding.tensors)}: {mistake.id}"
            if much != "mistake":
                told += f". {mistake.explanation}"
            if much == "fix":
                told += f" Right is {mistake.right}. {mistake.fix}"
            lines.append(told)
    if check.unexplained:
        lines.append(f"{gradients(check.unexplained)}: wrong, by no mistake of the catalogue")
    if check.verdict == "uninformative":
        lines += check.reasons or ("this example cannot tell",)
    return lines
