"""Processes for submissions, forked from one that has loaded what they need: for tests of what is said of an answer.

To start Python, NumPy and what reads a program takes ten times as long as what most submissions do. Here
``supervisor.py`` and ``worker.py`` run as they are, on the pipes, in the folder and with the environment that
``runner.py`` gives them; only the start of the program is spared. What is about folders, limits and groups of processes
in test_hostile.py, and every program that the tests of the command start, start it as bpcli does.
"""

import array
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


class Nursery:
    """The process that others are forked from."""

    def __init__(self):
        from bpcli.gradcheck import runner

        self.ours, theirs = socket.socketpair()
        worker = str(Path(runner.__file__).with_name("worker.py"))
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-B", "-P", __file__, str(theirs.fileno()), worker]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()

    def close(self):
        """End it; those that it has forked end with their pipes."""
        self.ours.close()
        self.process.wait()

    def start(self, command, *, cwd, env, pass_fds, **_):
        """Start a program of Python as ``subprocess.Popen`` does, all three streams being pipes."""
        return Forked(self, command[command.index("-P") + 1 :], str(cwd), env, pass_fds[0])


class Forked:
    """A process, as far as ``runner.py`` looks at it."""

    def __init__(self, nursery, arguments, cwd, env, alive):
        (to_read, stdin), (stdout, to_print), (stderr, to_complain), (status, tell) = (
            os.pipe() for _ in range(4)
        )
        request = json.dumps([arguments, cwd, env]).encode()
        given = array.array("i", [to_read, to_print, to_complain, tell, alive])
        nursery.ours.sendmsg(
            [len(request).to_bytes(4, "big") + request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)]
        )
        for descriptor in (to_read, to_print, to_complain, tell):
            os.close(descriptor)
        self.stdin = open(stdin, "wb")  # noqa: PTH123, SIM115
        self.stdout, self.stderr = open(stdout, "rb"), open(stderr, "rb")  # noqa: PTH123, SIM115
        self._status = open(status, "rb", buffering=0)  # noqa: PTH123, SIM115
        self.pid, self.returncode = int.from_bytes(self._status.read(4), "big"), None

    def wait(self, timeout=None):
        """Return the exit status, or raise ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("python", timeout)
            self.returncode = int.from_bytes(self._status.read(4), "big", signed=True)
            self._status.close()
        return self.returncode

    def kill(self):
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)


def serve(requests):
    """Fork a process for each request, until nobody is left to ask."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for the processes
    while True:
        data, given, _, _ = socket.recv_fds(requests, 4, 8)
        if not data:
            return
        text = requests.recv(int.from_bytes(data, "big"), socket.MSG_WAITALL)
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            follow(*json.loads(text), *given)
        for descriptor in given:
            os.close(descriptor)


def follow(arguments, cwd, env, *given):
    """Become the process, in a child, and tell how it has ended."""
    *streams, tell, alive = given
    child = os.fork()
    if child:
        for descriptor in (*streams, alive):
            os.close(descriptor)
        os.write(tell, child.to_bytes(4, "big"))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(tell, code.to_bytes(4, "big", signed=True))
        os._exit(0)
    os.close(tell)
    os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = [arguments[0], str(alive)]
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", buffering=buffering, closefd=False)  # noqa: SIM115
        for number, mode, buffering in ((0, "r", -1), (1, "w", 1), (2, "w", 1))
    )
    runpy.run_path(arguments[0], run_name="__main__")
    os._exit(0)


if __name__ == "__main__":
    runpy.run_path(sys.argv[2])  # loads NumPy, and the room that reads programs, for those that are forked
    with suppress(KeyboardInterrupt), socket.socket(fileno=int(sys.argv[1])) as requests:
        serve(requests)
