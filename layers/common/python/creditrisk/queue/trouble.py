"""What keeps the scorers from deciding, told through Redis: the form has no other way to know it."""

from creditrisk.errors import ScorerInTrouble
from creditrisk.queue.client import ApplicationQueue, available

KEY = "creditrisk:trouble"
SECONDS = 60
"""How long a word of trouble holds; a scorer that is still in trouble says it again much sooner."""


def tell(queue: ApplicationQueue, reason: str) -> None:
    """Say why applications wait undecided. Raises QueueUnavailable."""
    with available():
        queue.redis.set(KEY, reason, ex=SECONDS)


def over(queue: ApplicationQueue) -> None:
    """The trouble is over. Raises QueueUnavailable."""
    with available():
        queue.redis.delete(KEY)


def check(queue: ApplicationQueue) -> None:
    """Raises ScorerInTrouble with what the scorer said last; QueueUnavailable when Redis cannot be asked."""
    with available():
        reason: bytes | None = queue.redis.get(KEY)
    if reason:
        raise ScorerInTrouble(f"{reason.decode()} Applications are accepted, and wait until it is mended.")
