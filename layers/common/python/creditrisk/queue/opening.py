"""Opens the queue that the settings describe: form, scorer and operator all get it here."""

from typing import Any

from creditrisk.queue.answers import Answers
from creditrisk.queue.sharded import ApplicationQueue, ShardedQueue
from creditrisk.queue.together import Together
from creditrisk.redis_client import connect, is_cluster
from creditrisk.redis_keys import Keys
from creditrisk.settings import Settings


def open_queue(settings: Settings, *, many: bool = False) -> ShardedQueue:
    """The queue; nothing is contacted yet. `many`: this process hands in, and waits for, many applications at once."""
    url = settings.redis_url
    redis: Any = connect(url)
    patient: Any = connect(url, blocking=True)  # for commands that wait; all others give up sooner

    # In a cluster each shard may be on another server, so nothing is gained there by sending together.
    shared = many and not is_cluster(url)
    together, answers = (Together(redis), Answers(patient)) if shared else (None, None)

    def make(number: int) -> ApplicationQueue:
        return ApplicationQueue(
            redis,
            lease_seconds=settings.lease_seconds,
            result_ttl=settings.result_ttl,
            failed_ttl=settings.failed_ttl,
            idempotency_ttl=settings.idempotency_ttl,
            replicas=settings.replicas,
            keys=Keys(number, cluster=is_cluster(url)),
            patient=patient,
            together=together,
            answers=answers,
        )

    remember = max(settings.idempotency_ttl, settings.failed_ttl, settings.result_ttl)
    return ShardedQueue(redis, settings.shards, make, remember)
