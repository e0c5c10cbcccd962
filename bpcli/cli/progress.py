"""A progress bar around a generator of epochs: on stderr, on a terminal only, gone when training ends."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bpcli.cli.console import Screen

if TYPE_CHECKING:
    from bpcli.training.loop import EpochRecord


def followed(
    records: Iterable["EpochRecord"], screen: Screen, *, done: int, epochs: int
) -> Iterator["EpochRecord"]:
    """Yield the records on, showing epochs, loss and time left; ``done`` epochs were there before."""
    if not screen.shows_progress:
        yield from records
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=screen.err, transient=True, expand=True) as progress:
        task = progress.add_task("training", total=epochs, completed=done, loss="")
        for record in records:
            progress.update(task, completed=record.epoch, loss=f"{record.monitored:.4g}")
            yield record
