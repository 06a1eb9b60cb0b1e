"""The scorer as a long-running process: blocks while nothing waits, and goes on when Redis or the history come back."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from types import FrameType
from typing import Literal

from creditrisk.errors import CreditRiskError, HistoryUnavailable, QueueUnavailable
from creditrisk.queue import ApplicationQueue, open_queue, trouble
from creditrisk.queue.takeover import take_over
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from functions.scorer.served import Bell, Served

log = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0
"""Seconds between two attempts while the history is away."""
CHECK_SECONDS = 10.0
"""Seconds after which an idle scorer looks at the history again."""


class _Stop(Exception):
    """The worker was asked to stop while it waited."""


class Worker:
    """Drains until a SIGTERM or SIGINT: then it finishes the batch in hand, and leaves."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.name = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns() // 1_000_000}"
        self._stopping = False
        self._waiting = False
        self._check_at = 0.0
        self._warned_at = -CHECK_SECONDS
        self._trouble: Literal["", "found", "met"] = "found"
        """Told of the history: found when it was looked at (at first, by an earlier worker), or met when recording."""

    def run(self) -> None:
        """Drain until asked to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        pause = 0.1
        while not self._stopping:
            try:
                self._check_history()
                self._serve()
                pause = 0.1
            except HistoryUnavailable as error:
                self._tell("met", str(error))
                log.error("%s Trying again in %.1f s; nothing is lost.", error, pause)
                self._wait(time.sleep, pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Have `run` end after the batch in hand."""
        self._stopping = True

    def _serve(self) -> None:
        """Drain each shard in turn until asked to stop. Raises HistoryUnavailable."""
        shards = self._shards()
        bell = Bell(shards) if len(shards) > 1 else None

        def will_go_on() -> bool:
            # With several shards, what was claimed ahead in one would wait for a batch of each other.
            return len(shards) == 1 and not self._stopping

        with ExitStack() as stack:
            served = [
                stack.enter_context(Served(self.assembly, shard, self.name, will_go_on)) for shard in shards
            ]
            while not self._stopping:
                for shard in served:
                    if not self._stopping:
                        shard.step()
                self._warn()
                if any(shard.claimed for shard in served):
                    self._over("met")
                elif time.monotonic() >= self._check_at:
                    self._check_history()
                if not any(shard.goes_on for shard in served):
                    self._wait_for_work(served, bell)

    def _shards(self) -> Sequence[ApplicationQueue]:
        """Those that the settings name; and those that got applications when there were more."""
        queue, only = self.assembly.queue, self.assembly.settings.shard
        try:
            take_over(queue)
            return queue.in_use() if only is None else [queue.shard(only)]
        except QueueUnavailable:
            return queue.shards if only is None else [queue.shard(only)]

    def _wait_for_work(self, served: Sequence[Served], bell: Bell | None) -> None:
        """Block until something comes, or a scorer could prove dead, or a Redis may be back."""
        seconds = min(shard.seconds() for shard in served)
        waiting = [shard.shard for shard in served if shard.is_open]
        try:
            if not waiting:
                self._wait(time.sleep, seconds)
            elif bell:
                self._wait(lambda most: bell.wait(waiting, most), seconds)
            else:
                self._wait(waiting[0].wait_for_work, seconds)
        except QueueUnavailable as error:
            log.warning("%s", error)  # the next step finds out, and pauses

    def _check_history(self) -> None:
        """Find out that the history cannot be used before an application waits for it. Raises HistoryUnavailable."""
        self._check_at = time.monotonic() + CHECK_SECONDS
        try:
            self.assembly.history.check()
        except HistoryUnavailable as error:
            self._tell("found", str(error))
            raise
        self._over("found")

    def _warn(self) -> None:
        """Tell the form of a layer that was refused: applications are decided all the same, by the old one."""
        if self.assembly.warning and time.monotonic() >= self._warned_at + CHECK_SECONDS:
            self._warned_at = time.monotonic()
            with suppress(QueueUnavailable):
                trouble.warn(self.assembly.queue, self.assembly.warning)

    def _tell(self, how: Literal["found", "met"], reason: str) -> None:
        """Tell the form of the trouble; Redis may be away, too."""
        self._trouble = self._trouble or how
        with suppress(QueueUnavailable):
            trouble.tell(self.assembly.queue, reason)

    def _over(self, how: Literal["found", "met"]) -> None:
        """What was found is over when it is found no more; what was met, when something has been recorded."""
        if self._trouble == how or (self._trouble and how == "met"):
            with suppress(QueueUnavailable):  # then it is over a minute later, by itself
                trouble.over(self.assembly.queue)
                self._trouble = ""

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
        self.stop()
        if self._waiting:
            raise _Stop


def work(settings: Settings) -> None:
    """Load the model and drain until asked to stop. Raises scoring's errors when the model cannot be loaded."""
    try:
        assembly = Assembly(settings)
    except CreditRiskError:
        with suppress(QueueUnavailable):
            trouble.tell(open_queue(settings), "The scorer cannot start; its log says why.")
        raise
    Worker(assembly).run()
