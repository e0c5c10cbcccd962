"""How a result shows itself in Python: a few lines of text, and the report of its command in a notebook."""

import importlib
from abc import ABC, abstractmethod


class Displayed(ABC):
    """A result with a summary for ``repr`` and, in Jupyter, the report that its command prints.

    The report is drawn by ``bpcli.render``, which is loaded only then: results know nothing of pictures.
    """

    @abstractmethod
    def summary(self) -> str:
        """Return what the result is, its most important numbers, and shapes, in a few lines."""

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        html: str = importlib.import_module("bpcli.render.notebook").html(self)
        return html
