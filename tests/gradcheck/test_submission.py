"""Submissions: right ones come back as they are, and each way to fail is reported as what it is."""

import io
import json
import os
import time

import numpy as np
import pytest

from bpcli.gradcheck import worker
from bpcli.gradcheck.answer import Answer, messages, parse
from bpcli.gradcheck.collect import Options, _Request, collect, collect_many, fitted
from bpcli.gradcheck.conventions.importing import NoPictures
from bpcli.gradcheck.exchange import Failure
from bpcli.network import Architecture, Parameters, initialise
from bpcli.network.example import Example

# test_hostile.py starts its processes as bpcli does.
pytestmark = pytest.mark.usefixtures("forked")
MEMORY = 256 << 20
linux = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="limits need Linux")  # noqa: PTH110

PER_POINT = """
import numpy as np

def s(a):
    return 1 / (1 + np.exp(-a))

def gradients(x, y, V, W):
    h = s(V @ x)
    z = s(W @ h)
    delta_2 = z * (1 - z) * (z - y)
    delta_1 = h * (1 - h) * (W.T @ delta_2)
    return np.outer(delta_1, x), np.outer(delta_2, h)
"""

ROWS = """
import numpy as np

def gradients(X, Y, V, W, bias_V, bias_W):
    H = 1 / (1 + np.exp(-(X @ V.T + bias_V)))
    Z = 1 / (1 + np.exp(-(H @ W.T + bias_W)))
    D2 = Z * (1 - Z) * (Z - Y) / len(X)
    D1 = H * (1 - H) * (D2 @ W)
    return {"V": D1.T @ X, "grad_W": D2.T @ H, "bias_V": D1.sum(axis=0), "bias_W": D2.sum(axis=0)}
"""

COLUMNS = """
import numpy as np

def gradients(X, Y, V, W, bias_V, bias_W):
    N = X.shape[1]
    H = 1 / (1 + np.exp(-(V @ X + bias_V[:, None])))
    Z = 1 / (1 + np.exp(-(W @ H + bias_W[:, None])))
    D2 = Z * (1 - Z) * (Z - Y) / N
    D1 = H * (1 - H) * (W.T @ D2)
    return D1 @ X.T, D2 @ H.T, D1.sum(axis=1, keepdims=True), D2.sum(axis=1, keepdims=True)
"""


def make_problem(sizes=(3, 4, 2), *, bias=False, seed=0, samples=5):
    """A random point."""
    rng = np.random.default_rng(seed)
    architecture = Architecture(sizes, bias=bias)
    parameters = Parameters(architecture)
    initialise(parameters, rng, "normal", std=1.0)
    return Example(
        architecture,
        rng.normal(size=(samples, sizes[0])),
        rng.uniform(size=(samples, sizes[-1])),
        {name: tensor.copy() for name, tensor in parameters.named()},
    )


def truth(example):
    """What bpcli's own network finds there."""
    network = example.network()
    network.forward(example.X)
    network.backward(example.Y)
    return dict(network.gradients.named())


@pytest.fixture
def submit(tmp_path):
    """Write a submission and collect its answer; what is to reach the time limit is given a second."""

    def write_and_collect(text, example=None, *, name="ann.py", seconds=30.0, memory=MEMORY, **options):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        examples = example if isinstance(example, list) else [make_problem() if example is None else example]
        limits = Options(time_limit=seconds, memory_limit=memory, **options)
        answers = collect(path, examples, limits)
        return answers if isinstance(example, list) or isinstance(answers, Failure) else answers[0]

    return write_and_collect


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Collect an answer as the worker does, in this process: a start of Python less for what cannot harm it."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(text, example=None, *, name="ann.py", **options):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        examples = example if isinstance(example, list) else [make_problem() if example is None else example]
        request = _Request(examples, Options(**options))
        settings = json.loads(request.of(path, "token").partition(b"\n")[0])
        trial, *points = map(worker.loaded, request.archives)
        submission, answers = worker.Submission(path, settings), []
        try:
            submission.understand(trial, points[0])
            for point, at in zip(points, examples, strict=True):
                stream = io.BytesIO()
                worker.send(stream, "token", *submission.answer(point))
                (message,), rest = messages(stream.getvalue(), "token")
                assert not rest
                answer = parse(path, message)
                answers.append(answer if isinstance(answer, Failure) else fitted(name, answer, at))
        except Exception as error:
            loading = submission.module is None
            return Failure(*worker.ROOM.refusals.explain(error, path, path.parent, loading=loading))
        return answers if isinstance(example, list) else answers[0]

    return write_and_read


def assert_right(answer, example):
    """Every gradient is there and agrees with bpcli's own."""
    assert isinstance(answer, Answer), answer
    for name, expected in truth(example).items():
        np.testing.assert_allclose(answer.tensors[name], expected, rtol=1e-12, atol=1e-15)


BIASED = "X, Y, V, W, bias_V, bias_W"


def returning(expression, head="", parameters="X, Y, V, W"):
    """A submission that does nothing but return."""
    return f"import numpy as np\n{head}\ndef gradients({parameters}):\n    return {expression}\n"


def running(body, head=""):
    """A submission whose body stands on line 3."""
    return f"{head}\ndef gradients(x, y):\n    {body}\n"


def test_a_function_of_one_point_is_averaged_over_the_points(submit):
    """bpcli calls it once for each sample and takes the mean."""
    answer = submit(PER_POINT)
    assert_right(answer, make_problem())
    assert answer.readings[0].said == "one sample at a time (n,), averaged, weights n_out × n_in"
    assert not answer.wants_decay
    assert answer.notes == ()


@pytest.mark.parametrize(("text", "layout"), [(ROWS, "rows"), (COLUMNS, "columns")])
def test_a_batch_comes_in_the_layout_that_is_asked_for(read, text, layout):
    """Samples in rows or in columns, a dict or a tuple; biases as columns are flattened."""
    example = make_problem(bias=True)
    answer = read(text, example, layout=layout)
    assert_right(answer, example)
    assert answer.readings[0].said.startswith(f"samples in {layout}")
    assert read(text, example).readings[0].said == answer.readings[0].said


def test_learning_rate_and_weight_decay_are_given_to_those_who_ask(read):
    """Any kind of parameter and any order will do, and unknown names with a default are left alone."""
    text = """
def gradients(W, eps=1e-3, X=None, /, Y=None, *, V, weight_decay=7, learning_rate):
    assert isinstance(learning_rate, float)
    assert eps == 1e-3
    return [V * learning_rate, W * weight_decay]
"""
    example = make_problem().with_decay(0.25)
    answer = read(text, example)
    assert answer.wants_decay
    np.testing.assert_array_equal(answer.tensors["V"], example.parameters["V"] * 0.5)
    np.testing.assert_array_equal(answer.tensors["W"], example.parameters["W"] * 0.25)


def test_several_problems_share_one_process(submit):
    """The answers come in order, one for each."""
    examples = [make_problem(seed=seed) for seed in range(3)]
    answers = submit(PER_POINT, examples)
    for answer, example in zip(answers, examples, strict=True):
        assert_right(answer, example)


def test_a_failure_at_a_later_point_says_at_which(submit):
    """A file that dies at the second point has failed, and is told that the first was answered."""
    text = "def gradients(X, Y, V, W):\n    x = X\n    n = len(x)\n    1 / (n - 6)\n    return V, W"
    assert isinstance(submit(text), Answer)
    failure = submit(text, [make_problem(), make_problem(samples=6), make_problem()])
    assert failure.kind == "crash"
    assert failure.message.startswith("ann.py:4: ZeroDivisionError")
    assert failure.message.endswith("(at point 2 of 3; there was an answer before)")


def test_precision_is_kept_and_whole_numbers_become_floats(read):
    """float32 stays float32, also averaged; lists and integers become float64."""
    answer = read(returning("V.astype('float32'), np.ones(W.shape, int).tolist()", parameters="x, y, V, W"))
    assert [tensor.dtype for tensor in answer.tensors.values()] == [np.float32, np.float64]


def test_one_buffer_returned_for_every_point_is_still_averaged(read):
    """What a call returned is copied before the next call may overwrite it."""
    head = "G = np.zeros((4, 3))\ncalls = []"
    text = returning("G, W", head, "x, y, V, W").replace("    return", "    G[...] = x\n    return")
    example = make_problem()
    np.testing.assert_allclose(read(text, example).tensors["V"][0], example.X.mean(axis=0), rtol=1e-14)


def test_one_matrix_needs_no_tuple(read):
    """Without a hidden layer there is W alone: an array, a list, or a number where it is 1×1."""
    for expression in ("W", "(W,)", "W.tolist()", "W.item()", "{'W': W}"):
        example = make_problem((1, 1))
        answer = read(returning(expression, parameters="X, Y, W"), example)
        np.testing.assert_array_equal(answer.tensors["W"], example.parameters["W"])


def test_biases_left_out_are_no_failure(read):
    """The answer lacks them and says so; that is a mistake with a name."""
    for expression in ("V, W", "V, W, None, None", "{'V': V, 'W': W}"):
        answer = read(returning(expression, parameters=BIASED), make_problem(bias=True))
        assert list(answer.tensors) == ["V", "W"]


def test_shapes_that_a_mistake_is_known_by_are_kept(read):
    """A transposed matrix, and a bias in the shape of its matrix."""
    answer = read(returning("V.T, W, V, W[:, 0]", parameters=BIASED), make_problem(bias=True))
    assert [tensor.shape for tensor in answer.tensors.values()] == [(3, 4), (2, 4), (4, 3), (2,)]


def test_what_is_printed_is_only_counted(submit):
    """Noise does not block, and leaves its size and its first line."""
    head = "import sys, warnings\nprint('hello')\nwarnings.warn('careful')\nprint('x' * 300_000, file=sys.stderr)"
    (note,) = submit(returning("V, W", head)).notes
    assert "beginning 'hello'" in note
    assert int(note.partition("captured: ")[2].split()[0]) > 300_000


def test_a_submission_finds_its_neighbours_but_not_our_modules(submit, tmp_path):
    """Its own folder can be imported from, without hiding the standard library; nothing is written there."""
    (tmp_path / "helper.py").write_text("ONE = 1\n")
    (tmp_path / "random.py").write_text("raise RuntimeError('not the standard library')\n")
    absent = "try:\n    import exchange\nexcept ImportError:\n    pass\nelse:\n    raise SystemExit"
    head = f"import helper, random\n{absent}"
    assert isinstance(submit(returning("V * helper.ONE, W", head)), Answer)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ann.py", "helper.py", "random.py"]


HARMLESS = {
    "another folder": "import os\nos.chdir('/')",
    "a changed NumPy": "del np.array, np.asarray\nnp.mean = np.savez = None",
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
    "a child process": "import subprocess\nsubprocess.Popen(['sleep', '60'])",
    "closed streams": "import os\nos.closerange(0, 3)",
    "strict NumPy": "np.seterr(all='raise')",
}


@pytest.mark.parametrize("head", HARMLESS.values(), ids=HARMLESS)
def test_what_stays_inside_the_process_does_no_harm(submit, head):
    """The answer arrives all the same, and nobody waits for what is still running: that would reach the limit."""
    answer = submit(returning("V, W", head))
    assert isinstance(answer, Answer), answer


def test_a_changed_numpy_and_threads_are_noted(submit):
    """They are told to the author."""
    head = "import threading, time\nnp.mean = None\nthreading.Thread(target=time.sleep, args=(60,)).start()"
    notes = " ".join(submit(returning("V, W", head)).notes)
    assert "changes NumPy itself: mean" in notes
    assert "threads running (1)" in notes


INTO_EVERYTHING = """
import os
for descriptor in range(3, 20):
    try:
        os.write(descriptor, {})
    except OSError:
        pass
os._exit(0)
"""

# What is wrong: the kind, words of the message, and the submission; ``running`` puts its body on line 3.
FAILURES = {
    "an endless loop": ("time limit", "ann.py:3: still running", running("while True: pass")),
    "an endless import": ("time limit", "ann.py:2: still running", "import time\nwhile True: time.sleep(9)"),
    "a flood": ("time limit", "ann.py:3", running("while True: print('spam' * 1000)")),
    "an exit": ("exit", "ann.py:3: it ends Python (SystemExit: 7)", running("sys.exit(7)", "import sys")),
    "a hard exit": ("exit", "last it printed: 'bye'", running("print('bye'); os._exit(0)", "import os")),
    "a syntax error": ("import failed", "ann.py:3: SyntaxError", running("return x,,y")),
    "a NUL": ("import failed", "null bytes", "x = '\0'"),
    "an absent module": ("import failed", "ann.py:2: there is no module no_such", "\nimport no_such"),
    "an error on import": ("import failed", "ann.py:2: ZeroDivisionError", "\n1 / 0"),
    "an exception": ("crash", "ann.py:3: ValueError: operands could not", running("return x + [1, 2]")),
    "a deep exception": ("crash", "ann.py:1: IndexError", running("return f(x)", "def f(v): return v[99]")),
    "an interrupt": ("crash", "ann.py:3: KeyboardInterrupt", running("raise KeyboardInterrupt")),
    "an ill text": (
        "crash",
        "ValueError: ?[31m",
        running("raise ValueError('\\x1b[31m\\ud800' + 999 * 'x')"),
    ),
    "endless recursion": ("crash", "calls itself without end", running("return gradients(x, y)")),
    "reading": ("crash", "ann.py:3: EOFError", running("return input()")),
    "writing to stdin": (
        "crash",
        "ann.py:3: UnsupportedOperation",
        running("sys.stdin.write('!')", "import sys"),
    ),
    "no function": ("no function", "it defines helper", "def helper(x, y):\n    pass"),
    "another function": ("missing return", "it returns None", "def backprop(x, y):\n    pass"),
    "no callable": ("no function", "define gradients", "gradients = 3"),
    "any parameters": (
        "unknown parameter",
        "it takes *a: wrap it in a def",
        "def gradients(*a: float):\n    pass",
    ),
    "an absent bias": (
        "unknown parameter",
        "ann.py:1: gradients asks for bias_V",
        "def gradients(x, bias_V): 0",
    ),
    "no data": ("unknown parameter", "asks for no data", "def gradients(V, W):\n    pass"),
    "nothing returned": ("missing return", "return V, W", running("x @ x")),
    "other keys": ("missing return", "it returns a, loss; return V, W", returning("{'a': V, 'loss': 1}")),
    "too many": ("wrong return", "3 values", returning("V, V, V @ V.T")),
    "too few": ("wrong return", "one ndarray", returning("V @ V.T")),
    "twice": ("wrong return", "under two names", returning("{'V': V, 'W': W, 'w': W}")),
    "complex": ("wrong type", "complex128", returning("V * 1j, W")),
    "objects": ("wrong type", "W is no array of numbers", returning("V, np.full(W.shape, np.mean)")),
    "texts": ("wrong type", "V holds <U1", returning("'V', W")),
    "shapes": (
        "wrong shapes",
        "V has shape (2, 3); it must have that of V, (4, 3)",
        returning("V[:2], W[:1]"),
    ),
    "moody": ("wrong shapes", "at one point", returning("V[int(x[0] > 0) :], W", "", "x, y, V, W")),
    "NaN": ("not finite", "1 of the 8 numbers in the gradient for W", returning("V, W / (W != W[0, 0])")),
    "an update": ("changed argument", "ann.py:3: gradients changes y", running("y -= 1")),
    "changed data": ("changed argument", "changes X", returning("X.sort() or (V, W)")),
    "garbage": (
        "unreadable",
        "not what bpcli's worker writes",
        "def gradients(x, y):\n    return x\n" + INTO_EVERYTHING.format("b'?'"),
    ),
}

NEED_A_PROCESS = {
    "an endless loop", "an endless import", "a flood", "an exit", "a hard exit", "an exception", "an interrupt",
    "an ill text", "reading", "writing to stdin", "NaN", "an update", "garbage",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "words", "text"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_named_and_located(submit, read, request, kind, words, text):
    """Its kind, and the file and line and reason in its message."""
    if request.node.callspec.id in NEED_A_PROCESS:
        failure = submit(text, seconds=1.0 if kind == "time limit" else 30.0)
    else:
        failure = read(text)
    assert isinstance(failure, Failure), failure
    assert failure.kind == kind, failure
    assert words in failure.message
    assert failure.message.startswith("ann.py")
    assert failure.message.isprintable()


LIMITS = {
    "arrays": (
        "memory limit",
        "ann.py:3",
        running("while l.append(x.repeat(10**5)) is None: pass", "l = []"),
    ),
    "lists": ("memory limit", "ann.py:3", running("while True: l.extend(l)", "l = [0]")),
    "a kill": ("memory limit", "killed by the system", running("os.kill(os.getpid(), 9)", "import os")),
    "an abort for want of memory": (
        "memory limit",
        "allow more with --memory-limit MIB, or 0 for no limit",
        "import mmap, os\ntry:\n    mmap.mmap(-1, 600 << 20)\nexcept OSError:\n    os.abort()\n" + PER_POINT,
    ),
    "a library that cannot be mapped": (
        "memory limit",
        "--memory-limit",
        "raise ImportError('libx.so: failed to map segment from shared object')",
    ),
    "a wild pointer": (
        "crash",
        "ann.py:3: Segmentation fault",
        running("ctypes.string_at(0)", "import ctypes"),
    ),
    "an abort": ("crash", "ann.py:3: Aborted", running("os.abort()", "import os")),
    "a forged answer": (
        "unreadable",
        "not what bpcli's worker writes",
        INTO_EVERYTHING.format("b'0' * 64 + b'%016d' % 2 + b'%016d' % 0 + b'{}'"),
    ),
    "a large file": (
        "file limit",
        "ann.py:3: it wrote a file larger than 16 MiB",
        running("open('large', 'wb').write(bytes(17 << 20))"),
    ),
    "a large file, told of otherwise": (
        "file limit",
        "it wrote a file larger than 16 MiB",
        "try:\n    open('large', 'wb').write(bytes(17 << 20))\nexcept OSError as e:\n    raise ValueError from e",
    ),
    "a large file, and its signal": (
        "file limit",
        "it wrote a file larger than 16 MiB",
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\nopen('large', 'wb').write(bytes(17 << 20))",
    ),
    "a full disk": (
        "machine failure",
        "the disk is full; free space in ",
        running("print('?', file=open('/dev/full', 'w'), flush=True)"),
    ),
}


@linux
@pytest.mark.parametrize(("kind", "words", "text"), LIMITS.values(), ids=LIMITS)
def test_what_the_system_ends_is_told_apart(submit, kind, words, text):
    """Memory, signals, files and forged answers; a busy machine needs its time to fill the memory."""
    failure = submit(text, seconds=30.0)
    assert isinstance(failure, Failure), failure
    assert (failure.kind, words in failure.message) == (kind, True), failure


@linux
def test_the_memory_limit_can_be_raised_and_taken_away(submit):
    """What needs 600 MiB more than NumPy gets them."""
    text = "import mmap\nm = mmap.mmap(-1, 600 << 20)\n" + PER_POINT
    assert submit(text).kind == "memory limit"
    for memory in (1 << 30, 0):
        assert_right(submit(text, memory=memory), make_problem())


def test_what_only_draws_need_not_be_installed(submit):
    """A curve is drawn into nothing; anything else that is missing is missed."""
    drawing = (
        "import matplotlib.pyplot as plt\nimport seaborn as sns\nfrom IPython.display import display\n"
        "from mpl_toolkits.mplot3d import Axes3D\n"
        "plt.rcParams['figure.figsize'] = 5, 4\nfig, (one, other) = plt.subplots(2)\n"
        "(line,) = one.plot([1, 2])\nline.set_label('loss')\ncounts, bins, bars = other.hist([1, 2])\n"
        "fig, (first, second, third) = plt.subplots(1, 3)\nfor each in third.lines:\n    each.remove()\n"
        "with plt.style.context('dark'):\n    plt.show()\n"
    )
    problem = make_problem()
    assert_right(submit(drawing + PER_POINT, problem), problem)
    assert "no module no_such_plotter" in submit(f"import no_such_plotter\n{PER_POINT}", problem).message
    assert NoPictures().find_spec("pylab") is None  # it is NumPy as well


def test_a_division_by_zero_that_one_step_brings_about_says_so(submit):
    """What prints ten times in all divides by a tenth of the epochs."""
    text = "def train(X, Y, V, W, epochs=1000):\n    for epoch in range(epochs):\n        epoch % (epochs // 10)\n"
    found = submit(text).message
    assert ":3: ZeroDivisionError: " in found
    assert "; bpcli asks for one step: epochs is 1" in found


def test_a_notebook_is_read_without_its_magics(read):
    """Its code cells; one that fails is passed over, and an error is found in its cell."""

    def notebook(*cells):
        return json.dumps(
            {"nbformat": 4, "cells": [{"cell_type": kind, "source": text} for kind, text in cells]}
        )

    plot = ("code", ["%matplotlib inline\n", "import no_such_plotter\n"])
    script = ("code", "%%bash\nexit 1")
    shell = ("code", "!pip install nothing\n" + PER_POINT)
    answer = read(notebook(("markdown", "# Mine"), plot, script, shell), name="ann.ipynb")
    assert_right(answer, make_problem())
    failure = read(notebook(plot, ("code", "def gradients(x, y, V, W):\n    return 1 / 0")), name="ann.ipynb")
    assert failure.message.startswith("ann.ipynb (cell 2):2: ZeroDivisionError")
    assert "no module no_such_plotter" in read(notebook(plot), name="ann.ipynb").message
    assert read("{}", name="ann.ipynb").kind == "import failed"


def test_functions_and_classes_under_other_names_are_found(read):
    """By the usual names, or as --function says; what was found is said."""
    right = PER_POINT.replace("gradients", "backprop")
    assert read(right).notes == ("checked: backprop",)
    text = PER_POINT.replace("gradients", "mine") + "\ndef backprop(x, y, V, W):\n    return 2 * V, W\n"
    assert_right(read(text, function="mine"), make_problem())
    failure = read(text, function="yours")
    assert failure.kind == "no function"
    assert "there is no function yours; it defines s, mine, backprop" in failure.message


@linux
def test_grandchildren_end_with_the_submission(submit, tmp_path):
    """The whole process group is ended, also when time ran out."""
    marker = tmp_path / "pid"
    text = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(marker)!r}, 'w').write(str(child.pid))\nchild.wait()"
    )
    assert submit(text, seconds=1.0).kind == "time limit"
    deadline = time.monotonic() + 50  # of the 60 seconds that it would take by itself
    while is_running(int(marker.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@linux
def test_a_fork_that_leaves_the_group_ends_by_itself(submit, tmp_path):
    """It is not waited for, and does not linger when it has nothing left to do."""
    marker = tmp_path / "pid"
    body = (
        "left, leaves = os.pipe()\n    if not os.fork():\n        os.setsid()\n        os.write(leaves, b'.')\n"
        "        time.sleep(0.3)\n        return V, W\n"
        "    os.read(left, 1)\n    time.sleep(0.1)\n    return V, W"
    )
    text = f"import os, time\ndef gradients(X, Y, V, W):\n    {body}\n"
    text = text.replace("os.setsid()", f"os.setsid(); open({str(marker)!r}, 'w').write(str(os.getpid()))")
    assert isinstance(submit(text), Answer)
    deadline = time.monotonic() + 50
    while is_running(int(marker.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid):
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_file_with_another_alphabet_in_its_name_is_located_too(submit):
    """The fault handler writes ASCII; the line is found all the same."""
    failure = submit("import os\nos.abort()", name="Übung π.py")
    assert failure.message.startswith("Übung π.py:2: Aborted")


def test_answers_in_files_are_fitted_alike(tmp_path):
    """An NPZ or JSON answer is checked for the exported point, and for no other."""
    example = make_problem(bias=True)
    gradients = truth(example)
    np.savez(tmp_path / "a.npz", **{f"grad_{name}": tensor for name, tensor in gradients.items()})
    (tmp_path / "a.json").write_text(
        json.dumps({name: tensor.tolist() for name, tensor in gradients.items()})
    )
    (tmp_path / "b.json").write_text('{"V": [[1, 2]], "W": 1}')
    (tmp_path / "c.json").write_text('{"V": []}')
    limits = Options(time_limit=1.0, memory_limit=MEMORY)
    for name in ("a.npz", "a.json"):
        (answer,) = collect(tmp_path / name, [example, example], limits)
        assert_right(answer, example)
    kinds = [collect(tmp_path / f"{name}.json", [example], limits).kind for name in "bcd"]
    assert kinds == ["wrong shapes", "wrong shapes", "unreadable"]


def test_many_files_keep_their_order_and_fail_alone(tmp_path):
    """A failure among right answers is that file's only."""
    example = make_problem()
    texts = [PER_POINT, "import os\nos._exit(1)", PER_POINT, "import time\nwhile True: time.sleep(9)"]
    paths = [tmp_path / f"s{index}.py" for index in range(len(texts) + 1)]
    for path, text in zip(paths, texts, strict=False):
        path.write_text(text)
    limits = Options(time_limit=1.0, memory_limit=MEMORY)
    results = collect_many(paths, [example], limits, jobs=2)
    assert_right(results[0][0], example)
    assert_right(results[2][0], example)
    assert [result.kind for result in results[1::2]] == ["exit", "time limit"]
    assert results[4].kind == "unreadable"
    answers, failure = collect_many(paths[:2], [example] * 2, limits)
    assert len(answers) == 2
    assert failure.kind == "exit"
