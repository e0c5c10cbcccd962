"""The point of an answers file again, from its heading, which no option may contradict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bpcli.common.errors import BpcliError, DataError, UsageError
from bpcli.config import Resolved
from bpcli.network.example import Example
from bpcli.walkthrough.typed import Typed, read_hidden, read_sizes
from bpcli.worksheets.generate import DRAWS
from bpcli.worksheets.heading import Heading
from bpcli.yamltext.scalars import show

KEYS = {
    "hidden": "model.hidden",
    "activation": "model.activation",
    "output": "model.output",
    "bias": "model.bias",
    "loss": "training.loss",
    "rate": "training.optimizer.learning_rate",
}
USUAL_DIGITS = 4  # what --digits is where nobody gave it
Said = Mapping[
    str, tuple[str, Any]
]  # what the command line says of a sheet: by name, the option and its value


def said_on_the_line(
    resolved: Resolved, typed: Typed, seed: int | None, digits: int, *, configured: bool
) -> dict[str, tuple[str, Any]]:
    """Return what was said of the sheet outside the answers files; ``configured`` where a CONFIG was named.

    Raises:
        UsageError: numbers of a point were typed, or sizes that cannot be read.
    """
    if typed.tensors:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in typed.tensors)
        raise UsageError(f"--grade: each answers file says which worksheet it is for: leave {options} out")
    config = resolved.config
    values = {
        "hidden": list(config.model.hidden),
        "activation": config.model.activation,
        "output": config.model.output,
        "bias": config.model.bias,
        "loss": config.training.loss,
        "rate": config.training.optimizer.learning_rate,
    }
    said: dict[str, tuple[str, Any]] = {}
    for name, key in KEYS.items():
        origin = resolved.origins.get(key, "default")
        if origin.startswith(("--", "BPCLI_")):
            said[name] = (f"--set {key}" if origin == "--set" else origin, values[name])
        elif configured and origin != "default":
            said[name] = (origin, values[name])
    if typed.rate is not None:
        said["rate"] = ("--rate", typed.rate)
    if typed.sizes is not None:
        said["sizes"] = ("--sizes", list(read_sizes("--sizes", typed.sizes)))
    if typed.hidden is not None:
        said["hidden"] = ("--hidden", list(read_hidden(typed.hidden)))
    if seed is not None:
        said["seed"] = ("--seed", seed)
    if digits != USUAL_DIGITS:
        said["digits"] = ("--digits", digits)
    return said


def require_agreement(path: Path, heading: Heading, said: Said) -> None:
    """Refuse an option that contradicts what a file says of its sheet.

    Raises:
        UsageError: one does.
    """
    for name, theirs in heading.facts().items():
        option, ours = said.get(name, ("", theirs))
        if ours != theirs:
            raise UsageError(
                f"{path} is for {name} {show(theirs)}, and {option} says {show(ours)}: leave {option} out, as the file "
                "says which sheet it is for"
            )


def drawn_again(path: Path, heading: Heading, digits: int) -> Example:
    """Return the point of a file.

    Raises:
        DataError: it does not say which sheet it is for, or there is no such sheet.
    """
    if heading.given and heading.network and heading.rate and heading.seed is None:
        parameters = {name: heading.given[name] for name in heading.network.parameter_shapes()}
        x, y = heading.given["x"], heading.given["y"]
        return Example(heading.network, x[None], y[None], parameters, heading.rate)
    if heading.seed is None or heading.network is None or heading.rate is None:
        missing = "seed" if heading.seed is None else "network"
        raise DataError(
            f"{path}: it does not say which sheet it is for: its {missing} is missing. Keep the first lines as they "
            "were written (seed, digits, network), or copy them from the key"
        )
    try:
        draw = DRAWS[heading.topic]
        return draw(heading.network, heading.seed, learning_rate=heading.rate, digits=digits)
    except BpcliError as error:
        raise DataError(f"{path}: {error}") from None
