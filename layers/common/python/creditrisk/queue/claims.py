"""What a scorer does with the queue: claim applications, finish them, take over from scorers that died."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from creditrisk.application_id import received_at
from creditrisk.clock import timestamp
from creditrisk.queue import scripts
from creditrisk.queue.claim import Claim
from creditrisk.queue.jobs import encode_answer, encode_failure, rq_time
from creditrisk.queue.shard import Shard
from creditrisk.queue.submission import COPY_MS, TICKET_MS
from creditrisk.queue.upkeep import Upkeep
from creditrisk.redis_client import BLOCK, PATIENCE, available
from creditrisk.redis_keys import EXPLORED

EXPLORED_SECONDS = 40 * 86_400
"""How long is remembered who was accepted at random: as long as one may still wait or have failed."""
TRIES = 3
"""How often an application is scored alone before it is given up."""


class Claims(Shard):
    """Claim, finish, fail, give back. Since a reply can get lost, each may be sent twice, with the effect of once."""

    _next: Sequence[str] = ()
    """The ids that were at the head of the queue when it was last looked at: a guess at what the next claim gets."""
    _batch_size = 1

    @cached_property
    def _upkeep(self) -> Upkeep:
        return Upkeep(self)

    def wait_for_work(self, seconds: float) -> bool:
        """Block until an application waits in the queue, for at most `seconds`; returns whether one does.

        Nothing is claimed: the command moves the head of the queue to where it is already.
        """
        until, queue = time.monotonic() + seconds, self.keys.queue
        while True:
            left = until - time.monotonic()
            with available():
                head = self.patient.blmove(queue, queue, max(0.01, min(left, BLOCK)), "LEFT", "LEFT")
            if head is not None:
                self._next = [head.decode()]
                return True
            if left <= BLOCK:
                return False

    def recover(self) -> float:
        """Give back what dead scorers had claimed, and what RQ workers took by mistake; delete what has been kept long
        enough. Returns in how many seconds the lease of another scorer can run out."""
        failure = encode_failure(f"The scorer died {TRIES} times while it scored this application alone.")
        longest = max(self.lease_ms, TICKET_MS) + 1_000
        return self._upkeep.look(longest, [TRIES, failure, timestamp(), self.failed_ttl])

    def claim(self, scorer: str, batch_size: int) -> list[Claim]:
        """Claim the oldest waiting applications, `batch_size` at most, and take out the scorer's lease."""
        self._batch_size = batch_size
        earlier, unread, read = self._claim(scorer, batch_size, 0, self._next)
        if unread:
            earlier, unread, read = self._claim(scorer, 0, earlier, [id.decode() for id in unread])
        self._next = []
        parts = iter(read)
        return [
            Claim(id.decode(), data, int(tries), redelivered == b"1")
            for id, data, tries, redelivered in zip(parts, parts, parts, parts, strict=True)
        ]

    def _claim(self, scorer: str, batch_size: int, earlier: int, known: Sequence[str]) -> Any:
        names = self.keys
        keys = [names.queue, names.scorers, names.wip, names.claims(scorer), *map(names.job, known)]
        arguments = [scorer, batch_size, self.lease_ms, rq_time(), earlier, *known]
        if not self.replicas:
            return self.run("claim", keys, arguments)
        return self._copied_claim(keys, arguments)

    def _copied_claim(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Claim, and wait until the replicas have the claim, too. A replica without it that became the primary would
        give the same applications to another scorer, as if nobody had held them before.

        The claim is sent again, to whichever server is the primary by then, until enough replicas confirm it. After
        PATIENCE seconds it counts without them: replicas that are away so long do not become the primary.
        """
        until = time.monotonic() + PATIENCE
        while True:
            reply, confirmed = scripts.run_copied(
                self.redis, "claim", keys, arguments, self.keys.writable, self.replicas, COPY_MS
            )
            _, unread, read = reply
            if confirmed >= self.replicas or not (unread or read) or time.monotonic() >= until:
                return reply

    def held(self, scorer: str) -> set[str]:
        """The ids that the scorer still holds: fewer than it claimed when it was taken for dead meanwhile."""
        return set(self._held(scorer))

    def _held(self, scorer: str) -> list[str]:
        with available():
            return [id.decode() for id in self.redis.lrange(self.keys.claims(scorer), 0, -1)]

    def renew(self, scorer: str) -> None:
        """Renew the scorer's lease."""
        self.run("renew", [self.keys.scorers], [scorer, self.lease_ms])

    def finish(self, scorer: str, answers: Mapping[str, Mapping[str, Any]]) -> int:
        """Publish the answers (id → JSON data) of what the scorer still holds; returns how many that were."""
        names = self.keys
        keys = [names.claims(scorer), names.wip, names.finished, names.queue]
        keys += [key for id in answers for key in (names.job(id), names.results(id))]
        flat = [part for id, answer in answers.items() for part in (id, encode_answer(answer))]
        arguments = [scorer, rq_time(), self.result_ttl, self._batch_size, *flat]
        finished, *following = self.run("finish", keys, arguments)
        self._next = [id.decode() for id in following]
        return int(finished)

    def fail(self, scorer: str, application_id: str, reason: str, tries: int = TRIES) -> str:
        """Note that scoring one application failed.

        Returns 'retried' when it waits again, to be scored alone; 'failed' when this was the `tries`-th time and it is
        given up; 'lost' when another scorer holds it by now.
        """
        names = self.keys
        keys = [names.queue, names.claims(scorer), names.wip, names.failed]
        keys += [names.job(application_id), names.results(application_id)]
        arguments = [scorer, application_id, tries, encode_failure(reason), rq_time(), self.failed_ttl]
        reply = self.run("fail", keys, arguments)
        return str(reply.decode())

    def release(self, scorer: str) -> int:
        """Put whatever the scorer still holds back at the head of the queue; returns how many that were."""
        names, held = self.keys, self._held(scorer)
        if not held:
            return 0
        keys = [names.queue, names.claims(scorer), names.wip, *map(names.job, held)]
        return int(self.run("release", keys, [scorer, *held]))

    def leave(self, scorer: str) -> None:
        """End the scorer's lease; what it still holds goes back, for another scorer."""
        self.release(scorer)
        with available():
            self.redis.zrem(self.keys.scorers, scorer)

    def explore(self, drawn: Mapping[str, bool], budget: int) -> set[str]:
        """Which applications had a chance to be accepted at random within a `budget` of so many a day. `drawn`: the ids in
        the order in which they are decided, received on one or several days → whether the application was drawn, and so
        takes a place if there is one; asked again, it has it still."""
        days: dict[str, list[str | int]] = {}
        for application_id, takes in drawn.items():
            days.setdefault(f"{received_at(application_id):%Y-%m-%d}", []).extend(
                (application_id, int(takes))
            )
        found: set[str] = set()
        for day, asked in days.items():
            had = self.run("explore", [EXPLORED + day], [budget, EXPLORED_SECONDS, *asked])
            found.update(each.decode() for each in had)
        return found

    def waiting(self) -> int:
        """How many applications wait to be claimed."""
        with available():
            return int(self.redis.llen(self.keys.queue))
