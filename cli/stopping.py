"""A command that is asked to stop ends by its own clean-up, and takes its processes along, even when it is killed."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """Somebody asked this process to end; its exit status is the shell's for that signal."""


@contextmanager
def stoppable(told: str) -> Iterator[None]:
    """Within, a signal to end raises Stopped where the program stands, once; then `told` is said on stderr."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        for each in _SIGNALS:  # the clean-up that follows is not to be stopped
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(128 + number)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    except Stopped:
        print(told, file=sys.stderr)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Processes started within never see a signal to end, sent to all of a terminal's: who started them ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with(lifeline: Connection) -> None:
    """In a child: end this process when the other end of `lifeline` is closed, by whatever way its holder ended."""
    _when_closed(lifeline, lambda: os._exit(1))


class Unwanted(Exception):
    """Nobody waits for the result of this work any more."""


class Work:
    """In a child: work that is dropped when the other end of `wanted` is closed.

    The process lives on, and says so to its pool: one that died while it hands over a result would leave the pool
    waiting for the rest of it.
    """

    def __init__(self, wanted: Connection) -> None:
        self._under_way = self._unwanted = False
        signal.signal(signal.SIGUSR1, self._drop)
        _when_closed(wanted, self._end)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Within, Unwanted is raised where the program stands, once the work is wanted no more."""
        self._under_way = True
        try:
            if self._unwanted:
                raise Unwanted
            yield
        finally:
            self._under_way = False

    def _end(self) -> None:
        self._unwanted = True
        os.kill(os.getpid(), signal.SIGUSR1)  # Python runs `_drop` in the main thread, where the work is

    def _drop(self, number: int, frame: FrameType | None) -> None:
        if self._under_way:
            raise Unwanted


def _when_closed(connection: Connection, do: Callable[[], None]) -> None:
    def wait() -> None:
        try:
            connection.recv()
        except (EOFError, OSError):
            do()

    threading.Thread(target=wait, daemon=True).start()
