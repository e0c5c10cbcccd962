"""Points to walk through: round numbers, any network."""

import numpy as np

from bpcli.network import Architecture, Parameters
from bpcli.network.example import Example
from bpcli.worksheets.answers import Answers


def point(sizes, seed=0, *, rate=0.5, **settings):
    """A point with halves for weights and inputs; targets 0 and 1, one of them 1 under softmax."""
    architecture = Architecture(sizes, **{"bias": False, **settings})
    rng = np.random.default_rng(seed)
    halves = np.array([-1.5, -1.0, -0.5, 0.5, 1.0, 1.5])
    Y = (
        np.eye(sizes[-1])[:1]
        if settings.get("output") == "softmax"
        else np.arange(1.0, sizes[-1] + 1)[None] % 2
    )
    parameters = {name: rng.choice(halves, tensor.shape) for name, tensor in Parameters(architecture).named()}
    return Example(architecture, rng.choice(halves, (1, sizes[0])), Y, parameters, learning_rate=rate)


# Every quantity of the sheet's network by the name that it has in the JSON document.
NAMES = (
    *("x", "y", "V", "W", "a", "h", "b", "z", "loss", "Omega", "Lambda", "grad_z", "grad_W", "grad_h", "grad_V"),
    *("delta_1", "delta_2", "new_V", "new_W", "loss_after"),
)  # fmt: skip


def answers_of(values, digits, source="answers"):
    """Return numbers as somebody writes them down: rounded to so many digits."""
    return Answers(source, {name: np.round(np.asarray(each, float), digits) for name, each in values.items()})
