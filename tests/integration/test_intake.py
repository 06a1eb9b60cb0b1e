"""Handing in: once, within bounds, refused in words when Redis is away, and with the scorer woken."""

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from benchmarks.load import wait_until
from cli.embedded_redis import EmbeddedRedis
from creditrisk import redis_client
from creditrisk.application_id import new_application_id
from creditrisk.errors import (
    IdempotencyConflict,
    QueueFull,
    QueueUnavailable,
    ReviewRefused,
    UnknownApplication,
    WakeError,
)
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from creditrisk.waking import Waker
from functions.scorer import handler as scorer_function
from functions.scorer.assembly import Assembly
from tests.helpers import DrainAll, Make

# -- once


def test_the_same_key_gives_the_first_application_again(intake: Intake, make_application: Make) -> None:
    first = intake.submit(make_application(), "key")
    again = intake.submit(make_application(), "key")
    assert (first.repeated, again.repeated) == (False, True)
    assert again.id == first.id
    assert intake.queue.waiting() == 1


def test_the_same_key_gives_the_first_answer_after_it_was_decided(
    intake: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    first = intake.submit(make_application(), "key")
    drain_all()
    again = intake.submit(make_application(), "key")
    assert intake.find(again.id) == intake.find(first.id)
    assert intake.find(again.id).status == "decided"
    assert intake.queue.waiting() == 0


def test_the_same_key_with_another_application_is_a_conflict_and_accepts_nothing(
    intake: Intake, make_application: Make
) -> None:
    intake.submit(make_application(AGE=40), "key")
    with pytest.raises(IdempotencyConflict, match="new key"):
        intake.submit(make_application(AGE=41), "key")
    assert intake.queue.waiting() == 1


def test_the_order_of_fields_makes_no_conflict(intake: Intake, make_application: Make) -> None:
    application = make_application()
    first = intake.submit(application, "key")
    assert intake.submit(dict(reversed(application.items())), "key").id == first.id


def test_without_a_key_the_same_application_is_another_one(intake: Intake, make_application: Make) -> None:
    assert intake.submit(make_application()).id != intake.submit(make_application()).id
    assert intake.queue.waiting() == 2


def test_a_key_sent_many_times_at_once_is_accepted_once(intake: Intake, make_application: Make) -> None:
    with ThreadPoolExecutor(8) as clients:
        receipts = list(clients.map(lambda _: intake.submit(make_application(), "key"), range(40)))
    assert len({receipt.id for receipt in receipts}) == 1
    assert [receipt.repeated for receipt in receipts].count(False) == 1
    assert intake.queue.waiting() == 1


def test_a_key_is_not_kept_in_the_clear(intake: Intake, redis: Redis, make_application: Make) -> None:
    intake.submit(make_application(), "ana.souza@example.org")
    assert not [key for key in redis.keys("*") if b"ana" in key]


# -- within bounds


def test_past_the_longest_queue_nothing_is_accepted_until_it_is_shorter(
    queue: ApplicationQueue, settings: Settings, drain_all: DrainAll, make_application: Make
) -> None:
    intake = Intake(queue, replace(settings, max_queue=3))
    kept = intake.submit(make_application(), "kept")
    for _ in range(2):
        intake.submit(make_application())
    with pytest.raises(QueueFull):
        intake.submit(make_application(), "refused")
    assert intake.submit(make_application(), "kept").id == kept.id  # it was accepted before
    assert queue.waiting() == 3

    drain_all()

    assert not intake.submit(make_application(), "refused").repeated


# -- answers


def test_more_may_wait_than_there_are_connections(
    redis_url: str,
    settings: Settings,
    drain_all: DrainAll,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(redis_client, "CONNECTIONS", 4)
    with (
        closing(redis_client.connect(redis_url)) as narrow,
        closing(redis_client.connect(redis_url, blocking=True)) as patient,
        ThreadPoolExecutor(20) as clients,
    ):
        intake = Intake(ApplicationQueue(narrow, patient=patient, lease_seconds=1, result_ttl=60), settings)
        receipts = list(clients.map(lambda _: intake.submit(make_application()), range(20)))
        waiting = [clients.submit(intake.wait, receipt.id, 60) for receipt in receipts]
        wait_until(lambda: narrow.info("clients")["blocked_clients"] == 4, 60, "every connection")
        drain_all()
        assert {done.result().status for done in waiting} == {"decided"}


def test_who_waits_is_answered_as_soon_as_it_is_decided(
    intake: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    """Not at the end of the wait, and not at the next of many looks: a read blocks until the answer is there."""

    def looks() -> int:
        return int(redis.info("commandstats").get("cmdstat_xread", {"calls": 0})["calls"])

    receipt = intake.submit(make_application())
    redis.config_resetstat()
    asked = time.monotonic()
    with ThreadPoolExecutor(1) as clients:
        waiting = clients.submit(lambda: (intake.wait(receipt.id, 60), time.monotonic()))
        wait_until(lambda: looks() >= 6, 60, "reads that blocked in vain")
        drain_all()
        decided = time.monotonic()
        answer, answered = waiting.result()
    assert answer.status == "decided"
    assert answered - decided < (decided - asked) / 4
    assert looks() <= 2 * (
        (answered - asked) / redis_client.BLOCK + 1
    )  # Redis counts a read that blocks twice


def test_who_waits_in_vain_hears_that_it_is_pending(intake: Intake, make_application: Make) -> None:
    application = make_application()
    answer = intake.wait(intake.submit(application).id, 0.05)
    assert (answer.status, answer.application, answer.decision) == ("pending", application, None)


def test_an_answer_that_expired_from_redis_is_found_in_the_history(
    intake: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    receipts = [intake.submit(make_application(AGE=age)) for age in (30, 40, 50)]
    drain_all()
    answers = [intake.find(receipt.id) for receipt in receipts]
    assert all(0 < redis.ttl(f"rq:job:{receipt.id}") <= intake.settings.result_ttl for receipt in receipts)
    for receipt in receipts:
        redis.delete(f"rq:job:{receipt.id}", f"rq:results:{receipt.id}")  # as at the end of RESULT_TTL

    assert [intake.find(receipt.id) for receipt in receipts] == answers


@pytest.mark.parametrize(
    "application_id", [pytest.param(new_application_id(), id="never given"), "", "1", "../history", "0" * 36]
)
def test_an_id_that_nobody_was_given_is_unknown(intake: Intake, application_id: str) -> None:
    with pytest.raises(UnknownApplication):
        intake.find(application_id)


# -- Redis away


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A Redis that a test may stop."""
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_intake(own_redis: EmbeddedRedis, settings: Settings) -> Iterator[Intake]:
    intake = Intake.connect(replace(settings, redis_url=own_redis.url))
    with closing(intake.queue.redis):
        yield intake


def test_without_redis_an_application_is_refused_and_with_it_back_accepted(
    own_redis: EmbeddedRedis, own_intake: Intake, make_application: Make
) -> None:
    application = make_application()
    accepted = own_intake.submit(application)
    own_redis.stop()
    with pytest.raises(QueueUnavailable, match="does not answer"):
        own_intake.submit(make_application())
    with pytest.raises(QueueUnavailable):
        own_intake.check()
    assert own_intake.wait(accepted.id, 1, application).status == "pending"  # accepted stays accepted
    with pytest.raises(QueueUnavailable):
        own_intake.wait(accepted.id, 1)

    own_redis.start()

    own_intake.check()
    own_intake.submit(make_application())
    assert own_intake.queue.waiting() == 2
    assert own_intake.find(accepted.id).status == "pending"


def test_a_redis_that_hangs_is_one_that_does_not_answer(
    own_redis: EmbeddedRedis, own_intake: Intake, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditrisk.redis_client.PATIENCE", 0.2)
    intake = Intake.connect(own_intake.settings)
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        with closing(intake.queue.redis), pytest.raises(QueueUnavailable, match="does not answer"):
            intake.submit(make_application())
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)


def test_what_a_hanging_redis_takes_up_after_all_is_the_same_when_it_is_sent_again(
    own_redis: EmbeddedRedis, own_intake: Intake, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditrisk.redis_client.PATIENCE", 0.2)
    intake, application = Intake.connect(own_intake.settings), make_application()

    def connected() -> bool:  # what comes next lies in Redis' hands; a busy one may need more than one try
        try:
            return bool(intake.submit(make_application(), "first"))
        except QueueUnavailable:
            return False

    wait_until(connected, 60, "the connection")
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        with closing(intake.queue.redis), pytest.raises(QueueUnavailable):
            intake.submit(application, "key")
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
    wait_until(lambda: own_intake.queue.waiting() == 2, 60, "what was sent")

    assert own_intake.submit(application, "key").repeated
    assert own_intake.queue.waiting() == 2


def test_a_redis_out_of_memory_refuses_in_words(
    own_redis: EmbeddedRedis, own_intake: Intake, make_application: Make
) -> None:
    with closing(Redis.from_url(own_redis.url)) as redis:
        redis.config_set("maxmemory", 1)
        with pytest.raises(QueueUnavailable, match="refuses"):
            own_intake.submit(make_application())
        assert redis.dbsize() == 0
        redis.config_set("maxmemory", 0)
    own_intake.submit(make_application())


# -- waking


class FakeWaker(Waker):
    """Notes the tickets; fails while `failing`."""

    def __init__(self) -> None:
        super().__init__("scorer")
        self.tickets: list[str] = []
        self.failing = False

    def wake(self, ticket: str, shard: int = 0) -> None:
        if self.failing:
            raise WakeError("The scorer function cannot be invoked.")
        self.tickets.append(ticket)


@pytest.fixture
def waker() -> FakeWaker:
    return FakeWaker()


@pytest.fixture
def waking(queue: ApplicationQueue, settings: Settings, waker: FakeWaker) -> Intake:
    """An intake that wakes scorers: batches of two, three scorers at most."""
    return Intake(queue, replace(settings, batch_size=2, max_scorers=3), waker)


class Context:
    """What Lambda tells a function of its time."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def submit(intake: Intake, count: int, make_application: Make) -> None:
    for _ in range(count):
        intake.submit(make_application())


def test_a_burst_wakes_one_scorer(waking: Intake, waker: FakeWaker, make_application: Make) -> None:
    submit(waking, 8, make_application)
    assert len(waker.tickets) == 1


def test_more_scorers_are_woken_as_the_queue_grows_up_to_the_most(
    waking: Intake, waker: FakeWaker, make_application: Make
) -> None:
    woken = []
    for _ in range(40):
        submit(waking, 1, make_application)
        woken.append(len(waker.tickets))
    assert (woken[0], woken[8], woken[16], woken[-1]) == (1, 2, 3, 3)
    assert len(set(waker.tickets)) == 3


def test_no_scorer_is_woken_while_one_drains_and_one_is_when_it_has_left(
    waking: Intake, waker: FakeWaker, assembly: Assembly, make_application: Make
) -> None:
    submit(waking, 1, make_application)
    with assembly.drain(waker.tickets[0]) as drain:
        while drain.step():
            pass
        submit(waking, 1, make_application)
        assert len(waker.tickets) == 1
        drain.step()
    submit(waking, 1, make_application)
    assert len(waker.tickets) == 2


def test_a_wake_up_that_fails_does_not_fail_the_submission_and_the_next_one_tries_again(
    waking: Intake, waker: FakeWaker, make_application: Make
) -> None:
    waker.failing = True
    submit(waking, 2, make_application)
    assert waking.queue.waiting() == 2
    waker.failing = False
    submit(waking, 1, make_application)
    assert len(waker.tickets) == 1


def test_a_wake_up_that_fails_as_redis_goes_away_does_not_fail_the_submission(
    waking: Intake, waker: FakeWaker, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget_ticket(ticket: str) -> None:
        raise QueueUnavailable("The queue (Redis) does not answer.")

    waker.failing = True
    monkeypatch.setattr(waking.queue, "forget_ticket", forget_ticket)
    assert not waking.submit(make_application()).repeated


def test_a_scorer_that_was_woken_and_never_came_is_replaced(
    waking: Intake, waker: FakeWaker, redis: Redis, make_application: Make
) -> None:
    submit(waking, 1, make_application)
    redis.zadd("creditrisk:scorers", {waker.tickets[0]: 1})  # as when its time to start is over
    submit(waking, 1, make_application)
    assert len(waker.tickets) == 2


def test_what_comes_in_while_a_scorer_leaves_is_scored_by_it(
    waking: Intake,
    waker: FakeWaker,
    assembly: Assembly,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shard = assembly.queue.shards[0]
    leave = shard.leave
    late: list[str] = []

    def submit_then_leave(name: str) -> None:
        if not late:  # after the last look at the queue, before the lease is cleared: nobody is woken for it
            late.append(waking.submit(make_application()).id)
        leave(name)

    monkeypatch.setattr(shard, "leave", submit_then_leave)
    submit(waking, 1, make_application)

    monkeypatch.setattr(scorer_function, "assembled", lambda: assembly)

    assert scorer_function.handler({"scorer": waker.tickets[0]}, Context())["scored"] == 2

    assert len(waker.tickets) == 1
    assert waking.find(late[0]).status == "decided"


def test_a_wake_up_delivered_twice_at_once_shares_no_claim(
    waking: Intake,
    waker: FakeWaker,
    assembly: Assembly,
    history: FolderHistory,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score = assembly.model.score
    again: list[Any] = []

    def score_while_the_second_one_drains(applications: Sequence[Mapping[str, Any]]) -> Any:
        if not again:
            again.append("once")
            again[0] = scorer_function.handler(event, Context())["scored"]
        return score(applications)

    monkeypatch.setattr(scorer_function, "assembled", lambda: assembly)
    monkeypatch.setattr(assembly.model, "score", score_while_the_second_one_drains)
    submit(waking, 1, make_application)
    event = {"scorer": waker.tickets[0]}

    scorer_function.handler(event, Context())

    assert again == [0]
    assert len(history.path.read_text().splitlines()) == 2  # the header and one record
    assert waking.queue.state().scorers == 0


def test_repeating_an_application_wakes_nobody(
    waking: Intake, waker: FakeWaker, drain_all: DrainAll, make_application: Make
) -> None:
    waking.submit(make_application(), "key")
    waking.queue.forget_ticket(waker.tickets[0])
    assert waking.submit(make_application(), "key").repeated
    assert len(waker.tickets) == 1


def test_where_there_is_no_scorer_function_none_is_woken(
    intake: Intake, redis: Redis, make_application: Make
) -> None:
    intake.submit(make_application())
    assert redis.zcard("creditrisk:scorers") == 0


def test_an_application_that_corrects_another_is_a_new_one_that_names_it(
    intake: Intake, drain_all: DrainAll, history: FolderHistory, make_application: Make
) -> None:
    first = intake.submit(make_application(AGE=61)).id
    second = intake.submit(make_application(AGE=31), corrects=first).id
    assert intake.find(second).corrects == first
    drain_all()
    assert intake.find(second) == history.find(second)
    corrected, original = history.find(second), history.find(first)
    assert corrected and original and corrected.decision and original.decision
    assert (corrected.corrects, original.corrects) == (first, "")
    assert (original.decision.decision, corrected.decision.decision) == ("declined", "approved")


def test_only_an_application_of_ours_can_be_corrected(intake: Intake, make_application: Make) -> None:
    intake.submit(make_application())
    for made_up in ("=1+1", new_application_id()):
        with pytest.raises(UnknownApplication):
            intake.submit(make_application(), corrects=made_up)
    assert intake.queue.waiting() == 1


def test_the_same_key_for_a_correction_and_for_the_application_itself_is_a_conflict(
    intake: Intake, make_application: Make
) -> None:
    first = intake.submit(make_application(), "key").id
    with pytest.raises(IdempotencyConflict):
        intake.submit(make_application(), "key", corrects=first)


def test_a_decision_can_be_asked_to_be_reviewed_and_what_is_not_decided_cannot(
    intake: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    id = intake.submit(make_application(AGE=61)).id
    with pytest.raises(ReviewRefused, match="no decision to review yet"):
        intake.ask_review(id)
    drain_all()
    assert intake.reviews(id) == []
    review = intake.ask_review(id, "My income has risen.")
    assert intake.ask_review(id) == review and intake.reviews(id) == [review]
    with pytest.raises(UnknownApplication):
        intake.ask_review("no id")
