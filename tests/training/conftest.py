"""Small configurations and data that the tests of this room share."""

import numpy as np
import pytest

from bpcli.config import Config
from bpcli.datasets import Prepared


@pytest.fixture
def small_config():
    """Return a function that makes a configuration on moons which trains in milliseconds."""

    def make(**training):
        return Config.model_validate(
            {
                "data": {"source": "moons", "samples": 60},
                "model": {"hidden": [5]},
                "training": {"epochs": 7, "batch_size": 8, "checkpoint_every": 3, **training},
            }
        )

    return make


@pytest.fixture
def line():
    """Return data on a straight line, y = 2 x - 1, without noise: 12 rows to train on and 4 to validate."""
    x = np.linspace(-1, 1, 16)[:, None]
    y = 2 * x - 1
    return Prepared(
        name="line",
        task="regression",
        features=("x",),
        classes=(),
        outputs=("y",),
        X=x[:12],
        Y=y[:12],
        X_validation=x[12:],
        Y_validation=y[12:],
        offset=np.zeros(1),
        scale=np.ones(1),
        digest="",
    )
