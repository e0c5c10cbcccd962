"""What ``bpcli predict``, ``evaluate``, ``export`` and ``runs`` show."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from bpcli.common.text import printable
from bpcli.render.score_tables import SCORE_NAMES, class_table, target_table
from bpcli.render.styles import CAUTION
from bpcli.render.text import Fitting, columns, counted, heading, known, number
from bpcli.yamltext.scalars import flow

# Predictions are printed without Rich, which takes long to load.
if TYPE_CHECKING:
    from rich.console import RenderableType

    from bpcli.models.model import Noticed
    from bpcli.training.evaluating import Evaluation
    from bpcli.training.run_list import RunFacts

UNBROKEN = 12  # characters of the name of a run, on a narrow screen too
_SHOWN = 6


def noticed(seen: "Noticed") -> Iterator[str]:
    """Say what was ignored, unknown or missing in the rows that were predicted."""
    if seen.ignored:
        names = ", ".join(printable(name, 30) for name in seen.ignored[:_SHOWN])
        more = f" and {len(seen.ignored) - _SHOWN:,} more" if len(seen.ignored) > _SHOWN else ""
        yield f"{counted(len(seen.ignored), 'column')} ignored, which the network does not use: {names}{more}"
    if seen.unseen:
        yield f"words that are rare or absent among the training rows: {_counts(seen.unseen)}"
    if seen.missing:
        yield f"missing values in columns that had none in training: {_counts(seen.missing)}"


def _counts(counts: Mapping[str, int]) -> str:
    shown = [
        f"{printable(name, 30)} in {counted(count, 'row')}" for name, count in list(counts.items())[:_SHOWN]
    ]
    more = f" and {len(counts) - _SHOWN:,} more columns" if len(counts) > _SHOWN else ""
    return ", ".join(shown) + more


def evaluated(result: "Evaluation") -> "RenderableType":
    """Show the scores of a model on a table."""
    from rich.console import Group
    from rich.text import Text

    details, scores = result.details, result.scores
    parts: list[RenderableType] = [
        heading("Scores", f"of {printable(result.run, 60)} on {printable(result.data, 60)}")[
            1:
        ]  # nothing above
    ]
    shown = {
        "rows": f"{result.rows:,}",
        "loss": number(scores.loss),
        SCORE_NAMES[scores.metric]: number(scores.value),
    }
    if result.without_target:
        shown["rows"] += f" ({result.without_target:,} more without a target)"
    if details.balanced_accuracy is not None:
        shown["balanced"] = number(details.balanced_accuracy)
        shown["baseline"] = f"{number(details.baseline)}, always the most frequent class"
    parts.append(known(**shown))
    if details.classes:
        parts += [Text(), *class_table(details)]
    if details.targets:
        parts += [Text(), target_table(details)]
    return Group(*parts)


def run_table(runs: "Sequence[RunFacts]") -> "RenderableType":
    """List runs, a line each."""
    from rich.text import Text

    if not runs:
        return Text("no runs here")
    names = ("epochs", "loss", "score")
    table = columns("run", "data", *names, "ended", numbers=names[:2])
    table.columns[0].min_width = min(UNBROKEN, max(len(printable(run.folder)) for run in runs))
    for run in runs:
        if run.fault:
            table.add_row(printable(run.folder), "", "", "", "", Text("damaged", style=CAUTION))
            continue
        score = f"{SCORE_NAMES[run.metric]} {number(run.score)}" if run.metric else "–"
        table.add_row(
            printable(run.folder),
            printable(run.source.rpartition("/")[2], 30),
            "–" if run.epochs is None else str(run.epochs),
            number(run.loss),
            score if run.validated or not run.metric else f"{score}, training",
            (run.stopped_by or "not finished").replace("_", " "),
        )
    return table


def run_details(run: "RunFacts") -> "RenderableType":
    """Show one run."""
    from rich.console import Group

    settings = {key: flow(value) for key, value in run.config}
    return Group(run_table([run]), heading("Settings"), known(**settings))


def compared(runs: "Sequence[RunFacts]", differences: "Mapping[str, tuple[object, ...]]") -> "RenderableType":
    """Show the scores of runs, and the settings in which they differ."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = [run_table(runs), heading("Settings that differ")]
    if not differences:
        return Group(*parts, Text("none"))
    names = [printable(run.folder, 30) for run in runs]
    beside, below = columns("setting", *names), Table.grid(padding=(0, 2, 0, 0))
    for key, values in differences.items():
        shown = [printable(flow(value), 40) for value in values]
        beside.add_row(key, *shown)
        below.add_row(Text(key, style="bold"))
        for value in dict.fromkeys(shown):
            having = (name for name, its_value in zip(names, shown, strict=True) if its_value == value)
            below.add_row(f"  {', '.join(having)}  {value}")
    return Group(*parts, Fitting(beside, below))
