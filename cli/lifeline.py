"""What ties a child process to its parent and to its folder, even when the parent is killed."""

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2), Linux."""


def ends_with_parent() -> Callable[[], None] | None:
    """For Popen's `preexec_fn`: Linux sends the child a SIGTERM when its parent dies, of SIGKILL too. Elsewhere None."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """A lock on `folder`, as a descriptor to be inherited: who inherits it holds the lock for as long as it lives.

    Raises BlockingIOError when another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock
    finally:
        os.close(lock)
