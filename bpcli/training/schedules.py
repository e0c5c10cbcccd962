"""The learning rate of each epoch, from the optimiser's initial rate: constant, in steps, or along half a cosine."""

from math import cos, pi
from typing import TypeVar

from bpcli.config import ConstantSchedule, CosineSchedule, StepSchedule
from bpcli.network import Array

Rate = TypeVar("Rate", float, Array)  # an array has the rates of networks side by side


def learning_rate(
    schedule: ConstantSchedule | StepSchedule | CosineSchedule, initial: Rate, epoch: int, epochs: int
) -> Rate:
    """Return the rate of an epoch (counted from 1) of ``epochs``, which starts at ``initial``.

    step: initial · factor^⌊(epoch-1)/every⌋. cosine: from initial towards ``minimum`` as (1 + cos πt)/2 with
    t = (epoch-1)/epochs (Loshchilov and Hutter 2017, eq. 5, without restarts).
    """
    match schedule:
        case StepSchedule():
            return initial * schedule.factor ** ((epoch - 1) // schedule.every)
        case CosineSchedule():
            wave = (1 + cos(pi * (epoch - 1) / epochs)) / 2
            return schedule.minimum + (initial - schedule.minimum) * wave
        case ConstantSchedule():
            return initial
