"""What the form does with the queue: submit an application, wait for its answer."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from creditrisk.application import Value
from creditrisk.errors import IdempotencyConflict, QueueFull, QueueUnavailable, UnknownApplication
from creditrisk.queue import scripts
from creditrisk.queue.answers import LOOK
from creditrisk.queue.jobs import Finished, job_hash, read_answer, read_finished
from creditrisk.queue.shard import Shard
from creditrisk.redis_client import BLOCK, available
from creditrisk.redis_keys import QUEUES

TICKET_MS = 20_000
"""Milliseconds that a scorer may take to start once it was woken; after that another one is woken."""
COPY_MS = 500
"""Milliseconds that replicas have to confirm a copy."""
_FULL = "Too many applications are waiting."


class IdTaken(Exception):
    """Another application has this id already. Of two ids made within one millisecond, that happens with a chance of
    1 in 2^42."""


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
        corrects: str = "",
        awaited: bool = False,
    ) -> tuple[str, str]:
        """Accept an application: once this returns, the queue has it for good.

        `idempotency` is (key, fingerprint of what was sent). `id_key` is the key that the id was made with, and since
        when it is used; Redis keeps both. `corrects` is the id of the application that this one corrects. Returns the
        application's id (an earlier one, when the idempotency key was seen before), and the ticket of a scorer that is to
        be woken, or ''. The same call sent twice accepts once, and returns the same twice. Who will wait for the answer
        says so with `awaited`.

        Raises QueueFull, IdempotencyConflict and IdTaken when nothing was accepted; QueueUnavailable also when Redis did
        not reply, so that nobody knows.
        """
        key, fingerprint = idempotency or ("", "")
        answers = self.answers if awaited else None
        reply_to = answers.channel if answers else ""
        job = job_hash(application, received_at, self.result_ttl, corrects, reply_to)
        names = self.keys
        keys = [names.queue, names.job(application_id), names.idempotency(key), names.scorers, names.id_keys]
        if not names.cluster:  # where RQ's tools look for queues; a cluster has it in another slot
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
        if not answers:
            return self._accepted(application_id, self._submitted(keys, arguments))
        answers.expect(application_id)  # it may be told before the reply to this is there
        try:
            accepted = self._accepted(application_id, self._submitted(keys, arguments))
        except BaseException:
            answers.forget(application_id)
            raise
        if accepted[0] != application_id:
            answers.forget(application_id)
        return accepted

    def _accepted(self, application_id: str, reply: Sequence[bytes]) -> tuple[str, str]:
        status, *rest = reply
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
            run = self.together.run if self.together else self.run
            reply: list[bytes] = run("submit", keys, arguments)
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
        """Find out whether applications can be stored: write a small key, and look at the memory that is left.

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

    def result(self, application_id: str, wait: float = 0) -> Finished | None:
        """What a scorer wrote of an application, waiting for it up to `wait` seconds; None when there is nothing yet.

        What an RQ worker wrote that was started on this queue by mistake is nothing.
        """
        if self.answers and self.answers.expects(application_id):
            return self._told(application_id, wait)
        stream, seen, until = self.keys.results(application_id), "0-0", time.monotonic() + wait
        while True:
            left = until - time.monotonic()
            block = round(min(left, BLOCK) * 1000)
            with available():  # what RQ's Result.fetch_latest does, but that can wait for whole seconds only
                found = self.patient.xread({stream: seen}, block=block if block > 0 else None)
            if found:
                entries = found[stream.encode()][0] if isinstance(found, dict) else found[0][1]
                if finished := read_finished(entries):
                    return finished
                seen = entries[-1][0]
            elif left <= BLOCK:
                return None

    def _told(self, application_id: str, wait: float) -> Finished | None:
        """The same of an application whose answer is expected on this process's channel, and then no more."""
        assert self.answers
        until = time.monotonic() + wait
        try:
            while True:
                left = until - time.monotonic()
                if told := self.answers.take(application_id, min(left, LOOK)):
                    return Finished(read_answer(told))
                with available():
                    entries = self.redis.xrange(self.keys.results(application_id))
                if finished := read_finished(entries):
                    return finished
                if left <= LOOK:
                    return None
        finally:
            self.answers.forget(application_id)

    def job_data(self, application_id: str) -> bytes:
        """The data of an application's job. Raises UnknownApplication when Redis has none, or no longer has it."""
        with available():
            data: bytes | None = self.redis.hget(self.keys.job(application_id), "data")
        if data is None:
            raise UnknownApplication("No application has this id.")
        return data

    def forget_ticket(self, ticket: str) -> None:
        """Forget the ticket of a scorer that could not be woken, so that the next submission tries again."""
        with available():
            self.redis.zrem(self.keys.scorers, ticket)
