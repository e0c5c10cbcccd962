"""The commands that write: what lies there before, and what must not be lost when one of them fails."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bpcli.cli import export_model, predict, symmetry_demo  # noqa: F401 - loaded before the forks
from bpcli.cli import sweep as sweep_command  # noqa: F401
from bpcli.models import standalone, writing  # noqa: F401
from bpcli.sweep import store, sweeping  # noqa: F401
from tests.torturing.running import bits, command, train

EPOCHS = 4
TABLE = "a,b,kind\n" + "".join(f"{n},{n % 3},{'xy'[n % 2]}\n" for n in range(12))
SWEEP = ("sweep", "xor", "--over", "seed=0:3", "--epochs", "3", "-q", "--jobs", "1")
OLD = b"old\n"


def go_on_with_sweep(folder: Path) -> tuple[str, object]:
    """What a person types for a sweep that was stopped: --resume, or --out if it had not even made its folder."""
    return ("--resume" if folder.exists() else "--out", folder)


@dataclass(frozen=True)
class Command:
    """What is tried.

    Attributes:
        name: as it is reported.
        prepare: makes the folder ``run``, which the faults are in.
        words: the command.
        check: what was lost after it failed, or nothing.
    """

    name: str
    prepare: Callable[[], None]
    words: tuple[object, ...]
    check: Callable[[], str]


def tables(folder: Path) -> dict[str, bytes]:
    """What two equal sweeps have in common."""
    return {name: (folder / name).read_bytes() for name in (store.RESULTS, store.CURVES, store.BEST)}


def prepare(folder: Path, *, runs_only: bool = False) -> None:
    """Make what the commands begin with: runs, a stopped one, a sweep and a half of it, a model, answers."""
    (folder / "t.csv").write_text(TABLE, "utf-8")
    (folder / "answer.json").write_text('{"V": [[1]]}', "utf-8")
    runs = (train(EPOCHS, "whole"), (*train(EPOCHS, "other"), "--seed", "1"), train(EPOCHS // 2, "half"))
    others = (
        (*SWEEP, "--out", "swept"), (*SWEEP[:3], "seed=0:1", *SWEEP[4:], "--out", "half-swept"),
        ("walkthrough", "--seeds", "1:2", "--out", "class", "-q"),
        ("train", "t.csv", "--epochs", "2", "--out", "model", "-q"),
    )  # fmt: skip
    for words in (*runs, *(() if runs_only else others)):
        done = command(folder, *words, seconds=60)
        assert done.code == 0, (words, done)
    # A run that was stopped half way: lengthened, and killed before anything more was written.
    (folder / "half" / "config.yaml").write_bytes((folder / "whole" / "config.yaml").read_bytes())
    (folder / "half" / "summary.json").unlink()


def commands(folder: Path, *, runs_only: bool = False) -> Iterator[Command]:
    """Yield all of them; each is tried in ``folder``, after ``prepare``."""
    yield from _runs(folder)
    if not runs_only:
        yield from _sweeps(folder)
        for name, words, files in written():
            yield _file(folder, name, words, files)


def _copied(folder: Path, name: str | None) -> Callable[[], None]:
    def ready() -> None:
        shutil.rmtree(folder / "run", ignore_errors=True)
        if name:
            shutil.copytree(folder / name, folder / "run")

    return ready


def _runs(folder: Path) -> Iterator[Command]:
    run, whole, other = folder / "run", bits(folder / "whole"), bits(folder / "other")

    def goes_on() -> str:
        words = ("train", "--resume", "run", "-q") if (run / "checkpoint.npz").exists() else None
        done = command(folder, *(words or (*train(EPOCHS), *(["--force"] if run.exists() else []))))
        if done.code:
            return f"does not go on: {done.err}"
        return "" if bits(run) in (whole, other) else "other bits"

    def resumes() -> str:
        done = command(folder, "train", "--resume", "run", "-q")
        return f"lost: {done.err}" if done.code else "" if bits(run) == whole else "other bits"

    yield Command("train", _copied(folder, None), train(EPOCHS), goes_on)
    yield Command("train --resume", _copied(folder, "half"), ("train", "--resume", "run", "-q"), resumes)
    yield Command("train --force", _copied(folder, "other"), (*train(EPOCHS), "--force"), goes_on)


def _sweeps(folder: Path) -> Iterator[Command]:
    whole = tables(folder / "swept")

    def goes_on() -> str:
        done = command(folder, *SWEEP, *go_on_with_sweep(folder / "run"))
        if done.code:
            return f"does not go on: {done.err}"
        return "" if tables(folder / "run") == whole else "other tables"

    yield Command("sweep", _copied(folder, None), (*SWEEP, "--out", "run"), goes_on)
    yield Command("sweep --resume", _copied(folder, "half-swept"), (*SWEEP, "--resume", "run"), goes_on)


def written() -> Iterator[tuple[str, tuple[object, ...], tuple[str, ...]]]:
    """Commands that write files, each over old ones."""
    yield "config new", ("config", "new", "run/new.yaml"), ("new.yaml",)
    yield "data --write-config", ("data", "t.csv", "--write-config", "run/t.yaml", "-q"), ("t.yaml",)
    yield "predict -o", ("predict", "model", "t.csv", "-o", "run/p.csv", "-q"), ("p.csv",)
    for to in ("numpy", "torch"):
        yield f"export --to {to}", ("export", "model", "--to", to, "-o", "run/m.py", "-q"), ("m.py",)
    yield "gradcheck --export", ("gradcheck", "--export", "run/problem.npz", "-q"), ("problem.npz",)
    against = ("gradcheck", "--against", "answer.json", "-q")
    yield "gradcheck --csv", (*against, "--csv", "run/g.csv"), ("g.csv",)
    yield "gradcheck --gradescope", (*against, "--gradescope", "run/r.json"), ("r.json",)
    save = ("symmetry-demo", "--part", "c", "--steps", "3", "-q", "--save")
    for suffix in ("html", "svg", "txt"):
        yield f"report as {suffix}", (*save, f"run/demo.{suffix}"), (f"demo.{suffix}",)
    grade = ("walkthrough", "--grade", "class", "-q", "--csv", "run/m.csv", "--feedback", "run")
    yield "walkthrough --csv --feedback", grade, ("m.csv", "answers-01.txt", "answers-02.txt")
    for form, suffix in (("text", "txt"), ("html", "html"), ("latex", "tex"), ("markdown", "md")):
        # One sheet in Markdown: a second one is written as in the others. Pages and LaTeX have a file of all sheets.
        last = 1 if form == "markdown" else 2
        together = (f"worksheets.{suffix}",) if form in ("html", "latex") else ()
        names = (*together, f"worksheet-01.{suffix}", f"answers-0{last}.yaml", f"key-0{last}.yaml")
        words = ("walkthrough", "--seeds", f"1:{last}", "--out", "run", "--format", form, "-q")
        yield f"worksheets as {form}", words, names


def _file(folder: Path, name: str, words: tuple[object, ...], files: tuple[str, ...]) -> Command:
    run = folder / "run"
    new: dict[str, bytes] = {}

    def old() -> None:
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        for file in files:
            (run / file).write_bytes(OLD)

    def again() -> str:
        half = [file for file in files if (run / file).read_bytes() not in (OLD, new.get(file, OLD))]
        done = command(folder, *words, "--force")
        if done.code not in {0, 3}:
            return f"fails afterwards: {done.err}"
        new.update({file: (run / file).read_bytes() for file in files})
        return f"neither the old file nor the new one: {half}" if half else ""

    def ready() -> None:
        old()
        if not new:  # what a command without faults writes
            first = again()
            assert not first, (name, first)
            assert OLD not in new.values()
            old()

    return Command(name, ready, (*words, "--force"), again)
