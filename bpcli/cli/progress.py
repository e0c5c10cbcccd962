"""A progress bar around a generator of records: on stderr, on a terminal only, gone when it ends."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from bpcli.cli.console import Screen

Record = TypeVar("Record")


def track(
    records: Iterable[Record],
    screen: Screen,
    *,
    what: str,
    done: int,
    total: int,
    seen: Callable[[Record], tuple[int, float]],
) -> Iterator[Record]:
    """Yield the records on, showing how many of ``total`` steps are done, the loss and the time left.

    ``what`` a step is called, ``done`` of them were there before, and ``seen`` tells a record's step and loss.
    """
    if not screen.shows_progress:
        yield from records
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what),
        MofNCompleteColumn(),
        BarColumn(bar_width=None),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=screen.err, transient=True, expand=True) as progress:
        task = progress.add_task("training", total=total, completed=done, loss="")
        for record in records:
            step, loss = seen(record)
            progress.update(task, completed=step, loss=f"{loss:.4g}")
            yield record
