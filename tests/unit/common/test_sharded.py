"""What a process knows of the numbers of shards, and how often it asks."""

from typing import Any, cast

import pytest

from creditrisk.application_id import new_application_id
from creditrisk.errors import QueueUnavailable
from creditrisk.queue import sharded
from creditrisk.queue.sharded import ApplicationQueue, ShardedQueue
from creditrisk.redis_keys import Keys


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


class Remembering:
    """A Redis that knows which numbers of shards were in use, and which keys there are."""

    def __init__(self, counts: set[int], keys: set[str]) -> None:
        self.counts = counts
        self.keys = keys

    def zrangebyscore(self, *_: Any) -> list[bytes]:
        return [str(count).encode() for count in self.counts]

    def zadd(self, name: str, members: dict[str, float]) -> None:
        self.counts |= {int(count) for count in members}

    def exists(self, key: str) -> int:
        return key in self.keys


@pytest.mark.parametrize(("earlier", "now"), [(3, 2), (2, 3), (7, 1)])
def test_whoever_only_looks_finds_an_application_where_an_earlier_number_of_shards_has_put_it(
    earlier: int, now: int
) -> None:
    application_id = new_application_id(shard=earlier - 1, shards=earlier)
    place = Keys(earlier - 1, cluster=True)
    redis = Remembering({earlier}, {place.job(application_id)})

    def make(number: int) -> ApplicationQueue:
        return ApplicationQueue(redis, keys=Keys(number, cluster=True))

    queue = ShardedQueue(redis, now, make, 60)
    assert queue.shard_of(application_id).keys.queue == place.queue
    assert redis.counts == {earlier, now}, "it tells its own number, too"
