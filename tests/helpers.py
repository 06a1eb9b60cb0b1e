"""What many tests say of what they are given, and ask of what they find."""

from collections.abc import Callable
from typing import Any

from creditrisk.history import History
from creditrisk.queue import ApplicationQueue

Make = Callable[..., dict[str, Any]]
"""The fixture `make_application`: a valid application, with the fields that are named changed."""
DrainAll = Callable[[], int]
"""The fixture `drain_all`: drains until nothing waits; returns how many applications were claimed."""


def recorded(history: History) -> list[str]:
    """The ids in the history, in its order."""
    return [record.answer.id for record in history.records()]


def renew_no_more(queue: ApplicationQueue) -> None:
    """As when the process is stopped or dead: its lease stays as it is."""
    queue.renew = lambda scorer: None  # type: ignore[method-assign]


def let_leases_run_out(queue: ApplicationQueue) -> None:
    """Every lease ends now: it is moved, as waiting for it would be a race with whatever else the machine does."""
    for scorer in queue.redis.zrange("creditrisk:scorers", 0, -1):
        queue.redis.zadd("creditrisk:scorers", {scorer: 0})
    queue.recover()
