"""What a process knows of the numbers of shards, and how often it asks."""

from typing import Any, cast

import pytest

from creditrisk.errors import QueueUnavailable
from creditrisk.queue import sharded
from creditrisk.queue.sharded import ApplicationQueue, ShardedQueue


class Away:
    """A Redis that does not answer, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def zrangebyscore(self, *_: Any) -> list[bytes]:
        self.asked += 1
        raise QueueUnavailable("The queue (Redis) does not answer.")


def test_while_redis_is_away_the_numbers_of_shards_are_asked_for_once_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(sharded.time, "monotonic", lambda: now[0])
    away = Away()
    queue = ShardedQueue(away, 2, lambda number: cast(ApplicationQueue, number), 60)
    for _ in range(5):
        assert queue.home() in queue.shards
    assert away.asked == 1
    now[0] += 1
    queue.home()
    assert away.asked == 2
    now[0] += 1
    with pytest.raises(QueueUnavailable):  # a key may stand where another number of shards has put it
        queue.home("0" * 64)
