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
from creditrisk.queue.scripts import Call
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
    _ahead: tuple[str, list[Claim]] = ("", [])
    """A scorer, and what it claimed when it finished its last batch."""

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
                first = head.decode()
                if first not in self._next[:1]:  # else what was seen behind it is still a good guess
                    self._next = [first]
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
        """Claim the oldest waiting applications, and take out the scorer's lease: `batch_size` at most, and no more than its
        share where there are other scorers (see claim.lua). What was claimed when the last batch was finished comes
        first, alone, whatever `batch_size` says, under the lease that was taken then."""
        self._batch_size = batch_size
        if ahead := self._pop_ahead(scorer):
            return ahead
        call = self._call(scorer, batch_size, 0, self._next)
        return self._claims_in(scorer, self._send(call))

    def is_ahead(self, scorer: str) -> bool:
        """Whether the next claim has been made already."""
        return self._ahead[0] == scorer and bool(self._ahead[1])

    def _pop_ahead(self, scorer: str) -> list[Claim]:
        (whose, claims), self._ahead = self._ahead, ("", [])
        return claims if whose == scorer else []

    def _call(self, scorer: str, batch_size: int, earlier: int, known: Sequence[str]) -> Call:
        names = self.keys
        keys = [names.queue, names.scorers, names.wip, names.claims(scorer), *map(names.job, known)]
        return Call("claim", keys, [scorer, batch_size, self.lease_ms, rq_time(), earlier, *known])

    def _send(self, call: Call) -> Any:
        return self._copied_claim(call) if self.replicas else self.run(*call)

    def _claims_in(self, scorer: str, reply: Any) -> list[Claim]:
        """The claims of a reply; what it left unread is asked for."""
        earlier, unread, read = reply
        if unread:
            call = self._call(scorer, 0, earlier, [id.decode() for id in unread])
            _, _, read = self._send(call)
        self._next = []
        parts = iter(read)
        return [
            Claim(id.decode(), data, int(tries), redelivered == b"1")
            for id, data, tries, redelivered in zip(parts, parts, parts, parts, strict=True)
        ]

    def _copied_claim(self, call: Call) -> Any:
        """Claim, and wait until the replicas have the claim, too. A replica without it that became the primary would
        give the same applications to another scorer, as if nobody had held them before.

        The claim is sent again, to whichever server is the primary by then, until enough replicas confirm it. After
        PATIENCE seconds it counts without them: replicas that are away so long do not become the primary.
        """
        until = time.monotonic() + PATIENCE
        while True:
            reply, confirmed = scripts.run_copied(
                self.redis, *call, self.keys.writable, self.replicas, COPY_MS
            )
            _, unread, read = reply
            if confirmed >= self.replicas or not (unread or read) or time.monotonic() >= until:
                return reply

    def held(self, scorer: str) -> set[str]:
        """The ids that the scorer still holds: fewer than it claimed when it was taken for dead meanwhile."""
        names = self.keys
        held, self._next = (
            [id.decode() for id in ids]
            for ids in self.run("held", [names.claims(scorer), names.queue], [self._batch_size])
        )
        return set(held)

    def renew(self, scorer: str) -> None:
        """Renew the scorer's lease."""
        self.run("renew", [self.keys.scorers], [scorer, self.lease_ms])

    def finish(self, scorer: str, answers: Mapping[str, Mapping[str, Any]], claim_next: int = 0) -> int:
        """Publish the answers (id → JSON data) of what the scorer still holds; returns how many that were.

        With `claim_next`, so many of those that wait then, at most, are claimed in the same step: the next `claim` gives
        them. Not so where replicas must have a claim before it counts.
        """
        names = self.keys
        keys = [names.claims(scorer), names.wip, names.finished]
        keys += [key for id in answers for key in (names.job(id), names.results(id))]
        flat = [part for id, answer in answers.items() for part in (id, encode_answer(answer))]
        finish = Call("finish", keys, [scorer, rq_time(), self.result_ttl, *flat])
        if not claim_next or self.replicas:
            return int(self.run(*finish))
        finished, claimed = scripts.run_pair(
            self.redis, finish, self._call(scorer, claim_next, 0, self._next)
        )
        self._ahead = scorer, self._claims_in(scorer, claimed)
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
        self._pop_ahead(scorer)
        names = self.keys
        with available():
            held = [id.decode() for id in self.redis.lrange(names.claims(scorer), 0, -1)]
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
