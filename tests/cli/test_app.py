"""The program around its commands: it starts fast, helps everywhere, and is documented."""

import subprocess
import sys
from pathlib import Path

import pytest

import bpcli as package

README = Path(__file__).parents[2] / "README.md"
COMMANDS = [
    (),
    ("train",),
    ("gradcheck",),
    ("config",),
    ("config", "list"),
    ("config", "show"),
    ("config", "check"),
    ("config", "new"),
    ("config", "schema"),
]


IMPORTED = """
import sys
from bpcli.__main__ import main
for line in sys.stdin.read().splitlines():
    sys.argv = ["bpcli", *line.split()]
    try:
        main()
    except SystemExit as ended:
        heavy = sorted({"numpy", "bpcli.cli.walkthrough"} & set(sys.modules))
        print(ended.code, heavy, file=sys.stderr)
"""


def test_what_computes_nothing_imports_no_numerics():
    """``--version``, ``--help`` and ``config list`` start without NumPy; a check does not.

    And until all commands are listed, the others are not loaded.
    """
    lines = "--version\ntrain --help\ngradcheck --help\nconfig list\ndocs tour\n--help\ngradcheck xor -q\n"
    command = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    listed = "0 ['bpcli.cli.walkthrough']"
    assert done.stderr.splitlines() == ["0 []"] * 5 + [listed, "0 ['bpcli.cli.walkthrough', 'numpy']"]


MASKED = """
import sys
import numpy
before = "numpy.ma" in sys.modules
from bpcli.__main__ import main
sys.argv = ["bpcli", "train", "digits", "--epochs", "1", "-q", "--out", "r"]
try:
    main()
finally:
    print(before, "numpy.ma" in sys.modules)
"""


@pytest.mark.slow
def test_training_on_a_shipped_table_does_not_load_masked_arrays(tmp_path):
    """Which ``np.unique`` loads in some versions of NumPy, and which take longer than to read the table."""
    line = [sys.executable, "-c", MASKED]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True)
    before, after = done.stdout.split()
    assert before == after


def test_the_version_is_the_packages(bpcli):
    """``bpcli --version`` on stdout."""
    assert bpcli("--version").out == f"bpcli {package.__version__}\n"


@pytest.mark.parametrize("command", [(), ("config",)], ids=" ".join)
def test_a_bare_command_shows_its_help(bpcli, command):
    """Nothing is wrong with asking what there is."""
    found = bpcli(*command)
    assert (found.code, found.err) == (0, "")
    assert "Usage" in found.out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(bpcli, command, flag):
    """Both spellings, exit 0, usage first."""
    found = bpcli(*command, flag)
    assert found.code == 0
    assert f"bpcli {' '.join(command)}".strip() in found.out


@pytest.mark.parametrize("command", COMMANDS[1:], ids=" ".join)
def test_every_command_is_in_the_documentation(command):
    """The README, or a page that it links, names each command as it is typed."""
    pages = [README, *sorted((README.parent / "docs").glob("*.md"))]
    assert any(f"bpcli {' '.join(command)}" in page.read_text("utf-8") for page in pages)


def test_a_reader_who_leaves_is_no_error(tmp_path):
    """``bpcli config list | head -1`` prints a line and nothing on stderr."""
    line = f"'{sys.executable}' -m bpcli config list | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("and")
