"""What one application costs Redis: processor time, memory and connections, measured on a real redis-server."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis

from cli.embedded_redis import EmbeddedRedis
from creditrisk.application_id import new_application_id
from creditrisk.decision import timestamp
from creditrisk.queue import ApplicationQueue
from models.synthetic import synthetic_applicants

_ANSWER: dict[str, Any] = {
    "probability": 0.23456789012345,
    "prediction": 0,
    "decision": "approved",
    "threshold": 0.5,
    "model": "lightgbm",
    "model_version": "0123456789ab",
    "scored_at": "2026-11-23T00:00:00.000Z",
    "reasons": [{"field": "MONTHS_IN_RESIDENCE", "contribution": -0.1, "text": "x" * 60}] * 4,
    "unknown": [],
    "challenger": None,
    "challenger_probability": None,
}


@dataclass(frozen=True)
class RedisCost:
    """Per application: Redis' processor microseconds and bytes kept; per connection: bytes."""

    microseconds: float
    bytes_kept: float
    bytes_waiting: float
    bytes_per_connection: float

    @property
    def rate(self) -> float:
        """Applications per second that one Redis thread carries at four fifths of its time."""
        return 0.8e6 / self.microseconds


def measure(count: int = 4_000, batch: int = 64) -> RedisCost:
    """Send `count` applications through the queue's own steps, as form and scorer do."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), appendfsync="everysec")
        server.start()
        try:
            return _measure(server.url, count, batch)
        finally:
            server.stop()


def _measure(url: str, count: int, batch: int) -> RedisCost:
    redis = Redis.from_url(url)
    queue = ApplicationQueue(redis, lease_seconds=5, result_ttl=86_400)
    applications = [(new_application_id(), application) for application in synthetic_applicants(count)]
    busy, memory = _busy(redis), _memory(redis)
    for application_id, application in applications:
        queue.submit(
            application_id, application, timestamp(), max_queue=count + 1, max_scorers=4, batch_size=batch
        )
    waiting = _memory(redis)
    while claims := queue.claim("scorer", batch):
        queue.held("scorer")
        queue.finish("scorer", {claim.id: _ANSWER for claim in claims})
    for application_id, _ in applications:
        queue.result(application_id, 1)
    spent, kept = _busy(redis) - busy, _memory(redis)
    return RedisCost(
        microseconds=spent / count * 1e6,
        bytes_kept=(kept - memory) / count,
        bytes_waiting=(waiting - memory) / count,
        bytes_per_connection=_per_connection(url),
    )


def _busy(redis: Redis) -> float:
    cpu: Any = redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


def _memory(redis: Redis) -> int:
    memory: Any = redis.info("memory")
    return int(memory["used_memory"])


def _per_connection(url: str, count: int = 200) -> float:
    first = Redis.from_url(url)
    before = _memory(first)
    clients = [Redis.from_url(url) for _ in range(count)]
    for client in clients:
        client.ping()
    spent = _memory(first) - before
    for client in clients:
        client.close()
    return spent / count
