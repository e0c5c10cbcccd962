"""What one submission does to the disk, or to its report, costs no other submission its verdict."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

import pytest

from bpcli.common.errors import UsageError
from bpcli.gradcheck import sandbox
from bpcli.gradcheck.answer import Answer
from bpcli.gradcheck.collect import Options, collect_many
from bpcli.gradcheck.exchange import Failure
from tests.gradcheck.test_submission import MEMORY, PER_POINT, assert_right, is_running, linux, make_problem

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for temporary files, empty at first."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def classroom(tmp_path, scratch):
    """Collect the answers of a class; each file's text, in order."""

    def collect_all(*texts, jobs=2, example=None, seconds=5.0):
        paths = [tmp_path / f"s{index}.py" for index in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        limits = Options(time_limit=seconds, memory_limit=MEMORY)
        results = collect_many(paths, example or [make_problem()], limits, jobs=jobs)
        return results if example else [r if isinstance(r, Failure) else r[0] for r in results]

    return collect_all


def forging(report):
    """A right submission that replaces the report, as it is about to be sent."""
    return f"import json\njson.dumps = lambda report: {report}\n{PER_POINT}"


def failing(report):
    """A submission that replaces the report of its failure."""
    return f"{forging(report)}\nraise ValueError"


REPLACED = "__main__.Submission.answer = lambda *a: ({'readings': ['?'], 'wants_decay': False, 'notes': []},"
FORGED = {  # the other ways to deviate are those of test_answer.py
    "no message": failing("""'{"kind": "crash"}'"""),
    "a huge report": forging("'[' + '1,' * 10**6 + '1]'"),
    "gradients of objects": f"import __main__\n{REPLACED} {{'0 V': {{}}}})\n{PER_POINT}",
}


@pytest.mark.usefixtures("forked")
def test_a_forged_report_costs_its_own_file_only(classroom):
    """Each between right ones, at two points."""
    examples = [make_problem(seed=seed) for seed in range(2)]
    first, *forged, last = classroom(PER_POINT, *FORGED.values(), PER_POINT, example=examples)
    for answers in (first, last):
        for answer, example in zip(answers, examples, strict=True):
            assert_right(answer, example)
    for name, failure in zip(FORGED, forged, strict=True):
        assert isinstance(failure, Failure), name
        assert failure.kind == "unreadable", name
        assert "not what bpcli's worker writes" in failure.message, name
        assert failure.message.isprintable(), name


@pytest.mark.usefixtures("forked")
def test_a_report_that_cannot_even_be_sent_is_an_exit(classroom):
    """Where bpcli's own program cannot go on, its process ends, and that is all."""
    texts = [forging("None"), forging("'\\udc80'"), "import os\nos.closerange(3, 99)\n" + PER_POINT]
    *failures, right = classroom(*texts, PER_POINT)
    assert [failure.kind for failure in failures] == ["exit"] * 3
    assert_right(right, make_problem())


@pytest.mark.usefixtures("forked")
def test_a_note_cannot_steer_the_terminal(classroom):
    """A forged note of the right type is kept as what it is, and not as what it does."""
    text = forging("""'{"readings": ["?"], "wants_decay": false, "notes": ["\\\\u001b[2J"]}'""")
    (answer,) = classroom(text)
    assert isinstance(answer, Answer), answer
    assert answer.notes == (r"\x1b[2J",)


@linux
def test_files_that_are_too_large_are_told_as_such_and_harm_nobody(classroom, scratch):
    """One large file; one in many pieces, opened anew; neither is there when the others run."""
    large = "open('large', 'wb').truncate(1 << 30)\n" + PER_POINT
    appended = "while True:\n    open('large', 'ab').write(bytes(1 << 20))\n"
    right, *failures, last = classroom(PER_POINT, large, appended, PER_POINT)
    assert_right(right, make_problem())
    assert_right(last, make_problem())
    assert [failure.kind for failure in failures] == ["file limit"] * 2
    assert all("larger than 16 MiB" in failure.message for failure in failures)
    assert list(scratch.iterdir()) == []


def test_each_file_finds_an_empty_folder_alone_and_leaves_none(classroom, scratch):
    """What one writes, also by way of tempfile, is removed before the next is run."""
    text = (
        "import os, tempfile\nassert os.listdir() == []\nassert len(os.listdir('..')) == 1\n"
        "open('small', 'w').write('?')\nos.mkdir('folder')\nos.chmod('folder', 0)\n"
        "assert os.path.dirname(tempfile.mkstemp()[1]) == os.getcwd()\n" + PER_POINT
    )
    for answer in classroom(text, text, jobs=1):
        assert_right(answer, make_problem())
    assert list(scratch.iterdir()) == []


@linux
@pytest.mark.usefixtures("forked")
def test_a_full_disk_that_a_submission_meets_is_the_machines_failure(classroom, scratch):
    """Writing to /dev/full fails as on a full disk: told with the folder, and the others are judged."""
    text = "print('?', file=open('/dev/full', 'w'), flush=True)\n" + PER_POINT
    failure, right = classroom(text, PER_POINT)
    assert failure.kind == "machine failure"
    assert "s0.py:1: OSError: [Errno 28]" in failure.message
    assert f"the disk is full; free space in {scratch}" in failure.message
    assert_right(right, make_problem())


@pytest.mark.usefixtures("forked")
def test_a_process_that_ends_on_a_full_disk_is_the_machines_failure(classroom, scratch, monkeypatch):
    """Nobody knows what ended it; one that says what is wrong with it is told that, and an answer is an answer."""
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 20, 1 << 20, 0))
    ended, wrong, right = classroom("import os\nos.abort()", "gradients = 3", PER_POINT)
    assert (ended.kind, wrong.kind) == ("machine failure", "no function")
    assert (
        f"s0.py:2: it ended without an answer, and the disk is full; free space in {scratch}" in ended.message
    )
    assert_right(right, make_problem())


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("number", [errno.ENOSPC, pytest.param(errno.EACCES, marks=pytest.mark.slow)])
def test_a_folder_that_cannot_be_made_is_the_machines_failure(classroom, monkeypatch, number):
    """It names the folder; whoever meets it while another file fills the disk is run again afterwards."""
    make, refused = tempfile.mkdtemp, []

    def refuse(*arguments, times, **names):
        if len(refused) < times:
            refused.append(names)
            raise OSError(number, "No space", "/scratch/bpcli-1")
        return make(*arguments, **names)

    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **names: refuse(*a, times=2, **names))
    for answer in classroom(PER_POINT, PER_POINT):
        assert_right(answer, make_problem())
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **names: refuse(*a, times=100, **names))
    for failure in classroom(PER_POINT, PER_POINT):
        assert failure.kind == "machine failure"
        assert "not run: /scratch/bpcli-1: No space; free space or change permissions" in failure.message


def test_a_process_that_cannot_be_started_is_the_machines_failure(classroom, monkeypatch):
    """Here because there is no interpreter."""
    monkeypatch.setattr(sys, "executable", "/absent/python")
    (failure,) = classroom(PER_POINT)
    assert failure.kind == "machine failure"
    assert "/absent/python" in failure.message


FLOOD = """
import os
while True:
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, bytes(1 << 16))
        except BrokenPipeError:
            os._exit(0)
        except OSError:
            pass
"""


@pytest.mark.usefixtures("forked")
def test_an_answer_without_end_is_cut_off(classroom, monkeypatch):
    """No more is read than gradients can take."""
    monkeypatch.setattr("bpcli.gradcheck.runner.LARGEST", 1 << 20)
    monkeypatch.setattr("bpcli.gradcheck.collect.LARGEST", 1 << 20)
    large = "import numpy as np\ndef gradients(X, Y, V, W):\n    return np.ones((1 << 20, 3)), W\n"
    flooding, returned, right = classroom(FLOOD, large, PER_POINT)
    assert_right(right, make_problem())
    for failure in (flooding, returned):
        assert failure.kind == "unreadable"
        assert "1 MiB are too many for gradients" in failure.message


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("name", ["Good.PY"])
def test_a_suffix_in_capitals_is_python_too(tmp_path, name):
    """As on systems that do not tell them apart."""
    (tmp_path / name).write_text(PER_POINT)
    ((answer,),) = collect_many(
        [tmp_path / name], [make_problem()], Options(time_limit=5.0, memory_limit=MEMORY)
    )
    assert_right(answer, make_problem())


SLEEPER = """
import subprocess
from pathlib import Path
child = subprocess.Popen(["sleep", "60"], start_new_session=True)
Path({marker!r}).write_text(str(child.pid))
"""


STRETCHING = """
import faulthandler, time
faulthandler.cancel_dump_traceback_later()
faulthandler.dump_traceback_later = lambda *arguments, **names: None
while True:
    time.sleep(9)
"""


@linux
def test_what_has_left_the_process_group_ends_too(classroom, tmp_path):
    """When there is a verdict, the child is gone: whether the submission returned, failed, or ran out of time.

    The last one undoes the limit on its time in its own process; it is kept outside.
    """
    markers = [tmp_path / f"pid{number}" for number in range(3)]
    ends = (PER_POINT, "raise ValueError", STRETCHING)
    texts = [SLEEPER.format(marker=str(marker)) + end for marker, end in zip(markers, ends, strict=True)]
    right, failed, endless = classroom(*texts, seconds=1.0)
    assert_right(right, make_problem())
    assert (failed.kind, endless.kind) == ("import failed", "time limit")
    assert not any(is_running(int(marker.read_text("ascii"))) for marker in markers)


@linux
def test_a_kill_of_bpcli_ends_the_submission_and_its_children(tmp_path):
    """SIGKILL gives nobody a chance to tidy up; the supervisor notices by itself."""
    (tmp_path / "mine.py").write_text(SLEEPER.format(marker=str(tmp_path / "pid")) + "while True: pass")
    program = (
        "import sys; from pathlib import Path; from tests.gradcheck.test_submission import make_problem\n"
        "from bpcli.gradcheck.collect import Options, collect\n"
        "collect(Path(sys.argv[1]), [make_problem()], Options(time_limit=60.0))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "mine.py")], cwd=ROOT) as process:
        deadline = time.monotonic() + 50
        while not (marker := tmp_path / "pid").exists() or not marker.read_text("ascii"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    while is_running(int(marker.read_text("ascii"))):
        assert time.monotonic() < deadline
        time.sleep(0.01)


bubblewrap = pytest.mark.skipif(sandbox._fault() is not None, reason=f"{sandbox._fault()}")

OUTSIDE = """
import os, socket
from pathlib import Path
import neighbour
tried = {{}}
def attempt(name, action):
    try:
        action()
        tried[name] = "done"
    except OSError as error:
        tried[name] = "refused"
attempt("own", lambda: Path("own").write_text("mine"))
attempt("system", lambda: Path({home!r}, "written").write_text("?"))
attempt("secret", lambda: Path({secret!r}).read_text())
attempt("network", lambda: socket.create_connection(("127.0.0.1", {port}), timeout=5))
attempt("kill", lambda: os.kill({pid}, 0))
raise ValueError(" ".join(f"{{name}} {{how}}," for name, how in tried.items()))
"""


@bubblewrap
def test_in_bubblewrap_nothing_outside_can_be_touched(tmp_path, scratch, monkeypatch):
    """Its own folder can be written to, its neighbours imported; the rest is read-only, hidden or not there."""
    home, secret = tmp_path / "home", scratch / "secret"
    home.mkdir()
    secret.write_text("?")
    (home / "neighbour.py").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = OUTSIDE.format(
            home=str(home), secret=str(secret), port=server.getsockname()[1], pid=os.getpid()
        )
        (home / "mine.py").write_text(text)
        (home / "good.py").write_text(PER_POINT)
        options = Options(time_limit=10.0, memory_limit=MEMORY, sandbox="bubblewrap")
        failure, right = collect_many([home / "mine.py", home / "good.py"], [make_problem()], options)
    assert_right(right[0], make_problem())
    expected = "own done, system refused, secret refused, network refused, kill refused,"
    assert expected in failure.message
    assert not (home / "written").exists()


def test_a_sandbox_that_does_not_work_is_refused_or_left_out(monkeypatch):
    """By name it is asked for, and must be there; "auto" does without."""
    monkeypatch.setattr(sandbox, "_fault", lambda: "there is no program bwrap")
    assert sandbox.chosen("auto") == sandbox.chosen("none") == "none"
    with pytest.raises(UsageError, match="--sandbox bubblewrap: there is no program bwrap"):
        sandbox.chosen("bubblewrap")
    monkeypatch.setattr(sandbox, "_fault", lambda: None)
    assert sandbox.chosen("auto") == "bubblewrap"
