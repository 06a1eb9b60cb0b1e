"""What keeps the queue whole and small, however long it runs and whoever else works on it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from benchmarks.load import wait_until
from cli.embedded_redis import EmbeddedRedis
from creditrisk.errors import UnknownApplication
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue, upkeep
from creditrisk.queue.jobs import QUEUE_NAME
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.helpers import DrainAll, Make
from tests.integration.conftest import StubModel
from web import create_app

_SIZES: dict[bytes, Callable[[Redis, bytes], Any]] = {
    b"string": lambda redis, key: 1,
    b"hash": lambda redis, key: redis.hlen(key),
    b"list": lambda redis, key: redis.llen(key),
    b"set": lambda redis, key: redis.scard(key),
    b"zset": lambda redis, key: redis.zcard(key),
    b"stream": lambda redis, key: redis.xlen(key),
}


def entries(redis: Redis) -> dict[bytes, int]:
    """Every key with how many entries it has."""
    return {key: _SIZES[redis.type(key)](redis, key) for key in redis.scan_iter()}


# -- nothing is kept for ever


@pytest.fixture
def short(settings: Settings) -> Settings:
    """Everything is kept for a second."""
    return replace(settings, result_ttl=1, failed_ttl=1, idempotency_ttl=1)


@pytest.fixture
def brief(short: Settings, model: StubModel) -> Iterator[Assembly]:
    made = Assembly(short, model)
    yield made
    made.queue.redis.close()


def drain(assembly: Assembly) -> None:
    with assembly.drain("test-scorer") as drain:
        while drain.step():
            pass


def test_however_many_applications_come_redis_holds_the_same_as_after_the_first(
    brief: Assembly, short: Settings, redis: Redis, make_application: Make
) -> None:
    intake = Intake(brief.queue, short)
    held = []
    for burst in (1, 300, 300, 300):
        ids = [intake.submit(make_application(), f"{burst}-{len(held)}-{n}").id for n in range(burst)]
        drain(brief)
        wait_until(lambda: not any(redis.exists(f"rq:job:{id}") for id in ids), 20, "answers leave Redis")  # noqa: B023
        wait_until(lambda: not redis.keys("creditrisk:idempotency:*"), 20, "keys leave Redis")
        brief.queue.shards[0].recover()
        held.append(entries(redis))
    assert held[1:] == held[:1] * 3
    assert sum(held[0].values()) < 10


def test_busy_scorers_trim_as_they_go(
    intake: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    redis.zadd("rq:finished:applications", {f"gone-{n}": 1 for n in range(150)})  # of an earlier version
    for _ in range(100):
        intake.submit(make_application())
    drain_all()
    assert redis.zcard("rq:finished:applications") == 100


def test_what_cannot_be_scored_is_deleted_when_its_time_is_over(
    brief: Assembly,
    short: Settings,
    redis: Redis,
    make_application: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    intake = Intake(brief.queue, short)
    id = intake.submit(make_application(FULL_NAME="Poison")).id
    drain(brief)
    assert intake.find(id).status == "failed"
    assert list(brief.queue.state().failed) == [id]
    wait_until(lambda: not redis.exists(f"rq:job:{id}"), 20, "the failed job expires")
    brief.queue.shards[0].recover()
    assert not brief.queue.state().failed
    assert not [key for key in redis.keys("*") if id.encode() in key]
    with pytest.raises(UnknownApplication):
        intake.find(id)
    assert "1 applications that could not be scored were deleted" in caplog.text


def test_what_is_tried_again_has_all_the_time_it_needs(
    intake: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    id = intake.submit(make_application(FULL_NAME="Poison")).id
    drain_all()
    assert 0 < redis.ttl(f"rq:job:{id}") <= intake.settings.failed_ttl
    assert intake.queue.retry(id)
    assert redis.ttl(f"rq:job:{id}") == -1
    assert intake.find(id).status == "pending"


def test_what_was_deleted_leaves_the_append_only_file_too(
    tmp_path: Path, short: Settings, model: StubModel, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_LOOK_SECONDS", 0.0)
    server = EmbeddedRedis(tmp_path / "redis", appendfsync="everysec")
    server.start()

    def on_disk() -> bool:
        files = [path for path in (tmp_path / "redis").rglob("*") if path.is_file()]
        try:
            return any(id.encode() in path.read_bytes() for path in files)
        except FileNotFoundError:  # Redis is just replacing its files: whether it forgot is not known yet
            return True

    def forgotten() -> bool:
        assembly.queue.shards[0].recover()
        return not on_disk()

    try:
        own = replace(short, redis_url=server.url)
        assembly = Assembly(own, model)
        with closing(assembly.queue.redis):
            id = Intake(assembly.queue, own).submit(make_application()).id
            drain(assembly)
            assert on_disk()
            wait_until(forgotten, 30, "the file forgets")
    finally:
        server.stop()


def test_a_redis_that_rewrites_no_file_for_us_is_asked_again_and_drains_all_the_same(
    queue: ApplicationQueue, redis: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a managed one does."""

    def refuse(*_: object) -> None:
        raise ResponseError("unknown command 'INFO'")

    caplog.set_level("DEBUG", logger="creditrisk.queue.upkeep")
    monkeypatch.setattr(upkeep, "_LOOK_SECONDS", 0.0)
    redis.set("creditrisk:rewritten", 0)
    with monkeypatch.context() as managed:
        managed.setattr(queue.redis, "info", refuse)
        assert queue.recover() > 0
    assert "the append-only file is not rewritten: ResponseError" in caplog.text
    assert redis.get("creditrisk:rewritten") == b"0", "it is still due"
    queue.recover()
    assert float(redis.get("creditrisk:rewritten") or 0) > 0


# -- an RQ worker by mistake


@pytest.fixture
def stray(redis: Redis) -> SimpleWorker:
    """What `rq worker applications` does, in this process."""
    queue = Queue(QUEUE_NAME, connection=redis, serializer=JSONSerializer)
    return SimpleWorker([queue], connection=redis, serializer=JSONSerializer)


def take(stray: SimpleWorker) -> Job:
    """The stray worker takes an application, and goes no further."""
    found = stray.dequeue_job_and_maintain_ttl(1)
    assert found
    return found[0]


def begin(stray: SimpleWorker) -> Job:
    """The stray worker takes an application and begins to work on it."""
    job = take(stray)
    stray.execution = stray.prepare_execution(job)
    stray.prepare_job_execution(job, remove_from_intermediate_queue=True)
    return job


@pytest.mark.parametrize("step", [take, begin])
def test_what_a_stray_worker_held_when_it_died_is_scored(
    step: Callable[[SimpleWorker], Job],
    stray: SimpleWorker,
    intake: Intake,
    redis: Redis,
    drain_all: DrainAll,
    make_application: Make,
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(3)]
    assert step(stray).id == ids[0]
    assert intake.queue.waiting() == 2
    intake.queue.recover()
    assert intake.queue.waiting() == 3
    intake.queue.recover()
    assert intake.queue.waiting() == 3
    drain_all()
    assert {intake.find(id).status for id in ids} == {"decided"}
    assert all(redis.ttl(f"rq:job:{id}") > 0 for id in ids)
    assert intake.queue.state().claimed == 0
    assert redis.llen("rq:queue:applications:intermediate") == 0


def test_what_a_scorer_holds_is_not_taken_back(
    stray: SimpleWorker, intake: Intake, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(4)]
    begin(stray)
    assert [claim.id for claim in intake.queue.claim("alive", 2)] == ids[1:3]
    intake.queue.recover()
    assert intake.queue.held("alive") == set(ids[1:3])
    assert [claim.id for claim in intake.queue.claim("other", 9)] == [ids[0], ids[3]]


def test_a_stray_workers_traceback_is_nobodys_answer(
    stray: SimpleWorker, intake: Intake, settings: Settings, drain_all: DrainAll, make_application: Make
) -> None:
    client = create_app(replace(settings, wait_seconds=0.0), intake).test_client()
    id = intake.submit(make_application()).id
    stray.work(burst=True)
    for path in (f"/application/{id}", f"/api/v1/applications/{id}"):
        said = client.get(path).text
        assert "Traceback" not in said and "RuntimeError" not in said
    assert intake.find(id).status == "pending"
    assert "Traceback" not in str(intake.queue.state().failed)

    intake.queue.recover()

    assert not intake.queue.state().failed
    drain_all()
    assert intake.find(id).status == "decided"


def test_who_waits_hears_the_scorers_answer_and_not_the_stray_workers(
    stray: SimpleWorker, intake: Intake, queue: ApplicationQueue, drain_all: DrainAll, make_application: Make
) -> None:
    id = intake.submit(make_application()).id
    stray.work(burst=True)

    def score() -> None:
        queue.recover()
        drain_all()

    scorer = threading.Timer(0.3, score)
    scorer.start()
    assert intake.wait(id, 20).status == "decided"
    scorer.join()


def test_a_stray_worker_that_ends_too_late_changes_nothing(
    stray: SimpleWorker, intake: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    id = intake.submit(make_application()).id
    job = begin(stray)
    intake.queue.recover()
    drain_all()
    answer = intake.find(id)

    stray.perform_job(job, stray.queues[0], stray.execution)

    assert intake.find(id) == answer
    intake.queue.recover()
    assert not intake.queue.state().failed
    assert intake.queue.waiting() == 0
    assert 0 < redis.ttl(f"rq:job:{id}") <= intake.settings.result_ttl
    assert redis.hget(f"rq:job:{id}", "status") == b"finished"


def test_a_failure_that_the_scorer_gave_stays_among_the_failed_with_its_reason(
    intake: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    id = intake.submit(make_application(FULL_NAME="Poison")).id
    drain_all()
    intake.queue.recover()
    assert intake.queue.state().failed == {id: "The model could not score it: ArithmeticError."}
    assert intake.find(id).failure == "The model could not score it: ArithmeticError."


def test_an_id_without_a_job_is_dropped(intake: Intake, redis: Redis) -> None:
    redis.rpush("rq:queue:applications:intermediate", "gone")
    redis.zadd("rq:wip:applications", {"gone:1234": 10**12, "older": 10**12})
    redis.zadd("rq:failed:applications", {"gone": 10**12})
    intake.queue.recover()
    assert set(entries(redis)) <= {b"creditrisk:rewritten"}


def test_in_a_full_redis_it_goes_on(
    stray: SimpleWorker, intake: Intake, redis: Redis, drain_all: DrainAll, make_application: Make
) -> None:
    ids = [intake.submit(make_application()).id for _ in range(5)]
    begin(stray)
    redis.config_set("maxmemory", 1)
    try:
        intake.queue.recover()
        drain_all()
    finally:
        redis.config_set("maxmemory", 0)
    assert {intake.find(id).status for id in ids} == {"decided"}


# -- the same again


def test_the_same_key_gives_the_first_answer_from_the_history_when_it_has_left_redis(
    settings: Settings, model: StubModel, redis: Redis, raw_application: dict[str, object]
) -> None:
    kept = replace(settings, result_ttl=1, wait_seconds=0.0)
    assembly = Assembly(kept, model)
    client = create_app(kept, Intake(assembly.queue, kept)).test_client()
    with closing(assembly.queue.redis):
        path, headers = "/api/v1/applications", {"Idempotency-Key": "once"}
        id = client.post(path, json=raw_application, headers=headers).get_json()["id"]
        drain(assembly)
        answer = client.get(f"{path}/{id}").get_json()
        wait_until(lambda: not redis.exists(f"rq:job:{id}"), 20, "the answer leaves Redis")

        again = client.post(path, json=raw_application, headers=headers)

        assert (again.status_code, again.get_json()) == (200, answer)
        assert client.post("/predict", json=raw_application, headers=headers).get_json()["id"] == id
        assert assembly.queue.waiting() == 0


def test_a_key_whose_application_was_discarded_asks_for_a_new_key(
    intake: Intake, settings: Settings, drain_all: DrainAll, raw_application: dict[str, object]
) -> None:
    client = create_app(replace(settings, wait_seconds=0.0), intake).test_client()
    path, body = "/api/v1/applications", raw_application | {"full_name": "Poison"}
    id = client.post(path, json=body, headers={"Idempotency-Key": "once"}).get_json()["id"]
    drain_all()
    assert intake.queue.discard(id)
    reply = client.post(path, json=body, headers={"Idempotency-Key": "once"})
    assert reply.status_code == 409
    assert "new key" in reply.get_json()["detail"]
    assert client.post(path, json=body, headers={"Idempotency-Key": "twice"}).status_code == 202


def test_a_key_is_kept_at_least_as_long_as_its_answer(redis: Redis) -> None:
    queue = ApplicationQueue(redis, lease_seconds=1, result_ttl=5_000, idempotency_ttl=60)
    assert queue.idempotency_ttl == 5_000
