"""The colours of every report: of the 256 of a terminal those that can be read on white and on black.

The contrast of each with white and with black is 3:1 or more. Running text keeps the terminal's own colour, and no
meaning depends on colour alone.
"""

ACCENT = "color(31)"  # blue: names, and what to type
CAUTION = "color(130)"  # orange
GOOD = "color(28)"  # green
BAD = "color(160)"  # red
MAGENTA = "color(163)"
VIOLET = "color(98)"

# What rich itself and the help of typer colour otherwise: cyan, yellow and magenta.
LIBRARY = {
    "bar.complete": ACCENT,
    "bar.finished": GOOD,
    "bar.pulse": ACCENT,
    "progress.download": "",
    "progress.remaining": ACCENT,
    "markdown.block_quote": VIOLET,
    "markdown.code": ACCENT,
    "markdown.code_block": ACCENT,
    "markdown.h1": "bold",
    "markdown.h2": f"bold {ACCENT}",
    "markdown.h3": "bold",
    "markdown.h4": "italic",
    "markdown.item.bullet": ACCENT,
    "markdown.item.number": ACCENT,
    "markdown.kbd": "bold",
    "markdown.link": ACCENT,
    "markdown.link_url": ACCENT,
    "markdown.list": "",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}
HELP = {
    "STYLE_HELPTEXT": "",
    "STYLE_OPTION": f"bold {ACCENT}",
    "STYLE_SWITCH": f"bold {GOOD}",
    "STYLE_NEGATIVE_OPTION": f"bold {MAGENTA}",
    "STYLE_NEGATIVE_SWITCH": f"bold {BAD}",
    "STYLE_TYPES": f"bold {CAUTION}",
    "STYLE_USAGE": CAUTION,
    "STYLE_OPTION_ENVVAR": CAUTION,
    "STYLE_REQUIRED_SHORT": BAD,
    "STYLE_REQUIRED_LONG": BAD,
    "STYLE_COMMANDS_TABLE_FIRST_COLUMN": f"bold {ACCENT}",
}

CURVES = (ACCENT, CAUTION, GOOD, MAGENTA, VIOLET, BAD)
