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

CURVES = (ACCENT, CAUTION, GOOD, MAGENTA, VIOLET, BAD)
