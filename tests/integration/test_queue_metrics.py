"""The queue's age as the alarm on AWS reads it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis

from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer.metrics import queue_metrics


def _queue(redis: Redis) -> ApplicationQueue:
    return ApplicationQueue(redis, lease_seconds=Settings.lease_seconds, result_ttl=Settings.result_ttl)


def test_an_empty_queue_is_of_no_age(redis: Redis) -> None:
    told = json.loads(queue_metrics(_queue(redis), "scorer"))
    assert (told["QueueAge"], told["Waiting"], told["Scorer"]) == (0, 0, "scorer")


def test_the_age_is_that_of_the_oldest_application(
    redis: Redis, make_application: Callable[..., dict[str, Any]]
) -> None:
    queue = _queue(redis)
    for seconds in (90, 30):
        milliseconds = int((time.time() - seconds) * 1000)
        text = f"{milliseconds << 80 | 7 << 76 | 2 << 62:032x}"
        application_id = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        queue.submit(application_id, make_application(), "2026-01-01T00:00:00.000Z", max_queue=10)
    told = json.loads(queue_metrics(queue, "scorer"))
    assert told["Waiting"] == 2
    assert 90 <= told["QueueAge"] < 120
    (declared,) = told["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in declared["Metrics"]} <= set(told)


def test_a_challenger_that_is_left_out_is_a_metric_with_an_alarm(redis: Redis) -> None:
    for out in (False, True):
        told = json.loads(queue_metrics(_queue(redis), "scorer", challenger_out=out))
        assert told["ChallengerOut"] == int(out)
    (declared,) = told["_aws"]["CloudWatchMetrics"]
    assert "ChallengerOut" in {metric["Name"] for metric in declared["Metrics"]}
    alarms = (Path(__file__).parents[2] / "deploy" / "resources" / "alarms.yml").read_text()
    assert "MetricName: ChallengerOut" in alarms
