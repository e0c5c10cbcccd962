"""No file is overwritten that bpcli did not write, unless --force says so; and only files give way to files."""

import os
import shutil

import pytest

from tests.torturing.commands import TABLE, written

WRITERS = {name: (words, files) for name, words, files in written()}
SOME = ("config new", "data --write-config", "predict -o", "export --to numpy", "gradcheck --export", "gradcheck --csv",
        "gradcheck --gradescope", "report as html", "walkthrough --csv --feedback", "worksheets as text")  # fmt: skip


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """What the commands begin with, made once."""
    from tests.torturing.commands import prepare

    folder = tmp_path_factory.mktemp("begun")
    prepare(folder)
    return folder


@pytest.fixture
def writes(bpcli, tmp_path, begun):
    """Return a function that runs a command that writes into ``run``."""
    for name in ("model", "class"):
        shutil.copytree(begun / name, tmp_path / name)
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "answer.json").write_text('{"V": [[1]]}', encoding="utf-8")
    (tmp_path / "run").mkdir()
    return lambda name, *more: bpcli(*WRITERS[name][0], *more)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="what is begun is made in forks")
@pytest.mark.parametrize("name", SOME)
def test_no_file_is_overwritten_without_force(writes, tmp_path, name):
    """A file, and a link that leads nowhere: refused by name and kept; each of several files counts."""
    for file in WRITERS[name][1]:
        path = tmp_path / "run" / file
        path.write_text("mine", encoding="utf-8")
        found = writes(name)
        assert (found.code, found.err.startswith(f"error: run/{file} exists already")) == (2, True), found
        assert "--force" in found.err
        assert path.read_text(encoding="utf-8") == "mine"
        path.unlink()
        path.symlink_to("nowhere")
        assert writes(name).code == 2
        assert not path.exists()
        path.unlink()
    assert [*(tmp_path / "run").iterdir()] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("name", SOME)
def test_force_replaces_files_only(writes, tmp_path, name):
    """A folder, a named pipe, a link to one: refused with --force too. A link to a file gives way, the file stays."""
    path = tmp_path / "run" / WRITERS[name][1][0]
    path.mkdir()
    assert f"run/{path.name} is a folder" in writes(name, "--force").err
    path.rmdir()
    os.mkfifo(tmp_path / "pipe")
    path.symlink_to("../pipe")
    found = writes(name, "--force")
    assert (found.code, f"run/{path.name} is a named pipe, not a file" in found.err) == (2, True), found
    assert path.is_symlink()
    path.unlink()
    os.mkfifo(path)
    assert writes(name, "--force").code == 2
    assert path.is_fifo()
    path.unlink()
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    path.symlink_to("../victim")
    assert writes(name, "--force").code in {0, 3}
    assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"
    assert path.read_text(encoding="utf-8", errors="replace") != "mine"


def test_a_roster_is_not_overwritten(bpcli, tmp_path):
    """--out may be the folder of the teacher's own roster."""
    (tmp_path / "roster.csv").write_text("name,note\nAnna,mine\n", encoding="utf-8")
    found = bpcli("walkthrough", "--seeds", "1:1", "--roster", "roster.csv", "--out", ".")
    assert (found.code, "roster.csv exists already" in found.err) == (2, True)
    assert (tmp_path / "roster.csv").read_text(encoding="utf-8") == "name,note\nAnna,mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["roster.csv"]


def test_force_needs_something_to_overwrite(bpcli):
    """gradcheck --force alone would do nothing."""
    assert "--force overwrites the file of" in bpcli("gradcheck", "--force").err
