"""Whether two commits of bpcli print the same documents, so that a redesign loses nothing that a user had.

    python benchmarks/compare_commits.py A B [--only WORD] [--skip KEY ...] [--list]

A and B are commits, or folders that hold a checkout. Both are unpacked into a temporary folder and run by this Python,
with whatever is installed beside it; nothing is fetched. Every command runs at fixed seeds, for a few steps, in a new
folder. What is compared is each document on stdout, the exit codes, and the files that were written.

Keys, integers, strings and verdicts must be equal, floats to a relative 1e-9 or an absolute 1e-12: below that they
are rounding. Times and paths are left out, and so are the keys that --skip names: ``--skip statement formula text``
after a change of wording (``text`` is the wording of a page; its numbers are compared all the same).

Exits with 1 if anything differs.
"""

import argparse
import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

RELATIVE, ABSOLUTE = 1e-9, 1e-12
SHOWN = 5
MISSING = "(not there)"

# A different machine's clock, folder, commit or digest of a file.
LEFT_OUT = {"seconds", "samples_per_second", "path", "run", "sha256"}
# The nudged network starts 1e-12 from a tie, where rounding is a ten-thousandth of what is measured; a central
# difference with a step near 1e-13 is little else than rounding.
LOOSE = (
    (re.compile(r"^out\.networks\.nudged\."), 0.01),
    (re.compile(r"^out\.curves\..*\.residuals"), 0.95),
)
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")

HEAD = "import numpy as np\n\n\ndef gradients(x, y, V, W):\n"
BODY = """    h = 1 / (1 + np.exp(-V @ x))
    z = 1 / (1 + np.exp(-W @ h))
    delta_2 = (z - y) * z * (1 - z)
    delta_1 = W.T @ delta_2 * h * (1 - h)
    return np.outer(delta_1, x), np.outer(delta_2, h)
"""
FILES = {
    "right.py": HEAD + BODY,
    "no_omega.py": HEAD + BODY.replace(" * z * (1 - z)", ""),
    "raw_error.py": HEAD + BODY.replace("W.T @ delta_2", "W.T @ (z - y)"),
    "scaled.py": HEAD + BODY.replace("return np.outer(delta_1, x)", "return 3 * np.outer(delta_1, x)"),
    "transposed.py": HEAD + BODY.replace("np.outer(delta_2, h)", "np.outer(h, delta_2)"),
    "crash.py": HEAD + "    raise ValueError('no answer')\n",
    "shape.py": HEAD + "    return V[:1], W\n",
    "empty.py": "gradients = 3\n",
    "batch.py": """import numpy as np


def gradients(X, Y, V, W, bias_V, bias_W, weight_decay):
    H = 1 / (1 + np.exp(-X @ V.T - bias_V))
    Z = 1 / (1 + np.exp(-H @ W.T - bias_W))
    D2 = (Z - Y) * Z * (1 - Z) / len(X)
    D1 = D2 @ W * H * (1 - H)
    return {"V": D1.T @ X + weight_decay * V, "W": D2.T @ H, "bias_V": D1.sum(0), "bias_W": D2.sum(0)}
""",
    "bad.yaml": "data:\n  sorce: iris\n  validation: 2\ntraining:\n  epochs: ten\n  los: x\nmodel: {hidden: [0]}\n",
    "syntax.yaml": "data:\n  source: [iris\n",
    "table.csv": "a,b,c,size\n" + "".join(f"{i % 7},{i * i % 11},{i * 5 % 3},{i / 4 - 2}\n" for i in range(40)),
    "table.yaml": "data: {source: table.csv}\nmodel: {hidden: [5], activation: tanh, output: identity}\n",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Commands for one folder, one after the other; compared are stdout of the last and the files that are named."""

    name: str
    commands: tuple[str, ...]
    files: tuple[str, ...] = ()
    keys_only: bool = (
        False  # what BLAS does with equal units is chaotic: the same keys, whatever their values
    )


@dataclass
class Result:
    """What a case left: its exit codes and its documents by name."""

    codes: list[int] = field(default_factory=list)
    documents: dict[str, Any] = field(default_factory=dict)


def cases() -> Iterator[Case]:
    """Yield everything that is compared."""
    run_files = ("run/metrics.csv", "run/config.yaml", "run/initial.npz", "run/best.npz", "run/summary.json")
    for config, options in (
        ("iris", ""),
        ("digits", ""),
        ("xor", "--seed 3"),
        ("and", ""),
        ("spiral", ""),
        ("circles", ""),
        ("moons", ""),
        ("logistic", ""),
        ("symmetry", ""),
        ("table.yaml", "--seed 1"),
        ("iris", "--set model.hidden=[6,4] --set model.activation=relu --set training.optimizer.name=adam --seed 2"),
        ("iris", "--set model.output=softmax --set training.loss=cross_entropy --set training.schedule.name=cosine"),
        ("iris", "--set training.weight_decay=0.01 --set training.optimizer.momentum=0.9 --set model.bias=false"),
        ("moons", "--set training.early_stopping.patience=1 --set data.scale=minmax --set model.activation=tanh"),
        ("xor", "--set model.activation=relu --set model.output=identity --set training.optimizer.learning_rate=1e200"),
    ):  # fmt: skip
        yield Case(
            f"train {config} {options}", (f"train {config} --epochs 3 {options} --out run --json",), run_files
        )
    yield Case(
        "train --resume",
        ("train iris --epochs 2 --out run -q", "train --resume run --epochs 4 --json"),
        run_files,
    )

    for config in ("gradcheck", "iris", "xor", "spiral", "logistic", "digits"):
        yield Case(f"gradcheck {config}", (f"gradcheck {config} --json",))
    own = "gradcheck --set model.activation=relu --method central --seed 5 --json"
    yield Case("gradcheck, central", (own,))
    yield Case("gradcheck --sweep-step", ("gradcheck --sweep-step --json",))
    yield Case("gradcheck --list-mistakes", ("gradcheck --list-mistakes --json",))
    yield Case("gradcheck --export", ("gradcheck --export point.json --json",), ("point.json",))
    submissions = " ".join(name for name in FILES if name.endswith(".py") and name != "batch.py")
    yield Case("gradcheck --against", (f"gradcheck --seed 1 --time-limit 30 --json --against {submissions}",))
    biases = "--set model.bias=true --set training.weight_decay=0.1"
    yield Case("gradcheck --against, biases", (f"gradcheck {biases} --json --against batch.py right.py",))
    for mistake in (
        "no-omega", "extra-omega", "raw-error-back", "no-lambda", "preactivation", "updated-first", "sign",
        "sum-for-mean", "w-not-transposed", "outer-transposed", "last-sample",
    ):  # fmt: skip
        yield Case(f"gradcheck --inject {mistake}", (f"gradcheck --inject {mistake} --json",))

    for options in (
        "",
        "iris",
        "--hidden 5 --activation tanh --bias",
        "--dtype float32",
        "--hidden 1",
        "--init constant",
    ):
        yield Case(f"symmetry-demo {options}", (f"symmetry-demo {options} --steps 10 --json",))
    blas = "symmetry-demo --steps 3 --arithmetic blas --json"
    yield Case("symmetry-demo --arithmetic blas", (blas,), keys_only=True)

    typed = "--x 1,0,1 --y 1,0 --V 1,0,1;0,1,1 --W [[1,-1],[0.5,2]] --rate 0.1"
    for options in (
        "", "iris", "spiral", "logistic", "--seed 4", typed, "--hidden none --seed 1", "--sizes 3,4,2 --seed 2",
        "--seed 3 --set model.bias=true --set training.loss=cross_entropy", "--notation delta --part b-d",
    ):  # fmt: skip
        yield Case(f"walkthrough {options}", (f"walkthrough {options} --json",))
    for notation in ("vw", "delta"):
        for options in (
            "--format text",
            "--format markdown",
            "--format latex",
            "--format html",
            "--part f --digits 6",
        ):
            yield Case(
                f"walkthrough --notation {notation} {options}",
                (f"walkthrough --notation {notation} {options}",),
            )
    for options in ("--worksheet", "--key", "--key --notation delta --format html"):
        yield Case(f"walkthrough {options}", (f"walkthrough {options} --seed 7",))
    for options in (
        "",
        "--hidden 3,2 --digits 3",
        "--hidden none",
        "--set model.bias=true --set training.loss=cross_entropy",
    ):
        write = f"walkthrough --seeds 1:4 --out class {options} -q"
        yield Case(f"worksheets {options}", (write,), ("class/*",))
        yield Case(f"grade, keys {options}", (write, "walkthrough --json --grade class/key-*.yaml"))
        yield Case(
            f"grade, mistakes {options}", (write, "!spoil", "walkthrough --json --grade class/key-*.yaml")
        )
    yield Case(
        "grade, blanks",
        ("walkthrough --seeds 1:2 --out class -q", "walkthrough --json --grade class/answers-*.yaml"),
    )

    yield Case("config list", ("config list --json",))
    yield Case("config schema", ("config schema",))
    for name in ("xor", "digits", "iris --set model.hidden=[16,8] --seed 3", "symmetry-demo", "table.yaml"):
        yield Case(f"config show {name}", (f"config show {name} --json",))
    for name in (
        "iris",
        "table.yaml",
        "bad.yaml",
        "syntax.yaml",
        "iris --set training.epochs=no --set modle.hidden=3",
    ):
        yield Case(f"config check {name}", (f"config check {name} --json",))


def spoil(folder: Path) -> None:
    """Change one number in each answers file, another one in every file: a sign, a digit, a factor."""
    for index, path in enumerate(sorted(folder.glob("key-*.yaml"))):
        lines = path.read_text(encoding="utf-8").splitlines()
        blanks = [at for at, line in enumerate(lines) if re.match(r"^(?!seed|digits|rate)\w+: .*\d", line)]
        at = blanks[(3 * index + 2) % len(blanks)]
        name, rest = lines[at].split(":", 1)
        change = (lambda v: -v or 1.0, lambda v: v + 0.1, lambda v: 2 * v + 1)[index % 3]
        lines[at] = name + ":" + NUMBER.sub(lambda found, f=change: f"{f(float(found[0])):g}", rest, count=1)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(case: Case, checkout: Path, folder: Path) -> Result:
    """Run the commands of a case with the code of one commit."""
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BPCLI_")}
    environment |= {"PYTHONPATH": str(checkout), "PYTHONUTF8": "1", "COLUMNS": "100", "NO_COLOR": "1"}
    result, out = Result(), ""
    for command in case.commands:
        if command == "!spoil":
            spoil(folder / "class")
            continue
        words: list[str] = []
        for word in command.split():
            words += (
                sorted(str(path.relative_to(folder)) for path in folder.glob(word)) if "*" in word else [word]
            )
        done = subprocess.run(
            [sys.executable, "-m", "bpcli", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
        )
        out = done.stdout.decode().replace(str(folder), "FOLDER").replace(str(checkout), "CHECKOUT")
        if "Traceback" in done.stderr.decode():
            result.documents["traceback"] = done.stderr.decode().splitlines()[-1]
        result.codes.append(done.returncode)
    result.documents["out"] = plain(out)
    for pattern in case.files:
        for path in sorted(folder.glob(pattern)):
            result.documents[str(path.relative_to(folder))] = read(path, folder)
    return result


def plain(text: str) -> Any:
    """Return a document of numbers and words: the JSON, or the numbers and the words of a page."""
    try:
        return json.loads(text)
    except ValueError:
        return {
            "numbers": [float(number.replace("−", "-")) for number in NUMBER.findall(text)],
            "text": NUMBER.sub("#", text).splitlines(),
        }


def read(path: Path, folder: Path) -> Any:
    """Read a file that a command wrote in this folder, whose own path is left out."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name].tolist() for name in arrays}
    text = path.read_text(encoding="utf-8").replace(str(folder), "FOLDER")
    if path.suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    if path.suffix == ".yaml":
        return yaml.safe_load(text)
    return plain(text)


def differences(a: Any, b: Any, skipped: set[str], *, keys_only: bool, place: str) -> Iterator[str]:
    """Yield where two documents differ, in order."""

    def inside(x: Any, y: Any, key: str) -> Iterator[str]:
        return differences(x, y, skipped, keys_only=keys_only, place=f"{place}.{key}")

    if isinstance(a, dict) and isinstance(b, dict):
        rounding = all(
            isinstance(each.get("residual"), float) and each["residual"] < RELATIVE for each in (a, b)
        )
        tied = all(each.get("verdict") in {"exact", "within rounding"} for each in (a, b))
        for key in [*a, *(key for key in b if key not in a)]:
            # Which entry has the largest rounding error is chance, and so is which of several equal units is named.
            if key in skipped or (key == "worst" and rounding) or (key == "twin" and tied):
                continue
            yield from inside(a.get(key, MISSING), b.get(key, MISSING), str(key))
    elif isinstance(a, list) and isinstance(b, list):
        if keys_only:
            a, b = a[:1], b[:1]
        if len(a) != len(b):
            yield f"{place}: {len(a)} entries, {len(b)} entries"
        for index, (x, y) in enumerate(zip(a, b, strict=False)):
            name = x.get("name", index) if isinstance(x, dict) else index
            yield from inside(x, y, str(name))
    elif keys_only and MISSING not in (a, b):
        return
    elif not equal(number(a), number(b), place):
        yield f"{place}: {a!r}, {b!r}"


def number(value: Any) -> Any:
    """Return the number that a cell of a CSV file holds, or the value as it is."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+(e[-+]?\d+)?|-?\d+e[-+]?\d+", value):
        return float(value)
    return value


def equal(a: Any, b: Any, place: str) -> bool:
    """Whether two values are the same, floats to rounding; 1 and 1.0 are different, and so are 1 and true."""
    if type(a) is not type(b):
        return False
    if not isinstance(a, float):
        return bool(a == b)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    relative = next((loose for pattern, loose in LOOSE if pattern.search(place)), RELATIVE)
    return math.isclose(a, b, rel_tol=relative, abs_tol=ABSOLUTE)


def unpack(commit: str, folder: Path) -> Path:
    """Return a folder with the files of a commit; a folder that is given is taken as it is."""
    if (Path(commit) / "bpcli").is_dir():
        return Path(commit).resolve()
    top = Path(__file__).resolve().parents[1]
    folder.mkdir()
    archive = folder.with_suffix(".tar")
    subprocess.run(["git", "archive", "--output", str(archive), commit], cwd=top, check=True)
    shutil.unpack_archive(archive, folder, filter="data")
    return folder


def compare(case: Case, a: Result, b: Result, skipped: set[str]) -> list[str]:
    """Return the differences between what two commits made of a case."""
    found = [] if case.keys_only or a.codes == b.codes else [f"exit codes: {a.codes}, {b.codes}"]
    if len(a.documents) == 1 and a.documents["out"] == plain(""):
        found.append("nothing was printed: the case compares nothing")
    for name in [*a.documents, *(name for name in b.documents if name not in a.documents)]:
        pair = a.documents.get(name, MISSING), b.documents.get(name, MISSING)
        found += differences(*pair, skipped, keys_only=case.keys_only, place=name)
    return found


def main() -> int:
    """Compare, print a line for each case, and say whether anything differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "commits", nargs="*", metavar="COMMIT", help="two commits, or folders with a checkout"
    )
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--skip", nargs="+", default=[], metavar="KEY", help="keys that may differ")
    parser.add_argument("--all", action="store_true", help=f"every difference, not the first {SHOWN}")
    parser.add_argument("--list", action="store_true", help="show what is compared, and do nothing")
    options = parser.parse_args()
    chosen = [case for case in cases() if options.only in case.name]
    if options.list:
        for case in chosen:
            print(f"{case.name}\n    " + "\n    ".join((*case.commands, *case.files)))
        return 0
    if len(options.commits) != 2:
        parser.error("two commits are needed")
    differing = 0
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        root = Path(scratch)
        checkouts = [unpack(commit, root / side) for commit, side in zip(options.commits, "ab", strict=True)]
        for index, case in enumerate(chosen):
            folders = [root / f"{index}{side}" for side in "ab"]
            a, b = pool.map(run, (case, case), checkouts, folders)
            found = compare(case, a, b, LEFT_OUT | set(options.skip))
            differing += bool(found)
            verdict = f"{len(found)} differences" if found else "same"
            print(f"{case.name.strip()}: {verdict} (exit {a.codes[-1]})", flush=True)
            for line in found[: None if options.all else SHOWN]:
                print(f"    {line}")
    print(f"{differing} of {len(chosen)} differ")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
