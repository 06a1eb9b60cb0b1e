"""How a scorer waits for work: no longer than it is asked to, in commands short enough to notice a dead connection."""

from typing import Any

import pytest

from creditrisk.queue import ApplicationQueue, claims
from creditrisk.redis_client import BLOCK


class Patient:
    """A Redis in which an application comes at a moment, or none; time passes while it blocks."""

    def __init__(self, comes_at: float | None = None) -> None:
        self.now = 1_000.0
        self.comes_at = comes_at
        self.asked: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def blmove(self, first: str, second: str, seconds: float, *_: str) -> bytes | None:
        assert first == second, "the head stays where it is"
        self.asked.append(seconds)
        if self.comes_at is not None and self.comes_at <= self.now + seconds:
            self.now = max(self.now, self.comes_at)
            return b"an id"
        self.now += seconds
        return None


def waits(redis: Any, seconds: float, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(claims, "time", redis)
    return ApplicationQueue(redis).wait_for_work(seconds)


@pytest.mark.parametrize("seconds", [0.05, BLOCK, 2.25 * BLOCK])
def test_it_waits_as_long_as_it_is_asked_to(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = Patient()
    assert not waits(redis, seconds, monkeypatch)
    assert sum(redis.asked) == pytest.approx(seconds)
    assert max(redis.asked) <= BLOCK


def test_it_asks_once_even_when_there_is_no_time_and_never_blocks_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    redis = Patient()
    assert not waits(redis, 0, monkeypatch)
    assert len(redis.asked) == 1
    assert 0 < redis.asked[0] <= 0.01, "0 is for ever to Redis"


def test_it_waits_no_longer_once_something_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    redis = Patient(comes_at=1_000 + 1.5 * BLOCK)
    assert waits(redis, 100 * BLOCK, monkeypatch)
    assert redis.now == redis.comes_at
