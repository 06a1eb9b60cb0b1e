"""Why scorers cannot decide just now. They write it into Redis, since the form cannot learn it in any other way."""

from typing import Any, Protocol

from creditrisk.errors import ScorerInTrouble
from creditrisk.redis_client import available
from creditrisk.redis_keys import TROUBLE as KEY
from creditrisk.redis_keys import WARNING


class HasRedis(Protocol):
    """A queue, or one of its shards."""

    @property
    def redis(self) -> Any: ...


SECONDS = 60
"""How long Redis keeps a message of trouble; a scorer that is still in trouble writes it again much sooner."""


def tell(queue: HasRedis, reason: str) -> None:
    """Write down why applications wait undecided. Raises QueueUnavailable."""
    with available():
        queue.redis.set(KEY, reason, ex=SECONDS)


def over(queue: HasRedis) -> None:
    """Delete the message, once the trouble is over. Raises QueueUnavailable."""
    with available():
        queue.redis.delete(KEY)


def check(queue: HasRedis) -> None:
    """Raises ScorerInTrouble with the message, if there is one; QueueUnavailable when Redis cannot be asked."""
    with available():
        reason: bytes | None = queue.redis.get(KEY)
    if reason:
        raise ScorerInTrouble(f"{reason.decode()} Applications are accepted, and wait until it is mended.")


def warn(queue: HasRedis, sentence: str) -> None:
    """Write down what somebody should look at, though applications are decided. Raises QueueUnavailable."""
    with available():
        queue.redis.set(WARNING, sentence, ex=SECONDS)


def warning(queue: HasRedis) -> str:
    """What a scorer warns of; empty when there is nothing. Raises QueueUnavailable."""
    with available():
        sentence: bytes | None = queue.redis.get(WARNING)
    return sentence.decode() if sentence else ""
