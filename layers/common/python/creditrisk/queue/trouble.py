"""What keeps the scorers from deciding, told through Redis: the form has no other way to know it."""

from typing import Any, Protocol

from creditrisk.errors import ScorerInTrouble
from creditrisk.redis_client import available
from creditrisk.redis_keys import TROUBLE as KEY


class HasRedis(Protocol):
    """A queue, or a shard of it."""

    @property
    def redis(self) -> Any: ...


SECONDS = 60
"""How long a word of trouble holds; a scorer that is still in trouble says it again much sooner."""


def tell(queue: HasRedis, reason: str) -> None:
    """Say why applications wait undecided. Raises QueueUnavailable."""
    with available():
        queue.redis.set(KEY, reason, ex=SECONDS)


def over(queue: HasRedis) -> None:
    """The trouble is over. Raises QueueUnavailable."""
    with available():
        queue.redis.delete(KEY)


def check(queue: HasRedis) -> None:
    """Raises ScorerInTrouble with what the scorer said last; QueueUnavailable when Redis cannot be asked."""
    with available():
        reason: bytes | None = queue.redis.get(KEY)
    if reason:
        raise ScorerInTrouble(f"{reason.decode()} Applications are accepted, and wait until it is mended.")
