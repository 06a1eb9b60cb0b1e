"""The queue as a whole: its shards, and which of them an application is in."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from creditrisk.application_id import shard_number
from creditrisk.errors import QueueUnavailable
from creditrisk.queue.claim import QueueState
from creditrisk.queue.claims import Claims
from creditrisk.queue.operator import Operator
from creditrisk.redis_client import available
from creditrisk.redis_keys import QUEUES, SHARD_COUNTS

_REFRESH_SECONDS = 60.0
"""How long a process relies on what it last read about other numbers of shards."""


class ApplicationQueue(Claims, Operator):
    """One shard with all that form, scorer and operator do with it. Where there is only one, it is the whole queue."""

    shards: "Sequence[ApplicationQueue]"

    def __init__(self, redis: Any, **options: Any) -> None:
        """See `Shard`."""
        super().__init__(redis, **options)
        self.count = 1
        self.shards = (self,)

    def in_use(self) -> "Sequence[ApplicationQueue]":
        """All shards that an application may be in."""
        return self.shards

    def home(self, idempotency_key: str = "") -> "ApplicationQueue":
        """The shard that a new application goes into."""
        return self

    def shard_of(self, application_id: str) -> "ApplicationQueue":
        """The shard that an application is in."""
        return self


class ShardedQueue:
    """All shards. An id names its shard: the remainder of its random bits, divided by the number of shards.

    That number may change while applications wait and answers are kept. So Redis remembers which numbers were in use;
    an idempotency key is also looked for in the shard where an earlier number would have put it; and scorers also drain
    shards that get nothing new any more.
    """

    def __init__(
        self,
        redis: Any,
        count: int,
        make: Callable[[int], ApplicationQueue],
        remember_seconds: int,
    ) -> None:
        self.redis = redis
        self.count = count
        self.shards: Sequence[ApplicationQueue] = [make(number) for number in range(count)]
        self._make = make
        self._remember_seconds = remember_seconds
        self._others: dict[int, ApplicationQueue] = {}
        self._counts: set[int] | None = None
        self._refresh_at = 0.0

    # -- where an application is

    def home(self, idempotency_key: str = "") -> ApplicationQueue:
        """The shard that a new application goes into. Its (hashed) idempotency key decides which: the shard where an
        earlier number of shards has put the same key, if it is there, else the one of today's number. Without a key it
        is any shard. Raises QueueUnavailable."""
        if time.monotonic() >= self._refresh_at:
            self._refresh(needed=bool(idempotency_key))
        if not idempotency_key:
            return self.shards[random.randrange(self.count)] if self.count > 1 else self.shards[0]
        number = int(idempotency_key[:15], 16)
        home = self.shards[number % self.count]
        for count in self._counts or ():
            earlier = self.shard(number % count)
            if earlier is not home:
                with available():
                    if self.redis.exists(earlier.keys.idempotency(idempotency_key)):
                        return earlier
        return home

    def shard_of(self, application_id: str) -> ApplicationQueue:
        """The shard that an application is in, or would be. Raises QueueUnavailable."""
        home = self.shards[shard_number(application_id, self.count)]
        if time.monotonic() >= self._refresh_at:
            self._refresh(needed=False)
        if not self._counts:
            return home
        with available():
            if self.redis.exists(home.keys.job(application_id)):
                return home
            for other in self._known():
                if other is not home and self.redis.exists(other.keys.job(application_id)):
                    return other
        return home

    def shard(self, number: int) -> ApplicationQueue:
        """The shard of this number, in use now or earlier."""
        if number < self.count:
            return self.shards[number]
        if number not in self._others:
            self._others[number] = self._make(number)
        return self._others[number]

    def _refresh(self, *, needed: bool) -> None:
        """Note in Redis that this number of shards is in use, and read which other numbers were; mostly there are none.

        Raises QueueUnavailable when Redis does not answer, the numbers are `needed`, and none were read before.
        """
        now = time.time()
        try:
            with available():
                found = self.redis.zrangebyscore(SHARD_COUNTS, now - self._remember_seconds, "+inf")
                if not found and self.redis.exists(QUEUES):
                    found = [b"1"]  # an earlier version was in use, which had no shards
                    self.redis.zadd(SHARD_COUNTS, {"1": now})
                self.redis.zadd(SHARD_COUNTS, {str(self.count): now})
        except QueueUnavailable:
            self._refresh_at = time.monotonic() + 1
            if needed and self._counts is None:
                raise
            return
        self._counts = {int(count) for count in found} - {self.count}
        self._refresh_at = time.monotonic() + _REFRESH_SECONDS

    def in_use(self) -> Sequence[ApplicationQueue]:
        """All shards that an application may be in, with those of earlier numbers of shards. Raises QueueUnavailable."""
        self._refresh(needed=True)
        return self._known()

    def _known(self) -> Sequence[ApplicationQueue]:
        """The shards of this number and of all others that are known to have been in use."""
        most = max((self.count, *(self._counts or ())))
        return [self.shard(number) for number in range(most)]

    # -- what is the same for every shard

    def check(self, max_queue: int = 0) -> None:
        """See `Submission.check`: every shard is written to."""
        for shard in self.shards:
            shard.check(max_queue)

    def waiting(self) -> int:
        """How many applications wait to be claimed."""
        return sum(shard.waiting() for shard in self.in_use())

    def state(self) -> QueueState:
        """How the queue stands, all shards together."""
        return QueueState.of_all([shard.state() for shard in self.in_use()])

    def retry(self, application_id: str) -> bool:
        """Put a failed application back into the queue; False when it is not among the failed."""
        return any(shard.retry(application_id) for shard in self.in_use())

    def discard(self, application_id: str) -> bool:
        """Delete a failed application; False when it is not among the failed."""
        return any(shard.discard(application_id) for shard in self.in_use())
