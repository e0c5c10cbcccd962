"""What training found out, as one frozen result: the screen and the JSON document are two views of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpcli.common.display import Displayed
from bpcli.common.errors import DataError
from bpcli.common.json_numbers import finite
from bpcli.config import Config
from bpcli.datasets import Encoding, Prepared
from bpcli.models import Model
from bpcli.network import Architecture, Parameters
from bpcli.network.formulas import GradientFormula
from bpcli.symmetry import Activity, LayerSymmetry, UnitDifference
from bpcli.training.evaluation import Details, Scores
from bpcli.training.loop import EpochRecord, StoppedBy

OVERFITTING = 1.1  # times the lowest validation loss: a smaller rise can be fluctuation


@dataclass(frozen=True)
class DataFacts:
    """The data in the numbers that a header shows."""

    name: str
    task: str
    features: int
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    training_rows: int
    validation_rows: int
    inputs: tuple[str, ...] = ()
    text: bool = False  # whether it comes from a text table of the user's own
    notes: tuple[str, ...] = ()
    standardised: bool = False  # whether the loss is that of standardised targets
    fewer_than: int | None = None  # so many rows there are, and so "auto" holds none out

    @classmethod
    def of(cls, data: Prepared, fewer_than: int | None = None) -> "DataFacts":
        """Count what was prepared."""
        return cls(
            name=data.name,
            task=data.task,
            features=data.X.shape[1],
            outputs=data.outputs,
            classes=data.classes,
            training_rows=len(data.X),
            validation_rows=len(data.X_validation),
            inputs=data.features,
            text=data.text,
            notes=data.notes,
            standardised=bool((data.target_scale != 1).any()),
            fewer_than=fewer_than,
        )


@dataclass(frozen=True)
class GradientReport:
    """One gradient of the mean loss over one batch: its formula, shape, and norm before and after training."""

    formula: GradientFormula
    shape: tuple[int, ...]
    initial_norm: float
    norm: float


@dataclass(frozen=True)
class RunHeader:
    """What is known before the first epoch; ``run``, the folder, and ``run_id`` are None for a training in memory."""

    run: Path | None
    run_id: str | None
    name: str
    config: Config
    data: DataFacts
    architecture: Architecture
    resumed_at: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class TrainResult(Displayed):
    """What is known at the end. Scores, gradients and units are those of the kept weights.

    Attributes:
        header: what was known before.
        records: every epoch, those before a resumption included.
        stopped_by: why training ended.
        kept_epoch: the epoch whose weights are kept: the best if stopped early, else the last.
        best_epoch: the epoch with the lowest validation (or else training) loss.
        train, validation: the scores of the kept weights; no validation without such a set.
        train_details, validation_details: those of each class or target, with the baseline.
        batch: how many samples the gradients are taken over.
        gradients: in the order of the backward pass.
        initial_symmetry, symmetry: the groups of equal units in each hidden layer, at the start and at the end.
        neurons: every hidden unit.
        initial_activity, activity: what each unit of each hidden layer does on the training rows, at the start and
            at the end.
        seconds: time spent training in this session, data and start-up not included.
        samples_per_second: training samples over that time; None if no epoch was completed.
        parameters: the kept weights.
        encoding: how rows become inputs and what the outputs mean.
    """

    header: RunHeader
    records: tuple[EpochRecord, ...]
    stopped_by: StoppedBy
    kept_epoch: int
    best_epoch: int
    train: Scores
    validation: Scores | None
    train_details: Details
    validation_details: Details | None
    batch: int
    gradients: tuple[GradientReport, ...]
    initial_symmetry: tuple[LayerSymmetry, ...]
    symmetry: tuple[LayerSymmetry, ...]
    neurons: tuple[UnitDifference, ...]
    initial_activity: tuple[tuple[Activity, ...], ...]
    activity: tuple[tuple[Activity, ...], ...]
    seconds: float
    samples_per_second: float | None
    parameters: Parameters
    encoding: Encoding | None = None

    @property
    def model(self) -> Model:
        """The kept weights with the encoding of inputs and outputs: what predicts."""
        if self.encoding is None:
            raise DataError("this training had no table to encode rows like")
        return Model(self.header.name, self.parameters, self.encoding, self.kept_epoch)

    def predict(self, data: Any) -> NDArray[Any]:
        """Return what is predicted for N rows; see ``Model.predict``.

        Args:
            data: The path of a table, a data frame, a dict of columns, a list of dicts, or an N×d0 array.
        """
        return self.model.predict(data)

    def predict_proba(self, data: Any) -> NDArray[np.float64]:
        """Return the output for each class, N×(number of classes), in the order of ``header.data.classes``."""
        return self.model.predict_proba(data)

    @property
    def best(self) -> EpochRecord | None:
        """The epoch with the lowest validation (or else training) loss; None if no loss was finite."""
        return next((record for record in self.records if record.epoch == self.best_epoch), None)

    @property
    def overfits(self) -> bool:
        """Whether validation loss is over 10 % above that of the best epoch, although training loss is lower."""
        best = self.best
        if best is None or best.validation is None or self.validation is None:
            return False
        risen = self.validation.loss > OVERFITTING * best.validation.loss
        return risen and self.train.loss < best.train.loss

    @property
    def decisive(self) -> tuple[Scores, Details]:
        """The scores of the rows held out, or of those trained on where there are none, and what they are made of."""
        if self.validation and self.validation_details:
            return self.validation, self.validation_details
        return self.train, self.train_details

    @property
    def no_better_than_baseline(self) -> bool:
        """Whether the decisive rows are predicted no better than without any feature, although training has converged.

        Of numbers that is R² ≤ 0. Of classes it is the accuracy of always predicting the most frequent one, or less,
        and the balanced accuracy of always predicting the same; of labels that do not exclude each other, never.
        """
        scores, details = self.decisive
        converged = self.stopped_by in {"epochs", "early_stopping"} and self.best_epoch < len(self.records)
        if not converged or scores.value is None:
            return False
        if self.header.data.task == "regression":
            return scores.value <= 0
        seen = sum(each.rows > 0 for each in details.classes)
        if self.header.data.task == "multilabel" or details.baseline is None or seen < 2:
            return False
        return scores.value <= details.baseline and (details.balanced_accuracy or 0.0) * seen <= 1

    @property
    def split_after(self) -> tuple[int | None, ...]:
        """For each hidden layer the first epoch after which fewer units are tied than at the start, or None."""
        return tuple(
            next(
                (
                    record.epoch
                    for record in self.records
                    # Weights that are not finite are in no group, but nothing has told them apart.
                    if record.train.finite and record.effective_units[layer] > then.effective_units
                ),
                None,
            )
            for layer, then in enumerate(self.initial_symmetry)
        )

    def summary(self) -> str:
        """Return what was trained, the scores of the kept weights, and the shapes of the parameters."""
        sizes = "-".join(map(str, self.header.architecture.sizes))
        lines = [
            f"TrainResult of {self.header.name}: {sizes}, {len(self.records)} epochs, "
            f"stopped by {self.stopped_by}, weights of epoch {self.kept_epoch}"
        ]
        for name, scores in (("training", self.train), ("validation", self.validation)):
            if scores:
                value = "none" if scores.value is None else f"{scores.value:.4g}"
                lines.append(f"  {name:<10}  loss {scores.loss:.4g}, {scores.metric} {value}")
        shapes = (f"{name} {'×'.join(map(str, tensor.shape))}" for name, tensor in self.parameters.named())
        lines.append(f"  parameters  {', '.join(shapes)}")
        if self.header.run:
            lines.append(f"  run         {self.header.run}")
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """Return the JSON document ``bpcli.train/1``; what does not exist or is not finite is None."""
        return {
            "schema": "bpcli.train/1",
            "run": None if self.header.run is None else str(self.header.run),
            "run_id": self.header.run_id,
            "config": self.header.name,
            "epochs": len(self.records),
            "stopped_by": self.stopped_by,
            "kept_epoch": self.kept_epoch,
            "best_epoch": self.best_epoch,
            "rows": {
                "training": self.header.data.training_rows,
                "validation": self.header.data.validation_rows,
            },
            "task": self.header.data.task,
            "target": list(self.header.data.outputs),
            "classes": list(self.header.data.classes),
            "features": list(self.header.data.inputs),
            "data_notes": list(self.header.data.notes),
            "train": _scores(self.train) | self.train_details.document(),
            "validation": _scores(self.validation) | self.validation_details.document()
            if self.validation and self.validation_details
            else None,
            "gradients": [
                {
                    "name": report.formula.name,
                    "formula": report.formula.formula,
                    "shape": list(report.shape),
                    "norm": finite(report.norm),
                    "initial_norm": finite(report.initial_norm),
                    "known_after_forward": list(report.formula.known),
                    "by_backpropagation": list(report.formula.arrived),
                }
                for report in self.gradients
            ],
            "neurons": [
                {
                    "layer": neuron.layer,
                    "unit": neuron.unit,
                    "change": finite(neuron.change),
                    "twin": neuron.nearest,
                    "distance": finite(neuron.distance),
                    "verdict": neuron.verdict,
                    "activity": self.activity[neuron.layer - 1][neuron.unit],
                }
                for neuron in self.neurons
            ],
            "symmetry": [
                {
                    "layer": now.layer,
                    "units": now.units,
                    "effective_units": now.effective_units,
                    "groups": [list(group) for group in now.groups],
                    "initial_effective_units": then.effective_units,
                    "initial_groups": [list(group) for group in then.groups],
                    "split_after": split,
                }
                for then, now, split in zip(
                    self.initial_symmetry, self.symmetry, self.split_after, strict=True
                )
            ],
            "seconds": self.seconds,
            "samples_per_second": finite(self.samples_per_second),
        }


def _scores(scores: Scores) -> dict[str, float | None]:
    return {"loss": finite(scores.loss), scores.metric: finite(scores.value)}
