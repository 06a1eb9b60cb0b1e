"""The form's side of the queue: submit an application, wait for its answer."""

import time
from collections.abc import Mapping
from typing import Any

from rq.results import Result

from creditrisk.application import Value
from creditrisk.errors import IdempotencyConflict, QueueFull, QueueUnavailable, UnknownApplication
from creditrisk.queue import scripts
from creditrisk.queue.jobs import job_hash, scorers_result
from creditrisk.queue.shard import Shard
from creditrisk.redis_client import BLOCK, available
from creditrisk.redis_keys import QUEUES

TICKET_MS = 20_000
"""How long a scorer that was woken may take to start; past that another one is woken."""
COPY_MS = 500
"""How long replicas have to confirm a copy."""
_FULL = "Too many applications are waiting."


class IdTaken(Exception):
    """Another application stands under this id: two were given within one millisecond by a chance in 2^42."""


class Submission(Shard):
    """Submit, and find the answer."""

    def submit(
        self,
        application_id: str,
        application: Mapping[str, Value],
        received_at: str,
        *,
        max_queue: int,
        idempotency: tuple[str, str] | None = None,
        max_scorers: int = 0,
        batch_size: int = 1,
        id_key: tuple[str, int] = ("", 0),
    ) -> tuple[str, str]:
        """Accept an application: once this returns, it stands in the queue for good.

        `idempotency` is (key, fingerprint of what was sent), `id_key` the key that the id was made with and since when
        it is used, which Redis keeps from now on. Returns the id under which the application stands (an
        earlier one, when the key was seen before) and the ticket of a scorer to wake, or ''. Sent twice, it is accepted
        once, and both are told the same.
        Raises QueueFull, IdempotencyConflict, QueueUnavailable; then nothing was accepted, as far as one can know.
        Raises IdTaken.
        """
        key, fingerprint = idempotency or ("", "")
        job = job_hash(application, received_at, self.result_ttl)
        names = self.keys
        keys = [names.queue, names.job(application_id), names.idempotency(key), names.scorers, names.id_keys]
        if not names.cluster:  # where RQ's tools look for queues; it has a slot of its own
            keys.append(QUEUES)
        arguments = [
            application_id,
            max_queue,
            fingerprint,
            self.idempotency_ttl,
            max_scorers,
            batch_size,
            TICKET_MS,
            *id_key,
            *(part for pair in job.items() for part in pair),
        ]
        status, *rest = self._submitted(keys, arguments)
        if status == b"full":
            raise QueueFull(_FULL)
        if status == b"conflict":
            raise IdempotencyConflict("This idempotency key was used for another application; use a new key.")
        if status == b"taken":
            raise IdTaken
        second = rest[0].decode()
        return (second, "") if status == b"repeated" else (application_id, second)

    def _submitted(self, keys: list[str], arguments: list[Any]) -> list[bytes]:
        if not self.replicas:
            reply: list[bytes] = self.run("submit", keys, arguments)
            return reply
        reply, confirmed = scripts.run_copied(
            self.redis, "submit", keys, arguments, self.keys.writable, self.replicas, COPY_MS
        )
        if reply[0] in (b"accepted", b"repeated") and confirmed < self.replicas:
            raise QueueUnavailable(
                f"The queue (Redis) has the application, and {confirmed} of {self.replicas} replicas have confirmed a "
                "copy: it may be scored and may be lost. Send it again under the same key."
            )
        return reply

    def check(self, max_queue: int = 0) -> None:
        """Write something, as an application would be, and see whether there is room for some.

        Raises QueueUnavailable, saying why nothing can be stored, or QueueFull when `max_queue` are waiting.
        """
        waiting, room = self.run("check", [self.keys.queue, self.keys.writable], [])
        if not room:
            raise QueueUnavailable(
                "The queue (Redis) has no room for applications: its memory is full; give it more (maxmemory), keep "
                "answers for less long (RESULT_TTL), or let the scorers drain it."
            )
        if max_queue and waiting >= max_queue:
            raise QueueFull(_FULL)

    def result(self, application_id: str, wait: float = 0) -> Result | None:
        """The scorer's result of an application, waiting for it up to `wait` seconds on its stream; None when undecided.

        What an RQ worker wrote that works here by mistake is no result.
        """
        stream, seen, until = self.keys.results(application_id), "0-0", time.monotonic() + wait
        while True:
            left = until - time.monotonic()
            block = round(min(left, BLOCK) * 1000)
            with available():  # as Result.fetch_latest, which knows whole seconds only
                found = self.patient.xread({stream: seen}, block=block if block > 0 else None)
            if found:
                entries = found[stream.encode()][0] if isinstance(found, dict) else found[0][1]
                if result := scorers_result(application_id, entries, self.redis):
                    return result
                seen = entries[-1][0]
            elif left <= BLOCK:
                return None

    def job_data(self, application_id: str) -> bytes:
        """The data of an application's job. Raises UnknownApplication when Redis has none (any more)."""
        with available():
            data: bytes | None = self.redis.hget(self.keys.job(application_id), "data")
        if data is None:
            raise UnknownApplication("No application has this id.")
        return data

    def forget_ticket(self, ticket: str) -> None:
        """A scorer that was to be woken was not: let the next submission try again."""
        with available():
            self.redis.zrem(self.keys.scorers, ticket)
