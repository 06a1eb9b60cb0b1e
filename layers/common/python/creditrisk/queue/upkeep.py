"""What keeps the queue whole and its memory and file bounded, however long it runs and whoever else works on it."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.exceptions import RedisError

log = logging.getLogger(__name__)

TRIMMED = 10_000
"""Most entries of one kind that one look removes: Redis answers nobody else meanwhile."""
REWRITE_SECONDS = 86_400
"""What is deleted stands in Redis' append-only file until that is rewritten, which happens this often at least."""
_LOOK_SECONDS = 60.0
_REWRITTEN = "creditrisk:rewritten"


class Upkeep:
    """Takes back what RQ workers took by mistake, deletes what has had its time, and has the file rewritten."""

    def __init__(
        self,
        redis: Any,
        run: Callable[..., Any],
        keys: Sequence[str],
        prefixes: Sequence[str],
        result_ttl: int,
    ) -> None:
        self._redis = redis
        self._run = run
        self._keys = keys
        self._prefixes = prefixes
        self._result_ttl = result_ttl
        self._look_at = 0.0

    def take_back_and_trim(self) -> None:
        """Do what is due. Raises QueueUnavailable."""
        taken, deleted = self._run("upkeep", self._keys, [*self._prefixes, self._result_ttl, TRIMMED])
        if taken:
            log.warning(
                "%d applications taken back from an RQ worker, which cannot score them: stop it, `creditrisk worker` does",
                taken,
            )
        if deleted:
            log.error("%d applications that could not be scored were deleted: FAILED_TTL is over", deleted)
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_SECONDS
            self._rewrite_when_due()

    def _rewrite_when_due(self) -> None:
        """Have Redis write its append-only file anew, without what was deleted since. A managed Redis has no such file
        and refuses; one that has no room now does it another time."""
        now = time.time()
        try:
            last = self._redis.get(_REWRITTEN)
            if last is not None and now - float(last) < min(REWRITE_SECONDS, self._result_ttl):
                return
            if last is not None and self._redis.info("persistence").get("aof_enabled"):
                self._redis.bgrewriteaof()
            self._redis.set(_REWRITTEN, now)
        except RedisError as error:
            log.debug("the append-only file is not rewritten: %s", type(error).__name__)
