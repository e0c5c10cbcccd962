"""The rows of docs/mistakes.md from the catalogue: ``python -m tests.mistakes.documentation`` writes them anew."""

from pathlib import Path

from bpcli.mistakes.catalogue import CATALOGUE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mistakes.md"
FIRST, AFTER = "\n## no-omega\n", "\n## How a verdict is reached\n"


def rows():
    """The section of every row, in the order of the catalogue."""
    parts = []
    for row in CATALOGUE:
        parts.append(
            f"\n## {row.id}\n\n{row.explanation}\n\n"
            f"| | |\n|---|---|\n| wrong | `{row.wrong}` |\n| right | `{row.right}` |\n\n"
            f"*How it arises.* {row.arises}\n\n*The fix.* {row.fix}\n"
        )
    return "".join(parts)


def written():
    """What stands in the page between the introduction and the verdicts."""
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index(FIRST) : text.index(AFTER)]


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page.replace(written(), rows()), encoding="utf-8")
