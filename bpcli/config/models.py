"""The configuration as immutable models: every key with its default, bounds and meaning; invalid combinations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from bpcli.common.text import LONGEST, listed, printable
from bpcli.config.fields import (
    BUILT_IN,
    GENERATED,
    SUFFIXES,
    BatchSize,
    ColumnNames,
    Columns,
    Count,
    Header,
    Marks,
    NonNegative,
    Source,
    Validation,
    WeightDecay,
    Widths,
)
from bpcli.config.variants import (
    ConstantSchedule,
    EarlyStopping,
    Init,
    Optimizer,
    Schedule,
    Sgd,
    StrictModel,
    UniformInit,
    XavierInit,
)
from bpcli.yamltext.scalars import flow


# A default of several keys is made by model_construct, as it need not be validated: so pydantic compiles the whole
# configuration when the first one is read, and no part apart from it.
class DataConfig(StrictModel):
    """Which samples to train on, and how to prepare them."""

    source: Source = Field(
        "digits",
        description=f"Built-in data set ({listed(BUILT_IN)}), or path of a {listed(SUFFIXES, 'or')} file (.gz too), "
        "or - for a text table on standard input; a relative path starts at the folder of the configuration file.",
        examples=["digits"],
    )
    samples: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        None, description=f"Number of samples to generate ({listed(GENERATED)} only).", examples=[300]
    )
    noise: NonNegative | None = Field(
        None, description=f"Standard deviation of the noise ({listed(GENERATED)} only).", examples=[0.1]
    )
    max_rows: Count | None = Field(
        None,
        description="Number of rows of a table to read, its first ones; null for all.",
        examples=[100000],
    )
    target: Columns = Field(
        None,
        description="Columns to predict, by name or position (0 is the first, -1 the last), such as [label]; "
        "null selects the last column.",
        examples=[["label"]],
    )
    task: Literal["auto", "classification", "regression"] = Field(
        "auto",
        description="auto | classification | regression; auto treats text, and integers with at most "
        "20 distinct values, as classes, and several columns of 0 and 1 as labels that do not exclude each other.",
        examples=["auto"],
    )
    validation: Validation = Field(
        0.2,
        description="Fraction of the samples held out for validation, stratified by class; auto (0.2, or 0 "
        "where there are fewer than 100 rows; the default for a table of your own).",
        examples=[0.2],
    )
    scale: Literal["standard", "minmax", "none"] = Field(
        "standard",
        description="standard | minmax | none: scaling of the inputs, fitted on the training set only.",
        examples=["standard"],
    )
    scale_target: Literal["auto", "standard", "none"] = Field(
        "auto",
        description="auto | standard | none: scaling of the targets of a regression with identity output while it "
        "trains; scores are in the unit of the target. auto: standard for a table of your own.",
        examples=["auto"],
    )
    missing: Literal["impute", "drop", "error"] = Field(
        "impute",
        description="Missing values of a table: impute (the median and an indicator, or a category of their own) "
        "| drop the row | error.",
        examples=["impute"],
    )
    missing_values: Marks = Field(
        (),
        description="Numbers or words of a text table that stand for a missing value, beside empty cells, NA and the "
        "like.",
        examples=[[-999]],
    )
    invalid: Literal["error", "missing"] = Field(
        "error",
        description="Text in a column of numbers: error | missing (counted as a missing value).",
        examples=["error"],
    )
    ignore: ColumnNames = Field(
        (), description="Columns to leave out, by name or position.", examples=[["id"]]
    )
    numbers: ColumnNames = Field(
        (), description="Columns that are numbers, also if they look like row numbers.", examples=[["year"]]
    )
    categories: ColumnNames = Field(
        (), description="Columns of numbers that are categories.", examples=[["zip_code"]]
    )
    dates: ColumnNames = Field(
        (),
        description="Columns of dates to use: as day, month, weekday and hour.",
        examples=[["date"]],
    )
    delimiter: str = Field(
        "auto",
        description="Between the cells of a text table: auto | comma | semicolon | tab | blanks | pipe | colon, or "
        "your own.",
        min_length=1,
        examples=["auto"],
    )
    header: Header = Field(
        "auto", description="Whether the first row names the columns: auto | true | false.", examples=["auto"]
    )
    decimal: Literal["auto", ".", ","] = Field(
        "auto", description="Decimal point: auto | '.' | ','.", examples=["auto"]
    )
    thousands: str = Field(
        "auto",
        description="Separator of thousands: auto, or a character.",
        min_length=1,
        examples=["auto"],
    )
    encoding: str = Field(
        "auto", description="Text encoding: auto, or a name such as cp1252.", min_length=1, examples=["auto"]
    )
    comment: str = Field(
        "auto",
        description="What a comment line begins with: auto (#), a character, or '' for none.",
        examples=["auto"],
    )

    @property
    def held_out(self) -> float:
        """The fraction held out by a complete configuration, in which nothing is "auto" any more."""
        return cast(float, self.validation)


class ModelConfig(StrictModel):
    """The network: layers, activation functions and initial weights."""

    hidden: Widths = Field(
        (32,), description="Width of each hidden layer; [] is logistic regression.", examples=[[16, 8]]
    )
    activation: Literal["sigmoid", "tanh", "relu", "identity"] = Field(
        "sigmoid",
        description="Activation function of the hidden units: sigmoid | tanh | relu | identity.",
        examples=["sigmoid"],
    )
    output: Literal["sigmoid", "identity", "softmax", "auto"] = Field(
        "sigmoid",
        description="Activation function of the output units: sigmoid | identity | softmax (cross_entropy only) | auto "
        "(what the task needs; the default for a table of your own).",
        examples=["sigmoid"],
    )
    bias: bool = Field(True, description="Whether the layers have biases: true | false.", examples=[True])
    dtype: Literal["float64", "float32"] = Field(
        "float64", description="Floating-point precision: float64 | float32.", examples=["float64"]
    )
    init: Init = Field(
        XavierInit.model_construct(),
        description="Initialisation of the weights; biases start at zero.",
        examples=[{"scheme": "xavier"}],
    )


class TrainingConfig(StrictModel):
    """Loss, optimiser and duration of the training."""

    loss: Literal["squared_error", "cross_entropy", "auto"] = Field(
        "squared_error",
        description="Loss function: squared_error | cross_entropy (sigmoid or softmax output only) | auto (what the "
        "task needs; the default for a table of your own).",
        examples=["squared_error"],
    )
    optimizer: Optimizer = Field(
        Sgd.model_construct(),
        description="Optimiser: how the gradient changes the weights.",
        examples=[{"name": "sgd"}],
    )
    schedule: Schedule = Field(
        ConstantSchedule.model_construct(),
        description="Schedule of the learning rate by epoch.",
        examples=[{"name": "constant"}],
    )
    weight_decay: WeightDecay = Field(
        0.0,
        description="L2 strength c: adds ½ c ‖W‖² for every weight matrix W, not for biases; 0 for none; auto (0.1 "
        "/ training rows in a regression that holds rows out, 1 / training rows where data.validation: auto holds none "
        "out, else 0; the default for a table of your own).",
        examples=[0.0001],
    )
    epochs: Count = Field(50, description="Number of passes over the training set.", examples=[50])
    batch_size: BatchSize = Field(
        32,
        description="Number of samples per step, or full for all of them, or auto (32; in a regression that holds "
        "rows out, and where data.validation: auto holds none out, an eighth of the training rows, from 4 to 32; the "
        "default for a table of your own).",
        examples=[32],
    )
    class_weight: Literal["balanced"] | None = Field(
        None,
        description="balanced: every class counts alike, however few rows it has; null: every row counts alike.",
        examples=["balanced"],
    )
    engine: Literal["auto", "numpy", "compiled"] = Field(
        "auto",
        description="auto | numpy | compiled: what computes the steps; compiled needs the extra fast, and auto uses it "
        "for long training where it is installed.",
        examples=["auto"],
    )
    evaluate_every: Count = Field(
        1,
        description="Number of epochs between evaluations, on which curves, early stopping and the best weights rest.",
        examples=[1],
    )
    early_stopping: EarlyStopping | None = Field(
        None,
        description="Stop when the loss no longer improves; null for never.",
        examples=[{"patience": 10}],
    )
    checkpoint_every: Count = Field(10, description="Number of epochs between checkpoints.", examples=[10])

    @property
    def decay(self) -> float:
        """The weight decay of a complete configuration, in which nothing is "auto" any more."""
        return cast(float, self.weight_decay)


class Config(StrictModel):
    """A complete configuration; keys that are not given have their defaults."""

    seed: int = Field(
        0,
        ge=0,
        description="Random seed of the split, the initial weights and the order of the samples.",
        examples=[0],
    )
    data: DataConfig = Field(
        DataConfig.model_construct(), description="Data set.", examples=[{"source": "digits"}]
    )
    model: ModelConfig = Field(
        ModelConfig.model_construct(), description="Network.", examples=[{"hidden": [32]}]
    )
    training: TrainingConfig = Field(
        TrainingConfig.model_construct(), description="Training.", examples=[{"epochs": 50}]
    )


@dataclass(frozen=True, slots=True)
class Conflict:
    """Keys whose values are each valid but cannot be combined, and what to change."""

    keys: tuple[str, ...]
    message: str


# What a table of the user's own trains with where its configuration does not say otherwise. benchmarks/tables.py
# compares them with other programs, set by set.
TABLE_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "data": {"validation": "auto"},
        "model": {"output": "auto"},
        "training": {
            "loss": "auto",
            "weight_decay": "auto",
            "batch_size": "auto",
            "optimizer": {"name": "adam", "learning_rate": 0.01},
            "epochs": 200,
            "early_stopping": {"patience": 20},
        },
    }
)


def conflicts(config: Config) -> Iterator[Conflict]:
    """Yield every invalid combination of values in a configuration."""
    yield from _output_conflicts(config)
    yield from _source_conflicts(config)
    init = config.model.init
    if isinstance(init, UniformInit) and init.low >= init.high:
        yield Conflict(
            ("model.init.low", "model.init.high"),
            f"model.init.low: {flow(init.low)} is not less than model.init.high: {flow(init.high)}; "
            "use values such as low: -0.5, high: 0.5",
        )


def _output_conflicts(config: Config) -> Iterator[Conflict]:
    output, loss = config.model.output, config.training.loss
    if output == "softmax" and loss not in ("cross_entropy", "auto"):
        yield Conflict(
            ("model.output", "training.loss"),
            f"model.output: softmax cannot be combined with training.loss: {loss}; "
            "write training.loss: cross_entropy, or model.output: sigmoid",
        )
    if output == "identity" and loss == "cross_entropy":
        yield Conflict(
            ("model.output", "training.loss"),
            "training.loss: cross_entropy cannot be combined with model.output: identity; "
            "write model.output: sigmoid or softmax, or training.loss: squared_error",
        )
    if output == "softmax" and config.data.task == "regression":
        yield Conflict(
            ("model.output", "data.task"),
            "model.output: softmax cannot be combined with data.task: regression; "
            "write model.output: identity, or data.task: classification",
        )


def _source_conflicts(config: Config) -> Iterator[Conflict]:
    source = config.data.source
    if source in BUILT_IN and config.data.max_rows is not None:
        yield Conflict(
            ("data.max_rows", "data.source"),
            f"data.max_rows: {config.data.max_rows} is for tables of your own, and data.source: {source} is built in; "
            f"write data.max_rows: null{', or use data.samples' if source in GENERATED else ''}",
        )
    if source in GENERATED:
        return
    for key, value in (("samples", config.data.samples), ("noise", config.data.noise)):
        if value is not None:
            yield Conflict(
                (f"data.{key}", "data.source"),
                f"data.{key}: {flow(value)} cannot be combined with data.source: {printable(source, LONGEST)}; "
                f"write data.{key}: null, or use {listed(GENERATED, 'or')} as the source",
            )
