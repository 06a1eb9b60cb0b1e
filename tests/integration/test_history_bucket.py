"""The history in S3, over HTTP to a stand-in: whole objects, every application once, and faults in words."""

import csv
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from creditrisk.application_id import milliseconds, new_application_id, received_at, reference
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import HistoryOverwritten, HistoryUnavailable
from creditrisk.history import COLUMNS, Record, bucket, open_history
from creditrisk.history.bucket import BucketHistory
from creditrisk.history.columns import HEADER, VERSION, columns_of
from creditrisk.history.names import name_of, read_name
from creditrisk.history.records import to_line
from tests import s3_server
from tests.helpers import Make
from tests.s3_server import Fault, S3Server


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
            reasons=[Reason("AGE", -0.25, 34)],
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
MakeDecided = Callable[..., Answer]


@pytest.fixture
def make_decided(decided: Decided) -> MakeDecided:
    """A decided application that came in at a moment, and was scored a second later when nothing else is told."""

    def make(received: datetime, scored: datetime | None = None) -> Answer:
        answer = decided(scored_at=scored or received + timedelta(seconds=1))
        return replace(answer, id=id_at(received, answer.id), received_at=timestamp(received))

    return make


def id_at(received: datetime, application_id: str) -> str:
    """The id as it were, had its application come in at this moment."""
    return str(UUID(int=int(received.timestamp() * 1000) << 80 | UUID(application_id).int & (1 << 80) - 1))


def record(history: BucketHistory, *answers: Answer, fresh: bool = True) -> list[Answer]:
    held = {answer.id for answer in answers}
    return history.append([Record(answer, fresh) for answer in answers], lambda: held)


def test_a_batch_is_one_object_of_the_day_with_its_header(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    answers = [decided(), decided()]

    assert record(history, *answers) == answers

    ((key, body),) = server.objects.items()
    assert re.fullmatch(
        r"credit/risk/date=\d{4}-\d\d-\d\d/r[0-9x]{5}-\d{9}-\d{9}-\d{17}-batch-[0-9a-f]{12}\.csv", key
    )
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


def test_records_come_by_the_day_on_which_their_applications_came_in_each_once(
    history: BucketHistory, make_decided: MakeDecided
) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    late, early, next_day = (make_decided(noon + timedelta(hours=hours)) for hours in (2, 1, 20))
    for answer in (next_day, late, early, late):
        record(history, answer)
    assert [record.answer for record in history.records()] == [early, late, next_day]


def test_a_listing_of_several_pages_is_read_to_its_end(history: BucketHistory, decided: Decided) -> None:
    began = datetime.now(UTC)
    answers = [decided(scored_at=began + timedelta(milliseconds=number)) for number in range(25)]
    for answer in answers:
        record(history, answer)
    assert [record.answer.id for record in history.records()] == [answer.id for answer in answers]
    assert history.find(answers[-1].id) == answers[-1]


def as_an_earlier_version_named_it(server: S3Server, *, telling: bool = False) -> None:
    """Objects under the names that an earlier version gave, which tell what is inside or not."""
    for key in list(server.objects):
        name = read_name(key.removeprefix("credit/risk/"))
        assert name is not None and name.span is not None
        clock = re.sub(r"\D", "", name.recorded[11:])
        times = f"{name.span[0]:012x}{name.span[1]:012x}" if telling else ""
        new = f"credit/risk/date={name.recorded[:10]}/{clock}-{times}{key[-16:]}"
        server.objects[new] = server.objects.pop(key)


FOUND = (5, 1)
"""Most listings and reads of a look-up that finds its answer: the slots of its time, and one object."""
NOT_FOUND = (5 + 9 + 5, 0)
"""The same of one that finds none: what earlier versions wrote on nine days, too, and the slots once more."""


def assert_asked_at_most(server: S3Server, most: tuple[int, int]) -> None:
    assert server.listings <= most[0]
    assert server.objects_read <= most[1]


@pytest.mark.parametrize("rate", [1, 10, 100, 1_000])
def test_a_look_up_among_thousands_reads_one_object_and_none_for_a_made_up_id(
    history: BucketHistory,
    server: S3Server,
    make_decided: MakeDecided,
    monkeypatch: pytest.MonkeyPatch,
    rate: int,
) -> None:
    """An hour's worth of batches, of which those around the one that is asked for are really there: ten minutes at most."""
    monkeypatch.setattr(s3_server, "PAGE", 1_000)
    began = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    batch = min(rate, 32)  # a hundred scorers share the work at most
    template = to_line(make_decided(began)).partition(",")[2]
    asked: list[str] = []
    for number in range(min(9_000, 600 * rate // batch)):
        first = began + timedelta(seconds=number * batch / rate)
        last = first + timedelta(seconds=0.9)  # what waited longest, and what came last
        ids = [id_at(moment, new_application_id()) for moment in (first, last)]
        name = name_of("batch", *map(milliseconds, ids), timestamp(last), f"{number:064x}"[::-1])
        server.objects[f"credit/risk/{name.key}"] = (
            HEADER + "".join(f"{id},{template}" for id in ids)
        ).encode()
        asked.append(ids[number % 2])
    for application_id in asked[:: len(asked) // 7]:
        server.listings = server.objects_read = 0
        found = history.find(application_id)
        assert found is not None and found.id == application_id
        overlapping = rate // batch  # batches that hold applications of the same moment
        assert_asked_at_most(server, (FOUND[0], FOUND[1] + overlapping))
    server.listings = server.objects_read = 0
    assert history.find(new_application_id()) is None
    assert_asked_at_most(server, NOT_FOUND)


def test_a_look_up_of_what_is_nowhere_reads_nothing(
    history: BucketHistory, server: S3Server, make_decided: MakeDecided
) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    for seconds in range(0, 40, 5):
        record(history, make_decided(noon + timedelta(seconds=seconds)))
    server.listings = server.objects_read = 0
    assert history.find(id_at(noon + timedelta(seconds=7), new_application_id())) is None
    assert_asked_at_most(server, NOT_FOUND)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("12:00:00.000", "12:00:00.000"),
        ("12:00:09.999", "12:00:10.000"),
        ("12:00:59.999", "12:01:00.000"),
        ("12:09:59.999", "12:10:00.000"),
        ("12:59:59.999", "13:00:00.000"),
        ("09:59:59.999", "10:00:00.000"),
        ("00:00:00.000", "23:59:59.999"),
    ],
)
def test_a_batch_is_found_whatever_border_of_time_it_lies_across(
    history: BucketHistory, server: S3Server, make_decided: MakeDecided, first: str, last: str
) -> None:
    answers = [make_decided(datetime.fromisoformat(f"2026-11-23T{clock}+00:00")) for clock in (first, last)]
    record(history, *answers)
    assert len(server.objects) == 1
    for answer in answers:
        server.listings = server.objects_read = 0
        assert history.find(answer.id) == answer
        assert_asked_at_most(server, FOUND)


def test_a_batch_across_midnight_is_an_object_of_each_day(
    history: BucketHistory, server: S3Server, make_decided: MakeDecided
) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    answers = [make_decided(midnight + timedelta(milliseconds=ms), midnight) for ms in (-1, 0, 1)]
    assert record(history, *answers) == answers
    assert [key[12:27] for key in sorted(server.objects)] == ["date=2026-11-23", "date=2026-11-24"]
    assert [history.find(answer.id) for answer in answers] == answers
    assert [record.answer for record in history.records()] == answers


def test_a_look_up_among_what_an_earlier_version_wrote_reads_a_bounded_number_of_objects(
    history: BucketHistory,
    server: S3Server,
    decided: Decided,
    make_decided: MakeDecided,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bucket, "MOST_READ", 10)
    now = datetime.now(UTC)
    asked = make_decided(now, now + timedelta(milliseconds=10))
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


@pytest.mark.parametrize("telling", [True, False])
@pytest.mark.parametrize("minutes", [-1.5, 3, 60 * 24 * 6])
def test_what_an_earlier_version_recorded_is_found_whatever_the_clocks(
    history: BucketHistory, server: S3Server, decided: Decided, minutes: float, telling: bool
) -> None:
    answer = decided(scored_at=datetime.now(UTC) + timedelta(minutes=minutes))
    record(history, decided(scored_at=datetime.now(UTC)), answer)
    as_an_earlier_version_named_it(server, telling=telling)
    assert history.find(answer.id) == answer
    assert record(history, answer, fresh=False) == [answer]
    assert answer in [record.answer for record in history.records()]


def test_each_of_several_batches_of_an_earlier_version_is_found(
    history: BucketHistory, server: S3Server, make_decided: MakeDecided
) -> None:
    """Names tell when an object's applications came in: the look-up passes over the objects of other times."""
    now = datetime.now(UTC)
    answers = [make_decided(now + timedelta(seconds=second)) for second in (-20, -10, 0)]
    for answer in answers:
        record(history, answer)
    as_an_earlier_version_named_it(server, telling=True)
    assert len(server.objects) == len(answers)
    assert [history.find(answer.id) for answer in answers] == answers
    assert record(history, *answers, fresh=False) == answers


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


def test_more_objects_than_one_request_may_name_are_deleted(history: BucketHistory, server: S3Server) -> None:
    names = [f"date=2026-11-24/{number:06}.csv" for number in range(s3_server.MOST_DELETED + 1)]
    server.objects |= {f"credit/risk/{name}": b"" for name in (*names, "date=2026-11-25/stays.csv")}
    history.objects.delete(names)
    assert list(server.objects) == ["credit/risk/date=2026-11-25/stays.csv"]


def test_objects_of_others_under_the_prefix_are_left_alone(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    answer = decided()
    record(history, answer)
    server.objects["credit/risk/date=2026-11-23/notes.txt"] = b"not a record\nat all\n"
    server.objects["credit/risk/date=9999-01-01/_SUCCESS"] = b""
    assert len(list(history.records())) == 1


@pytest.mark.parametrize("fault", ["500", "cut before"])
def test_a_bucket_that_stays_away_is_history_unavailable_and_stores_nothing(
    history: BucketHistory, server: S3Server, decided: Decided, fault: Fault
) -> None:
    server.fault_always = fault
    with pytest.raises(HistoryUnavailable, match="S3"):
        record(history, decided())
    assert server.objects == {}


@pytest.mark.parametrize("fault", ["500", "conflict", "cut before", "cut after"])
def test_a_single_fault_is_overcome_and_writes_one_object(
    history: BucketHistory, server: S3Server, decided: Decided, fault: Fault
) -> None:
    answer = decided()
    server.faults = [fault]
    assert record(history, answer) == [answer]
    assert len(server.objects) == 1


def test_a_write_that_others_cross_is_tried_three_times(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    history.check()  # whose requests are not to count
    server.fault_always = "conflict"
    with pytest.raises(HistoryUnavailable, match="ConditionalRequestConflict"):
        record(history, decided())
    assert server.faulty_requests == 3
    assert server.objects == {}


def test_an_object_that_breaks_off_while_it_is_read_is_no_half_history(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    record(history, decided())
    server.fault_always = "cut within"
    with pytest.raises(HistoryUnavailable):
        list(history.records())


def test_a_check_says_whether_the_bucket_is_there(
    history: BucketHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.check()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(HistoryUnavailable):
        BucketHistory("history", "").check()


def test_the_same_batch_again_is_the_same_object_and_nothing_is_written_over(
    history: BucketHistory, server: S3Server, decided: Decided
) -> None:
    """A reply that was lost, a request that came late: told from somebody who writes over what is there."""
    answer = decided()
    assert record(history, answer) == [answer]
    asked: list[str] = []
    server.before = lambda method, key: asked.append(method)
    assert record(history, answer) == [answer]
    assert asked == ["PUT", "GET"], "once it is there, it is looked at"
    ((key, body),) = server.objects.items()
    assert server.versions[key] == [body]
    server.objects[key] = b"something else"
    with pytest.raises(HistoryOverwritten, match="other content"):
        record(history, answer)
    assert server.objects[key] == b"something else"


def test_records_since_a_moment_read_only_what_was_recorded_since(
    history: BucketHistory, server: S3Server, make_decided: MakeDecided
) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    answers = [make_decided(noon + timedelta(hours=hours)) for hours in range(6)]
    waited = make_decided(noon - timedelta(days=30), noon + timedelta(hours=5))
    for answer in (*answers, waited):
        record(history, answer)
    server.objects_read = 0
    since = noon + timedelta(hours=3)
    assert [record.answer for record in history.records(since)] == [waited, *answers[3:]]
    assert server.objects_read == 4


def test_what_was_brought_along_is_found_and_counts_from_when_it_was(
    history: BucketHistory, server: S3Server, make_decided: MakeDecided
) -> None:
    written = datetime.fromisoformat(s3_server.WRITTEN)
    old = [make_decided(written - timedelta(days=days)) for days in (400, 500, 300)]
    assert history.add_part("0" * 12, list(map(to_line, old)))
    assert not history.add_part("0" * 12, list(map(to_line, old)))
    assert [history.find(answer.id) for answer in old] == old
    assert {record.answer.id for record in history.records(written)} == {answer.id for answer in old}
    assert list(history.records(written + timedelta(seconds=1))) == []


FIRST = ",".join(columns_of(1)) + "\n"
NEWER = HEADER.replace("RECORD_VERSION", "BUREAU_SCORE,RECORD_VERSION")


def put(server: S3Server, answer: Answer, text: str) -> None:
    assert answer.decision is not None
    day, clock = answer.decision.scored_at[:10], re.sub(r"\D", "", answer.decision.scored_at[11:])
    server.objects[f"credit/risk/date={day}/{clock}-abcdef.csv"] = text.encode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda line: FIRST + line.replace(f",,{VERSION}\n", "\n"), id="the first version"),
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
    assert [record.answer for record in history.records()] == [old, new]
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
    assert f"the record of application {reference(damaged.id)} cannot be read" in caplog.text
    assert damaged.id not in caplog.text
    caplog.clear()
    assert history.find(whole.id) == whole
    assert [record.answer for record in history.records()] == [whole]
    assert "line 2" in caplog.text and "line 3" in caplog.text
    record(history, damaged, fresh=False)
    assert history.find(damaged.id) == damaged
    assert {record.answer.id for record in history.records()} == {damaged.id, whole.id}
