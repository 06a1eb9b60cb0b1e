"""Where an application stands among those that its model has scored so far, by all scorers."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from creditrisk.intake import Intake
from creditrisk.queue import scored
from creditrisk.queue.scored import LEAST, Scored
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.helpers import Make
from tests.integration.conftest import StubModel

ONE = ("lightgbm", "1")


def test_an_answer_tells_it_once_there_are_enough(
    intake: Intake, drain_all: Callable[[], int], make_application: Make, settings: Settings, model: StubModel
) -> None:
    for number in range(LEAST - 1):
        intake.submit(make_application(AGE=20 + number % 40))
    drain_all()
    other = Assembly(settings, model)  # another scorer: what the first has counted is in Redis
    id = intake.submit(make_application(AGE=40)).id
    with other.drain("another-scorer") as drain:
        assert drain.step() == 1
    other.queue.redis.close()
    standing = intake.find(id).standing
    assert standing and standing.among == LEAST and standing.so_far
    assert abs(standing.percentile - 60) <= 1  # 20 to 39 are 60 of the 99


def test_scorers_add_up(redis: Redis) -> None:
    first, second = Scored(redis), Scored(redis)
    for one in (first, second):
        one.add(*ONE, [0.2] * 60)
    second.sync()
    assert second.standing(*ONE, 0.3) == (100, 120, True)
    assert second.standing("lightgbm", "2", 0.3) is None


def test_what_was_counted_since_is_counted_at_once(redis: Redis) -> None:
    one = Scored(redis)
    for probability in (0.2, 0.4, 1.0):
        one.add(*ONE, [probability] * 50)
    assert one.standing(*ONE, 0.35) == (33, 150, True)
    assert one.standing(*ONE, 1.0) == (100, 150, True)


def test_without_redis_it_is_counted_later(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scored, "SYNC_SECONDS", 0.0)

    class Away:
        def pipeline(self, **_: Any) -> Any:
            raise RedisConnectionError("away")

    one = Scored(Away())
    one.add(*ONE, [0.2] * LEAST)
    assert one.standing(*ONE, 0.3) is None
    one._redis = redis
    one.add(*ONE, [0.2])
    assert one.standing(*ONE, 0.3) == (100, LEAST + 1, True)


def test_the_counts_of_a_version_that_scores_no_more_go(redis: Redis) -> None:
    Scored(redis).add(*ONE, [0.2])
    (key,) = redis.keys("creditrisk:scored:*")
    assert 0 < redis.ttl(key) <= scored.KEPT_SECONDS
