"""``metrics.csv``: a row an epoch, at full precision, each row sealed together with all rows before it.

The last column is the beginning of the SHA-256 of everything up to and including the row's other values. So any
number of rows from the top can be checked, which is what a resumed run needs; and the file stays a plain CSV.
"""

import csv
import hashlib
import io
from itertools import takewhile
from pathlib import Path

from bpcli.common.errors import UsageError
from bpcli.training.evaluation import Scores
from bpcli.training.loop import EpochRecord
from bpcli.training.sealed_files import damaged, read_bytes

_DIGITS = 16
_LONGEST_ROW = 1 << 12  # bytes; no more of the file is read than the epochs can take


class Metrics:
    """The rows of the file as they come; each is worked out once, however often the file is written.

    ``metric`` names the score's columns, ``accuracy`` or ``r2``; each of the ``hidden`` layers has one more.
    """

    def __init__(self, metric: str, hidden: int) -> None:
        scores = [f"{part}_{name}" for part in ("train", "validation") for name in ("loss", metric)]
        header = ",".join(["epoch", "learning_rate", *scores, *_unit_columns(hidden)])
        self._sha256 = hashlib.sha256(header.encode())
        self._content = bytearray(f"{header},sha256\n".encode())

    def add(self, record: EpochRecord) -> None:
        """Append the row of an epoch."""
        values = [str(record.epoch), repr(record.learning_rate), *_cells(record.train)]
        values += _cells(record.validation) if record.validation else ["", ""]
        row = ",".join([*values, *map(str, record.effective_units)])
        self._sha256.update(row.encode())
        self._content += f"{row},{self.seal()}\n".encode()

    def content(self) -> bytes:
        """The whole file."""
        return bytes(self._content)

    def seal(self) -> str:
        """What the last row ends with: it tells this table from every other one."""
        return self._sha256.hexdigest()[:_DIGITS]


def _cells(scores: Scores) -> list[str]:
    return [repr(scores.loss), "" if scores.value is None else repr(scores.value)]


def _unit_columns(hidden: int) -> list[str]:
    """One column needs no number; of several, each has its layer's, from 1."""
    return ["effective_units"] if hidden == 1 else [f"effective_units_{layer + 1}" for layer in range(hidden)]


def read_metrics(
    path: Path, metric: str, hidden: int, epochs: int, *, every: int
) -> tuple[list[EpochRecord], str]:
    """Read the records of the first ``epochs`` back, exactly as they were written, and the seal of the last.

    There is one for ``every`` so many epochs, and perhaps others.

    Raises:
        MachineError: if the file is missing, shorter, or not what was written.
        UsageError: if an earlier version wrote it.
    """
    try:
        text = read_bytes(path, most=_LONGEST_ROW * (epochs + 2)).decode()
        if text.startswith("epoch,") and hidden and _unit_columns(hidden)[0] not in text.partition("\n")[0]:
            raise UsageError(
                f"{path}: it was written by an earlier version of bpcli, which did not count distinct units; start a "
                "new run"
            )
        rows = takewhile(lambda row: int(row["epoch"]) <= epochs, csv.DictReader(io.StringIO(text)))
        records = [_record(row, metric, hidden) for row in rows]
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise damaged(path, "it is not a table of epochs") from error
    last = records[-1].epoch if records else 0
    if last <= epochs - every or len(records) < epochs // every:
        raise damaged(
            path,
            f"it has {last if every == 1 else f'{len(records)} of the'} epochs where the checkpoint has {epochs}",
        )
    metrics = Metrics(metric, hidden)
    for record in records:
        metrics.add(record)
    sealed = metrics.content().decode()
    if not text.startswith(sealed):
        wrong = next(
            (
                n
                for n, (a, b) in enumerate(zip(text.splitlines(), sealed.splitlines(), strict=False), 1)
                if a != b
            ),
            1,
        )
        raise damaged(path, f"line {wrong} does not match its digest")
    return records, metrics.seal()


def _record(row: dict[str, str], metric: str, hidden: int) -> EpochRecord:
    def scores(part: str) -> Scores | None:
        loss, value = row[f"{part}_loss"], row[f"{part}_{metric}"]
        if not loss:
            return None
        return Scores(
            float(loss), "accuracy" if metric == "accuracy" else "r2", float(value) if value else None
        )

    train = scores("train")
    if train is None:
        raise ValueError("a row without a training loss")
    units = tuple(int(row[name]) for name in _unit_columns(hidden))
    return EpochRecord(int(row["epoch"]), float(row["learning_rate"]), train, scores("validation"), units)
