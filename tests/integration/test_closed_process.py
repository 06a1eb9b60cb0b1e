"""A process that was closed is tried from inside, with raw system calls: whatever it runs, it changes nothing."""

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="nothing is read at all where a process cannot be closed",
)
COLUMN = 0 if platform.machine() == "x86_64" else 1

CLOSED = """
import ctypes, errno, fcntl, json, mmap, os, resource, signal, socket, sys, threading
from models.handover.child import _limit, close_process, read_libraries_alone
_limit(4 << 30, 60)
bound = read_libraries_alone()
libc = ctypes.CDLL(None, use_errno=True)
inherited = os.pipe()
close_process()

def raw(*arguments):
    ctypes.set_errno(0)
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    if libc.syscall(*given) < 0:
        raise OSError(ctypes.get_errno(), "")
"""
"""What the hand-over's child does before it reads anything, and a way to make system calls of one's own."""

TRIED = {
    # files
    "open to write": "os.open(path, os.O_WRONLY)",
    "open to read and write": "os.open(path, os.O_RDWR)",
    "open and make": "os.open(path + '.new', os.O_RDONLY | os.O_CREAT)",
    "open and cut": "os.open(path, os.O_RDONLY | os.O_TRUNC)",
    "open to append": "os.open(path, os.O_RDONLY | os.O_APPEND)",
    "open without a name": "os.open(os.path.dirname(path), os.O_TMPFILE | os.O_RDWR)",
    "open relative to a folder": "os.open(path, os.O_WRONLY, dir_fd=os.open('/usr/lib', os.O_RDONLY))",
    "open this process's memory": "os.open('/proc/self/mem', os.O_RDWR)",
    "open the terminal": "os.open('/dev/tty', os.O_RDWR)",
    "open a terminal maker": "os.open('/dev/ptmx', os.O_RDWR)",
    "link": "os.link(path, path + '.new')",
    "symbolic link": "os.symlink(path, path + '.new')",
    "rename": "os.rename(path, path + '.new')",
    "remove": "os.unlink(path)",
    "remove a folder": "os.rmdir(os.path.dirname(path))",
    "make a folder": "os.mkdir(path + '.new')",
    "make a pipe": "os.mkfifo(path + '.new')",
    "mode": "os.chmod(path, 0o777)",
    "owner": "os.chown(path, 1, 1)",
    "times": "os.utime(path)",
    "cut": "os.truncate(path, 0)",
    "attribute": "os.setxattr(path, 'user.x', b'x')",
    "change the root": "os.chroot('/tmp')",
    "change the folder": "os.chdir('/tmp')",
    "make the order longer": "os.ftruncate(0, 1 << 20)",
    # processes
    "fork": "os.fork()",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "execute": "os.execv('/bin/true', ['true'])",
    "execute a file of memory": "os.memfd_create('x')",
    "kill the parent": "os.kill(parent, 0)",
    "kill the group": "os.killpg(0, 0)",
    "priority of the parent": "os.setpriority(os.PRIO_PROCESS, parent, 1)",
    "affinity of the parent": "os.sched_setaffinity(parent, {0})",
    "a session": "os.setsid()",
    "owner of signals": "fcntl.fcntl(inherited[0], fcntl.F_SETOWN, parent)",
    "which signal": "fcntl.fcntl(inherited[0], 10, signal.SIGKILL)",
    "signals at data": "fcntl.fcntl(inherited[0], fcntl.F_SETFL, os.O_ASYNC)",
    "lease": "fcntl.fcntl(0, fcntl.F_SETLEASE, fcntl.F_RDLCK)",
    "lock": "fcntl.lockf(0, fcntl.LOCK_SH)",
    "notify of a folder": "fcntl.fcntl(os.open('/usr/lib', os.O_RDONLY), fcntl.F_NOTIFY, 1)",
    # network
    "internet": "socket.socket(socket.AF_INET)",
    "datagrams": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "local sockets": "socket.socket(socket.AF_UNIX)",
    "pairs of sockets": "socket.socketpair()",
    "kernel's own sockets": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
}
"""What → how, with Python's own functions."""

RAW = {
    # name: number on x86-64, number on arm64, arguments
    "limits of its own": (302, 261, ", 0, 7, b'\\x40' + b'\\0' * 15, 0"),
    "limits of the parent": (302, 261, ", parent, 7, b'\\x40' + b'\\0' * 15, 0"),
    "limits, the old way": (160, 164, ", 7, b'\\x40' + b'\\0' * 15"),
    "vfork": (58, None, ""),
    "clone without a thread": (56, 220, ", 17, 0, 0, 0, 0"),
    "clone with the memory alone": (56, 220, ", 0x100, 0, 0, 0, 0"),
    "clone a thread with namespaces": (56, 220, ", 0x10000 | 0x100 | 0x800 | 0x20000, 0, 0, 0, 0"),
    "clone3": (435, 435, ", 0, 0"),
    "execveat": (322, 281, ", -100, b'/bin/true', 0, 0, 0"),
    "openat2": (437, 437, ", -100, b'/tmp', b'\\0' * 24, 24"),
    "creat": (85, None, ", path.encode(), 0o600"),
    "renameat2": (316, 276, ", -100, path.encode(), -100, (path + '.new').encode(), 0"),
    "linkat": (265, 37, ", -100, path.encode(), -100, (path + '.new').encode(), 0"),
    "fchmodat2": (452, 452, ", -100, path.encode(), 0o777, 0"),
    "open_by_handle_at": (304, 265, ", 0, 0, 0"),
    "connect": (42, 203, ", 0, b'\\0' * 16, 16"),
    "sendto": (44, 206, ", 0, b'x', 1, 0, 0, 0"),
    "recvmsg": (47, 212, ", 0, 0, 0"),
    "ptrace": (101, 117, ", 16, parent, 0, 0"),
    "process_vm_readv": (310, 270, ", parent, 0, 0, 0, 0, 0"),
    "process_vm_writev": (311, 271, ", parent, 0, 0, 0, 0, 0"),
    "pidfd_open": (434, 434, ", parent, 0"),
    "tgkill": (234, 131, ", parent, parent, 0"),
    "io_uring_setup": (425, 425, ", 1, b'\\0' * 120"),
    "userfaultfd": (323, 282, ", 0"),
    "bpf": (321, 280, ", 0, 0, 0"),
    "perf_event_open": (298, 241, ", 0, 0, -1, -1, 0"),
    "keyctl": (250, 219, ", 0, -3, 0"),
    "add_key": (248, 217, ", b'user', b'x', b'x', 1, -3"),
    "shmget": (29, 194, ", 7, 4096, 0o1600"),
    "mq_open": (240, 180, ", b'x', 0o102, 0o600, 0"),
    "mount": (165, 40, ", b'x', b'/tmp', b'tmpfs', 0, 0"),
    "unshare": (272, 97, ", 0x10000000"),
    "setns": (308, 268, ", 0, 0"),
    "personality": (135, 92, ", 0x0400000"),
    "a filter of one's own": (317, 277, ", 1, 0, 0"),
    "ioctl": (16, 29, ", 0, 0x5412, b'x'"),
    "a page out of use": (28, 233, ", 0, 4096, 100"),
    "timer": (222, 107, ", 0, 0, 0"),
    "setuid": (105, 146, ", 1"),
    "x32 open": (0x40000002, None, ", path.encode(), 1, 0"),
    "x32 fork": (0x40000039, None, ""),
    "x32 execve": (0x40000208, None, ", b'/bin/true', 0, 0"),
}

ALLOWED = {
    "a thread": "t = threading.Thread(target=lambda: None); t.start(); t.join()",
    "memory": "mmap.mmap(-1, 1 << 20)",
    "a library's file": "open(json.__file__).read()",
    "our own module's file": "open(sys.modules['models.handover.child'].__file__).read()",
    "an answer": "os.write(inherited[1], b'x')",
}


def closed(code: str, **given: Any) -> subprocess.CompletedProcess[str]:
    """Run code in a closed process, `given` as its variables."""
    said = "".join(f"{name} = {value!r}\n" for name, value in given.items())
    return subprocess.run(
        [sys.executable, "-I", "-c", f"{CLOSED}{said}{code}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={"OPENBLAS_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file, which only its owner may read."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "file").write_text("secret")
    (folder / "file").chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def outcomes(place: Path) -> dict[str, str]:
    """What is tried → the error that it got; empty when it was done."""
    lines = TRIED | ALLOWED
    for name, (*numbers, arguments) in RAW.items():
        if (number := numbers[COLUMN]) is not None:
            lines[name] = f"raw({number}{arguments})"
    lines["read"] = "open(path).read()"
    lines["list"] = "os.listdir(os.path.dirname(path))"
    lines["environment of the parent"] = "open(f'/proc/{parent}/environ', 'rb').read()"
    code = f"""
outcomes = {{"bound": str(bound)}}
for name, line in {lines!r}.items():
    try:
        exec(line)
        outcomes[name] = ""
    except OSError as error:
        outcomes[name] = errno.errorcode.get(error.errno, str(error))
print(json.dumps(outcomes), flush=True)
os._exit(0)
"""
    run = closed(code, path=str(place / "file"), parent=os.getpid())
    assert run.returncode == 0, run.stderr
    found: dict[str, str] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("what", [*TRIED, *(name for name, line in RAW.items() if line[COLUMN] is not None)])
def test_what_changes_something_is_refused(outcomes: dict[str, str], place: Path, what: str) -> None:
    assert outcomes[what] in ("EPERM", "EACCES", "ENOSYS")
    assert [path.name for path in place.iterdir()] == ["file"]
    assert (place / "file").read_text() == "secret"
    assert (place / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("what", ALLOWED)
def test_what_counting_needs_goes_on(outcomes: dict[str, str], what: str) -> None:
    assert outcomes[what] == ""


@pytest.mark.parametrize("what", ["read", "list", "environment of the parent"])
def test_files_that_are_no_librarys_cannot_be_read_where_the_system_knows_landlock(
    outcomes: dict[str, str], what: str
) -> None:
    assert outcomes[what] == ("EACCES" if outcomes["bound"] == "True" else "")


def test_no_thread_runs_before_the_process_is_bound() -> None:
    """Landlock binds the thread that asks for it, and those that it starts."""
    code = "import os, models.handover.child\nprint(len(os.listdir('/proc/self/task')))"
    run = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, env={"OPENBLAS_NUM_THREADS": "1"}
    )
    assert run.stdout.strip() == "1", run.stderr


@pytest.mark.skipif(COLUMN == 1, reason="arm64 has no such door")
def test_the_door_of_32_bit_programs_ends_the_process(place: Path) -> None:
    """`int 0x80` counts system calls otherwise: 2 is fork there, and open here."""
    code = """
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b802000000cd80c3"))  # mov eax, 2; int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
print("it ran on", flush=True)
os._exit(0)
"""
    run = closed(code)
    assert (run.returncode, run.stdout) == (-signal.SIGSYS, "")


def test_memory_and_processor_time_are_bounded(place: Path) -> None:
    run = closed("bytearray(5 << 30)")
    assert "MemoryError" in run.stderr
    code = (
        CLOSED.replace("_limit(4 << 30, 60)", "_limit(4 << 30, 1)")
        + "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    )
    ended = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def test_a_process_that_cannot_be_closed_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from models.handover import seccomp

    monkeypatch.setattr(platform, "machine", lambda: "sparc64")
    with pytest.raises(seccomp.CannotClose, match="sparc64"):
        seccomp.close_process()
    assert os.access("/tmp", os.W_OK), "and this process goes on"
