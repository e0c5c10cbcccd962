"""Sixty hostile submissions in one class: each costs its own line, and two honest ones are judged among them."""

import json
import os
import tempfile
import time
from pathlib import Path

from bpcli.config import resolve
from bpcli.gradcheck.collect import Options
from bpcli.gradcheck.points import points_for
from bpcli.gradcheck.submissions import check_submissions
from tests.torturing.running import Figure

RIGHT = """
import numpy as np
def gradients(x, y, V, W):
    s = lambda u: 1 / (1 + np.exp(-u))
    h = s(V @ x)
    z = s(W @ h)
    d2 = (z - y) * z * (1 - z)
    d1 = (W.T @ d2) * h * (1 - h)
    return np.outer(d1, x), np.outer(d2, h)
"""
_FORGE = "import json, __main__\njson.dumps = lambda *a, **k: {}\n" + RIGHT
_RETURN = "import numpy as np\ndef gradients(x, y, V, W):\n    return {}\n"
_BODY = "import os, sys, signal, threading, time, subprocess\nimport numpy as np\n{}\n" + RIGHT

PROGRAMS: tuple[str, ...] = (
    # what a report can be forged to
    *(_FORGE.format(repr(text)) for text in (
        "", "{}", "[]", "null", "NaN", "{" * 9000, '{"kind": "crash"}', '{"kind": 5, "message": "x"}',
        '{"kind": "none such", "message": "x"}', '{"readings": 5, "wants_decay": false, "notes": []}',
        '{"readings": [], "wants_decay": false, "notes": []}', '{"readings": ["?"], "wants_decay": 1, "notes": []}',
        '{"readings": ["?"], "wants_decay": false, "notes": 5}', '{"readings": ["?"], "wants_decay": false}',
        '{"readings": ["?", "?"], "wants_decay": false, "notes": []}', '{"a": ' * 2000 + "1" + "}" * 2000,
        '{"readings": ["' + "x" * 70000 + '"], "wants_decay": false, "notes": []}',
    )),
    _FORGE.format("None"), _FORGE.format("5"), _FORGE.format("'\\udc80'"),
    # how a process can end, or not
    *(_BODY.format(line) for line in (
        "os._exit(0)", "os._exit(137)", "sys.exit('bye')", "os.abort()", "os.kill(os.getpid(), 9)", "os.kill(os.getppid(), 9)",
        "os.killpg(0, 9)", "while True: pass", "time.sleep(60)", "signal.pause()", "import ctypes; ctypes.string_at(0)",
        "def f(): f()\nf()", "sys.setrecursionlimit(10**9)\ndef f(): f()\nf()", "x = bytearray(1 << 40)", "x = [0] * 10**12",
        "x = []\nwhile True: x.append(bytes(1 << 20))", "import faulthandler; faulthandler.cancel_dump_traceback_later()\nwhile True: pass",
        "raise KeyboardInterrupt", "raise BaseException('\\x1b[2J\\n\\n')", "raise Exception('x' * 10**6)",
        "class E(Exception):\n    def __str__(self): raise self\nraise E", "threading.Thread(target=lambda: time.sleep(60)).start()",
        "for _ in range(50):\n    subprocess.Popen(['sleep', '60'], start_new_session=True)\nwhile True: pass",
        "for _ in range(3): os.fork()\nos.setsid() if os.getpid() % 2 else None\nwhile True: pass",
    )),
    # what can be done to the channel, the disk and NumPy
    *(_BODY.format(line) for line in (
        "os.closerange(0, 99)", "print('x' * 10**7)", "sys.stderr.write('\\x1b[2J' * 1000)", "os.write(3, b'?')",
        "for d in range(3, 9):\n    try: os.write(d, b'.' * 100)\n    except OSError: pass",
        "open('x', 'wb').truncate(1 << 30)", "while True: open('x', 'ab').write(bytes(1 << 20))",
        "os.chmod('.', 0)", "del np.savez, np.load", "np.asarray = np.array = None", "import builtins; builtins.len = None",
    )),
    # what can be returned
    *(_RETURN.format(what) for what in (
        "None", "5", "'V', 'W'", "np.full_like(V, np.nan), W", "V.astype(object), W", "np.ones((1 << 14, 1 << 10)), W",
    )),
    "\x00", "def gradients(:", "\n" * 10**6,
)  # fmt: skip


def hostile(folder: Path, number: int | None = None) -> Figure:
    """Check them all in one class, between honest ones, and then look at what is left of them."""
    figure = Figure("hostile submissions in one class")
    every = len(PROGRAMS) // number if number else 1
    programs = [RIGHT, *PROGRAMS[::every], RIGHT]
    paths = [folder / f"s{index:02}.py" for index in range(len(programs))]
    for path, text in zip(paths, programs, strict=True):
        path.write_text(text, "utf-8")
    temporary = folder / "scratch"
    temporary.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(temporary)
    start = time.monotonic()
    try:
        points = points_for(resolve("gradcheck", overrides=[], environment={}, options={}).config)
        report = check_submissions(paths, points, Options(time_limit=2.0))
    finally:
        tempfile.tempdir = before
    for check, text in zip(report.checks, programs, strict=True):
        honest = text is RIGHT
        wrong = ""
        if honest and check.verdict != "correct":
            wrong = f"an honest one is {check.verdict}: {check.failure}"
        if check.failure and (not check.failure.isprintable() or len(check.failure) > 5000):
            wrong = f"unprintable: {check.failure!r}"
        figure.add(f"{text[:80]!r}: {wrong}" if wrong else "", "honest" if honest else check.verdict)
    json.dumps(report.document(), allow_nan=False)
    figure.notes["seconds"] = round(time.monotonic() - start)
    if list(temporary.iterdir()):
        figure.bad.append(f"left behind: {list(temporary.iterdir())}")
    figure.bad += [f"still running: {words}" for words in _sleepers(str(temporary))]
    return figure


def _sleepers(folder: str) -> list[str]:
    """Processes that were started in the folder of a submission and are still there."""
    found = []
    for process in Path("/proc").iterdir() if os.path.isdir("/proc") else ():  # noqa: PTH112
        try:
            if process.name.isdigit() and str((process / "cwd").readlink()).startswith(folder):
                found.append(
                    (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                )
        except OSError:
            continue
    return found
