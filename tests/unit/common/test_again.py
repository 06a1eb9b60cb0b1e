"""For how long a command to Redis is tried again: as long as it may help, and not once more."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from redis.exceptions import (
    AuthenticationError,
    RedisClusterException,
    ResponseError,
    TimeoutError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from creditrisk import redis_client
from creditrisk.redis_client import PATIENCE, REFUSED, again


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(redis_client, "time", clock)
    return clock


def refused() -> RedisConnectionError:
    """What redis-py raises where nothing listens."""
    try:
        try:
            raise ConnectionRefusedError
        except ConnectionRefusedError:
            raise RedisConnectionError("Error 111") from None
    except RedisConnectionError as error:
        return error


def fails(error: Exception, tries: list[float], clock: Clock) -> Callable[[], str]:
    def do() -> str:
        tries.append(clock.now)
        raise error

    return do


@pytest.mark.parametrize(
    "error",
    [
        ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        AuthenticationError("invalid username-password pair"),
        RedisClusterException("Cluster mode is not enabled on this node"),
    ],
    ids=str,
)
def test_what_trying_again_does_not_help_is_tried_once(error: Exception, clock: Clock) -> None:
    tries: list[float] = []
    told: list[Exception] = []
    with pytest.raises(type(error)):
        again(fails(error, tries, clock), over=told.append)
    assert len(tries) == 1
    assert told == []


@pytest.mark.parametrize(
    ("error", "patience"),
    [
        (RedisConnectionError("Connection closed by server."), PATIENCE),
        (TimeoutError("Timeout reading from socket"), PATIENCE),
        (RedisClusterException("Redis Cluster cannot be connected."), PATIENCE),
        (ResponseError("UNBLOCKED instance state changed"), PATIENCE),
        (refused(), REFUSED),
    ],
    ids=["closed", "silent", "cluster", "role changed", "refused"],
)
def test_what_may_be_over_soon_is_tried_again_until_patience_is_over(
    error: Exception, patience: float, clock: Clock
) -> None:
    tries: list[float] = []
    told: list[Exception] = []
    with pytest.raises(type(error)):
        again(fails(error, tries, clock), over=told.append)
    assert told == [error] * (len(tries) - 1)
    assert patience / 3 < tries[-1] - tries[0] <= patience
    pauses = [round(later - earlier, 6) for earlier, later in pairwise(tries)]
    assert pauses == sorted(pauses), "sooner at first"
    assert pauses[0] < pauses[-1] <= 0.2


def test_what_is_over_is_answered(clock: Clock) -> None:
    errors: list[Exception] = [RedisConnectionError("Connection closed by server."), TimeoutError()]

    def do(word: str) -> str:
        if errors:
            raise errors.pop()
        return word

    assert again(do, "an answer", over=lambda _: None) == "an answer"
