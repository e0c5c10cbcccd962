"""How a mistake of the catalogue is explained, wherever one is named: what was done, its algebra, the fix."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bpcli.mistakes.catalogue import Mistake


def algebra(mistake: Mistake, wrong: str) -> RenderableType:
    """What was done, the wrong line under the name ``wrong`` beside the right one, and the fix."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    for label, text in ((wrong, mistake.wrong), ("right", mistake.right), ("fix", mistake.fix)):
        table.add_row(label, text)
    return Padding(Group(Text(mistake.explanation), table), (0, 0, 0, 2))
