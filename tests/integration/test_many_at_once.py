"""A process that serves many requests at once: what they send goes together, and one listener takes all their answers."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.load import wait_until
from creditrisk import redis_client
from creditrisk.errors import IdempotencyConflict, QueueUnavailable
from creditrisk.intake import Intake
from creditrisk.queue.answers import Answers
from creditrisk.queue.together import Together
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.integration.conftest import StubModel
from tests.redis_servers import Server

Make = Callable[..., dict[str, Any]]
DrainAll = Callable[[], int]


@pytest.fixture
def many(settings: Settings) -> Iterator[Intake]:
    intake = Intake.connect(settings, many=True)
    yield intake
    intake.queue.redis.close()


@pytest.fixture
def draining(assembly: Assembly) -> Iterator[None]:
    """A scorer that drains for as long as the test runs."""
    over = Event()

    def run() -> None:
        with assembly.drain("test-scorer") as drain:
            while not over.is_set():
                if not drain.step():
                    drain.queue.wait_for_work(0.05)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run)
        yield
        over.set()
        done.result()


def listens(many: Intake, redis: Redis) -> bool:
    answers = many.queue.shards[0].answers
    assert answers
    return bool(redis.pubsub_numsub(answers.channel)[0][1])


def reads(redis: Redis) -> int:
    """How often somebody looked for an answer in a stream."""
    told = redis.info("commandstats")
    return sum(told.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("xread", "xrange"))


@pytest.mark.usefixtures("draining")
def test_everyone_gets_the_answer_to_what_they_sent(many: Intake, make_application: Make) -> None:
    def apply(age: int) -> float:
        application = make_application(AGE=age)
        receipt = many.submit(application, awaited=True)
        decision = many.wait(receipt.id, 60, application).decision
        assert decision
        return decision.probability

    ages = [18 + number % 60 for number in range(300)]
    with ThreadPoolExecutor(24) as clients:
        assert list(clients.map(apply, ages)) == [age / 100 for age in ages]


def test_an_answer_is_told_and_need_not_be_looked_for(
    many: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    application = make_application()
    first = many.submit(application, awaited=True)
    wait_until(lambda: listens(many, redis), 60, "the listener")
    drain_all()
    assert many.wait(first.id, 60, application).status == "decided"

    receipts = [many.submit(application, awaited=True) for _ in range(5)]
    redis.config_resetstat()
    drain_all()
    assert {many.wait(receipt.id, 60, application).status for receipt in receipts} == {"decided"}
    assert reads(redis) == 0


def test_what_was_told_while_nobody_could_hear_is_found(
    many: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    application = make_application()
    receipt = many.submit(application, awaited=True)
    wait_until(lambda: listens(many, redis), 60, "the listener")
    redis.client_kill_filter(_type="pubsub")
    drain_all()
    assert many.wait(receipt.id, 60, application).status == "decided"
    wait_until(lambda: listens(many, redis), 60, "the listener again")


def test_a_quiet_connection_is_asked_whether_it_lives_and_stays(
    many: Intake, redis: Redis, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creditrisk.queue.answers.QUIET", 0.05)

    def connections() -> set[str]:
        return {client["id"] for client in redis.client_list(_type="pubsub")}

    of_others = connections()  # of processes and tests before, which may end in between
    many.submit(make_application(), awaited=True)

    def pings() -> int:
        return int(redis.info("commandstats").get("cmdstat_ping", {"calls": 0})["calls"])

    wait_until(lambda: listens(many, redis), 60, "the listener")
    ours = connections() - of_others
    before = pings()
    wait_until(lambda: pings() >= before + 3, 60, "three pings")
    assert ours and ours <= connections()


class Dropped:
    """A subscription whose network has gone, without a word."""

    def __init__(self) -> None:
        self.pinged = 0

    def get_message(self, timeout: float) -> None: ...

    def ping(self) -> None:
        self.pinged += 1


def test_a_connection_that_says_nothing_when_asked_is_given_up() -> None:
    dropped = Dropped()
    assert not Answers(None)._hears(dropped)
    assert dropped.pinged == 1


def test_who_gives_up_waiting_leaves_nothing_behind(many: Intake, make_application: Make) -> None:
    application = make_application()
    receipt = many.submit(application, awaited=True)
    assert many.wait(receipt.id, 0.01, application).status == "pending"
    answers = many.queue.shards[0].answers
    assert answers and not answers.expects(receipt.id)


def test_a_repeated_and_a_conflicting_application_leave_nothing_behind(
    many: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    first = many.submit(make_application(), "key", awaited=True)
    repeated = many.submit(make_application(), "key", awaited=True)
    with pytest.raises(IdempotencyConflict):
        many.submit(make_application(AGE=70), "key", awaited=True)
    drain_all()
    assert repeated.id == first.id and repeated.repeated
    assert many.wait(first.id, 60).status == "decided"
    answers = many.queue.shards[0].answers
    assert answers and not answers._awaited


def test_a_failed_application_is_said_to_have_failed(
    many: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    application = make_application(FULL_NAME="Poison")
    receipt = many.submit(application, awaited=True)
    drain_all()
    assert many.wait(receipt.id, 60, application).status == "failed"


def test_a_scorer_that_may_not_publish_finishes_all_the_same(
    settings: Settings, model: StubModel, make_application: Make, tmp_path: Path
) -> None:
    server = Server(tmp_path)
    try:
        with server.redis as redis:
            redis.acl_setuser(
                "mute", enabled=True, nopass=True, commands=["+@all"], keys=["*"], reset_channels=True
            )
        url = f"redis://127.0.0.1:{server.port}"
        many = Intake.connect(replace(settings, redis_url=url), many=True)
        application = make_application()
        receipt = many.submit(application, awaited=True)
        mute = Assembly(replace(settings, redis_url=url.replace("//", "//mute:any@")), model)
        with mute.drain("test-scorer") as drain:
            assert drain.step() == 1
        assert many.wait(receipt.id, 60, application).status == "decided"
        many.queue.redis.close()
        mute.queue.redis.close()
    finally:
        server.kill()


# -- sent together


class Counting:
    """A Redis that holds back what it is first asked until it is let go, and counts how much it is asked at once."""

    def __init__(self, redis: Any, error: BaseException | None = None) -> None:
        self.redis, self.error = redis, error
        self.sizes: list[int] = []
        self.entered, self.go = Event(), Event()

    def forget(self, error: Exception) -> None: ...

    def replies(self, commands: Sequence[Sequence[Any]]) -> Any:
        self.sizes.append(len(commands))
        if len(self.sizes) == 1:
            self.entered.set()
            assert self.go.wait(60)
            if self.error:
                raise self.error
        return self.redis.replies(commands)


def waiting(together: Together) -> int:
    return len(together._gathered)


def test_what_comes_while_a_batch_is_on_its_way_goes_together(redis_url: str) -> None:
    with closing(redis_client.connect(redis_url)) as client, ThreadPoolExecutor(8) as pool:
        redis = Counting(client)
        together = Together(redis)
        first = pool.submit(together.run, "check", ["queue", "writable"], [])
        assert redis.entered.wait(60)
        others = [pool.submit(together.run, "check", ["queue", "writable"], []) for _ in range(7)]
        wait_until(lambda: waiting(together) == 7, 60, "the others")
        redis.go.set()
        assert [done.result() for done in (first, *others)] == [[0, 1]] * 8
        # The first batch is sent twice, since a new server does not have the script.
        assert [size for size in redis.sizes if size != 1] == [7]


def test_a_request_that_is_given_up_keeps_nobody_waiting(redis_url: str) -> None:
    with closing(redis_client.connect(redis_url)) as client, ThreadPoolExecutor(8) as pool:
        redis = Counting(client, GeneratorExit())
        together = Together(redis)
        first = pool.submit(together.run, "check", ["queue", "writable"], [])
        assert redis.entered.wait(60)
        others = [pool.submit(together.run, "check", ["queue", "writable"], []) for _ in range(3)]
        wait_until(lambda: waiting(together) == 3, 60, "the others")
        redis.go.set()
        with pytest.raises(GeneratorExit):
            first.result()
        assert [done.result() for done in others] == [[0, 1]] * 3


def test_an_error_of_one_is_not_an_error_of_all(redis_url: str) -> None:
    with closing(redis_client.connect(redis_url)) as client, ThreadPoolExecutor(8) as pool:
        client.hset("a-hash", "a", "b")
        redis = Counting(client)
        together = Together(redis)
        first = pool.submit(together.run, "check", ["queue", "writable"], [])
        assert redis.entered.wait(60)
        wrong = pool.submit(together.run, "check", ["a-hash", "writable"], [])
        right = pool.submit(together.run, "check", ["queue", "writable"], [])
        wait_until(lambda: waiting(together) == 2, 60, "the others")
        redis.go.set()
        assert first.result() == right.result() == [0, 1]
        with pytest.raises(QueueUnavailable) as met:
            wrong.result()
        assert isinstance(met.value.__cause__, RedisError)
