"""The history in S3, over HTTP to a stand-in: whole objects, every application once, and faults in words."""

import csv
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from creditrisk.application_id import milliseconds, new_application_id, received_at
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import COLUMNS, Record, bucket, open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.columns import HEADER, VERSION, columns_of
from creditrisk.history.records import from_line, to_line
from tests import s3_server
from tests.s3_server import Fault, S3Server

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with S3Server().serving() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def history(server: S3Server) -> BucketHistory:
    history = open_history("s3://history/credit/risk")
    assert isinstance(history, BucketHistory)
    return history


@pytest.fixture
def decided(make_application: Make) -> Callable[..., Answer]:
    """A decided application, scored at a moment (now, when none is given)."""

    def make(probability: float = 0.25, scored_at: datetime | None = None) -> Answer:
        application_id = new_application_id()
        decision = Decision(
            probability=probability,
            prediction=0,
            decision="approved",
            threshold=0.5,
            model="lightgbm",
            model_version="test",
            scored_at=timestamp(scored_at),
            reasons=[Reason("AGE", -0.25, "Age, which is 34")],
        )
        return Answer(
            application_id,
            "decided",
            timestamp(received_at(application_id)),
            make_application(FULL_NAME='Ana "Aninha" Souza, née Gonçalves'),
            decision,
        )

    return make


Decided = Callable[..., Answer]


def record(history: BucketHistory, *answers: Answer, fresh: bool = True) -> list[Answer]:
    held = {answer.id for answer in answers}
    return history.append([Record(answer, fresh) for answer in answers], lambda: held)


def test_a_batch_is_one_object_of_the_day_with_its_header(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    answers = [decided(), decided()]

    assert record(history, *answers) == answers

    ((key, body),) = server.objects.items()
    assert re.fullmatch(r"credit/risk/date=\d{4}-\d\d-\d\d/\d{9}-[0-9a-f]{36}\.csv", key)
    rows = list(csv.reader(body.decode().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [row[0] for row in rows[1:]] == [answer.id for answer in answers]


def test_what_was_recorded_is_found_as_it_was(history: BucketHistory, decided: Decided) -> None:
    answers = [decided(probability) for probability in (0.1, 1 / 3, 0.9)]
    for answer in answers:
        record(history, answer)
    assert [history.find(answer.id) for answer in answers] == answers
    assert history.find(new_application_id()) is None


def test_a_record_that_may_be_a_second_one_is_written_once_and_the_first_answer_stands(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    first, other = decided(0.25), decided(0.75)
    record(history, first)
    assert first.decision is not None
    again = replace(
        first, decision=replace(first.decision, scored_at=timestamp(datetime.now(UTC) + timedelta(seconds=9)))
    )

    assert record(history, again, other, fresh=False) == [first, other]

    assert sorted(line.split(",")[0] for line in server.raw_lines()) == sorted([first.id, other.id])


def test_a_batch_that_may_be_recorded_is_looked_for_in_one_pass(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    answers = [decided() for _ in range(8)]
    for answer in answers[:6]:
        record(history, answer)
    server.objects_read = 0
    found = record(history, *answers, fresh=False)
    assert {answer.id: answer for answer in found} == {answer.id: answer for answer in answers}
    assert server.objects_read == 6


def test_a_record_dated_by_a_clock_a_minute_behind_is_found(history: BucketHistory, decided: Decided) -> None:
    answer = decided(scored_at=datetime.now(UTC) - timedelta(minutes=1))
    record(history, answer)
    assert history.find(answer.id) == answer


def test_what_the_scorer_no_longer_holds_is_not_recorded(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    assert history.append([Record(decided())], set) == []
    assert server.objects == {}


def test_lines_come_in_the_order_of_scoring_each_application_once(
    history: BucketHistory, decided: Decided
) -> None:
    began = datetime(2026, 11, 23, 9, tzinfo=UTC)
    late, early, next_day = (decided(scored_at=began + timedelta(hours=hours)) for hours in (2, 1, 20))
    for answer in (next_day, late, early, late):
        record(history, answer)
    assert [line.split(",")[0] for line in history.lines()] == [early.id, late.id, next_day.id]


def test_a_listing_of_several_pages_is_read_to_its_end(history: BucketHistory, decided: Decided) -> None:
    began = datetime.now(UTC)
    answers = [decided(scored_at=began + timedelta(milliseconds=number)) for number in range(25)]
    for answer in answers:
        record(history, answer)
    assert [line.split(",")[0] for line in history.lines()] == [answer.id for answer in answers]
    assert history.find(answers[-1].id) == answers[-1]


def as_an_earlier_version_named_it(server: S3Server) -> None:
    """Objects under names that do not tell what is inside."""
    for key in list(server.objects):
        head, tail = key.rsplit("-", 1)
        server.objects[f"{head}-{tail[-16:]}"] = server.objects.pop(key)


def test_a_look_up_among_thousands_reads_one_object_and_none_for_a_made_up_id(
    history: BucketHistory, server: S3Server, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_server, "PAGE", 1_000)
    began = datetime.now(UTC) - timedelta(minutes=1)
    answers = [decided() for _ in range(3_000)]
    template = to_line(answers[0]).partition(",")[2]
    for number, answer in enumerate(answers):
        scored = began + timedelta(milliseconds=10 * number)
        times = f"{milliseconds(answer.id):012x}" * 2
        key = (
            f"date={scored:%Y-%m-%d}/{scored:%H%M%S}{scored.microsecond // 1000:03}-{times}{number:012x}.csv"
        )
        server.objects[f"credit/risk/{key}"] = f"{HEADER}{answer.id},{template}".encode()
    found = history.find(answers[2_500].id)
    assert found is not None
    assert found.id == answers[2_500].id
    same_moment = sum(milliseconds(a.id) == milliseconds(answers[2_500].id) for a in answers)
    assert 1 <= server.objects_read <= same_moment
    server.objects_read = 0
    time.sleep(0.002)
    assert history.find(new_application_id()) is None
    assert server.objects_read == 0


def test_a_look_up_among_what_an_earlier_version_wrote_reads_a_bounded_number_of_objects(
    history: BucketHistory, server: S3Server, decided: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "MOST_READ", 10)
    asked = decided(0.75)
    now = datetime.now(UTC)
    for number in range(-15, 40):
        record(history, decided(scored_at=now + timedelta(milliseconds=100 * number + 50)))
    record(history, asked)
    as_an_earlier_version_named_it(server)
    server.objects_read = 0
    assert history.find(asked.id) == asked
    assert server.objects_read <= 2 * bucket.MOST_READ
    server.objects_read = 0
    assert history.find(new_application_id()) is None
    assert server.objects_read <= 2 * bucket.MOST_READ


@pytest.mark.parametrize("minutes", [-1.5, 3])
def test_what_an_earlier_version_recorded_is_found_whatever_the_clocks(
    history: BucketHistory, server: S3Server, decided: Decided, minutes: float
) -> None:
    answer = decided(scored_at=datetime.now(UTC) + timedelta(minutes=minutes))
    record(history, decided(scored_at=datetime.now(UTC)), answer)
    as_an_earlier_version_named_it(server)
    assert history.find(answer.id) == answer
    assert record(history, answer, fresh=False) == [answer]


def test_a_batch_of_old_and_new_applications_is_found_by_each_of_them(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    answers = []
    for _ in range(3):
        answers.append(decided())
        time.sleep(0.002)
    record(history, answers[2], answers[0], answers[1])
    assert [history.find(answer.id) for answer in answers] == answers


def test_an_application_that_waited_for_days_is_found(history: BucketHistory, decided: Decided) -> None:
    answer = decided(scored_at=datetime.now(UTC) + timedelta(days=6))
    record(history, answer)
    assert history.find(answer.id) == answer


def test_objects_of_others_under_the_prefix_are_left_alone(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    answer = decided()
    record(history, answer)
    server.objects["credit/risk/date=2026-11-23/notes.txt"] = b"not a record\nat all\n"
    server.objects["credit/risk/date=9999-01-01/_SUCCESS"] = b""
    assert len(list(history.lines())) == 1


@pytest.mark.parametrize("fault", ["500", "cut before"])
def test_a_bucket_that_stays_away_is_history_unavailable_and_stores_nothing(
    history: BucketHistory, server: S3Server, decided: Decided, fault: Fault
) -> None:
    server.fault_always = fault
    with pytest.raises(HistoryUnavailable, match="S3"):
        record(history, decided())
    assert server.objects == {}


@pytest.mark.parametrize("fault", ["500", "cut before", "cut after"])
def test_a_single_fault_is_overcome_and_writes_one_object(
    history: BucketHistory, server: S3Server, decided: Decided, fault: Fault
) -> None:
    answer = decided()
    server.faults = [fault]
    assert record(history, answer) == [answer]
    assert len(server.objects) == 1


def test_an_object_that_breaks_off_while_it_is_read_is_no_half_history(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    record(history, decided())
    server.fault_always = "cut within"
    with pytest.raises(HistoryUnavailable):
        history._read(next(iter(server.objects)))


def test_a_check_says_whether_the_bucket_is_there(
    history: BucketHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.check()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(HistoryUnavailable):
        BucketHistory("history", "").check()


FIRST = ",".join(columns_of(1)) + "\n"
NEWER = HEADER.replace("RECORD_VERSION", "BUREAU_SCORE,RECORD_VERSION")


def put(server: S3Server, answer: Answer, text: str) -> None:
    assert answer.decision is not None
    day, clock = answer.decision.scored_at[:10], re.sub(r"\D", "", answer.decision.scored_at[11:])
    server.objects[f"credit/risk/date={day}/{clock}-abcdef.csv"] = text.encode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda line: FIRST + line.replace(f",{VERSION}\n", "\n"), id="the first version"),
        pytest.param(lambda line: NEWER + line.replace(f",{VERSION}\n", ",711,9\n"), id="a newer version"),
        pytest.param(lambda line: (HEADER + line).rstrip("\n"), id="without its last line feed"),
        pytest.param(lambda line: "\ufeff" + (HEADER + line).replace("\n", "\r\n"), id="a mark and CRLF"),
    ],
)  # fmt: skip
def test_objects_of_other_versions_are_read_and_never_recorded_again(
    history: BucketHistory, server: S3Server, decided: Decided, text: Callable[[str], str]
) -> None:
    old, new = decided(scored_at=datetime.now(UTC) - timedelta(seconds=9)), decided()
    put(server, old, text(to_line(old)))
    assert history.find(old.id) == old
    assert {answer.id for answer in record(history, old, new, fresh=False)} == {old.id, new.id}
    assert [from_line(line) for line in history.lines()] == [old, new]
    assert len(server.objects) == 2


def test_a_damaged_row_costs_no_other_and_is_no_stranger(
    history: BucketHistory, server: S3Server, decided: Decided, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = decided(), decided()
    put(
        server, damaged, HEADER + to_line(damaged).replace(",0.25,", ",a quarter,") + "x,y\n" + to_line(whole)
    )
    with pytest.raises(HistoryUnavailable, match="restore"):
        history.find(damaged.id)
    assert history.find(whole.id) == whole
    assert [from_line(line) for line in history.lines()] == [whole]
    assert "line 2" in caplog.text and "line 3" in caplog.text
    record(history, damaged, fresh=False)
    assert history.find(damaged.id) == damaged
    assert {line[:36] for line in history.lines()} == {damaged.id, whole.id}
