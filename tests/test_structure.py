"""The rooms and their one-way arrows as pyproject.toml has them, and what no import contract can say of the code."""

import ast
import subprocess
import sys
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import grimp
import pytest
from typer.main import get_command

from bpcli.cli.app import app
from bpcli.config import Config
from bpcli.datasets import BUILT_IN
from bpcli.network.activations import ACTIVATIONS, OUTPUTS
from bpcli.network.initialisation import SCHEMES
from bpcli.network.losses import LOSSES

ROOT = Path(__file__).parents[1]
PAGES = [page for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if page.name != "CHANGELOG.md"]

# Modules of one name in different rooms of which neither imports the other, and why that is right.
SAME_NAME = {
    "result": "what each room hands over at the end",
    "text": "words in messages (common), on the screen (render), and a page as plain text (render/walkthrough)",
    "layout": "of columns on a page (render/walkthrough) and of a table's text (datasets)",
    "grading": "of worksheets and of submissions",
    "rounding": "of answers by hand and of floating point",
}

# So many modules may serve one other module of their room only. Fewer are better; more of them need a reason.
MOST_WITH_ONE_USER = 25

# What render/ may ask NumPy and math for: how a number is written.
FORMATTING = {
    "allclose", "array2string", "format_float_positional", "format_float_scientific", "isclose", "isfinite", "isnan",
    "floor", "log10", "round",
}  # fmt: skip


@pytest.fixture(scope="module")
def imports():
    """Who imports whom in bpcli."""
    return grimp.build_graph("bpcli", cache_dir=None)


def modules(imports):
    """Every module that is a file of its own, rather than the front of a room."""
    return sorted(name for name in imports.modules if not imports.find_children(name) and name.count(".") > 1)


def room(module):
    """The room of a module."""
    return module.split(".")[1]


def test_the_import_contracts_hold():
    """Import-linter finds no arrow that runs against the contracts."""
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_modules_of_one_name_are_views_of_one_thing(imports):
    """In different rooms a file name occurs twice only if one of the two imports the other, or for a stated reason."""
    named = defaultdict(list)
    for module in modules(imports):
        named[module.rpartition(".")[2]].append(module)
    strangers = [
        (one, other)
        for name, same in named.items()
        if name not in SAME_NAME
        for one, other in combinations(same, 2)
        if room(one) != room(other) and not (shows(imports, one, other) or shows(imports, other, one))
    ]
    assert strangers == []


def shows(imports, one, other):
    """Whether a module imports another one, or the front of its room."""
    taken = imports.find_modules_directly_imported_by(one)
    return not taken.isdisjoint({other, f"bpcli.{room(other)}"})


def test_few_modules_serve_one_other_module_only(imports):
    """A file that one neighbour needs and nobody else is often a part of that neighbour.

    Commands, pictures, what a room shows at its front, and what a command calls are used from elsewhere.
    """
    lonely = []
    for module in modules(imports):
        users = imports.find_modules_that_directly_import(module)
        if len(users) == 1 and room(module) not in {"cli", "render"}:
            (user,) = users
            if room(user) == room(module) and not imports.find_children(user):
                lonely.append(f"{module} <- {user}")
    assert len(lonely) <= MOST_WITH_ONE_USER, "\n".join(lonely)


def test_render_calculates_nothing():
    """Pictures are of numbers that others have computed: of NumPy and math they use what writes numbers down."""
    found = {path.name: numerics(path.read_text()) for path in (ROOT / "bpcli" / "render").rglob("*.py")}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "line",
    ["import numpy as np\nx = np.exp(1)", "from math import exp", "z = W @ h", "from numpy import dot"],
)
def test_a_calculation_in_render_would_be_found(line):
    """The test above sees calls, imports by name and matrix products."""
    assert numerics(line) != []


def numerics(source):
    """What a module takes from NumPy and math beyond formatting, and its matrix products."""
    tree = ast.parse(source)
    found = [
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in {"numpy", "math"}
        for name in node.names
        if name.name not in FORMATTING
    ]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in {"np", "numpy", "math"}
            and node.attr not in FORMATTING
        ):
            found.append(node.attr)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            found.append("@")
    return found


def commands(node=None, path=("bpcli",)):
    """Every command with its words."""
    node = node or get_command(app)
    if not hasattr(node, "commands"):
        yield " ".join(path), node
    for name, command in getattr(node, "commands", {}).items():
        yield from commands(command, (*path, name))


@pytest.mark.parametrize(
    ("words", "command"), list(commands()), ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_command_has_help_and_is_documented(words, command):
    """Each command, and each of its options, says what it does, and a page of the documentation names it."""
    pages = "\n".join(page.read_text() for page in PAGES)
    assert command.help
    assert words in pages
    assert [parameter.name for parameter in command.params if not getattr(parameter, "help", None)] == []
    options = [parameter.opts for parameter in command.params if parameter.param_type_name == "option"]
    assert [names for names in options if not any(name in pages for name in names)] == []


def choices(section, key):
    """What the JSON schema of the configuration allows for a key."""
    schema = Config.model_json_schema()
    field = schema["$defs"][section]["properties"][key]
    if "discriminator" in field:
        return set(field["discriminator"]["mapping"])
    return set(field["enum"])


def test_the_configuration_offers_exactly_what_the_network_has():
    """The configuration knows no numerics, so its lists of names are written twice: they must agree."""
    assert choices("ModelConfig", "activation") == set(ACTIVATIONS)
    assert choices("ModelConfig", "output") == {*OUTPUTS, "auto"}
    assert choices("ModelConfig", "init") == set(SCHEMES)
    assert choices("TrainingConfig", "loss") == {*(loss for _, loss in LOSSES), "auto"}


def test_the_configuration_names_exactly_the_built_in_data():
    """The same for the names of the built-in sets."""
    from bpcli.config.fields import BUILT_IN as NAMED

    assert set(NAMED) == set(BUILT_IN)
