"""What submission, claims and operator of one shard have in common."""

from collections.abc import Sequence
from typing import Any

from creditrisk.queue import scripts
from creditrisk.queue.answers import Answers
from creditrisk.queue.together import Together
from creditrisk.redis_keys import Keys
from creditrisk.settings import Settings


class Shard:
    """One shard: a complete queue of its own. Where there is only one, it is the whole queue."""

    def __init__(
        self,
        redis: Any,
        *,
        lease_seconds: float = Settings.lease_seconds,
        result_ttl: int = Settings.result_ttl,
        failed_ttl: int = Settings.failed_ttl,
        idempotency_ttl: int = Settings.idempotency_ttl,
        replicas: int = 0,
        keys: Keys | None = None,
        patient: Any = None,
        together: Together | None = None,
        answers: Answers | None = None,
    ) -> None:
        """`redis` is for short commands, `patient` for those that block; without it, the former does both.

        `together` and `answers` are of a process that serves many requests at once."""
        self.redis = redis
        self.keys = keys or Keys()
        self.lease_ms = int(lease_seconds * 1000)
        self.result_ttl = result_ttl
        self.failed_ttl = failed_ttl
        self.idempotency_ttl = max(idempotency_ttl, result_ttl)
        self.replicas = replicas
        self.patient = patient or redis
        self.together = together
        self.answers = answers

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run one of the scripts. Raises QueueUnavailable."""
        return scripts.run(self.redis, script, keys, arguments)
