"""The glossary lists every quantity of the JSON document with the symbols and shapes that are printed."""

import re
from pathlib import Path

from bpcli.common.markup import plain
from bpcli.network.formulas import Notation
from bpcli.walkthrough.walk import walk
from tests.walkthrough.points import point

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"
NOT_QUANTITIES = {"learning_rate", "weight_decay"}


def entries():
    """Name, both symbols and shape of every quantity of the table."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        names = re.findall(r"`(\w+)`", cells[2]) if len(cells) == 5 else []
        columns = [cells[0].split(", "), cells[1].split(", "), cells[4].split(", ")] if names else []
        columns = [column * len(names) if len(column) == 1 else column for column in columns]
        yield from zip(names, *columns, strict=True)


def test_the_glossary_has_every_quantity_with_its_symbols_and_shape():
    """Of a network with one hidden layer and biases, no two sizes alike."""
    walked = walk(point((4, 3, 2), bias=True))
    architecture = walked.example.architecture
    ours, theirs = Notation(architecture), Notation(architecture, "delta")
    sizes = {"d⁽⁰⁾": 4, "d⁽¹⁾": 3, "d⁽²⁾": 2}
    found = {name: rest for name, *rest in entries() if name not in NOT_QUANTITIES}
    unlisted = {"loss_after", "new_bias_V", "new_bias_W"}  # which its text explains
    assert set(found) == set(walked.quantities) - unlisted
    for name, (symbol, other, shape) in found.items():
        assert symbol == plain(ours.symbol(name)), name
        assert other == plain(theirs.symbol(name)), name
        if shape not in ("1", "as V", "as V, W", "W"):
            expected = walked[name].shape
            if name in ("Lambda", "Omega"):
                expected *= 2
            assert tuple(sizes[size] for size in shape.split("×")) == expected, name
