"""The models that take each other's place: ways to draw weights, optimisers, schedules; and early stopping.

Each alternative names itself in its first key, ``scheme`` or ``name``, and has keys and defaults of its own.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bpcli.config.fields import BelowOne, Count, NonNegative, Positive


class StrictModel(BaseModel):
    """Takes exactly what it says: no other key, no text for a number, nothing infinite, no change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ConstantInit(StrictModel):
    """Every weight the same, which ties all units of a hidden layer to one another."""

    scheme: Literal["constant"] = "constant"
    value: float = Field(0.5, description="The value of every weight.", examples=[0.5])


class ZerosInit(StrictModel):
    """Every weight zero: fine without hidden units, symmetric with them."""

    scheme: Literal["zeros"] = "zeros"


class NormalInit(StrictModel):
    """Weights drawn from a normal distribution around zero."""

    scheme: Literal["normal"] = "normal"
    std: Positive = Field(1.0, description="The standard deviation.", examples=[1.0])


class UniformInit(StrictModel):
    """Weights drawn evenly between two bounds."""

    scheme: Literal["uniform"] = "uniform"
    low: float = Field(-0.5, description="The lower bound.", examples=[-0.5])
    high: float = Field(0.5, description="The upper bound, above the lower one.", examples=[0.5])


class XavierInit(StrictModel):
    """Weights drawn with the variance that suits sigmoid and tanh (Glorot and Bengio, 2010)."""

    scheme: Literal["xavier"] = "xavier"


class HeInit(StrictModel):
    """Weights drawn with the variance that suits relu (He et al., 2015)."""

    scheme: Literal["he"] = "he"


class Sgd(StrictModel):
    """Gradient descent, with momentum if it is above zero."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Positive = Field(0.5, description="The step along the gradient, α.", examples=[0.5])
    momentum: BelowOne = Field(0.0, description="The part of the last step that is kept.", examples=[0.9])


class Adam(StrictModel):
    """Adam (Kingma and Ba, 2015): a step of its own for every weight."""

    name: Literal["adam"] = "adam"
    learning_rate: Positive = Field(0.001, description="The step along the gradient, α.", examples=[0.001])
    beta1: BelowOne = Field(0.9, description="The memory of the mean of the gradient.", examples=[0.9])
    beta2: BelowOne = Field(0.999, description="The memory of its mean square.", examples=[0.999])
    epsilon: Positive = Field(1e-8, description="Keeps the division from zero.", examples=[1e-8])


class ConstantSchedule(StrictModel):
    """The learning rate never changes."""

    name: Literal["constant"] = "constant"


class StepSchedule(StrictModel):
    """The learning rate falls by a factor every so many epochs."""

    name: Literal["step"] = "step"
    every: Count = Field(10, description="Epochs from one step to the next.", examples=[10])
    factor: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="What the rate is multiplied by.", examples=[0.5]
    )


class CosineSchedule(StrictModel):
    """The learning rate falls along half a cosine towards a minimum, which it would reach after the last epoch."""

    name: Literal["cosine"] = "cosine"
    minimum: NonNegative = Field(
        0.0,
        description="What the rate falls towards: it would be reached in the epoch after the last.",
        examples=[0.0],
    )


class EarlyStopping(StrictModel):
    """Training stops once the loss (of the validation set, where there is one) no longer improves."""

    patience: Count = Field(10, description="Epochs without improvement that are borne.", examples=[10])
    min_delta: NonNegative = Field(0.0, description="What counts as an improvement.", examples=[0.0])


Init = Annotated[
    ConstantInit | ZerosInit | NormalInit | UniformInit | XavierInit | HeInit, Field(discriminator="scheme")
]
Optimizer = Annotated[Sgd | Adam, Field(discriminator="name")]
Schedule = Annotated[ConstantSchedule | StepSchedule | CosineSchedule, Field(discriminator="name")]
