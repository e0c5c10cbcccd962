"""A run folder may hold files of somebody else's: they stay what they are, whatever they are called."""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bpcli.common.errors import MachineError, UsageError
from bpcli.training import lock, run_folder
from bpcli.training.run import Run

NOTES = "notes that nobody else has\n"
FOREIGN = [
    "notes\n",
    "bpcli",
    "bpcli 12",
    "bpcli 12\nnotes\n",
    "bpcli x\n",
    "12",
    "12\n\n",
    "\n",
    "\0",
    "9" * 500,
]


def trained(config, folder, **options):
    """Train in ``folder`` to the end."""
    with Run.create(config, "small", folder, {}, **options) as run:
        for _ in run.epochs():
            pass
        run.finish()


def resumed(folder):
    """Take the run in ``folder`` up and train it to its end."""
    with Run.resume(folder, {}) as run:
        for _ in run.epochs():
            pass
        run.finish()


def state(path):
    """What must not change of a file: inode, kind, number of names, size, time of change, content or target."""
    status = path.lstat()
    known = (status.st_ino, status.st_mode, status.st_nlink, status.st_size, status.st_mtime_ns)
    if path.is_symlink():
        return (*known, path.readlink())
    return (*known, path.read_bytes() if path.is_file() else None)


def plant_notes(path, victim):
    """A text that somebody keeps under this name."""
    path.write_text(NOTES)


def plant_symlink(path, victim):
    """A link to a file outside the run."""
    path.symlink_to(os.path.relpath(victim, path.parent))


def plant_symlink_to_an_empty_file(path, victim):
    """A link to a file whose content alone would pass for a lock."""
    victim.write_text("")
    path.symlink_to(victim)


def plant_dangling_symlink(path, victim):
    """A link to a file that following it would make."""
    path.symlink_to(victim.with_name("not-there"))


def plant_symlink_to_itself(path, victim):
    """A link without an end."""
    path.symlink_to(path.name)


def plant_hard_link(path, victim):
    """A second name of a file outside the run."""
    path.hardlink_to(victim)


def plant_hard_link_to_a_lock(path, victim):
    """The same, with a content that alone would pass for a lock."""
    victim.write_text("bpcli 12\n")
    path.hardlink_to(victim)


def plant_fifo(path, victim):
    """A named pipe: to open it plainly waits for its other end."""
    os.mkfifo(path)


def plant_folder(path, victim):
    """A folder with a file in it."""
    path.mkdir()
    (path / "kept").write_text(NOTES)


def plant_socket(path, victim):
    """A socket, bound by its short name: the path of a test's folder may be too long for one."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


PLANTS = [
    plant_notes,
    plant_symlink,
    plant_symlink_to_an_empty_file,
    plant_dangling_symlink,
    plant_symlink_to_itself,
    plant_hard_link,
    plant_hard_link_to_a_lock,
    plant_fifo,
    plant_folder,
    plant_socket,
]


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("command", ["train", "force", "resume"])
def test_a_lock_that_is_not_ours_is_refused_and_stays(small_config, tmp_path, plant, command):
    """The message names the file; the file, what it links to and the run are byte for byte what they were."""
    run, victim = tmp_path / "run", tmp_path / "victim.txt"
    run.mkdir()
    victim.write_text(NOTES)
    if command != "train":
        trained(small_config(epochs=2), run)
    plant(run / "lock", victim)
    before = {path: state(path) for path in tmp_path.rglob("*") if path != run}
    with pytest.raises(
        UsageError, match=r"run/lock is not a lock of bpcli: it .*; move it away or delete it"
    ):
        if command == "resume":
            resumed(run)
        else:
            trained(small_config(epochs=2), run, force=command == "force")
    assert {path: state(path) for path in tmp_path.rglob("*") if path != run} == before


@pytest.mark.parametrize("content", FOREIGN)
def test_only_the_whole_line_that_bpcli_writes_is_a_lock(small_config, tmp_path, content):
    """Neither a part of it, nor more than it, nor another number."""
    trained(small_config(epochs=2), tmp_path)
    (tmp_path / "lock").write_text(content)
    before = state(tmp_path / "lock")
    with pytest.raises(UsageError, match="holds something that bpcli did not write"):
        resumed(tmp_path)
    assert state(tmp_path / "lock") == before


KILLED_WITH_A_COPY = """
import os, signal, sys
from pathlib import Path
from bpcli.training.lock import locked

with locked(Path("lock"), in_run=True):
    if os.fork() == 0:
        print("copied", flush=True)
        sys.stdin.read()
        os._exit(0)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_copy_of_a_killed_process_holds_no_lock(tmp_path):
    """A worker of a sweep may live a little longer."""
    line = [sys.executable, "-c", KILLED_WITH_A_COPY]
    with subprocess.Popen(line, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout.readline() == b"copied\n"
        killed.wait()
        assert (tmp_path / "lock").read_text() == f"bpcli {killed.pid}\n"
        with lock.locked(tmp_path / "lock", in_run=True):
            pass


@pytest.mark.parametrize("content", ["bpcli 4194303\n", "4194303\n"])
def test_the_lock_of_a_killed_process_stops_nobody(small_config, tmp_path, content):
    """Neither today's nor the bare pid of former versions; it is gone after the run."""
    trained(small_config(epochs=2), tmp_path)
    (tmp_path / "lock").write_text(content)
    resumed(tmp_path)
    assert not (tmp_path / "lock").exists()


def test_a_bare_pid_outside_a_run_is_another_programs(small_config, tmp_path):
    """Many programs keep their pid in a file ``lock``: without a run beside it, it is not ours."""
    (tmp_path / "lock").write_text("4194303\n")
    before = state(tmp_path / "lock")
    with pytest.raises(UsageError, match="holds something that bpcli did not write"):
        trained(small_config(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"lock"}
    assert state(tmp_path / "lock") == before


@pytest.mark.parametrize("in_run", [False, True])
def test_an_empty_lock_is_used_and_left_empty(small_config, tmp_path, in_run):
    """A crash leaves such a file, and so does ``flock`` of another program: neither stops us, neither is removed."""
    if in_run:
        trained(small_config(epochs=2), tmp_path)
    (tmp_path / "lock").touch()
    inode = (tmp_path / "lock").stat().st_ino
    with run_folder.held(tmp_path):
        assert (tmp_path / "lock").read_text() == f"bpcli {os.getpid()}\n"
    assert (tmp_path / "lock").stat().st_ino == inode
    assert (tmp_path / "lock").read_bytes() == b""


def test_the_lock_is_one_line_while_held_and_gone_afterwards(tmp_path):
    """Also where a longer line of a dead process was there."""
    (tmp_path / "lock").write_text("bpcli 18446744073709551615\n")
    with run_folder.held(tmp_path):
        assert (tmp_path / "lock").read_text() == f"bpcli {os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_refused_before_it_is_opened(tmp_path, monkeypatch):
    """To open a device can have effects; the test needs no right to make one."""
    device = Path("/dev/null").stat()
    (tmp_path / "lock").touch()
    monkeypatch.setattr(Path, "lstat", lambda path: device)
    monkeypatch.setattr(os, "open", opened_only_to_make(os.open))
    with pytest.raises(UsageError, match="lock is not a lock of bpcli: it is a device"), held(tmp_path):
        pass


def opened_only_to_make(open_):
    """An ``os.open`` that allows nothing but to make a file that is not there."""

    def open_new(path, flags, *rest):
        assert flags & os.O_EXCL
        return open_(path, flags, *rest)

    return open_new


def held(folder):
    """The lock of ``folder`` by itself: to hold the folder looks into its configuration first."""
    return lock.locked(folder / "lock", in_run=False)


def test_a_lock_that_may_not_be_opened_is_named(tmp_path, monkeypatch):
    """The permissions are planted, since root has all of them: a failure of the machine, with the file's path."""
    path = tmp_path / "lock"
    path.write_text("bpcli 12\n")
    before = state(path)

    def denied(name, flags, *rest):
        raise (
            FileExistsError(17, "File exists", str(name))
            if flags & os.O_EXCL
            else PermissionError(13, "Permission denied", str(name))
        )

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        refused = pytest.raises(MachineError, match="lock: cannot be written to: Permission denied")
        with refused, run_folder.held(tmp_path):
            pass
    assert state(path) == before


@pytest.mark.parametrize("plant", [plant_symlink, plant_fifo, plant_hard_link, plant_folder])
def test_what_is_put_there_between_the_look_and_the_open_is_not_touched(tmp_path, monkeypatch, plant):
    """The look finds a lock of ours; the open then meets something else, and follows and waits for nothing."""
    victim = tmp_path / "victim.txt"
    victim.write_text(NOTES)
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "lock").write_text("bpcli 12\n")
    innocent = (folder / "lock").lstat()
    (folder / "lock").unlink()
    plant(folder / "lock", victim)
    before = state(victim), state(folder / "lock")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", lambda path: innocent)
        with pytest.raises((UsageError, OSError)), held(folder):
            pass
    assert (state(victim), state(folder / "lock")) == before


@pytest.mark.parametrize("successor", [None, "", "bpcli 12\n"])
def test_a_lock_removed_between_our_open_and_our_flock_is_not_taken(tmp_path, monkeypatch, successor):
    """The last holder removed the file, and perhaps a next one made it anew: we lock the file that is there."""
    path = tmp_path / "lock"
    path.write_text("bpcli 12\n")
    old = os.open(path, os.O_RDONLY)  # keeps the inode from being given to the new file
    flock, calls = fcntl.flock, []

    def flock_late(*arguments):
        if not calls:
            path.unlink()
            if successor is not None:
                path.write_text(successor)
        calls.append(arguments)
        return flock(*arguments)

    monkeypatch.setattr(fcntl, "flock", flock_late)
    with run_folder.held(tmp_path):
        assert len(calls) == 2
        assert path.read_text() == f"bpcli {os.getpid()}\n"
        assert os.pread(old, 64, 0) == b"bpcli 12\n"
    os.close(old)
    assert path.exists() == (successor == "")


def test_a_lock_removed_between_the_refusal_and_the_look_is_made_anew(tmp_path, monkeypatch):
    """The holder ends just after we found that the file exists: we make our own."""
    path = tmp_path / "lock"
    path.write_text("bpcli 12\n")
    lstat = Path.lstat

    def lstat_late(self):
        if self == path and path.read_text() == "bpcli 12\n":
            path.unlink()
        return lstat(self)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", lstat_late)
        with held(tmp_path):
            assert path.read_text() == f"bpcli {os.getpid()}\n"
    assert not path.exists()


def test_what_replaced_our_lock_meanwhile_is_not_removed(tmp_path):
    """At the end only the file that we hold goes, not another one under its name, nor one with other words in it."""
    for replace in (True, False):
        with run_folder.held(tmp_path):
            if replace:
                (tmp_path / "lock").unlink()
            (tmp_path / "lock").write_text(NOTES)
        assert (tmp_path / "lock").read_text() == NOTES
        (tmp_path / "lock").unlink()


@pytest.mark.parametrize("content", ["", "bpcli 77\n", "77\n", NOTES])
def test_a_lock_that_another_process_holds_is_not_written_to(tmp_path, content):
    """A holder that wrote its pid is named; one that wrote something else is not bpcli."""
    path = tmp_path / "lock"
    path.write_text(content)
    before = state(path)
    holder = (
        "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX); "
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        expected = {"": "process unknown", NOTES: "is not a lock of bpcli"}.get(content, "process 77:")
        with pytest.raises(UsageError, match=expected), run_folder.held(tmp_path):
            pass
        process.stdin.close()
    assert state(path) == before


def leftover(folder, name, tail=".tmp"):
    """A temporary file as a killed write of ``name`` leaves it."""
    descriptor, path = tempfile.mkstemp(prefix=f".{name}.", suffix=tail, dir=folder)
    os.close(descriptor)
    return Path(path)


def test_only_what_a_killed_write_leaves_is_swept(small_config, tmp_path):
    """Every name that mkstemp gives; no similar name, no link, no folder, no second name of a file."""
    run, victim = tmp_path / "run", tmp_path / "victim.txt"
    trained(small_config(epochs=2), run)
    victim.write_text(NOTES)
    swept = [leftover(run, name) for name in run_folder.FILES for _ in range(20)]
    (run / ".config.yaml.backup of today.tmp").write_text(NOTES)
    (run / ".config.yaml.old.tmp").write_text(NOTES)
    (run / ".config.yaml.ABCDEFGH.tmp").write_text(NOTES)
    (run / ".config.yaml.abcdefgh.tmp.tmp").write_text(NOTES)
    (run / ".mine.yaml.abcdefgh.tmp").write_text(NOTES)
    (run / ".config.yaml.linklink.tmp").symlink_to(victim)
    (run / ".config.yaml.hardlink.tmp").hardlink_to(victim)
    (run / ".config.yaml.pipepipe.tmp").mkdir()
    kept = [*run.glob(".*.tmp"), victim]
    before = {path: state(path) for path in kept if path not in swept}
    resumed(run)
    assert not any(path.exists() for path in swept)
    assert {path: state(path) for path in before} == before


def test_nothing_is_swept_from_a_folder_that_holds_no_run(small_config, tmp_path):
    """There a name like ours is another program's."""
    path = leftover(tmp_path, "config.yaml")
    path.write_text(NOTES)
    trained(small_config(epochs=2), tmp_path)
    assert path.read_text() == NOTES


def edit_configuration(run, victim):
    """The configuration of the run, with a remark of its owner in it."""
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text("# my best settings\n" + text)


def mention_the_digest(run, victim):
    """A configuration of somebody's own in which the word that marks a run's occurs."""
    (run / "config.yaml").write_text("seed: 3\n# sha256: of what?\n")


def pipe_for_configuration(run, victim):
    """A named pipe: to read it waits for ever."""
    (run / "config.yaml").unlink()
    os.mkfifo(run / "config.yaml")


def folder_for_summary(run, victim):
    """A folder under the name of a file of the run."""
    (run / "summary.json").unlink()
    (run / "summary.json").mkdir()


def dangling_link_alone(run, victim):
    """A link to what is not there at the moment, and no run."""
    for path in run.iterdir():
        path.unlink()
    (run / "metrics.csv").symlink_to("/not/mounted/now")


@pytest.mark.parametrize(
    "change",
    [
        edit_configuration,
        mention_the_digest,
        pipe_for_configuration,
        folder_for_summary,
        dangling_link_alone,
    ],
)
def test_force_refuses_what_no_run_wrote(small_config, tmp_path, change):
    """Nothing is removed before everything is known to be a run's."""
    run, victim = tmp_path / "run", tmp_path / "victim.txt"
    trained(small_config(epochs=2), run)
    change(run, victim)
    before = {path: state(path) for path in run.iterdir()}
    with pytest.raises(UsageError, match="bpcli did not write them or"):
        trained(small_config(epochs=2), run, force=True)
    assert {path: state(path) for path in run.iterdir()} == before


def test_force_removes_a_link_and_not_what_it_links_to(small_config, tmp_path):
    """A checkpoint that was moved elsewhere and linked to stays there."""
    run, victim = tmp_path / "run", tmp_path / "victim.txt"
    trained(small_config(epochs=2), run)
    (run / "checkpoint.npz").rename(victim)
    (run / "checkpoint.npz").symlink_to(victim)
    before = state(victim)
    trained(small_config(epochs=2), run, force=True)
    assert not (run / "checkpoint.npz").is_symlink()
    assert state(victim) == before


@pytest.mark.parametrize("name", ["config.yaml", "checkpoint.npz", "environment.json", "metrics.csv"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(small_config, tmp_path, name):
    """Reading it would never end."""
    trained(small_config(epochs=2), tmp_path)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(MachineError, match=f"{name}: this is not a regular file"):
        resumed(tmp_path)
