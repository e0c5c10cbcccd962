"""The functions of the public API: what the commands do, called from Python and without a terminal."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from bpcli.config import Config, Resolved, resolve
from bpcli.network.example import Example
from bpcli.symmetry_demo.demo import Demo
from bpcli.symmetry_demo.result import Demonstration
from bpcli.training.configured import configured_example
from bpcli.training.loop import EpochRecord
from bpcli.training.result import TrainResult
from bpcli.training.run import Run
from bpcli.training.session import Session
from bpcli.walkthrough.walk import Walk, walk


def load_config(config: str | Path, **overrides: object) -> Config:
    """Return a configuration, complete and checked.

    Args:
        config: The name of a shipped configuration, or the path of a YAML file.
        overrides: Values to change, with two underscores for the dot: ``training__epochs=20``, ``seed=1``,
            ``model__hidden=[8]``. The environment is not read.

    Raises:
        UsageError: There is no such configuration.
        ConfigError: It has errors; the message lists all of them.
    """
    return _resolve(config, overrides).config


def train(
    config: Config | str | Path = "digits",
    *,
    target: str | int | Sequence[str | int] | None = None,
    out: str | Path | None = None,
    force: bool = False,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    **overrides: object,
) -> TrainResult:
    """Train the network of a configuration and return the scores, gradients, hidden units and parameters.

    Args:
        config: A configuration, or what ``load_config`` takes, or the path of a table.
        target: The column of the table to predict, or several; by default the last.
        out: The folder to keep the run in; without it, training leaves nothing on the disk.
        force: Overwrite the run that ``out`` holds.
        on_epoch: Called with the record of each epoch: its losses, scores and learning rate.
        overrides: As for ``load_config``.

    Raises:
        UsageError: ``out`` holds a run already, or there is no such configuration.
        ConfigError: The configuration has errors.
        DataError: The data cannot be used.
    """
    if target is not None:
        overrides["data__target"] = [target] if isinstance(target, str | int) else list(target)
    found = _resolve(config, overrides)
    if out is None:
        session = Session(found.name, found.config)
        for record in session.epochs():
            if on_epoch:
                on_epoch(record)
        return session.result(session.header())
    with Run.create(found.config, found.name, Path(out), os.environ, force=force) as run:
        for record in run.epochs():
            if on_epoch:
                on_epoch(record)
        return run.finish()


def walk_through(
    example: Example | Config | str | Path = "walkthrough", *, sample: int = 0, **overrides: object
) -> Walk:
    """Return every quantity of one forward pass, backward pass and update.

    Args:
        example: The network, its parameters and the data; or a configuration, or what ``load_config`` takes, for its
            training rows and initial weights.
        sample: The row of ``example.X`` (N×d0) to walk through, from 0.
        overrides: As for ``load_config``.

    Raises:
        UsageError: There is no such configuration.
        ConfigError: The configuration has errors.
        DataError: The data cannot be used.
    """
    if not isinstance(example, Example):
        example = configured_example(_resolve(example, overrides).config, samples=None)
    rows = slice(sample, sample + 1)
    return walk(
        Example(
            example.architecture,
            example.X[rows],
            example.Y[rows],
            example.parameters,
            learning_rate=example.learning_rate,
        )
    )


def demonstrate_symmetry(
    config: Config | str | Path = "symmetry-demo", *, weight: float | None = None, **overrides: object
) -> Demonstration:
    """Train the networks of the symmetry demo side by side and decide each claim.

    Args:
        config: A configuration with one hidden layer, or what ``load_config`` takes.
        weight: The weight w of the constant network; by default that of the configuration, or ½.
        overrides: As for ``load_config``.

    Raises:
        UsageError: There is no such configuration, or it does not have one hidden layer.
        ConfigError: The configuration has errors.
        DataError: The data cannot be used.
    """
    found = _resolve(config, overrides)
    return Demo(found.name, found.config, weight=weight).run()


def _resolve(config: Config | str | Path, overrides: dict[str, object]) -> Resolved:
    options = {key.replace("__", "."): value for key, value in overrides.items()}
    if not isinstance(config, Config):
        return resolve(str(config), options=options)
    if options:
        raise TypeError("overrides go with the name or the path of a configuration: give them to load_config")
    return Resolved(config, "python", Path(), {})
