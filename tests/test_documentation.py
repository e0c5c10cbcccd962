"""What the documentation points to exists, and what it shows of the shipped configurations is what is printed."""

import re
from pathlib import Path

import pytest

from bpcli.config import shipped

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link of a page is a file."""
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_file_names_in_pages_exist(page):
    """What is named as a file of this repository is one."""
    for name in re.findall(r"`((?:bpcli|docs|tests|benchmarks|configs)/[\w./]+\.\w+)`", page.read_text()):
        assert (ROOT / name).exists(), name


def test_the_shipped_configurations_are_documented():
    """docs/configuration.md shows each with its description."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    for each in shipped():
        assert f"{each.name} " in text
        assert each.description in text


def test_every_page_is_linked_from_the_readme():
    """No page that nobody finds."""
    readme = (ROOT / "README.md").read_text()
    assert all(f"docs/{page.name}" in readme for page in (ROOT / "docs").glob("*.md"))
