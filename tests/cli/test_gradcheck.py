"""``bpcli gradcheck`` as a person types it: verdicts, exit codes, and a mistake mended from the message alone."""

import csv
import functools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from bpcli.gradcheck import selection
from bpcli.mistakes.catalogue import CATALOGUE

# Without a configuration the same networks are trained with the same numbers each time, for seconds.
check_selection = functools.cache(selection.check_selection)

# tests/gradcheck/test_hostile.py starts the processes of submissions as bpcli does, and so do the programs below.
pytestmark = pytest.mark.usefixtures("forked")

RIGHT = """
import numpy as np


def gradients(x, y, V, W):
    h = 1 / (1 + np.exp(-V @ x))
    z = 1 / (1 + np.exp(-W @ h))
    delta_2 = (z - y) * z * (1 - z)
    delta_1 = W.T @ delta_2 * h * (1 - h)
    return np.outer(delta_1, x), np.outer(delta_2, h)
"""
RAW = RIGHT.replace("W.T @ delta_2 *", "W.T @ (z - y) *")
BATCH = """
import numpy as np


def gradients(X, Y, V, W, weight_decay):
    s = lambda a: 1 / (1 + np.exp(-a))
    H = s(X @ V.T)
    Z = s(H @ W.T)
    D2 = (Z - Y) * Z * (1 - Z) / len(X)
    D1 = D2 @ W * H * (1 - H)
    return {"W": D2.T @ H + weight_decay * W, "V": D1.T @ X + weight_decay * V}
"""


@pytest.fixture
def raw_numbers(bpcli, tmp_path):
    """What RAW computes at the point of ``--export``, as an answer in numbers, which starts no process."""
    bpcli("gradcheck", "--export", "example.npz")
    with np.load(tmp_path / "example.npz") as file:
        X, Y, V, W = (file[name] for name in ("X", "Y", "V", "W"))
    H = 1 / (1 + np.exp(-X @ V.T))
    Z = 1 / (1 + np.exp(-H @ W.T))
    E = (Z - Y) / len(X)
    answer = {"V": ((E @ W * H * (1 - H)).T @ X).tolist(), "W": ((E * Z * (1 - Z)).T @ H).tolist()}
    (tmp_path / "raw.json").write_text(json.dumps(answer), encoding="utf-8")
    return "raw.json"


@pytest.fixture(autouse=True)
def checked_once(monkeypatch):
    """Check the networks of ``bpcli gradcheck`` once, and show that at every width and in every format."""
    monkeypatch.setattr(selection, "check_selection", check_selection)


def test_without_a_configuration_small_networks_of_every_kind_are_checked(bpcli):
    """One table, a line a network, and the document has each with its tensors."""
    found = bpcli("gradcheck")
    assert found.code == 0
    document = json.loads(bpcli("gradcheck", "--json").out)
    count = len(document["checks"])
    assert count == len(selection.CASES) + 15
    assert f"{count} of {count} checks correct" in found.out
    assert document["network"] is None
    networks = [check["network"] for check in document["checks"]]
    assert {network["activation"] for network in networks} == {"sigmoid", "tanh", "relu", "identity"}
    assert {len(network["sizes"]) for network in networks} == {2, 3, 4}


def test_bpclis_own_gradients_are_correct(bpcli):
    """At the initial weights and after some training, every tensor, passed-back gradients included: exit 0."""
    found = bpcli("gradcheck", "gradcheck")
    assert found.code == 0
    assert "wrong" not in found.out
    for name in ("∇V", "∇W", "∇z", "∇h", "∇x"):
        assert name in found.out


def test_the_document_has_the_keys_of_the_contract(bpcli, tmp_path):
    """Schema, verdict, checks with tensors and mistakes; one check for each file and nothing else."""
    (tmp_path / "raw.py").write_text(RAW)
    own = json.loads(bpcli("gradcheck", "--json").out)
    assert own["schema"] == "bpcli.gradcheck/1"
    assert own["verdict"] == "correct"
    assert all(check["mistakes"] == [] for check in own["checks"])
    found = bpcli("gradcheck", "--json", "--against", "raw.py")
    assert found.code == 3
    document = json.loads(found.out)
    (check,) = document["checks"]
    assert (check["source"], check["verdict"]) == ("raw.py", "wrong")
    assert {"name", "shape", "residual", "verdict", "worst"} <= set(check["tensors"][0])
    (mistake,) = check["mistakes"]
    assert mistake["id"] == "raw-error-back"
    assert mistake["explanation"]
    assert mistake["fix"]


@pytest.mark.parametrize("text", [RIGHT, BATCH])
def test_a_right_answer_exits_with_0(bpcli, tmp_path, text):
    """A point at a time, and the batch with weight decay."""
    (tmp_path / "mine.py").write_text(text)
    found = bpcli("gradcheck", "--against", "mine.py")
    assert found.code == 0
    assert found.out.splitlines()[-1] == "2 of 2 gradients correct"


def test_the_last_line_is_the_verdict(bpcli, tmp_path, raw_numbers):
    """What is wrong, by name; what is missing; and of bpcli's own gradients how many are right."""
    (tmp_path / "half.py").write_text(RIGHT.replace("return np.outer(delta_1, x), ", "return None, "))
    assert bpcli("gradcheck", "--against", raw_numbers).out.splitlines()[-1] == "∇V wrong: raw-error-back"
    found = bpcli("gradcheck", "--against", "half.py")
    assert found.code == 3
    assert "1 of 2 gradients correct, the rest inconclusive: missing: ∇V; found: ∇W" in found.out
    assert found.out.count("read as: one sample at a time (n,), averaged, weights n_out × n_in") == 1
    for network in (["gradcheck"], []):
        own = bpcli("gradcheck", *network).out.splitlines()[-1].split()
        assert own[0] == own[2]
        assert own[-1] == "correct"


def test_a_class_is_a_table_by_mistake(bpcli, tmp_path):
    """How many, and who; one in detail with --show; a gradebook for a spreadsheet."""
    names = ["ann.py", "bob.py", "=cat.py", "dan.py"]
    for name, text in zip(names, (RIGHT, RAW, RAW, "gradients = 3\n"), strict=True):
        (tmp_path / name).write_text(text)
    found = bpcli("gradcheck", "--csv", "grades.csv", "--against", *names)
    assert found.code == 3
    rows = {line.split()[0]: line.split() for line in found.out.splitlines() if line}
    assert rows["correct"][1:] == ["1", "ann.py"]
    assert rows["raw-error-back"][1:] == ["2", "bob.py,", "=cat.py"]
    assert "failed: no function" in found.out
    assert "W.T @ delta_2" not in found.out
    assert "W.T @ delta_2" in " ".join(
        bpcli("gradcheck", "--show", "bob", "--against", *names[:2]).out.split()
    )
    with (tmp_path / "grades.csv").open(newline="") as file:
        grades = list(csv.DictReader(file))
    assert [(row["verdict"], row["mistakes"]) for row in grades] == [
        ("correct", ""), ("wrong", "raw-error-back"), ("wrong", "raw-error-back"), ("failed", ""),
    ]  # fmt: skip
    assert grades[2]["file"] == "'=cat.py"


@pytest.mark.parametrize(("much", "says"), [("mistake", 0), ("hint", 1), ("fix", 2)])
def test_gradescope_gets_a_score_for_each_gradient_and_as_much_as_is_allowed(
    bpcli, tmp_path, raw_numbers, much, says
):
    """The id, what was done, and what is right."""
    bpcli("gradcheck", "--gradescope", "results.json", "--feedback", much, "--against", raw_numbers)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 1.0
    assert {test["name"]: (test["score"], test["max_score"]) for test in results["tests"]} == {
        "∇V": (0.0, 1.0),
        "∇W": (1.0, 1.0),
    }
    given_away = ["raw-error-back", "passed back", "W.T @ delta_2"]
    for place, words in enumerate(given_away):
        assert (words in results["output"]) == (place <= says), words


def test_gradescope_gets_a_point_for_each_of_three_gradients_of_four(bpcli, tmp_path):
    """The gradient of the bias of V is doubled, and costs its own point only."""
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n"
        "def gradients(x, y, V, W, bias_V, bias_W):\n"
        "    h = 1 / (1 + np.exp(-(V @ x + bias_V)))\n"
        "    z = 1 / (1 + np.exp(-(W @ h + bias_W)))\n"
        "    delta_2 = (z - y) * z * (1 - z)\n"
        "    delta_1 = W.T @ delta_2 * h * (1 - h)\n"
        "    return {'V': np.outer(delta_1, x), 'W': np.outer(delta_2, h), 'bias_V': 2 * delta_1, 'bias_W': delta_2}\n",
        encoding="utf-8",
    )
    bpcli(
        "gradcheck",
        "--set",
        "model.bias=true",
        "--gradescope",
        "results/results.json",
        "--against",
        "mine.py",
    )
    results = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert results["score"] == 3.0
    assert len(results["tests"]) == 4


@pytest.mark.parametrize(
    ("name", "bias"),
    [
        ("plain", "false"),
        ("plain", "true"),
        ("columns", "true"),
        ("class", "true"),
        pytest.param("columns", "false", marks=pytest.mark.slow),
        pytest.param("class", "false", marks=pytest.mark.slow),
    ],
)
def test_a_template_filled_in_is_correct(bpcli, tmp_path, name, bias):
    """As it is printed there is nothing to check yet."""
    options = ("--set", f"model.bias={bias}")
    text = bpcli("gradcheck", "--template", name, *options).out
    (tmp_path / "mine.py").write_text(text)
    assert "missing return" in bpcli("gradcheck", *options, "--against", "mine.py").out
    filled = {
        "delta_2 = None": "delta_2 = (z - y) * z * (1 - z)", "grad_W = None": "grad_W = np.outer(delta_2, h)",
        "delta_1 = None": "delta_1 = W.T @ delta_2 * h * (1 - h)", "grad_V = None": "grad_V = np.outer(delta_1, x)",
        "dW2 = None": "D2 = (A2 - Y) * A2 * (1 - A2) / N; D1 = W2.T @ D2 * A1 * (1 - A1); dW2 = D2 @ A1.T",
        "db2 = None": "db2 = D2.sum(1, keepdims=True)", "dW1 = None": "dW1 = D1 @ X.T", "db1 = None": "db1 = D1.sum(1)",
        "self.grad_W = None": "D2 = (self.Z - Y) * self.Z * (1 - self.Z) / len(X); self.grad_W = D2.T @ self.H; "
        "D1 = D2 @ self.W * self.H * (1 - self.H)",
        "self.grad_V = None": "self.grad_V = D1.T @ X", "self.grad_bias_W = None": "self.grad_bias_W = D2.sum(0)",
        "self.grad_bias_V = None": "self.grad_bias_V = D1.sum(0)",
    }  # fmt: skip
    for empty, line in filled.items():
        text = re.sub(
            rf"^(\s+){re.escape(empty)}.*$", lambda m, line=line: m[1] + line, text, flags=re.MULTILINE
        )
    (tmp_path / "mine.py").write_text(text)
    found = bpcli("gradcheck", *options, "--against", "mine.py")
    assert found.code == 0, found.out


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_templates_for_other_libraries_are_python(bpcli, name):
    """With biases and without."""
    for bias in ("true", "false"):
        compile(bpcli("gradcheck", "--template", name, "--set", f"model.bias={bias}").out, name, "exec")


def test_a_wrong_answer_is_mended_from_the_message_alone(bpcli, tmp_path):
    """The fix that is printed, put into the file, makes it right."""
    (tmp_path / "mine.py").write_text(RAW)
    found = bpcli("gradcheck", "--against", "mine.py")
    assert found.code == 3
    said = " ".join(found.out.split())
    assert "raw-error-back" in said
    assert "W.T @ delta_2" in said
    (tmp_path / "mine.py").write_text(RAW.replace("W.T @ (z - y)", "W.T @ delta_2"))
    assert bpcli("gradcheck", "--against", "mine.py").code == 0


def test_many_files_are_a_table_with_a_line_each(bpcli, tmp_path):
    """Whatever happens to one file, the others go on; the shell's list after --against is taken whole."""
    files = {
        "a.py": RIGHT,
        "b.py": RAW,
        "c.py": RIGHT.replace("return", "import time; time.sleep(60)\n    return"),
        "d.py": "def gradients(x, y, V, W):\n    raise SystemExit(7)\n",
        "e.py": RIGHT.replace("np.outer(delta_1, x)", "np.outer(delta_1, x) * np.nan"),
        "f.py": "gradients = 3\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = bpcli("gradcheck", "--time-limit", "1", "--json", "--against", *files)
    assert found.code == 3
    verdicts = {check["source"]: check["verdict"] for check in json.loads(found.out)["checks"]}
    assert verdicts == {
        "a.py": "correct", "b.py": "wrong", "c.py": "failed", "d.py": "failed", "e.py": "failed", "f.py": "failed",
    }  # fmt: skip
    shown = bpcli("gradcheck", "--time-limit", "1", "--against", "a.py", "b.py").out
    assert "1 of 2 files correct" in shown


def test_export_and_answer_in_numbers(bpcli, tmp_path):
    """A point written by --export, answered in any language, judged by --against."""
    assert bpcli("gradcheck", "--export", "example.npz").code == 0
    with np.load(tmp_path / "example.npz") as file:
        X, Y, V, W = (file[name] for name in ("X", "Y", "V", "W"))
    H = 1 / (1 + np.exp(-X @ V.T))
    Z = 1 / (1 + np.exp(-H @ W.T))
    D2 = (Z - Y) * Z * (1 - Z) / len(X)
    right = {"V": (D2 @ W * H * (1 - H)).T @ X, "W": D2.T @ H}
    np.savez(tmp_path / "answer.npz", **right)
    (tmp_path / "answer.json").write_text(json.dumps({name: g.tolist() for name, g in right.items()}))
    (tmp_path / "signs.json").write_text(json.dumps({name: (-g).tolist() for name, g in right.items()}))
    assert bpcli("gradcheck", "--against", "answer.npz", "answer.json").code == 0
    found = bpcli("gradcheck", "--json", "--against", "signs.json")
    assert json.loads(found.out)["checks"][0]["mistakes"][0]["id"] == "sign"
    assert bpcli("gradcheck", "--point", "example.npz", "--against", "answer.json").code == 0


def test_an_uninformative_point_is_replaced_unless_it_was_given(bpcli, tmp_path):
    """Constant weights: bpcli draws another point and says so; given by the person, the verdict says it cannot tell."""
    (tmp_path / "mine.py").write_text(RIGHT)
    constant = ("--set", "model.init={scheme: constant, value: 0.5}")
    found = bpcli("gradcheck", *constant, "--against", "mine.py")
    assert found.code == 0
    assert "a random one takes its place" in " ".join(found.err.split())
    bpcli("gradcheck", "--export", "example.json")
    point = json.loads((tmp_path / "example.json").read_text())
    point["V"] = [[0.5] * 3] * 4
    (tmp_path / "example.json").write_text(json.dumps(point))
    found = bpcli("gradcheck", "--point", "example.json", "--against", "mine.py", "--json")
    assert found.code == 3
    assert json.loads(found.out)["verdict"] == "uninformative"


@pytest.mark.parametrize(
    "mistake",
    # tests/mistakes/test_catalogue.py makes and names each of them; here is how that is asked for.
    [pytest.param(m.id, marks=[pytest.mark.slow] if place % 6 else []) for place, m in enumerate(CATALOGUE)],
)
def test_every_mistake_can_be_injected_and_is_named(bpcli, mistake):
    """--inject ID shows the mistake and that the check catches it."""
    found = bpcli("gradcheck", "--inject", mistake)
    assert found.code == 3
    assert mistake in found.out


def test_the_catalogue_is_printed_and_documented(bpcli):
    """--list-mistakes and docs/mistakes.md have every row."""
    shown = bpcli("gradcheck", "--list-mistakes")
    page = (Path(__file__).parents[2] / "docs" / "mistakes.md").read_text()
    assert shown.code == 0
    for mistake in CATALOGUE:
        assert mistake.id in shown.out
        assert f"## {mistake.id}\n" in page
        assert mistake.right in page


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--against", "absent.py"], "no such file"),
        (["--inject", "nonsense"], "--list-mistakes"),
        (["--layout", "columns"], "--layout is about the files of --against"),
        (["--csv", "x.csv"], "--csv is about the files of --against"),
        (["--feedback", "fix", "--against", "mine.py"], "--gradescope"),
        (["--gradescope", "x.json", "--against", "mine.py", "mine.py"], "one file"),
        (["--show", "yours", "--against", "mine.py", "mine.py"], "no such file"),
        (["--template", "plain", "--against", "mine.py"], "one of them at a time"),
        (["--against"], "--against"),
        (["--against", "mine.py", "--export", "x.npz"], "one of them at a time"),
        (["--point", "x.npz"], "--against"),
        (["--method", "central", "--against", "mine.py"], "--method"),
        (["--time-limit", "inf", "--against", "mine.py"], "--time-limit"),
    ],
)
def test_wrong_usage_is_exit_2(bpcli, tmp_path, arguments, says):
    """One message that says what to do."""
    (tmp_path / "mine.py").write_text(RIGHT)
    found = bpcli("gradcheck", *arguments)
    assert found.code == 2
    assert says in found.err


@pytest.mark.parametrize("columns", [60, 100, 160])
def test_the_tables_fit_the_terminal(bpcli, raw_numbers, columns):
    """Own check, a wrong answer, the catalogue: no line too long, nothing cut off."""
    for arguments in ([], ["--against", raw_numbers], ["--list-mistakes"], ["--sweep-step"]):
        found = bpcli("gradcheck", *arguments, columns=columns)
        assert max(map(len, found.out.splitlines())) <= columns, arguments
        assert "…" not in found.out


@pytest.mark.parametrize("config", ["xor", "iris", "digits", "logistic", "spiral", "and"])
def test_the_gradients_of_every_shipped_network_are_right(bpcli, config):
    """The very networks that train: softmax, tanh, two hidden layers, 64 inputs."""
    assert bpcli("gradcheck", config).code == 0


def test_a_folder_is_told_how_its_files_are_named(bpcli, tmp_path):
    """What a lecturer types first is answered with what to type."""
    (tmp_path / "class").mkdir()
    found = bpcli("gradcheck", "--against", "class")
    assert (found.code, found.err) == (2, "error: class is a folder; name its files: --against class/*.py\n")


def test_a_path_that_is_no_answer_costs_itself_only(bpcli, tmp_path):
    """A missing file and a folder among the files: each failed, the others graded."""
    (tmp_path / "mine.py").write_text(RIGHT)
    (tmp_path / "folder.py").mkdir()
    found = bpcli("gradcheck", "--json", "--against=mine.py", "absent.py", "folder.py")
    verdicts = [check["verdict"] for check in json.loads(found.out)["checks"]]
    assert (found.code, verdicts) == (3, ["correct", "failed", "failed"])


def test_export_prints_its_document(bpcli):
    """--export --json: one document, with the path."""
    assert json.loads(bpcli("gradcheck", "--export", "p.json", "--json").out)["path"] == "p.json"


def test_relu_at_a_kink_is_checked_at_a_random_example(bpcli):
    """Zero biases and the input (0, 0) put relu on its kink at the start of XOR: said so, and checked elsewhere."""
    found = bpcli("gradcheck", "xor", "--set", "model.activation=relu")
    assert found.code == 0
    assert "a random example" in found.out


FULL_DISK = "import errno\nraise OSError(errno.ENOSPC, 'No space left on device')\n"
FORGED = (
    'import json\njson.dumps = lambda report: \'{"kind": "crash"}\'\n',
    'import json\njson.dumps = lambda report: \'{"kind": "crash", "message": "\\\\u001b[2J"}\'\n',
    "raise ValueError('\\x1b[2J')\n",
)


def test_forged_reports_are_lines_of_a_table_that_go_no_further(bpcli, tmp_path):
    """A report without a message, and one that would clear the screen: failed, and a right file is correct."""
    names = ["a.py", "b\x1b[2J.py", "c.py", "mine.py"]
    for name, text in zip(names, FORGED, strict=False):
        (tmp_path / name).write_text(text + "raise ValueError\n")
    (tmp_path / "mine.py").write_text(RIGHT)
    found = bpcli("gradcheck", "--json", "--against", *names)
    verdicts = [check["verdict"] for check in json.loads(found.out)["checks"]]
    assert (found.code, verdicts) == (3, ["failed", "failed", "failed", "correct"])
    for arguments in (names[1:3], names[1:2]):
        shown = bpcli("gradcheck", "--against", *arguments)
        assert shown.code == 3
        assert "\x1b" not in shown.out + shown.err
        assert r"\x1b[2J" in shown.out


def test_a_full_disk_is_exit_1_and_the_others_are_judged(bpcli, tmp_path):
    """It is not the submission's fault: said in its line and at the end; alone it is the error itself."""
    (tmp_path / "full.py").write_text(FULL_DISK)
    (tmp_path / "mine.py").write_text(RIGHT)
    found = bpcli("gradcheck", "--json", "--against", "full.py", "mine.py")
    full, mine = json.loads(found.out)["checks"]
    assert (found.code, full["verdict"], mine["verdict"]) == (1, "failed", "correct")
    assert full["failure"].startswith(
        "machine failure: full.py:2: OSError: [Errno 28] No space left on device"
    )
    assert f"free space in {tempfile.gettempdir()}" in full["failure"]
    assert "failed to check 1 of 2 files (full.py)" in found.err
    alone = bpcli("gradcheck", "--against", "full.py")
    assert (alone.code, alone.out) == (1, "")
    assert "the disk is full" in alone.err


def test_a_file_that_cannot_be_read_costs_itself_only(bpcli, tmp_path, monkeypatch):
    """Alone or among others it is the machine's failure, and costs its own line. The same in a closed folder."""
    for name in ("mine.py", "shut.py", "locked.py"):
        (tmp_path / name).write_text(RIGHT)
    is_dir, access = Path.is_dir, os.access

    def refuse(path):
        if path.name == "locked.py":
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", refuse)
    monkeypatch.setattr(
        os, "access", lambda path, *mode: Path(path).name != "shut.py" and access(path, *mode)
    )
    assert [bpcli("gradcheck", "--against", name).code for name in ("shut.py", "locked.py")] == [1, 1]
    found = bpcli("gradcheck", "--json", "--against", "shut.py", "mine.py", "locked.py")
    checks = json.loads(found.out)["checks"]
    assert (found.code, [check["verdict"] for check in checks]) == (1, ["failed", "correct", "failed"])
    assert checks[0]["failure"].startswith("machine failure: shut.py is not readable")
    assert checks[2]["failure"].startswith("machine failure: locked.py: Permission denied")


UNWRITABLE = """
import resource, sys, tempfile
tempfile.tempdir = "."
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
sys.argv = ["bpcli", "gradcheck", "--against", "mine.py", "writes.py"]
from bpcli.__main__ import main
main()
"""


def test_an_answer_needs_no_space_on_the_disk(tmp_path):
    """Where no file can hold a byte, a file that writes none is judged."""
    pytest.importorskip("resource")
    (tmp_path / "mine.py").write_text(RIGHT)
    (tmp_path / "writes.py").write_text("open('x', 'w', buffering=1).write('?\\n')\n" + RIGHT)
    command = [sys.executable, "-B", "-c", UNWRITABLE]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 3, found.stderr
    assert "1 of 2 files correct" in found.stdout
    assert "larger than 0 MiB" in found.stdout


STARTED = """
import signal, sys
signal.signal(signal.{}, signal.SIG_DFL)
sys.argv = ["bpcli", "gradcheck", "--time-limit", "60", "--sandbox", "none",
            "--against", "loop.py", "mine.py"]
from bpcli.__main__ import main
main()
"""
LOOP = "import os\nopen({!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has neither")
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 143), pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow)]
)
def test_a_signal_ends_what_was_started_and_leaves_no_folder(tmp_path, sent, code):
    """The submission's process is gone, and so is its folder, when bpcli has ended."""
    scratch, marker = tmp_path / "scratch", tmp_path / "pid"
    scratch.mkdir()
    (tmp_path / "loop.py").write_text(LOOP.format(str(marker)))
    (tmp_path / "mine.py").write_text(RIGHT)
    command = [sys.executable, "-c", STARTED.format(sent.name)]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"TMPDIR": str(scratch)}) as process:
        deadline = time.monotonic() + 60
        while not (marker.exists() and marker.read_text()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(sent)
        assert process.wait(60) == code
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)
    assert list(scratch.iterdir()) == []
