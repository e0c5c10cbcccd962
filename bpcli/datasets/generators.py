"""Toy problems in the plane, each with the formula it is drawn from."""

from collections.abc import Callable

import numpy as np

from bpcli.common.errors import DataError
from bpcli.datasets.dataset import FloatArray, Table

SAMPLES = 400
SPIRAL_ARMS = 3

CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
GATES = {"and": (0.0, 0.0, 0.0, 1.0), "xor": (0.0, 1.0, 1.0, 0.0)}


def gate(name: str) -> Table:
    """The four corners of the unit square with the value that the logic gate has there."""
    return _table(name, np.array(CORNERS), np.array(GATES[name]))


def cloud(name: str, samples: int | None, noise: float | None, rng: np.random.Generator) -> Table:
    """Draw ``samples`` points of circles, moons or spiral, and add Gaussian noise to both coordinates.

    The rows come class by class, as balanced as ``samples`` allows: class sizes differ by one at most.

    Args:
        name: a key of ``CLOUDS``.
        samples: points over all classes; 400 if None.
        noise: standard deviation of the noise; the shape's own default if None.
        rng: what the noise is drawn from.

    Raises:
        DataError: too few samples for a point of each class, or a noise that is no standard deviation.
    """
    shape, classes, default_noise = CLOUDS[name]
    samples = SAMPLES if samples is None else samples
    noise = default_noise if noise is None else noise
    if samples < classes:
        raise DataError(
            f"data.samples: {name} has {classes} classes, and {samples} samples are too few; "
            f"write {classes} or more"
        )
    if not 0 <= noise < np.inf:
        raise DataError(f"data.noise: {noise} is not a standard deviation; write 0 or a positive number")

    sizes = [samples // classes + (label < samples % classes) for label in range(classes)]
    X = np.concatenate([shape(label, size) for label, size in enumerate(sizes)])
    X += rng.normal(scale=noise, size=X.shape)
    return _table(name, X, np.repeat(np.arange(classes, dtype=np.float64), sizes))


def _circles(label: int, size: int) -> FloatArray:
    """``r (cos t, sin t)`` for evenly spaced t in [0, 2π): r = 1 (outside) for class 0, ½ for class 1."""
    t = np.linspace(0, 2 * np.pi, size, endpoint=False)
    radius = (1.0, 0.5)[label]
    return radius * np.stack([np.cos(t), np.sin(t)], axis=1)


def _moons(label: int, size: int) -> FloatArray:
    """Two half circles for evenly spaced t in [0, π]: ``(cos t, sin t)`` and ``(1 - cos t, ½ - sin t)``."""
    t = np.linspace(0, np.pi, size)
    moon = (np.cos(t), np.sin(t)) if label == 0 else (1 - np.cos(t), 0.5 - np.sin(t))
    return np.stack(moon, axis=1)


def _spiral(label: int, size: int) -> FloatArray:
    """Arm k of three: ``r (cos t, sin t)``, t = 2πk/3 + 4r, for r evenly spaced in (0, 1].

    r = 0 is left out: all arms would meet there, and no network could tell the three points apart.
    """
    r = np.arange(1, size + 1) / size
    t = 2 * np.pi * label / SPIRAL_ARMS + 4 * r
    return np.stack([r * np.cos(t), r * np.sin(t)], axis=1)


Shape = Callable[[int, int], FloatArray]
# name: the shape, its number of classes, and a noise that leaves its classes mostly separable
CLOUDS: dict[str, tuple[Shape, int, float]] = {
    "circles": (_circles, 2, 0.1),
    "moons": (_moons, 2, 0.1),
    "spiral": (_spiral, SPIRAL_ARMS, 0.03),
}


def _table(name: str, X: FloatArray, labels: FloatArray) -> Table:
    return Table(place=name, features=("x1", "x2"), X=X, outputs=("label",), y=(labels,))
