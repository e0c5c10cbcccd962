"""``bpcli docs`` and ``bpcli explain``: the shipped documentation, a page or a term of it, in the terminal."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bpcli.cli.completion import Offered, mistakes
from bpcli.cli.console import Screen
from bpcli.cli.options import JsonOption, NoColorOption, QuietOption
from bpcli.common.errors import UsageError
from bpcli.common.text import did_you_mean, listed, printable

# In the wheel they are inside the package; in a checkout they are beside it.
FOLDERS = (Path(__file__).parents[1] / "docs", Path(__file__).parents[2] / "docs")
MOST = 30  # characters of a term; what is longer is a sentence
HEADING = re.compile(r"^(#+) +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page: its name, as ``bpcli docs`` takes it, and its Markdown."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """The first heading."""
        return self.text.partition("\n")[0].lstrip("# ")

    def sections(self) -> list[tuple[str, str]]:
        """Every heading, with the text from there to the next heading of its level or above."""
        found = list(HEADING.finditer(self.text))
        ends = [
            next(
                (other.start() for other in found[at + 1 :] if len(other[1]) <= len(each[1])), len(self.text)
            )
            for at, each in enumerate(found)
        ]
        return [(each[2], self.text[each.start() : end]) for each, end in zip(found, ends, strict=True)]


def pages() -> dict[str, Page]:
    """Return the pages of the documentation by name."""
    folder = next(filter(Path.is_dir, FOLDERS), FOLDERS[0])
    paths = sorted(folder.glob("*.md"))
    return {path.stem: Page(path.stem, path.read_text(encoding="utf-8")) for path in paths}


def _topics(incomplete: str) -> Offered:
    return [(page.name, page.title) for page in pages().values() if page.name.startswith(incomplete)]


def docs(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC", autocompletion=_topics, help="A page, such as symmetry. Without one: their list."
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Show a page of the documentation, or the list of pages."""
    from bpcli.render.documentation import contents, markdown

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    found = pages()
    if topic is None:
        listing = [(page.name, page.title) for page in found.values()]
        screen.show(contents(listing))
        screen.document(
            {"schema": "bpcli.docs/1", "pages": [{"name": name, "title": title} for name, title in listing]}
        )
        return
    name = topic.lower().removeprefix("docs/").removesuffix(".md")
    if name not in found:
        hint = f"{meant} " if (meant := did_you_mean(name, found)) else ""
        raise UsageError(f"there is no page '{printable(topic, 60)}'; {hint}The pages are {listed(found)}")
    screen.show(markdown(found[name].text))
    screen.document({"schema": "bpcli.docs/1", "name": name, "text": found[name].text})


def _terms(incomplete: str) -> Offered:
    return [*mistakes(incomplete), *((term, "") for term in sorted(_rows()) if term.startswith(incomplete))]


def explain(
    term: Annotated[
        str,
        typer.Argument(
            metavar="TERM",
            autocompletion=_terms,
            help="A mistake (no-omega), a symbol or its name (Ω, grad_W), a key (momentum), a verdict (saturated), or "
            "a word of a heading.",
        ),
    ],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    no_color: NoColorOption = False,
) -> None:
    """Explain a mistake of the catalogue, a symbol, a key of the configuration, or a term of another page."""
    from bpcli.mistakes.catalogue import BY_ID
    from bpcli.render.documentation import explained_mistake, markdown

    screen = Screen(quiet=quiet, as_json=as_json, color=not no_color)
    if row := BY_ID.get(term.lower()):
        screen.show(explained_mistake(row))
        screen.document(
            {"schema": "bpcli.explain/1", "term": row.id, "page": "mistakes", "mistake": vars(row)}
        )
        return
    page, text = _explanation(term)
    screen.show(markdown(f"{text}\n\n*More: bpcli docs {page}*"))
    screen.document({"schema": "bpcli.explain/1", "term": term, "page": page, "text": text})


def _explanation(term: str) -> tuple[str, str]:
    """The page and the part of it that explains a term: a row of a table, a section, or a paragraph about it."""
    rows = _rows()
    key = term.lower().rpartition(".")[2]  # of training.momentum
    for word in (term, term.lower(), term.lower().replace(" ", "_"), key):
        if found := rows.get(word):
            return found
    headed = [
        (page.name, heading, text)
        for page in pages().values()
        for heading, text in page.sections()
        if re.search(rf"\b{re.escape(term)}\b", heading, re.IGNORECASE)
    ]
    if headed:
        # The heading with the least besides the term is the one about it.
        name, _, text = min(headed, key=lambda each: len(each[1]))
        return name, text
    # In a paragraph about it, a term is set off: `momentum`, *Spread*, **effective number of units**.
    set_off = re.compile(rf"[`*][^`*\n]*\b{re.escape(term)}\b[^`*\n]*[`*]", re.IGNORECASE)
    for page in pages().values():
        for block in re.split(r"\n\s*\n|\n(?=- )", page.text):
            if set_off.search(block):
                head, *lines = block.splitlines()
                if head.startswith("|"):  # of a table the rows about it
                    block = "\n".join((head, lines[0], *filter(set_off.search, lines[1:])))  # noqa: PLW2901
                return page.name, block
    hint = did_you_mean(term, [*(name for name, _ in mistakes("")), *rows])
    raise UsageError(
        f"nothing explains '{printable(term, 60)}'; {f'{hint} ' if hint else ''}bpcli gradcheck --list-mistakes names "
        "the mistakes, bpcli docs glossary the symbols, bpcli docs configuration the keys, and bpcli docs the pages"
    )


def _rows() -> dict[str, tuple[str, str]]:
    """By each term that a row of a table begins with: the page, and the table with that row alone."""
    found: dict[str, tuple[str, str]] = {}
    # The glossary first, since its symbols are its own; what is about files and code of bpcli explains no term.
    explaining = (page for page in pages().values() if page.name not in {"architecture", "api", "runs"})
    for page in sorted(explaining, key=lambda each: each.name != "glossary"):
        lines = page.text.splitlines()
        head: list[str] = []
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            if not line.startswith("|"):
                head = []
            elif not head:
                head = [line, following]
            elif line != head[1]:
                cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                named = cells[:3] if page.name == "glossary" else cells[:1]
                for word in re.split(r",\s*", ", ".join(named).replace("`", "")):
                    for term in {word, word.rpartition(".")[2]}:
                        found.setdefault(term, (page.name, "\n".join((*head, line))))
    return {term: row for term, row in found.items() if term not in {"", "–"} and len(term) <= MOST}
