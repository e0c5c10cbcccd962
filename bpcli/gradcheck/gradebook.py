"""A class's checks as files for other programs: CSV for a spreadsheet, results.json for Gradescope's autograder."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from bpcli.common.errors import MachineError
from bpcli.common.files import write_atomically
from bpcli.common.text import cell, printable
from bpcli.gradcheck.summary import feedback, labels, verdict_line
from bpcli.gradcheck.verdicts import SubmissionCheck

Feedback = Literal["mistake", "hint", "fix"]
COLUMNS = ("file", "verdict", "correct", "gradients", "mistakes", "summary", "notes")


def gradebook(checks: Sequence[SubmissionCheck]) -> str:
    """Return the CSV: a row for each file."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for check in checks:
        row = [
            check.source,
            check.verdict,
            sum(tensor.verdict == "correct" for tensor in check.tensors),
            len(check.tensors),
            "; ".join(labels(check)) if check.verdict == "wrong" else "",
            check.failure or verdict_line(check),
            "; ".join(check.notes),
        ]
        writer.writerow([cell(each) if isinstance(each, str) else each for each in row])
    return buffer.getvalue()


def gradescope(check: SubmissionCheck, much: Feedback) -> dict[str, Any]:
    """Return the autograder's results.json: a test of one point for each gradient, and the feedback."""
    told = "\n".join(printable(line) for line in feedback(check, much))
    tests = [
        {
            "name": f"∇{tensor.name}",
            "score": float(tensor.verdict == "correct"),
            "max_score": 1.0,
            "status": "passed" if tensor.verdict == "correct" else "failed",
            "output": _about(check, tensor.name, much) if tensor.verdict != "correct" else "correct",
        }
        for tensor in check.tensors
    ] or [{"name": "gradients", "score": 0.0, "max_score": 1.0, "status": "failed", "output": told}]
    lines = [printable(verdict_line(check)), told, *map(printable, check.notes)]
    return {
        "score": sum(float(test["score"]) for test in tests),
        "output": "\n".join(line for line in lines if line),
        "tests": tests,
    }


def _about(check: SubmissionCheck, name: str, much: Feedback) -> str:
    """The feedback on one gradient."""
    lines = [line for line in feedback(check, much) if f"∇{name}" in line.partition(": ")[0].split(", ")]
    return printable("\n".join(lines)) or "inconclusive"


def write_gradebook(checks: Sequence[SubmissionCheck], path: Path) -> None:
    """Write the CSV.

    Raises:
        MachineError: the file cannot be written.
    """
    _write(path, gradebook(checks))


def write_gradescope(check: SubmissionCheck, path: Path, much: Feedback) -> None:
    """Write results.json.

    Raises:
        MachineError: the file cannot be written.
    """
    _write(path, json.dumps(gradescope(check, much), ensure_ascii=False, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        raise MachineError(f"{path}: cannot be written: {error.strerror}") from error
