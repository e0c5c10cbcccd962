"""The parts of a configuration that come in variants: initialisation, optimiser and schedule; and early stopping.

The first key of a variant, ``scheme`` or ``name``, selects it; every variant has its own keys and defaults.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bpcli.config.fields import BelowOne, Count, NonNegative, Positive


class StrictModel(BaseModel):
    """Base class of all models: immutable, without unknown keys, type conversion or infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


class ConstantInit(StrictModel):
    """All weights equal, so that all units of a hidden layer stay identical."""

    scheme: Literal["constant"] = "constant"
    value: float = Field(0.5, description="Value of every weight.", examples=[0.5])


class ZerosInit(StrictModel):
    """All weights zero: suitable without hidden units, symmetric with them."""

    scheme: Literal["zeros"] = "zeros"


class NormalInit(StrictModel):
    """Weights drawn from a normal distribution with mean zero."""

    scheme: Literal["normal"] = "normal"
    std: Positive = Field(1.0, description="Standard deviation.", examples=[1.0])


class UniformInit(StrictModel):
    """Weights drawn from a uniform distribution."""

    scheme: Literal["uniform"] = "uniform"
    low: float = Field(-0.5, description="Lower bound.", examples=[-0.5])
    high: float = Field(0.5, description="Upper bound; greater than low.", examples=[0.5])


class XavierInit(StrictModel):
    """Weights drawn with the variance for sigmoid and tanh (Glorot and Bengio, 2010)."""

    scheme: Literal["xavier"] = "xavier"


class HeInit(StrictModel):
    """Weights drawn with the variance for relu (He et al., 2015)."""

    scheme: Literal["he"] = "he"


class Sgd(StrictModel):
    """Stochastic gradient descent, with momentum if it is greater than zero."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Positive = Field(0.5, description="Learning rate α.", examples=[0.5])
    momentum: BelowOne = Field(0.0, description="Fraction of the previous step that is kept.", examples=[0.9])


class Adam(StrictModel):
    """Adam (Kingma and Ba, 2015): an adaptive step size for every weight."""

    name: Literal["adam"] = "adam"
    learning_rate: Positive = Field(0.001, description="Learning rate α.", examples=[0.001])
    beta1: BelowOne = Field(
        0.9, description="Decay rate of the running mean of the gradient.", examples=[0.9]
    )
    beta2: BelowOne = Field(
        0.999, description="Decay rate of the running mean of its square.", examples=[0.999]
    )
    epsilon: Positive = Field(
        1e-8, description="Added to the denominator to avoid division by zero.", examples=[1e-8]
    )


class ConstantSchedule(StrictModel):
    """The learning rate stays the same."""

    name: Literal["constant"] = "constant"


class StepSchedule(StrictModel):
    """The learning rate is multiplied by a factor at regular intervals."""

    name: Literal["step"] = "step"
    every: Count = Field(10, description="Number of epochs between two changes.", examples=[10])
    factor: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="Factor by which the learning rate is multiplied.", examples=[0.5]
    )


class CosineSchedule(StrictModel):
    """The learning rate follows half a cosine down to a minimum, which it would reach after the last epoch."""

    name: Literal["cosine"] = "cosine"
    minimum: NonNegative = Field(
        0.0,
        description="Final learning rate, which would be reached in the epoch after the last.",
        examples=[0.0],
    )


class EarlyStopping(StrictModel):
    """Stop when the loss (of the validation set, if there is one) no longer improves."""

    patience: Count = Field(
        10, description="Number of epochs without improvement before training stops.", examples=[10]
    )
    min_delta: NonNegative = Field(
        0.0, description="Smallest decrease of the loss that counts as an improvement.", examples=[0.0]
    )


Init = Annotated[
    ConstantInit | ZerosInit | NormalInit | UniformInit | XavierInit | HeInit, Field(discriminator="scheme")
]
Optimizer = Annotated[Sgd | Adam, Field(discriminator="name")]
Schedule = Annotated[ConstantSchedule | StepSchedule | CosineSchedule, Field(discriminator="name")]
