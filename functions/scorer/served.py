"""One shard of the queue as a worker serves it, and the wait for work in any of several."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from creditrisk.errors import QueueUnavailable
from creditrisk.queue import ApplicationQueue
from functions.scorer.assembly import Assembly
from functions.scorer.drain import Drain

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Seconds for which a busy scorer may not have looked for dead ones."""
LONGEST_PAUSE = 1.0
"""Seconds between two attempts while the shard's Redis is away; each has the patience of `creditrisk.redis_client`."""


class Served:
    """A shard, its drain while Redis answers, and when it is looked at again."""

    def __init__(
        self,
        assembly: Assembly,
        shard: ApplicationQueue,
        name: str,
        will_go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """`will_go_on` says whether this shard is drained again right after a step: see `Drain.step`."""
        self.shard = shard
        self.claimed = 0
        """How many applications the last step claimed."""
        self._assembly = assembly
        self._name = name
        self._will_go_on = will_go_on
        self._open = ExitStack()
        self._drain: Drain | None = None
        self._look_at = 0.0
        self._not_before = 0.0
        self._pause = 0.1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Leave, as the drain's end has it: see `Assembly.drain`."""
        self._drain = None
        return bool(self._open.__exit__(kind, error, trace))

    @property
    def is_open(self) -> bool:
        """Whether there is a lease, and so something to wait for."""
        return self._drain is not None

    @property
    def goes_on(self) -> bool:
        """Whether there is more to drain, as far as is known."""
        return self.claimed >= self._assembly.settings.batch_size or self.shard.is_ahead(self._name)

    def step(self) -> None:
        """Drain one batch, when this shard's Redis answers; else say so, and try again later. Raises HistoryUnavailable."""
        self.claimed = 0
        if time.monotonic() < self._not_before:
            return
        try:
            if self._drain is None:
                self._drain = self._open.enter_context(self._assembly.drain(self._name, self.shard))
                log.info("scorer %s is ready", self._name)
            wait = self._look_at - time.monotonic()
            if wait <= 0:
                self._look_at = time.monotonic() + min(self.shard.recover(), LOOK_SECONDS)
            self._assembly.renew()
            self._drain.model, self._drain.policy = self._assembly.model, self._assembly.policy
            self.claimed = self._drain.step(self._will_go_on)
            self._pause = 0.1
        except QueueUnavailable as error:
            self._drain = None
            self._open.__exit__(*sys.exc_info())
            self._not_before = time.monotonic() + self._pause
            log.error("%s Trying again in %.1f s; nothing is lost.", error, self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def seconds(self) -> float:
        """In how many seconds there is something to do, if nothing comes."""
        return max(0.0, (self._look_at if self.is_open else self._not_before) - time.monotonic())


class Bell:
    """Rings when something waits in any of several shards: one thread blocks on each."""

    def __init__(self, shards: Sequence[ApplicationQueue]) -> None:
        self._pool = ThreadPoolExecutor(len(shards), thread_name_prefix="bell")
        self._waits: dict[ApplicationQueue, Future[bool]] = {}

    def wait(self, shards: Sequence[ApplicationQueue], seconds: float) -> None:
        """Wait until something waits in one of the shards, or one cannot be asked; at most `seconds`."""
        for shard in shards:
            if shard not in self._waits:
                self._waits[shard] = self._pool.submit(shard.wait_for_work, LOOK_SECONDS)
        wait(self._waits.values(), seconds, FIRST_COMPLETED)
        self._waits = {shard: future for shard, future in self._waits.items() if not future.done()}
