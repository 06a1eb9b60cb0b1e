"""The scorer as a long-running process: blocks while nothing waits, and goes on when Redis or the history come back."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

from creditrisk.errors import HistoryUnavailable, QueueUnavailable
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from functions.scorer.drain import Drain

log = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0
"""Seconds between two attempts while Redis or the history is away."""
LOOK_SECONDS = 1.0
"""Seconds for which a busy scorer may not have looked for dead ones."""


class _Stop(Exception):
    """The worker was asked to stop while it waited."""


class Worker:
    """Drains until a SIGTERM or SIGINT: then it finishes the batch in hand, and leaves."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.name = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns() // 1_000_000}"
        self._stopping = False
        self._waiting = False
        self._look_at = 0.0

    def run(self) -> None:
        """Drain until asked to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        pause = 0.1
        while not self._stopping:
            try:
                with self.assembly.drain(self.name) as drain:
                    log.info("scorer %s is ready", self.name)
                    while not self._stopping:
                        self._drain_or_wait(drain)
                        pause = 0.1
            except (QueueUnavailable, HistoryUnavailable) as error:
                log.error("%s Trying again in %.1f s; nothing is lost.", error, pause)
                self._wait(time.sleep, pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _drain_or_wait(self, drain: Drain) -> None:
        """Drain one batch; when it took all there was, block until something comes, or a scorer could prove dead."""
        wait = self._look_at - time.monotonic()
        if wait <= 0:
            wait = drain.queue.recover()
            self._look_at = time.monotonic() + min(wait, LOOK_SECONDS)
        claimed = drain.step()
        if claimed:  # meanwhile others may have come and died
            wait = min(wait, LOOK_SECONDS)
        if claimed < self.assembly.settings.batch_size:
            self._wait(drain.queue.wait_for_work, wait)

    def _wait(self, wait: Callable[[float], object], seconds: float) -> None:
        """Wait in a way that a signal ends at once; anywhere else it ends after the batch."""
        try:
            self._waiting = True
            if not self._stopping:
                wait(seconds)
        except _Stop:
            log.info("scorer %s stops", self.name)
        finally:
            self._waiting = False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        if self._waiting:
            raise _Stop


def work(settings: Settings) -> None:
    """Load the model and drain until asked to stop. Raises scoring's errors when the model cannot be loaded."""
    Worker(Assembly(settings)).run()
