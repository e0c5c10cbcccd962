"""Small files to fill in: how gradients may be written that are to be checked.

A line that ends in ``#bias`` is for networks with biases, one that ends in ``#plain`` for those without.
"""

from pathlib import Path
from typing import Literal

Template = Literal["plain", "columns", "class", "torch", "jax"]


def template(name: Template, *, bias: bool) -> str:
    """Return the text of a template, for a network with biases or without."""
    kept, left_out = ("  #bias", "  #plain") if bias else ("  #plain", "  #bias")
    lines = (Path(__file__).parent / f"{name}.txt").read_text("utf-8").splitlines()
    return "".join(f"{line.removesuffix(kept)}\n" for line in lines if not line.endswith(left_out))
