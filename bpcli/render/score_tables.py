"""The scores of a set class by class and target by target, as training and ``bpcli evaluate`` show them."""

from typing import TYPE_CHECKING

from bpcli.common.text import printable
from bpcli.render.text import columns, measure, number

# Predictions are printed without Rich, which takes long to load.
if TYPE_CHECKING:
    from rich.console import RenderableType

    from bpcli.training.evaluation import Details

SCORE_NAMES = {"accuracy": "accuracy", "r2": "R²"}
MOST_CLASSES = 12  # in a table


def class_table(details: "Details") -> "list[RenderableType]":
    """Precision and recall of each class, and how many classes are left out."""
    from rich.text import Text

    table = columns("class", "rows", "precision", "recall", numbers=("rows", "precision", "recall"))
    for each in details.classes[:MOST_CLASSES]:
        table.add_row(printable(each.name, 40), f"{each.rows:,}", number(each.precision), number(each.recall))
    more = len(details.classes) - MOST_CLASSES
    note = Text(f"and {more:,} more classes (--json lists them)", style="dim")
    return [table, note] if more > 0 else [table]


def target_table(details: "Details") -> "RenderableType":
    """R² and the errors of each target in its own unit, beside the error of always predicting the mean."""
    names = ("R²", "MAE", "RMSE", "RMSE of the mean")
    table = columns("target", *names, numbers=names)
    for score in details.targets:
        errors = (measure(error) for error in (score.mae, score.rmse, score.baseline_rmse))
        table.add_row(printable(score.name, 40), number(score.r2), *errors)
    return table
