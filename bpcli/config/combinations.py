"""Values that are each right and cannot stand together."""

from collections.abc import Iterator
from dataclasses import dataclass

from bpcli.common.text import listed, printable
from bpcli.config.alternatives import UniformInit
from bpcli.config.fields import GENERATED
from bpcli.config.models import Config
from bpcli.yamltext.scalars import flow


@dataclass(frozen=True, slots=True)
class Clash:
    """Keys whose values exclude each other, and which of them to change to what."""

    keys: tuple[str, ...]
    message: str


def clashes(config: Config) -> Iterator[Clash]:
    """Every impossible combination in a configuration."""
    yield from _of_output(config)
    yield from _of_source(config)
    init = config.model.init
    if isinstance(init, UniformInit) and init.low >= init.high:
        yield Clash(
            ("model.init.low", "model.init.high"),
            f"model.init.low: {flow(init.low)} is not below model.init.high: {flow(init.high)}; "
            "write for example low: -0.5, high: 0.5",
        )


def _of_output(config: Config) -> Iterator[Clash]:
    output, loss = config.model.output, config.training.loss
    if output == "softmax" and loss != "cross_entropy":
        yield Clash(
            ("model.output", "training.loss"),
            f"model.output: softmax does not go with training.loss: {loss}; "
            "write training.loss: cross_entropy, or model.output: sigmoid",
        )
    if output == "identity" and loss == "cross_entropy":
        yield Clash(
            ("model.output", "training.loss"),
            "training.loss: cross_entropy does not go with model.output: identity; "
            "write model.output: sigmoid or softmax, or training.loss: squared_error",
        )
    if output == "softmax" and config.data.task == "regression":
        yield Clash(
            ("model.output", "data.task"),
            "model.output: softmax does not go with data.task: regression; "
            "write model.output: identity, or data.task: classification",
        )


def _of_source(config: Config) -> Iterator[Clash]:
    if config.data.source in GENERATED:
        return
    for key, value in (("samples", config.data.samples), ("noise", config.data.noise)):
        if value is not None:
            yield Clash(
                (f"data.{key}", "data.source"),
                f"data.{key}: {flow(value)} is for {listed(GENERATED)} only, not for data.source: "
                f"{printable(config.data.source, 60)}; write data.{key}: null, or one of those sources",
            )
