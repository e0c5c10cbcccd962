"""What is known of finished runs, read from their summaries: to list, compare and choose among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpcli.common.errors import BpcliError, UsageError
from bpcli.common.json_numbers import finite
from bpcli.config import Config, read
from bpcli.training import run_folder
from bpcli.training.sealed_files import damaged, read_commented, read_json


@dataclass(frozen=True)
class RunFacts:
    """One run; scores are those of its kept weights, None without such rows or before training ends.

    Attributes:
        folder: where it is.
        name: of its configuration.
        source: of its data.
        config: all settings, by dotted key.
        epochs, stopped_by: None while the run is not finished.
        metric: accuracy or r2.
        train_loss, train_score, validation_loss, validation_score: of the kept weights.
        fault: why the run cannot be read, or nothing.
    """

    folder: str
    name: str = ""
    source: str = ""
    config: tuple[tuple[str, object], ...] = ()
    epochs: int | None = None
    stopped_by: str | None = None
    metric: str = ""
    train_loss: float | None = None
    train_score: float | None = None
    validation_loss: float | None = None
    validation_score: float | None = None
    fault: str = ""

    @property
    def validated(self) -> bool:
        """Whether rows were held out, by which the run is scored."""
        return self.validation_loss is not None

    @property
    def loss(self) -> float | None:
        """The validation loss, or without validation rows that of training."""
        return self.validation_loss if self.validated else self.train_loss

    @property
    def score(self) -> float | None:
        """The validation score, or without validation rows that of training."""
        return self.validation_score if self.validated else self.train_score

    def document(self) -> dict[str, Any]:
        """Return the run as values for JSON."""
        names = ("folder", "name", "source", "epochs", "stopped_by", "metric")
        scores = ("train_loss", "train_score", "validation_loss", "validation_score")
        return (
            {name: getattr(self, name) for name in names}
            | {name: finite(getattr(self, name)) for name in scores}
            | {"fault": self.fault or None}
        )


def find_runs(folder: Path) -> tuple[RunFacts, ...]:
    """The runs in a folder, by name; one that cannot be read has a fault.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: there is no such folder; bpcli train makes runs/ in the working directory"
        )
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and (path / run_folder.CONFIG).exists() and (path / run_folder.CHECKPOINT).exists():
            try:
                found.append(read_run(path))
            except BpcliError as error:
                found.append(RunFacts(str(path), fault=str(error)))
    return tuple(found)


def read_run(folder: Path) -> RunFacts:
    """Read one run.

    Raises:
        UsageError: the folder holds no run.
        MachineError: one of its files is damaged.
    """
    run_folder.existing_run(folder)
    config_file = folder / run_folder.CONFIG
    read_commented(config_file)
    config = read(config_file)
    summary = folder / run_folder.SUMMARY
    facts: dict[str, Any] = {}
    if summary.exists():
        document = read_json(summary)
        try:
            facts = _facts(document)
        except (KeyError, TypeError, ValueError):
            raise damaged(summary, "it is not the summary of a run") from None
    return RunFacts(
        folder=str(folder),
        name=facts.pop("name", folder.name),
        source=config.data.source,
        config=tuple(_leaves(config)),
        **facts,
    )


def _facts(document: dict[str, Any]) -> dict[str, Any]:
    if document["schema"] != "bpcli.train/1":
        raise ValueError(document["schema"])
    train, validation = document["train"], document["validation"] or {}
    metric = "r2" if "r2" in train and "accuracy" not in train else "accuracy"

    def value(of: dict[str, Any], key: str) -> float | None:
        return None if of.get(key) is None else float(of[key])

    return {
        "name": str(document["config"]),
        "epochs": int(document["epochs"]),
        "stopped_by": str(document["stopped_by"]),
        "metric": metric,
        "train_loss": value(train, "loss"),
        "train_score": value(train, metric),
        "validation_loss": value(validation, "loss"),
        "validation_score": value(validation, metric),
    }


def _leaves(config: Config, values: object = None, path: tuple[str, ...] = ()) -> list[tuple[str, object]]:
    values = config.model_dump(mode="json") if values is None and not path else values
    if isinstance(values, dict):
        return [leaf for key, each in values.items() for leaf in _leaves(config, each, (*path, str(key)))]
    return [(".".join(path), values)]


def best_run(runs: Sequence[RunFacts]) -> RunFacts:
    """The run with the highest validation score; of equals that with the lowest loss.

    Scores of the rows trained on are compared only where no run held any out: they are higher than those of new rows.

    Raises:
        UsageError: no run is finished, or their scores measure different things.
    """
    finished = [run for run in runs if run.score is not None]
    if not finished:
        raise UsageError("no run here is finished and has a score; bpcli runs list shows them")
    if len({(run.source, run.metric) for run in finished}) > 1:
        sources = ", ".join(sorted({run.source for run in finished})[:6])
        raise UsageError(
            f"these runs are of different data ({sources}), which cannot be compared; choose with --data SOURCE"
        )

    def rank(run: RunFacts) -> tuple[float, float]:
        return (run.score or 0.0, -(run.loss if run.loss is not None else float("inf")))

    return max([run for run in finished if run.validated] or finished, key=rank)


def differences(runs: Sequence[RunFacts]) -> dict[str, tuple[object, ...]]:
    """The settings in which runs differ: by dotted key the value of each run, None where it has no such key."""
    settings = [dict(run.config) for run in runs]
    keys = dict.fromkeys(key for each in settings for key in each)
    rows = {key: tuple(each.get(key) for each in settings) for key in keys}
    return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}
