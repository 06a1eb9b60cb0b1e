"""The queue's steps, each atomic in Redis (see lua/): submit, claim, finish, and what happens when something dies."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from redis import BlockingConnectionPool, Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from rq.results import Result

from creditrisk.application import Value
from creditrisk.decision import timestamp
from creditrisk.errors import IdempotencyConflict, QueueFull, QueueUnavailable, UnknownApplication
from creditrisk.queue.claims import Claim, QueueState
from creditrisk.queue.jobs import QUEUE_NAME, encode_answer, encode_failure, job_hash, rq_time, scorers_result
from creditrisk.queue.refusals import reason
from creditrisk.queue.upkeep import Upkeep
from creditrisk.settings import Settings

TRIES = 3
"""How often an application is scored alone before it is given up."""
TICKET_MS = 20_000
"""How long a scorer that was woken may take to start; past that another one is woken."""

PATIENCE = 5.0
"""Seconds after which a Redis that hangs is taken for one that is down."""
CONNECTIONS = 64
"""Most connections to Redis of one process for short commands, and as many again for those that block; a request that
finds none free waits for one."""
LONGEST_BLOCK = 30.0
"""Most seconds that a command waits for work or for an answer."""

_LUA = Path(__file__).with_name("lua")
_JOB, _RESULTS, _CLAIMS = "rq:job:", "rq:results:", "creditrisk:claims:"
_QUEUES, _QUEUE = "rq:queues", f"rq:queue:{QUEUE_NAME}"
_WIP, _FINISHED, _FAILED = f"rq:wip:{QUEUE_NAME}", f"rq:finished:{QUEUE_NAME}", f"rq:failed:{QUEUE_NAME}"
_SCORERS, _IDEMPOTENCY = "creditrisk:scorers", "creditrisk:idempotency:"
ID_KEYS = "creditrisk:id-keys"
"""Where the keys of ids' checks lie: key → since when, in milliseconds; see creditrisk.id_keys."""


def connect(url: str) -> Redis:
    """A client for the Redis at `url`; it connects when first used."""
    network: dict[str, Any] = {} if url.startswith("unix:") else {"socket_keepalive": True}
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=PATIENCE,
        socket_connect_timeout=2,
        socket_timeout=PATIENCE,
        **network,
        health_check_interval=30,
        # A broken connection is tried anew; a Redis that hangs would only hang again.
        retry=Retry(
            ExponentialBackoff(cap=0.2, base=0.02), retries=3, supported_errors=(RedisConnectionError,)
        ),
    )
    return Redis(connection_pool=pool)


@contextmanager
def available() -> Iterator[None]:
    """Turn Redis' errors into QueueUnavailable: down, starting, read-only or out of memory, nothing is accepted."""
    try:
        yield
    except RedisError as error:
        raise QueueUnavailable(f"The queue (Redis) {reason(error)}") from error


class ApplicationQueue:
    """The one RQ queue of applications."""

    def __init__(
        self,
        redis: Redis,
        *,
        lease_seconds: float,
        result_ttl: int,
        failed_ttl: int = Settings.failed_ttl,
        idempotency_ttl: int = Settings.idempotency_ttl,
    ) -> None:
        self.redis: Any = redis  # its own types allow for every kind of answer to every command
        self.lease_ms = int(lease_seconds * 1000)
        self.result_ttl = result_ttl
        self.failed_ttl = failed_ttl
        self.idempotency_ttl = max(idempotency_ttl, result_ttl)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The queue that the settings describe; nothing is contacted yet."""
        return cls(
            connect(settings.redis_url),
            lease_seconds=settings.lease_seconds,
            result_ttl=settings.result_ttl,
            failed_ttl=settings.failed_ttl,
            idempotency_ttl=settings.idempotency_ttl,
        )

    @cached_property
    def _scripts(self) -> dict[str, Callable[..., Any]]:
        return {path.stem: self.redis.register_script(path.read_text()) for path in _LUA.glob("*.lua")}

    @cached_property
    def _patient(self) -> Any:
        """The same Redis for the commands that block: all the others give up sooner when it hangs."""
        pool = self.redis.connection_pool
        kwargs = {**pool.connection_kwargs, "socket_timeout": LONGEST_BLOCK + PATIENCE}
        blocking: Any = BlockingConnectionPool  # without types of its own
        return Redis(connection_pool=blocking(CONNECTIONS, PATIENCE, pool.connection_class, **kwargs))

    @cached_property
    def _upkeep(self) -> Upkeep:
        keys = [_QUEUE, _SCORERS, _WIP, _FAILED, _FINISHED]
        return Upkeep(self.redis, self._run, keys, [_CLAIMS, _JOB, _RESULTS], self.result_ttl)

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[object]) -> Any:
        with available():
            return self._scripts[script](keys=keys, args=arguments)

    def check(self) -> None:
        """Write something, as an application would be. Raises QueueUnavailable, saying why nothing can be stored."""
        with available():
            self.redis.set("creditrisk:writable", 1, ex=60)

    # -- the form's side

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
        earlier one, when the key was seen before) and the ticket of a scorer to wake, or ''.
        Raises QueueFull, IdempotencyConflict, QueueUnavailable; then nothing was accepted.
        """
        key, fingerprint = idempotency or ("", "")
        job = job_hash(application, received_at, self.result_ttl)
        reply = self._run(
            "submit",
            [_QUEUE, _JOB + application_id, _IDEMPOTENCY + key, _SCORERS, ID_KEYS],
            [
                application_id,
                _QUEUES,
                max_queue,
                fingerprint,
                self.idempotency_ttl,
                max_scorers,
                batch_size,
                TICKET_MS,
                *id_key,
            ]
            + [part for pair in job.items() for part in pair],
        )
        status = reply[0].decode()
        if status == "full":
            raise QueueFull("Too many applications are waiting.")
        if status == "conflict":
            raise IdempotencyConflict("This idempotency key was used for another application; use a new key.")
        second = reply[1].decode()
        return (second, "") if status == "repeated" else (application_id, second)

    def result(self, application_id: str, wait: float = 0) -> Result | None:
        """The scorer's result of an application, waiting for it up to `wait` seconds on its stream; None when undecided.

        What an RQ worker wrote that works here by mistake is no result.
        """
        stream, seen, until = _RESULTS + application_id, "0-0", time.monotonic() + wait
        while True:
            block = round((until - time.monotonic()) * 1000)
            with available():  # as Result.fetch_latest, which knows whole seconds only
                found = self._patient.xread({stream: seen}, block=block if block > 0 else None)
            if not found:
                return None
            if result := scorers_result(application_id, found[0][1], self.redis):
                return result
            seen = found[0][1][-1][0]

    def job_data(self, application_id: str) -> bytes:
        """The data of an application's job. Raises UnknownApplication when Redis has none (any more)."""
        with available():
            data: bytes | None = self.redis.hget(_JOB + application_id, "data")
        if data is None:
            raise UnknownApplication("No application has this id.")
        return data

    def forget_ticket(self, ticket: str) -> None:
        """A scorer that was to be woken was not: let the next submission try again."""
        with available():
            self.redis.zrem(_SCORERS, ticket)

    # -- the scorer's side

    def wait_for_work(self, seconds: float) -> bool:
        """Block until something waits in the queue, at most `seconds`. The head stays where it is: nothing is claimed."""
        with available():
            found = self._patient.blmove(
                _QUEUE, _QUEUE, max(0.01, min(seconds, LONGEST_BLOCK)), "LEFT", "LEFT"
            )
        return found is not None

    def recover(self) -> float:
        """Give back what dead scorers had claimed, or what RQ workers took that work here by mistake; delete what is kept
        no longer. Returns in how many seconds the next living scorer could prove dead."""
        failure = encode_failure(f"The scorer died {TRIES} times while it scored this application alone.")
        longest = max(self.lease_ms, TICKET_MS) + 1_000
        next_ms = self._run(
            "recover",
            [_QUEUE, _SCORERS, _WIP, _FAILED],
            [_CLAIMS, _JOB, _RESULTS, longest, TRIES, failure, timestamp(), self.failed_ttl],
        )
        self._upkeep.take_back_and_trim()
        return int(next_ms) / 1000

    def claim(self, scorer: str, batch_size: int) -> list[Claim]:
        """Claim the oldest waiting applications, `batch_size` at most, and take out the scorer's lease."""
        flat = self._run(
            "claim",
            [_QUEUE, _SCORERS, _WIP, _CLAIMS + scorer],
            [scorer, _JOB, batch_size, self.lease_ms, rq_time()],
        )
        parts = iter(flat)
        return [
            Claim(id.decode(), data, int(tries), redelivered == b"1")
            for id, data, tries, redelivered in zip(parts, parts, parts, parts, strict=True)
        ]

    def held(self, scorer: str) -> set[str]:
        """The applications that the scorer still holds: fewer than it claimed, once it was thought dead."""
        with available():
            return {id.decode() for id in self.redis.lrange(_CLAIMS + scorer, 0, -1)}

    def renew(self, scorer: str) -> None:
        """Renew the scorer's lease."""
        self._run("renew", [_SCORERS], [scorer, self.lease_ms])

    def finish(self, scorer: str, answers: Mapping[str, Mapping[str, Any]]) -> int:
        """Publish the answers (id → JSON data) of what the scorer still holds; returns how many that were."""
        flat = [part for id, answer in answers.items() for part in (id, encode_answer(answer))]
        keys = [_CLAIMS + scorer, _WIP, _FINISHED]
        return int(self._run("finish", keys, [scorer, _JOB, _RESULTS, rq_time(), self.result_ttl, *flat]))

    def fail(self, scorer: str, application_id: str, reason: str, tries: int = TRIES) -> str:
        """Scoring one application failed: 'retried' alone, or 'failed' for good at its `tries`-th time."""
        keys = [_QUEUE, _CLAIMS + scorer, _WIP, _FAILED, _JOB + application_id, _RESULTS + application_id]
        arguments = [scorer, application_id, tries, encode_failure(reason), rq_time(), self.failed_ttl]
        reply = self._run("fail", keys, arguments)
        return str(reply.decode())

    def release(self, scorer: str) -> int:
        """Give back, to the head of the queue, whatever the scorer still holds."""
        return int(self._run("release", [_QUEUE, _CLAIMS + scorer, _WIP], [scorer, _JOB]))

    def leave(self, scorer: str) -> None:
        """End the scorer's lease: what it still holds goes back, for another one to take up."""
        self.release(scorer)
        with available():
            self.redis.zrem(_SCORERS, scorer)

    def waiting(self) -> int:
        """How many applications wait to be claimed."""
        with available():
            return int(self.redis.llen(_QUEUE))

    # -- the operator's side

    def state(self) -> QueueState:
        """How the queue stands at one moment: whatever is accepted and unfinished counts once, waiting or claimed."""
        waiting, claimed, scorers, oldest, failed = self._run("state", [_QUEUE, _WIP, _FAILED, _SCORERS], [])
        reasons = {id.decode(): self.result(id.decode()) for id in failed}
        return QueueState(
            waiting=waiting,
            claimed=claimed,
            failed={
                id: (r and r.exc_string) or "An RQ worker took it by mistake." for id, r in reasons.items()
            },
            oldest=oldest.decode() if oldest else None,
            scorers=scorers,
        )

    def retry(self, application_id: str) -> bool:
        """Put a failed application back into the queue; False when it is not among the failed."""
        keys = [_QUEUE, _FAILED, _JOB + application_id, _RESULTS + application_id]
        return bool(self._run("retry", keys, [application_id]))

    def discard(self, application_id: str) -> bool:
        """Delete a failed application; False when it is not among the failed."""
        with available():
            if not self.redis.zrem(_FAILED, application_id):
                return False
            self.redis.delete(_JOB + application_id, _RESULTS + application_id)
        return True
