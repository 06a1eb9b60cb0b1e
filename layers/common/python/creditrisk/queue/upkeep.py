"""Upkeep: nothing gets lost in the queue, and its memory and file stay bounded, however long it runs."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisClusterException, RedisError

from creditrisk.queue.shard import Shard
from creditrisk.redis_client import available
from creditrisk.redis_keys import REWRITTEN

log = logging.getLogger(__name__)

TRIMMED = 10_000
"""Most entries of one kind that one look removes, since Redis answers nobody else meanwhile."""
REWRITE_SECONDS = 86_400
"""How often Redis' append-only file is rewritten at least: until then, what was deleted is still in it."""
_LOOK_SECONDS = 60.0
_LONGEST_WAIT_MS = 60_000


class Upkeep:
    """Gives back what dead scorers held, takes back what RQ workers took by mistake, deletes what has been kept long
    enough, and has Redis' file rewritten.

    A script must be told every key that it touches. So one script looks which applications are concerned, and another
    one acts on them; it does nothing when things have changed in between, and the next look is soon.
    """

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._redis = shard.redis
        self._look_at = 0.0

    def look(self, longest_ms: int, burial: Sequence[Any]) -> float:
        """Do what is due; returns in how many seconds the next lease of a scorer that holds something can run out.

        No lease lasts longer than `longest_ms` milliseconds. `burial` is what lua/bury.lua takes as arguments between
        the scorer and the ids. Raises QueueUnavailable.
        """
        names = self._shard.keys
        dead, living, expired, intermediate, failed = self._run(
            "look",
            [names.queue, names.scorers, names.failed, names.finished, names.intermediate],
            [longest_ms, TRIMMED],
        )
        for scorer in dead:
            self._bury(scorer.decode(), burial)
        self._forget([id.decode() for id in expired])
        scorers = {name.decode(): int(left) for name, left in zip(living[::2], living[1::2], strict=True)}
        soonest = self._take_back(
            scorers, [id.decode() for id in intermediate], [id.decode() for id in failed]
        )
        if time.monotonic() >= self._look_at and not names.cluster:
            self._look_at = time.monotonic() + _LOOK_SECONDS
            self._rewrite_when_due()
        return (soonest + 20) / 1000

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        return self._shard.run(script, keys, arguments)

    def _bury(self, scorer: str, burial: Sequence[Any]) -> None:
        names = self._shard.keys
        with available():
            held = [id.decode() for id in self._redis.lrange(names.claims(scorer), 0, -1)]
        keys = [names.queue, names.scorers, names.wip, names.failed, names.claims(scorer)]
        keys += [key for id in held for key in (names.job(id), names.results(id))]
        self._run("bury", keys, [scorer, *burial, *held])

    def _forget(self, expired: Sequence[str]) -> None:
        if not expired:
            return
        names = self._shard.keys
        keys = [names.failed, *(key for id in expired for key in (names.job(id), names.results(id)))]
        if deleted := self._run("forget", keys, expired):
            log.error("%d applications that could not be scored were deleted: FAILED_TTL is over", deleted)

    def _take_back(
        self, scorers: dict[str, int], intermediate: Sequence[str], failed: Sequence[str]
    ) -> float:
        """Take back what RQ workers took; returns in how many milliseconds the next lease of a scorer that holds
        something ends. `scorers` maps each to the milliseconds that its lease has left."""
        names = self._shard.keys
        claims = [names.claims(scorer) for scorer in scorers]
        found = self._run(
            "stray",
            [names.scorers, names.wip, *claims, *map(names.results, failed)],
            [len(scorers), *scorers, *failed],
        )
        if found is None:  # scorers have come or gone since the look
            return 0
        sizes, strays, unmarked = found
        lost = dict.fromkeys(intermediate, "") | {id.decode(): "" for id in unmarked}
        lost |= {member.decode().partition(":")[0]: member.decode() for member in strays}
        if lost:
            keys = [names.queue, names.scorers, names.wip, names.failed, names.intermediate, *claims]
            keys += [key for id in lost for key in (names.job(id), names.results(id), names.executions(id))]
            flat = [part for pair in lost.items() for part in pair]
            taken = self._run("take_back", keys, [len(scorers), *scorers, self._shard.result_ttl, *flat])
            if taken > 0:
                log.warning(
                    "%d applications taken back from an RQ worker, which cannot score them: stop it, `creditrisk worker` does",
                    taken,
                )
        holding = (left for left, size in zip(scorers.values(), sizes, strict=True) if size)
        return max(0, min(holding, default=_LONGEST_WAIT_MS))

    def _rewrite_when_due(self) -> None:
        """Have Redis rewrite its append-only file, without what was deleted. Where Redis refuses (a managed one has no
        such file, another may have no room just now), the next look tries again."""
        now = time.time()
        try:
            last = self._redis.get(REWRITTEN)
            if last is not None and now - float(last) < min(REWRITE_SECONDS, self._shard.result_ttl):
                return
            if last is not None and self._redis.info("persistence").get("aof_enabled"):
                self._redis.bgrewriteaof()
            self._redis.set(REWRITTEN, now)
        except (RedisError, RedisClusterException) as error:
            log.debug("the append-only file is not rewritten: %s", type(error).__name__)
