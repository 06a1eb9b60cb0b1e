"""A shard as a worker serves it: when it looks for dead scorers, when it tries again, and what it waits on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from creditrisk.errors import QueueUnavailable
from creditrisk.queue import ApplicationQueue
from functions.scorer import served
from functions.scorer.assembly import Assembly
from functions.scorer.served import Bell, Served


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


class Shard:
    """A shard that notes when it was asked to look for dead scorers."""

    def __init__(self) -> None:
        self.looks = 0
        self.waited: list[float] = []
        self.rung = threading.Event()

    def recover(self) -> float:
        self.looks += 1
        return 5.0

    def wait_for_work(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return self.rung.wait(60)


class Opening:
    """Gives a drain that claims nothing, or has no Redis."""

    model = "the model"
    policy = "the policy"

    def __init__(self) -> None:
        self.away = False
        self.opened = 0

    @contextmanager
    def drain(self, name: str, shard: Any) -> Iterator[Any]:
        self.opened += 1
        if self.away:
            raise QueueUnavailable("The queue (Redis) does not answer.")
        yield self

    def renew(self) -> None:
        """There is never another layer."""

    def step(self, will_go_on: Callable[[], bool]) -> int:
        return 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(served, "time", clock)
    return clock


@pytest.fixture
def shard() -> Shard:
    return Shard()


@pytest.fixture
def opening() -> Opening:
    return Opening()


@pytest.fixture
def made(opening: Opening, shard: Shard, clock: Clock) -> Served:
    return Served(cast(Assembly, opening), cast(ApplicationQueue, shard), "scorer")


def test_it_looks_for_dead_scorers_at_once_and_then_as_often_as_a_lease_may_end(
    made: Served, shard: Shard, clock: Clock
) -> None:
    made.step()
    assert shard.looks == 1
    assert made.is_open
    assert made.seconds() == served.LOOK_SECONDS, "sooner than the next lease can end"
    clock.now += served.LOOK_SECONDS / 2
    made.step()
    assert shard.looks == 1
    assert made.seconds() == served.LOOK_SECONDS / 2
    clock.now += served.LOOK_SECONDS / 2
    made.step()
    assert shard.looks == 2


def test_while_redis_is_away_it_is_asked_at_growing_intervals_up_to_the_longest(
    made: Served, opening: Opening, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    opening.away = True
    pauses = []
    for _ in range(6):
        made.step()
        assert not made.is_open
        assert made.claimed == 0
        pauses.append(made.seconds())
        before = opening.opened
        made.step()
        assert opening.opened == before, "not before its time"
        clock.now += pauses[-1]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0, 1.0])
    told = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert told == [
        f"The queue (Redis) does not answer. Trying again in {pause:.1f} s; nothing is lost."
        for pause in pauses
    ]
    opening.away = False
    made.step()
    assert made.is_open
    opening.away, clock.now = True, clock.now + 10


def test_a_bell_rings_for_any_shard_and_asks_each_once_at_a_time() -> None:
    first, second = Shard(), Shard()
    shards = [cast(ApplicationQueue, first), cast(ApplicationQueue, second)]
    bell = Bell(shards)
    second.rung.set()
    bell.wait(shards, 60)
    bell.wait(shards, 60)
    first.rung.set()
    assert len(first.waited) == 1, "its thread still blocks"
    assert len(second.waited) == 2


def test_a_bell_that_nobody_rings_ends_when_its_time_is_up() -> None:
    quiet = Shard()
    bell = Bell([cast(ApplicationQueue, quiet)])
    bell.wait([cast(ApplicationQueue, quiet)], 0.01)
    assert len(quiet.waited) == 1
    quiet.rung.set()
