"""The configuration as frozen models: every key with its default, its bounds and what it does."""

from typing import Annotated, Literal

from pydantic import Field

from bpcli.common.text import listed
from bpcli.config.alternatives import (
    ConstantSchedule,
    EarlyStopping,
    Init,
    Optimizer,
    Schedule,
    Sgd,
    StrictModel,
    XavierInit,
)
from bpcli.config.fields import (
    BUILT_IN,
    GENERATED,
    SUFFIXES,
    BatchSize,
    BelowOne,
    Columns,
    Count,
    NonNegative,
    Source,
    Widths,
)


class DataConfig(StrictModel):
    """Which samples are learnt from, and how they are prepared."""

    source: Source = Field(
        "digits",
        description=f"A built-in set ({listed(BUILT_IN)}), or a path to {listed(SUFFIXES, 'or')} (.gz too); "
        "a relative path starts at the folder of the file it is written in.",
        examples=["digits"],
    )
    samples: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        None, description=f"How many samples are generated ({listed(GENERATED)} only).", examples=[300]
    )
    noise: NonNegative | None = Field(
        None, description=f"The noise on generated samples ({listed(GENERATED)} only).", examples=[0.1]
    )
    target: Columns = Field(
        None,
        description="CSV: the columns to predict, by name or by position (0 the first, -1 the last), "
        "such as [label]; null is the last column.",
        examples=[["label"]],
    )
    task: Literal["auto", "classification", "regression"] = Field(
        "auto",
        description="auto | classification | regression; auto takes text, and whole numbers with at most "
        "20 distinct values, for classes.",
        examples=["auto"],
    )
    validation: BelowOne = Field(
        0.2, description="The fraction held out for validation, stratified for classes.", examples=[0.2]
    )
    scale: Literal["standard", "minmax", "none"] = Field(
        "standard",
        description="standard | minmax | none: how inputs are scaled, fitted on the training part only.",
        examples=["standard"],
    )


class ModelConfig(StrictModel):
    """The network: its layers, their functions and their first weights."""

    hidden: Widths = Field(
        (32,), description="The width of every hidden layer; [] is logistic regression.", examples=[[16, 8]]
    )
    activation: Literal["sigmoid", "tanh", "relu", "identity"] = Field(
        "sigmoid", description="Of the hidden layers: sigmoid | tanh | relu | identity.", examples=["sigmoid"]
    )
    output: Literal["sigmoid", "identity", "softmax"] = Field(
        "sigmoid",
        description="Of the last layer: sigmoid | identity | softmax (with cross_entropy only).",
        examples=["sigmoid"],
    )
    bias: bool = Field(True, description="Whether the layers have biases.", examples=[True])
    dtype: Literal["float64", "float32"] = Field(
        "float64", description="The precision of the arithmetic: float64 | float32.", examples=["float64"]
    )
    init: Init = Field(
        XavierInit(), description="How the first weights are drawn.", examples=[{"scheme": "xavier"}]
    )


class TrainingConfig(StrictModel):
    """How the weights move, and for how long."""

    loss: Literal["squared_error", "cross_entropy"] = Field(
        "squared_error",
        description="squared_error | cross_entropy (with sigmoid or softmax output).",
        examples=["squared_error"],
    )
    optimizer: Optimizer = Field(
        Sgd(), description="The rule by which the weights follow the gradient.", examples=[{"name": "sgd"}]
    )
    schedule: Schedule = Field(
        ConstantSchedule(),
        description="How the learning rate changes from epoch to epoch.",
        examples=[{"name": "constant"}],
    )
    weight_decay: NonNegative = Field(
        0.0, description="c of ½c‖·‖² over the weights, not the biases; 0 is none.", examples=[0.0001]
    )
    epochs: Count = Field(50, description="Passes over the training samples.", examples=[50])
    batch_size: BatchSize = Field(
        32, description="Samples in a step, or full for all of them.", examples=[32]
    )
    early_stopping: EarlyStopping | None = Field(
        None, description="null, or when to stop for want of improvement:", examples=[{"patience": 10}]
    )
    checkpoint_every: Count = Field(10, description="Epochs from one checkpoint to the next.", examples=[10])


class Config(StrictModel):
    """One whole configuration; what is not given has its default."""

    seed: int = Field(
        0,
        ge=0,
        description="One number that fixes the split, the first weights and the order of the samples.",
        examples=[0],
    )
    data: DataConfig = Field(DataConfig(), description="The samples.", examples=[{"source": "digits"}])
    model: ModelConfig = Field(ModelConfig(), description="The network.", examples=[{"hidden": [32]}])
    training: TrainingConfig = Field(TrainingConfig(), description="Learning.", examples=[{"epochs": 50}])
