"""The queue in shards on a real cluster of three nodes, and what becomes of it when the number of shards changes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

import creditrisk.queue as queue_package
from creditrisk.application_id import milliseconds, new_application_id, shard_number
from creditrisk.errors import IdempotencyConflict, QueueUnavailable
from creditrisk.intake import Intake
from creditrisk.queue import open_queue
from creditrisk.queue.takeover import take_over
from creditrisk.redis_keys import Keys, queue_name, slot
from creditrisk.settings import Settings
from functions.scorer import handler as scorer_function
from functions.scorer.assembly import Assembly
from functions.scorer.metrics import queue_metrics
from tests.helpers import Make
from tests.integration.conftest import StubModel
from tests.integration.test_intake import Context, FakeWaker
from tests.integration.test_trouble import working
from tests.redis_servers import SLOTS, Cluster, Server

ROOT = Path(__file__).parents[2]
LUA = Path(queue_package.__file__).with_name("lua")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), replicas=False)
    yield cluster
    cluster.stop()


@pytest.fixture
def sharded(nodes: Cluster, settings: Settings) -> Settings:
    """Three shards on an empty cluster."""
    for server in nodes.servers:
        with server.redis as redis:
            redis.flushall()
    return replace(settings, redis_url=nodes.url, shards=3)


@pytest.fixture
def spread(sharded: Settings) -> Iterator[Intake]:
    intake = Intake.connect(sharded)
    with closing(intake.queue.redis):
        yield intake


def drain(settings: Settings) -> int:
    """Drain every shard as a scheduled scorer does; returns how many were claimed."""
    assembly = Assembly(settings, StubModel())
    with closing(assembly.queue.redis):
        return scorer_function._drain_all(assembly, "scorer", Context())


def test_what_comes_in_is_spread_scored_and_found(
    spread: Intake, sharded: Settings, make_application: Make
) -> None:
    receipts = [spread.submit(make_application(AGE=20 + number % 60)) for number in range(60)]
    counts = [shard.waiting() for shard in spread.queue.shards]
    assert sum(counts) == 60
    assert min(counts) > 0
    spread.check()
    for receipt in receipts:
        home = spread.queue.shards[shard_number(receipt.id, 3)]
        assert spread.queue.redis.exists(home.keys.job(receipt.id))
    assert drain(sharded) == 60
    assert {spread.wait(receipt.id, 60).status for receipt in receipts} == {"decided"}
    assert {spread.find(receipt.id).status for receipt in receipts} == {"decided"}


def test_a_key_is_accepted_once_whatever_the_number_of_shards_was_then(
    sharded: Settings, make_application: Make
) -> None:
    first: dict[str, str] = {}
    for shards in (1, 3, 2, 5):
        intake = Intake.connect(replace(sharded, shards=shards))
        with closing(intake.queue.redis):
            for key in [*first, *(f"key {shards} {number}" for number in range(8))]:
                receipt = intake.submit(make_application(), key)
                assert receipt.id == first.setdefault(key, receipt.id)
                assert intake.find(receipt.id).status == "pending"
            with pytest.raises(IdempotencyConflict):
                intake.submit(make_application(AGE=99), next(iter(first)))
            assert intake.queue.state().waiting == len(first)
    assert drain(replace(sharded, shards=1)) == len(first), "one that knows of one shard drains them all"


def test_a_key_sent_to_two_forms_is_accepted_once(sharded: Settings, make_application: Make) -> None:
    intakes = [Intake.connect(sharded) for _ in range(2)]
    receipts = {intake.submit(make_application(), "key").id for intake in intakes for _ in range(3)}
    assert len(receipts) == 1
    for intake in intakes:
        intake.queue.redis.close()


def test_a_wake_up_names_its_shard_and_is_for_that_alone(
    sharded: Settings, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    waker = ShardWaker()
    intake = Intake(open_queue(sharded), replace(sharded, max_scorers=1), waker)
    assembly = Assembly(sharded, StubModel())
    monkeypatch.setattr(scorer_function, "assembled", lambda: assembly)
    with closing(intake.queue.redis), closing(assembly.queue.redis):
        while len(waker.shards) < 3:
            intake.submit(make_application())
        assert sorted(waker.shards) == [0, 1, 2]
        for ticket, number in zip(waker.tickets, waker.shards, strict=True):
            waiting = [shard.waiting() for shard in intake.queue.shards]
            event = {"scorer": ticket, "shard": number}
            assert scorer_function.handler(event, Context())["scored"] == waiting[number]
        assert intake.queue.state().waiting == intake.queue.state().scorers == 0


class ShardWaker(FakeWaker):
    """Notes the shards, too."""

    def __init__(self) -> None:
        super().__init__()
        self.shards: list[int] = []

    def wake(self, ticket: str, shard: int = 0) -> None:
        super().wake(ticket)
        self.shards.append(shard)


def test_state_and_metrics_speak_of_all_shards_and_the_failed_are_tried_again_in_theirs(
    spread: Intake, sharded: Settings, make_application: Make
) -> None:
    bad = [spread.submit(make_application(FULL_NAME="Poison")) for _ in range(6)]
    for _ in range(3):
        drain(sharded)
    state = spread.queue.state()
    assert set(state.failed) == {receipt.id for receipt in bad}
    assert '"Failed": 6' in queue_metrics(spread.queue, "scorer")
    assert spread.queue.retry(bad[0].id)
    assert spread.queue.discard(bad[1].id)
    assert not spread.queue.discard(bad[1].id)
    assert len(spread.queue.state().failed) == 4
    assert spread.queue.state().age is not None


def test_what_a_dead_scorer_held_comes_back_in_its_shard(
    spread: Intake, sharded: Settings, make_application: Make
) -> None:
    receipts = [spread.submit(make_application()) for _ in range(30)]
    for shard in spread.queue.shards:
        shard.claim("dead", 64)
        shard.redis.zadd(shard.keys.scorers, {"dead": 0})
    assert spread.queue.state().waiting == 0
    assert drain(sharded) == 30
    assert {spread.find(receipt.id).status for receipt in receipts} == {"decided"}


def test_a_worker_serves_all_shards_or_the_one_that_it_is_given(
    spread: Intake, sharded: Settings, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [spread.submit(make_application()) for _ in range(20)]
    of_one = {receipt.id for receipt in first if shard_number(receipt.id, 3) == 1}
    alone = Assembly(replace(sharded, shard=1), StubModel())
    with closing(alone.queue.redis), working(alone, monkeypatch):
        assert {spread.wait(id, 60).status for id in of_one} == {"decided"}
        assert {shard.keys.shard for shard in spread.queue.shards if shard.state().scorers} == {1}
    assert spread.queue.state().waiting == 20 - len(of_one)
    every = Assembly(sharded, StubModel())
    with closing(every.queue.redis), working(every, monkeypatch):
        assert {spread.wait(receipt.id, 60).status for receipt in first} == {"decided"}
        later = [spread.submit(make_application()) for _ in range(20)]  # while the worker waits on all three
        assert {spread.wait(receipt.id, 60).status for receipt in later} == {"decided"}
    assert spread.queue.state().scorers == 0


def test_a_container_is_healthy_while_it_holds_a_lease_in_any_shard(
    spread: Intake, sharded: Settings, make_application: Make
) -> None:
    def status() -> int:
        environment = os.environ | {"REDIS_URL": sharded.redis_url, "SHARDS": "3"}
        script = ROOT / "deploy" / "containers" / "scorer_alive.py"
        return subprocess.run([sys.executable, script], env=environment, cwd=ROOT).returncode

    assert status() == 1
    spread.queue.shards[2].renew("another-container-1")
    assert status() == 1
    spread.queue.shards[2].renew(f"{socket.gethostname()}-1")
    assert status() == 0


def test_what_a_plain_redis_had_accepted_is_scored_after_it_became_a_cluster(
    spread: Intake,
    sharded: Settings,
    redis: Redis,
    redis_url: str,
    make_application: Make,
    caplog: pytest.LogCaptureFixture,
) -> None:
    plain = Intake.connect(replace(sharded, redis_url=redis_url, shards=1))
    waiting = [plain.submit(make_application(AGE=30 + number), f"key {number}") for number in range(9)]
    failed = plain.submit(make_application(FULL_NAME="Poison"))
    shard = plain.queue.shards[0]
    held = [claim.id for claim in shard.claim("old", 4)]
    shard.fail("old", held[3], "It could not be scored.", tries=1)
    redis.rpush(Keys().queue, new_application_id())  # its job is no longer there
    _restore(redis, spread.queue.redis)

    assembly = Assembly(sharded, StubModel())
    with closing(assembly.queue.redis), closing(plain.queue.redis):
        assert take_over(assembly.queue) == 10
        assert "10 applications taken over from the names of a plain Redis" in caplog.text
        caplog.clear()
        assert take_over(assembly.queue) == 0
        assert "taken over" not in caplog.text
    of_plain_redis = Keys()
    for receipt in (*waiting, failed):  # what was brought over is gone from where it was
        for name in (of_plain_redis.job(receipt.id), of_plain_redis.results(receipt.id)):
            assert not spread.queue.redis.exists(name)
    again = spread.submit(make_application(AGE=33), "key 3")
    assert (again.id, again.repeated) == (waiting[3].id, True)
    assert spread.queue.state().waiting == 10
    while drain(sharded):
        pass
    assert {spread.find(receipt.id).status for receipt in waiting} == {"decided"}
    assert spread.find(failed.id).status == "failed"


def test_a_key_in_its_last_millisecond_is_not_taken_over(
    spread: Intake,
    sharded: Settings,
    redis: Redis,
    redis_url: str,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = Intake.connect(replace(sharded, redis_url=redis_url, shards=1))
    plain.submit(make_application(), "key")
    _restore(redis, spread.queue.redis)
    assembly = Assembly(sharded, StubModel())
    monkeypatch.setattr(assembly.queue.redis, "pttl", lambda _: 0)
    with closing(assembly.queue.redis), closing(plain.queue.redis):
        assert take_over(assembly.queue) == 1
    assert not spread.submit(make_application(), "key").repeated


def _restore(source: Redis, cluster: Any) -> None:
    """Every key as it stands, as a snapshot that a cluster is made from brings it."""
    for name in source.keys("*"):
        cluster.restore(name, max(0, source.pttl(name)), source.dump(name))


def test_a_url_of_the_wrong_kind_is_told_which_to_write(
    nodes: Cluster, sharded: Settings, tmp_path: Path, make_application: Make
) -> None:
    server = Server(tmp_path)
    wrong = {
        nodes.url.replace("+cluster", ""): "redis\\+cluster://",
        f"redis+cluster://127.0.0.1:{server.port}": "is no cluster",
    }
    for url, said in wrong.items():
        intake = Intake.connect(replace(sharded, redis_url=url))
        with closing(intake.queue.redis), pytest.raises(QueueUnavailable, match=said):
            intake.submit(make_application())
    server.kill()


# -- names


@pytest.mark.parametrize("nodes_of_cluster", [1, 2, 3, 4, 5, 6])
def test_as_many_shards_as_nodes_are_one_on_each(nodes_of_cluster: int) -> None:
    tags = [Keys(shard, cluster=True).queue_name for shard in range(nodes_of_cluster)]
    assert len({slot(tag) * nodes_of_cluster // SLOTS for tag in tags}) == nodes_of_cluster


@pytest.mark.parametrize("shard", [0, 1, 7, 255])
def test_all_keys_of_a_shard_carry_its_tag(shard: int) -> None:
    keys = Keys(shard, cluster=True)
    names = [
        value for name, value in vars(keys).items() if isinstance(value, str) and not name.startswith("_")
    ]
    names += [make("x") for make in (keys.job, keys.results, keys.claims, keys.idempotency, keys.executions)]
    assert all(keys.queue_name in name for name in names)
    assert len(set(names)) == len(names)


def test_on_a_plain_redis_the_names_are_rqs() -> None:
    assert Keys().queue == "rq:queue:applications"
    assert Keys().job("id") == Keys(3).job("id") == "rq:job:id"
    assert Keys(3).queue == f"rq:queue:{queue_name(3)}"


def test_no_script_makes_the_name_of_a_key() -> None:
    for script in LUA.glob("*.lua"):
        for line in script.read_text().splitlines():
            for call in line.split("redis.call(")[1:]:
                key = call.split(",")[1].strip().rstrip(")") if "," in call else ""
                assert ".." not in key and not key.startswith("ARGV"), f"{script.name}: {line}"


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 256])
def test_an_id_names_its_shard_and_is_an_id_like_all_others(shards: int) -> None:
    for shard in range(shards):
        ids = [new_application_id(b"key", shard, shards) for _ in range(3)]
        assert {shard_number(id, shards) for id in ids} == {shard}
        assert len(set(ids)) == 3
        assert milliseconds(ids[0]) <= milliseconds(ids[2])
