"""Closes a process: from then on it can read and compute, and nothing else (Linux, x86-64 and arm64).

It sets a filter of system calls (seccomp), a list of what is allowed. Files can be opened for reading only. The process can
start threads, but it cannot write, make or remove a file, open a socket, start a program, or touch another process. The
filter cannot be taken off again.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import Final

_ALLOWED: Final[Mapping[str, tuple[int | None, int | None]]] = {
    # name: number on x86-64, number on arm64 (None: there is none)
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "stat": (4, None), "fstat": (5, 80), "lstat": (6, None),
    "poll": (7, None), "ppoll": (271, 73), "lseek": (8, 62), "mmap": (9, 222), "mprotect": (10, 226),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "access": (21, None),
    "select": (23, None), "pselect6": (270, 72), "sched_yield": (24, 124), "mremap": (25, 216),
    "nanosleep": (35, 101), "getpid": (39, 172), "exit": (60, 93), "uname": (63, 160),
    "getcwd": (79, 17), "readlink": (89, None), "readlinkat": (267, 78), "gettimeofday": (96, 169),
    "getrlimit": (97, 163), "getrusage": (98, 165), "sysinfo": (99, 179), "times": (100, 153), "getuid": (102, 174),
    "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177), "sigaltstack": (131, 132),
    "gettid": (186, 178), "futex": (202, 98), "sched_getaffinity": (204, 123),
    "getdents64": (217, 61), "set_tid_address": (218, 96), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115), "exit_group": (231, 94), "newfstatat": (262, 79), "faccessat": (269, 48),
    "set_robust_list": (273, 99), "getcpu": (309, 168), "getrandom": (318, 278), "membarrier": (324, 283),
    "statx": (332, 291), "rseq": (334, 293), "faccessat2": (439, 439),
}  # fmt: skip
"""The system calls that reading, computing and threads need."""
_OPEN, _OPENAT, _CLONE, _PRLIMIT = (2, None), (257, 56), (56, 220), (302, 261)
_FCNTL, _MADVISE = (72, 25), (28, 233)
_CLONE3, _SECCOMP = (435, 435), (317, 277)

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine → its column in the table, and its name in the kernel (AUDIT_ARCH_…)."""
_WRITES: Final = 0o3 | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000  # the last: O_TMPFILE
_THREAD: Final = 0x00010000 | 0x00000100  # CLONE_THREAD, CLONE_VM
_OF_A_THREAD: Final = 0x017D0F00
"""The flags that the C library gives for a new thread. Others are refused: they could make namespaces, or send a signal when
the thread ends."""
_FCNTL_ALLOWED: Final = (0, 1, 2, 3, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC. F_SETOWN and F_SETSIG would send signals to other processes,
F_SETLEASE and F_SETLK hold up those that use a file."""
_PHYSICAL: Final = 100
"""MADV_HWPOISON: with this advice and higher ones, madvise takes pages of the machine's memory out of use."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_NO_NEW_PRIVILEGES, _FILTER, _ALL_THREADS = 38, 1, 1


class CannotClose(Exception):
    """This system has no such filter, or does not allow this process to set it."""


def close_process() -> None:
    """Close this process for good. Raises CannotClose; then the process is not closed."""
    column, architecture = _machine()
    program = b"".join(_program(column, architecture))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise CannotClose(os.strerror(ctypes.get_errno()))
    buffer = ctypes.create_string_buffer(program, len(program))
    filter_of = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    if libc.syscall(_SECCOMP[column], _FILTER, _ALL_THREADS, ctypes.create_string_buffer(filter_of)) != 0:
        raise CannotClose(os.strerror(ctypes.get_errno()))
    try:
        os.close(os.open(f"/tmp/.{os.getpid()}", os.O_WRONLY | os.O_CREAT, 0o600))
    except PermissionError as error:
        if error.errno == errno.EPERM:  # the filter's answer; a file's own permissions would give EACCES
            return
    raise CannotClose("the filter was set, and files can still be written")


def _machine() -> tuple[int, int]:
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        raise CannotClose(f"there is no filter for {sys.platform} on {machine}")
    return _ARCHITECTURES[machine]


def _program(column: int, architecture: int) -> Iterator[bytes]:
    """The filter's instructions, in the machine language of the kernel's filters (classic BPF)."""

    def do(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("HBBI", code, if_true, if_false, value)

    allow, refuse = do(_RETURN, _ALLOW), do(_RETURN, _ERRNO | errno.EPERM)

    def argument(position: int, upper: bool = False) -> bytes:
        return do(_LOAD, _ARGUMENTS + 8 * position + 4 * upper)

    def when(numbers: tuple[int | None, int | None], *then: bytes) -> Iterator[bytes]:
        """The instructions for one system call; the last of `then` returns whether it is allowed."""
        number = numbers[column]
        if number is not None:
            yield do(_EQUAL, number, 0, len(then))
            yield from then

    yield do(_LOAD, _ARCH)
    yield do(_EQUAL, architecture, 1, 0)
    yield do(_RETURN, _KILL)
    yield do(_LOAD, _NUMBER)
    for numbers in _ALLOWED.values():
        yield from when(numbers, allow)
    for numbers, flags in ((_OPEN, 1), (_OPENAT, 2)):
        yield from when(numbers, argument(flags), do(_ANY_BIT, _WRITES, 0, 1), refuse, allow)
    yield from when(
        _CLONE,
        argument(0),
        do(_ANY_BIT, _OF_A_THREAD ^ 0xFFFFFFFF, 3, 0),
        do(_AND, _THREAD),
        do(_EQUAL, _THREAD, 0, 1),
        allow,
        refuse,
    )
    commands = [step for command in _FCNTL_ALLOWED for step in (do(_EQUAL, command, 0, 1), allow)]
    yield from when(_FCNTL, argument(1), *commands, refuse)
    yield from when(_MADVISE, argument(2), do(_AT_LEAST, _PHYSICAL, 0, 1), refuse, allow)
    # reading a limit is allowed, setting one is not: so the address of the new limit must be 0
    yield from when(
        _PRLIMIT, argument(2), do(_EQUAL, 0, 0, 3), argument(2, True), do(_EQUAL, 0, 0, 1), allow, refuse
    )
    # clone3 has its flags in memory, where a filter cannot look; told that there is no clone3, the C library uses clone
    yield from when(_CLONE3, do(_RETURN, _ERRNO | errno.ENOSYS))
    yield refuse
