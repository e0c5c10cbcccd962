"""Results as HTML for a notebook: the report of their command, in the notebook's own colours."""

import io

from rich.console import Group, RenderableType
from rich.text import Text

from bpcli.common.display import Displayed
from bpcli.render.safe_console import SafeConsole
from bpcli.render.symmetry_demo import demonstration
from bpcli.render.text import columns, shape
from bpcli.render.train import header, report
from bpcli.symmetry_demo.result import Demonstration
from bpcli.training.result import TrainResult
from bpcli.walkthrough.walk import Walk

WIDTH = 100
FORMAT = '<pre style="white-space:pre;overflow-x:auto;line-height:1.2;font-family:monospace">{code}</pre>'


def html(result: Displayed) -> str:
    """Return the report of a result as a fragment of HTML, 100 columns wide and complete in itself."""
    console = SafeConsole(
        file=io.StringIO(), record=True, width=WIDTH, highlight=False, markup=False, legacy_windows=False
    )
    console.print(_report(result))
    return console.export_html(code_format=FORMAT, inline_styles=True)


def _report(result: Displayed) -> RenderableType:
    match result:
        case TrainResult():
            return Group(header(result.header), report(result))
        case Demonstration():
            return demonstration(result)
        case Walk():
            return _quantities(result)
    return Text(repr(result))


def _quantities(walk: Walk) -> RenderableType:
    table = columns("quantity", "shape", "formula", "value")
    for quantity in walk.quantities.values():
        value = quantity.value
        table.add_row(
            quantity.name, shape(value.shape) or "number", quantity.formula, Text(f"{value.round(4)}")
        )
    return table
