"""Closed days of a history in S3 in few objects: each application once at every moment, whatever interrupts it."""

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import HistoryUnavailable
from creditrisk.history import Record, bucket, merging, open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.columns import HEADER, VERSION
from creditrisk.history.merging import merge_days
from creditrisk.history.names import name_of, read_name
from creditrisk.history.records import to_line
from functions.merger.handler import handler
from tests.s3_server import S3Server

URL = "s3://history/credit"
DAY = datetime(2026, 11, 20, tzinfo=UTC)
LATER = date(2026, 11, 25)
Make = Callable[..., Answer]


@pytest.fixture
def history(server: S3Server) -> BucketHistory:
    history = open_history(URL)
    assert isinstance(history, BucketHistory)
    return history


@pytest.fixture
def make(make_application: Callable[..., dict[str, Any]]) -> Make:
    """A decided application that came in so many seconds after the day's midnight, and was scored a second later."""

    def decided(seconds: float, **changes: object) -> Answer:
        received = DAY + timedelta(seconds=seconds)
        random = UUID(new_application_id()).int & (1 << 80) - 1
        application_id = str(UUID(int=int(received.timestamp() * 1000) << 80 | random))
        scored = timestamp(received + timedelta(seconds=1))
        decision = Decision(0.25, 0, "approved", 0.5, "lightgbm", "v", scored, [Reason("AGE", -0.25, "Age")])
        return Answer(application_id, "decided", timestamp(received), make_application(**changes), decision)

    return decided


def record(history: BucketHistory, *answers: Answer) -> None:
    history.append([Record(answer) for answer in answers], lambda: {answer.id for answer in answers})


def day_of_batches(history: BucketHistory, make: Make, days: int = 1) -> list[Answer]:
    """Some batches of a few applications on each of some days, and one of yesterday, which is not closed."""
    answers = []
    for day in range(days):
        for batch in range(8):
            some = [make(day * 86_400 + batch * 9_000.5 + number * 0.7) for number in range(3)]
            record(history, *some)
            answers += some
    open_one = make((LATER - DAY.date()).days * 86_400 - 3_600)
    record(history, open_one)
    return [*answers, open_one]


def assert_all_once(history: BucketHistory, answers: list[Answer]) -> None:
    times = Counter(record.answer.id for record in history.records())
    assert times == Counter(answer.id for answer in answers)
    assert {record.answer.id: record.answer for record in history.records()} == {a.id: a for a in answers}


def kinds(server: S3Server) -> Counter[str]:
    return Counter(re.findall(r"batch|merged|brought", " ".join(server.objects)))


def test_a_closed_day_becomes_one_object_and_says_the_same(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    answers = day_of_batches(history, make, days=2)
    before = [record.answer for record in history.records()]

    merged = merge_days(history, today=LATER)

    assert (merged.objects, merged.written, merged.done) == (16, 2, True)
    assert kinds(server) == {"merged": 2, "batch": 1}
    assert [record.answer for record in history.records()] == before
    assert_all_once(history, answers)
    assert [history.find(answer.id) for answer in answers] == answers


def test_a_second_run_finds_nothing_to_do(history: BucketHistory, server: S3Server, make: Make) -> None:
    day_of_batches(history, make)
    merge_days(history, today=LATER)
    objects = dict(server.objects)
    assert merge_days(history, today=LATER).objects == 0
    assert server.objects == objects


def test_what_comes_late_to_a_merged_day_is_merged_beside_it(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    answers = day_of_batches(history, make)
    merge_days(history, today=LATER)
    late = [make(100), make(200)]
    for answer in late:
        record(history, answer)
    merge_days(history, today=LATER)
    assert kinds(server) == {"merged": 2, "batch": 1}
    assert_all_once(history, answers + late)
    assert [history.find(answer.id) for answer in late] == late


def test_large_days_become_pieces_of_bounded_size_and_a_look_up_reads_one(
    history: BucketHistory, server: S3Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = len(to_line(make(0)))
    monkeypatch.setattr(bucket, "PIECE", 4 * line)
    monkeypatch.setattr(merging, "GROUP", 20 * line)
    answers = day_of_batches(history, make)
    merge_days(history, today=LATER)
    assert kinds(server)["merged"] >= 6
    assert all(len(body) < 6 * line + len(HEADER) for body in server.objects.values())
    assert_all_once(history, answers)
    for answer in answers:
        server.listings = server.objects_read = 0
        assert history.find(answer.id) == answer
        assert server.listings <= 5
        assert server.objects_read == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("requests", range(1, 40, 2))
def test_killed_at_any_request_everything_is_read_once_and_the_next_run_ends_it(
    history: BucketHistory, server: S3Server, make: Make, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    monkeypatch.setattr(bucket, "PIECE", 5 * len(to_line(make(0))))
    answers = day_of_batches(history, make)
    left = requests

    def kill(method: str, key: str) -> None:
        nonlocal left
        left -= method in ("PUT", "DELETE")
        if not left:
            server.fault_always = "cut before"
            raise ConnectionError

    server.before = kill
    monkeypatch.setattr("botocore.retries.standard.StandardRetryConditions.is_retryable", lambda *_: False)
    try:
        merge_days(history, today=LATER)
    except HistoryUnavailable:
        server.fault_always, server.before = None, lambda method, key: None
        assert_all_once(history, answers)
        assert [history.find(answer.id) for answer in answers] == answers
        merge_days(history, today=LATER)
    assert kinds(server)["batch"] == 1
    assert_all_once(history, answers)
    rows = Counter(
        line[:36] for key, body in server.objects.items() for line in body.decode().splitlines()[1:]
    )
    assert set(rows.values()) == {1}, "nothing was written a second time"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_whoever_reads_while_it_merges_reads_everything_once(
    history: BucketHistory, server: S3Server, make: Make, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A reader that began before, goes on at every step of the merge, and ends after it."""
    monkeypatch.setattr(bucket, "PIECE", 5 * len(to_line(make(0))))
    answers = day_of_batches(history, make, days=2)
    readers = [open_history(URL).records() for _ in range(12)]
    read = [[next(reader).answer.id] for reader in readers]
    begun = 0

    def step(asked: str, key: str) -> None:
        nonlocal begun
        if asked == method:
            server.before = lambda method, key: None
            if begun < len(readers):
                read[begun] += [
                    record.answer.id for _, record in zip(range(begun), readers[begun], strict=False)
                ]
                assert {a.id for a in answers} == {r.answer.id for r in open_history(URL).records()}
                assert all(history.find(answer.id) == answer for answer in answers[begun::7])
            begun += 1
            server.before = step

    server.before = step
    merge_days(history, today=LATER)
    server.before = lambda method, key: None
    assert begun > 3
    for ids, reader in zip(read, readers, strict=True):
        ids += [record.answer.id for record in reader]
        assert Counter(ids) == Counter(answer.id for answer in answers)


def test_a_look_up_that_a_merge_overtakes_finds_its_answer(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    answers = day_of_batches(history, make)
    for answer in answers[:6]:
        asked = False

        def overtake(method: str, key: str) -> None:
            nonlocal asked
            if method == "GET" and not asked:
                asked = True
                merge_days(open_history(URL), today=LATER)  # type: ignore[arg-type]

        server.before = overtake
        assert history.find(answer.id) == answer
        server.before = lambda method, key: None
    assert kinds(server)["batch"] == 1


def test_where_nothing_may_be_deleted_everything_is_still_read_once(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    server.may_delete = False
    answers = day_of_batches(history, make)
    for _ in range(2):
        with pytest.raises(HistoryUnavailable, match="DeleteObject"):
            merge_days(history, today=LATER)
        assert kinds(server) == {"merged": 1, "batch": 9}, "nothing is written a second time"
        assert_all_once(history, answers)
        assert [history.find(answer.id) for answer in answers] == answers


def test_two_at_once_lose_nothing(history: BucketHistory, server: S3Server, make: Make) -> None:
    answers = day_of_batches(history, make)
    begun = False

    def other(method: str, key: str) -> None:
        nonlocal begun
        if method == "PUT" and not begun:
            begun = True
            merge_days(open_history(URL), today=LATER)  # type: ignore[arg-type]

    server.before = other
    merge_days(history, today=LATER)
    assert kinds(server) == {"merged": 1, "batch": 1}
    assert_all_once(history, answers)


def test_objects_of_earlier_versions_get_names_that_tell_what_is_in_them(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    answers = day_of_batches(history, make)
    for number, key in enumerate(list(server.objects)):
        name = read_name(key.removeprefix("credit/"))
        assert name is not None and name.span is not None
        clock = re.sub(r"\D", "", name.recorded[11:])
        span = f"{name.span[0]:012x}{name.span[1]:012x}" if number % 2 else ""
        server.objects[f"credit/date={name.recorded[:10]}/{clock}-{span}{number:012x}.csv"] = (
            server.objects.pop(key)
        )
    brought = make(-5 * 86_400)
    server.objects[f"credit/date=1970-01-01/000000000-{7:012x}.csv"] = (HEADER + to_line(brought)).encode()
    merge_days(history, today=LATER)
    assert sum("/r" in key for key in server.objects) == len(server.objects) - 1
    assert_all_once(history, [brought, *answers])
    assert history.find(brought.id) == brought


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda line: HEADER + line.replace(",0.25,", ",a quarter,"), id="a row that cannot be read"),
        pytest.param(
            lambda line: (HEADER + line).replace("RECORD_VERSION\n", "BUREAU,RECORD_VERSION\n").replace(f",{VERSION}\n", ",711,9\n"),
            id="a column that only a newer version knows",
        ),
        pytest.param(lambda line: "a,b\n1,2\n", id="no history"),
    ],
)  # fmt: skip
def test_what_would_lose_something_stays_as_it_is_and_is_named(
    history: BucketHistory, server: S3Server, make: Make, text: Callable[[str], str]
) -> None:
    answers = day_of_batches(history, make)
    odd = make(50)
    key = name_of("batch", *(int(odd.id[:8] + odd.id[9:13], 16),) * 2, timestamp(DAY), "0" * 12).key
    server.objects[f"credit/{key}"] = body = text(to_line(odd)).encode()
    merged = merge_days(history, today=LATER)
    assert server.objects[f"credit/{key}"] == body
    assert len(merged.left) == 1 and key in merged.left[0]
    assert kinds(server) == {"merged": 1, "batch": 2}
    assert {a.id for a in answers} <= {record.answer.id for record in history.records()}


def test_two_rows_of_an_application_stay_in_their_order(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    """A second row may be there because the first cannot be read: neither is thrown away."""
    first = make(100)
    assert first.decision is not None
    second = replace(first, decision=replace(first.decision, probability=0.75))
    record(history, first)
    record(history, second)
    before = [record.answer for record in history.records()]
    merge_days(history, today=LATER)
    assert len(server.raw_lines()) == 2
    assert [record.answer for record in history.records()] == before


def test_time_that_is_up_ends_it_between_two_groups_and_the_next_run_goes_on(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    answers = day_of_batches(history, make, days=3)
    allowed = iter([True, False])
    merged = merge_days(history, in_time=lambda: next(allowed), today=LATER)
    assert not merged.done and merged.objects == 8
    assert_all_once(history, answers)
    assert merge_days(history, today=LATER).done
    assert kinds(server) == {"merged": 3, "batch": 1}


def test_the_command_merges_and_says_what_it_did(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    answers = day_of_batches(history, make)
    result = CliRunner().invoke(creditrisk, ["history", "merge", "--at", URL])
    assert result.exit_code == 0, result.exception
    assert f"9 objects merged into 2 at {URL}" in result.output or "8 objects merged into 1" in result.output
    assert_all_once(history, answers)


def test_a_history_in_a_folder_has_nothing_to_merge(tmp_path: Path) -> None:
    result = CliRunner().invoke(creditrisk, ["history", "merge", "--at", str(tmp_path)])
    assert result.exit_code == 0
    assert "nothing to merge" in result.output
    assert list(tmp_path.iterdir()) == []


class Context:
    """What Lambda tells a function of itself."""

    def __init__(self, milliseconds: int) -> None:
        self.until = time.monotonic() * 1000 + milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.until - time.monotonic() * 1000)


def test_the_function_merges_while_there_is_time(
    history: BucketHistory, server: S3Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_URL", URL)
    answers = day_of_batches(history, make)
    assert handler({}, Context(1_000)) == {"objects": 0, "written": 0, "left": 0, "done": False}
    assert handler({}, Context(900_000))["done"] is True
    assert kinds(server)["merged"] >= 1
    assert_all_once(history, answers)


def test_a_bucket_is_restored_from_its_versions_and_taken_over_by_another_stack(
    history: BucketHistory, server: S3Server, make: Make
) -> None:
    """The drill: everything was deleted, or written over, after a merge; the first version of each object is put back."""
    answers = day_of_batches(history, make, days=2)
    merge_days(history, today=LATER)
    for key in list(server.objects):
        if key[-6] in "0123456789":
            server.objects[key] = b"written over"
        else:
            del server.objects[key]
    for key, versions in server.versions.items():
        server.objects[key] = versions[0]

    attached = open_history(URL)
    assert isinstance(attached, BucketHistory)
    assert_all_once(attached, answers)
    assert [attached.find(answer.id) for answer in answers] == answers
    new = make(86_400 * 5.5)
    record(attached, new)
    assert attached.find(new.id) == new
    merge_days(attached, today=LATER)
    assert kinds(server)["batch"] == 2, "what the merge had read before went again"
    assert_all_once(attached, [*answers, new])
