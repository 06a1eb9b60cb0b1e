"""The history in LocalStack's S3, which looks at names in its own way: recorded, looked up, merged, taken over."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest

from creditrisk.application_id import milliseconds, new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision
from creditrisk.errors import HistoryOverwritten
from creditrisk.history import Record, open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.columns import HEADER
from creditrisk.history.merging import merge_days
from creditrisk.history.records import to_line

pytestmark = [pytest.mark.needs("LocalStack"), pytest.mark.timeout(600)]
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def url(localstack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in localstack.items():
        monkeypatch.setenv(name, value)
    bucket = f"history-{uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/history"


@pytest.fixture
def make(make_application: Callable[..., dict[str, Any]]) -> Callable[[float], Answer]:
    """A decided application that came in so many seconds after the day's midnight, and was scored a second later."""

    def decided(seconds: float) -> Answer:
        received = DAY + timedelta(seconds=seconds)
        random = UUID(new_application_id()).int & (1 << 80) - 1
        application_id = str(UUID(int=int(received.timestamp() * 1000) << 80 | random))
        scored = timestamp(received + timedelta(seconds=1))
        decision = Decision(0.25, 0, "approved", 0.5, "lightgbm", "v", scored)
        return Answer(application_id, "decided", timestamp(received), make_application(), decision)

    return decided


def opened(url: str) -> BucketHistory:
    history = open_history(url)
    assert isinstance(history, BucketHistory)
    return history


def record(history: BucketHistory, *answers: Answer) -> None:
    history.append([Record(answer) for answer in answers], lambda: {answer.id for answer in answers})


def keys(url: str) -> list[str]:
    bucket = url.split("/")[2]
    return [entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


def test_answers_of_every_age_are_found_before_and_after_a_merge(
    url: str, make: Callable[[float], Answer]
) -> None:
    history = opened(url)
    answers = [make(3_599.0 + number * 0.9) for number in range(6)]
    for pair in zip(answers[::2], answers[1::2], strict=True):
        record(history, *pair)
    assert [history.find(answer.id) for answer in answers] == answers
    assert history.find(make(3_600.0).id) is None

    earlier = [make(7_200.0), make(7_260.0)]
    for number, answer in enumerate(earlier):
        assert answer.decision is not None
        clock = answer.decision.scored_at[11:-1].replace(":", "").replace(".", "")
        times = f"{milliseconds(answer.id):012x}" * 2 if number else ""
        boto3.client("s3").put_object(
            Bucket=url.split("/")[2],
            Key=f"history/date=2026-11-20/{clock}-{times}{number:012x}.csv",
            Body=(HEADER + to_line(answer)).encode(),
        )
    assert [history.find(answer.id) for answer in earlier] == earlier

    merged = merge_days(history, today=(DAY + timedelta(days=9)).date())
    assert (merged.objects, merged.written) == (5, 1)
    assert len(keys(url)) == 1
    taken_over = opened(url)
    assert [taken_over.find(answer.id) for answer in answers + earlier] == answers + earlier
    assert Counter(record.answer.id for record in taken_over.records()) == Counter(
        answer.id for answer in answers + earlier
    )


def test_the_same_batch_again_is_done_and_another_under_its_name_is_told(
    url: str, make: Callable[[float], Answer]
) -> None:
    history = opened(url)
    answer = make(1.0)
    record(history, answer)
    record(history, answer)
    (key,) = keys(url)
    history.objects.write("one.csv", b"first")
    with pytest.raises(HistoryOverwritten):
        history.objects.write("one.csv", b"second")
    assert opened(url).find(answer.id) == answer
    assert key.startswith("history/date=2026-11-20/r")
