"""A failover, a dropped connection, a moment without an answer: none of it is the applicant's business."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from benchmarks.load import wait_until
from creditrisk import redis_client
from creditrisk.application_id import new_application_id
from creditrisk.errors import QueueUnavailable
from creditrisk.intake import Intake, Receipt
from creditrisk.queue import ApplicationQueue
from creditrisk.queue.submission import IdTaken
from creditrisk.redis_client import SteadyRedis
from creditrisk.redis_connections import Connections
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.helpers import Make
from tests.integration.conftest import StubModel
from tests.redis_servers import Proxy, Server


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """A primary and its replica."""
    first, second = Server(tmp_path), Server(tmp_path)
    try:
        second.follow(first)
        yield first, second
    finally:
        first.kill()
        second.kill()


@pytest.fixture
def proxy(servers: tuple[Server, Server]) -> Iterator[Proxy]:
    with Proxy(servers[0]) as made:
        yield made


@pytest.fixture
def behind(proxy: Proxy, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    """An intake behind the proxy, as patient as a busy machine needs it."""
    monkeypatch.setattr(redis_client, "PATIENCE", 60.0)
    intake = Intake.connect(replace(settings, redis_url=proxy.url))
    with closing(intake.queue.redis):
        yield intake


def swap(proxy: Proxy, primary: Server, replica: Server) -> None:
    """As a managed Redis fails over: the address leads to the new primary, old connections to the one that was."""
    with primary.redis as old, replica.redis as new:
        sent: Any = old.info("replication")
        wait_until(
            lambda: new.info("replication")["slave_repl_offset"] >= sent["master_repl_offset"],  # type: ignore[index]
            60,
            "the replica has it all",
        )
    replica.follow(None)
    primary.follow(replica)
    proxy.target = replica


# -- what happens to whoever has connections already


def test_after_a_failover_every_command_goes_to_the_new_primary(
    behind: Intake, proxy: Proxy, servers: tuple[Server, Server], make_application: Make
) -> None:
    before = behind.submit(make_application())
    behind.check()
    assert behind.wait(before.id, 0.01).status == "pending"
    swap(proxy, *servers)
    after = behind.submit(make_application())
    behind.check()
    assembly = Assembly(behind.settings, StubModel())
    with closing(assembly.queue.redis), assembly.drain("scorer") as drain:
        drain.queue.recover()
        swap(proxy, servers[1], servers[0])
        assert drain.step() == 2
    assert {behind.wait(receipt.id, 60).status for receipt in (before, after)} == {"decided"}


def test_whoever_blocks_while_roles_change_is_answered(
    behind: Intake, proxy: Proxy, servers: tuple[Server, Server], make_application: Make
) -> None:
    receipt = behind.submit(make_application())
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(behind.wait(receipt.id, 60)))
    waiter.start()
    with servers[0].redis as redis:
        wait_until(lambda: redis.info("clients")["blocked_clients"] == 1, 60, "somebody blocks")
    swap(proxy, *servers)
    assembly = Assembly(behind.settings, StubModel())
    with closing(assembly.queue.redis), assembly.drain("scorer") as drain:
        assert drain.queue.wait_for_work(60)
        assert drain.step() == 1
    waiter.join()
    assert [answer.status for answer in answers] == ["decided"]


def test_a_connection_that_was_dropped_without_a_word_is_replaced_within_the_request(
    behind: Intake, proxy: Proxy, make_application: Make
) -> None:
    first = behind.submit(make_application())
    behind.wait(first.id, 0.01)
    opened = proxy.opened
    proxy.black_hole()
    second = behind.submit(make_application())
    assert proxy.opened > opened
    assert behind.queue.waiting() == 2
    proxy.black_hole()
    assert behind.wait(second.id, 0.01).status == "pending"
    assert not behind.submit(make_application()).repeated
    assert behind.queue.waiting() == 3


def test_a_scorer_whose_connections_were_dropped_finishes_what_it_has(
    behind: Intake, proxy: Proxy, make_application: Make
) -> None:
    receipt = behind.submit(make_application())
    assembly = Assembly(behind.settings, StubModel())
    with closing(assembly.queue.redis), assembly.drain("scorer") as drain:
        drain.queue.recover()
        finish = drain.queue.finish

        def silent_then_finish(*arguments: Any) -> int:
            proxy.black_hole()
            return finish(*arguments)

        drain.queue.finish = silent_then_finish  # type: ignore[method-assign]
        proxy.black_hole()
        assert drain.step() == 1
    assert behind.wait(receipt.id, 60).status == "decided"


@pytest.mark.parametrize(
    "error",
    [
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "READONLY You can't write against a read only replica.",
        "ERR Error running script (call to f_1): @user_script:5: -READONLY You can't write against a read only replica.",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    ],
)
def test_what_is_over_in_a_moment_is_tried_again(
    error: str, behind: Intake, proxy: Proxy, make_application: Make
) -> None:
    behind.submit(make_application())
    proxy.say(error)
    assert not behind.submit(make_application()).repeated
    assert behind.queue.waiting() == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", "memory is full"),
        ("MISCONF Errors writing to the AOF file: No space left on device", "cannot write to its disk"),
        ("NOREPLICAS Not enough good replicas to write.", "misses its replicas"),
        ("CROSSSLOT Keys in request don't hash to the same slot", "redis\\+cluster://"),
        ("MOVED 5004 127.0.0.1:1", "redis\\+cluster://"),
    ],
)
def test_what_trying_again_does_not_mend_is_said(
    error: str,
    said: str,
    behind: Intake,
    proxy: Proxy,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    behind.submit(make_application())
    proxy.say(error)
    with pytest.raises(QueueUnavailable, match=said):
        behind.submit(make_application())
    assert behind.queue.waiting() == 1


# -- twice is the same as once


class Twice(SteadyRedis):
    """Sends every command twice, as when the first reply is lost, and believes the second."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        super().execute_command(*args, **options)
        return super().execute_command(*args, **options)


@pytest.fixture
def twice(redis_url: str) -> Iterator[ApplicationQueue]:
    redis = Twice(connection_pool=Connections.from_url(redis_url))
    with closing(redis):
        yield ApplicationQueue(redis, lease_seconds=60.0, result_ttl=600)


def submit(queue: ApplicationQueue, application: dict[str, Any], **options: Any) -> tuple[str, str]:
    options = {"max_queue": 9, "max_scorers": 3} | options
    return queue.submit(new_application_id(), application, "2026-11-23T05:18:32.123Z", **options)


def test_an_application_sent_twice_is_accepted_once_and_told_the_same(
    twice: ApplicationQueue, redis: Redis, make_application: Make
) -> None:
    id, ticket = submit(twice, make_application(), idempotency=("key", "print"))
    assert ticket.startswith("woken-"), "somebody is woken although the first answer was lost"
    assert redis.zrange("creditrisk:scorers", 0, -1) == [ticket.encode()]
    assert redis.lrange("rq:queue:applications", 0, -1) == [id.encode()]


def test_an_application_that_fills_the_queue_is_accepted_when_it_is_sent_twice(
    twice: ApplicationQueue, make_application: Make
) -> None:
    submit(twice, make_application(), max_queue=1)
    assert twice.waiting() == 1


def test_an_application_sent_again_after_it_was_scored_is_not_scored_again(
    queue: ApplicationQueue, make_application: Make
) -> None:
    id, application, at = new_application_id(), make_application(), "2026-11-23T05:18:32.123Z"
    first = queue.submit(id, application, at, max_queue=9)
    queue.finish("s", {claim.id: {} for claim in queue.claim("s", 9)})
    assert queue.submit(id, application, at, max_queue=9) == first == (id, "")
    assert queue.waiting() == 0


def test_another_application_under_the_same_id_is_not_taken_for_the_first(
    queue: ApplicationQueue, make_application: Make
) -> None:
    id, at = new_application_id(), "2026-11-23T05:18:32.123Z"
    queue.submit(id, make_application(AGE=40), at, max_queue=9)
    with pytest.raises(IdTaken):
        queue.submit(id, make_application(AGE=41), at, max_queue=9)
    assert queue.waiting() == 1


def test_a_claim_sent_twice_is_the_same_claim(twice: ApplicationQueue, make_application: Make) -> None:
    ids = [submit(twice, make_application())[0] for _ in range(5)]
    assert [claim.id for claim in twice.claim("s", 3)] == ids[:3]
    assert twice.held("s") == set(ids[:3])
    assert (twice.state().waiting, twice.state().claimed) == (2, 3)


def test_what_is_finished_twice_is_answered_once(
    twice: ApplicationQueue, redis: Redis, make_application: Make
) -> None:
    ids = [submit(twice, make_application())[0] for _ in range(3)]
    assert twice.finish("s", {claim.id: {} for claim in twice.claim("s", 3)}) == 3
    assert all(redis.xlen(f"rq:results:{id}") == 1 for id in ids)
    assert twice.finish("other", {id: {} for id in ids}) == 0, "who never held it has not finished it"


@pytest.mark.parametrize(("tries", "outcome"), [(1, "failed"), (2, "retried")])
def test_a_failure_told_twice_counts_once(
    tries: int, outcome: str, twice: ApplicationQueue, redis: Redis, make_application: Make
) -> None:
    id, _ = submit(twice, make_application())
    twice.claim("s", 1)
    assert twice.fail("s", id, "It cannot be scored.", tries) == outcome
    assert redis.hget(f"rq:job:{id}", "tries") == b"1"
    assert twice.fail("other", id, "It cannot be scored.", tries) == "lost"
    assert len(twice.state().failed) == (outcome == "failed")
    assert twice.waiting() == (outcome == "retried")


def test_what_is_given_back_or_recovered_twice_comes_back_once(
    twice: ApplicationQueue, redis: Redis, make_application: Make
) -> None:
    ids = [submit(twice, make_application())[0] for _ in range(4)]
    twice.claim("s", 4)
    twice.leave("s")
    assert [id.decode() for id in redis.lrange("rq:queue:applications", 0, -1)] == ids
    twice.claim("dead", 4)
    redis.zadd("creditrisk:scorers", {"dead": 0})
    twice.recover()
    assert [id.decode() for id in redis.lrange("rq:queue:applications", 0, -1)] == ids
    assert twice.state().claimed == 0


# -- a copy on a replica


def confirmed(intake: Intake, application: dict[str, Any], key: str) -> Receipt:
    """What a client gets that sends again under its key until there is a copy: a busy machine's replica takes its time."""
    receipts: list[Receipt] = []

    def sent() -> bool:
        with suppress(QueueUnavailable):
            receipts.append(intake.submit(application, key))
        return bool(receipts)

    wait_until(sent, 60, "a confirmed copy")
    return receipts[0]


def test_with_a_replica_that_has_it_an_application_is_accepted(
    servers: tuple[Server, Server], settings: Settings, make_application: Make
) -> None:
    url = f"redis://127.0.0.1:{servers[0].port}"
    intake = Intake.connect(replace(settings, redis_url=url, replicas=1))
    with closing(intake.queue.redis), servers[0].redis as primary, servers[1].redis as replica:
        for number in range(20):
            if number % 4 == 0:
                primary.script_flush()  # as a server that was just started, which has no script yet
            receipt = confirmed(intake, make_application(), f"key {number}")
            assert replica.exists(f"rq:job:{receipt.id}")


def test_without_a_confirmed_copy_it_is_said_what_that_means_and_the_same_key_is_safe(
    servers: tuple[Server, Server], settings: Settings, make_application: Make
) -> None:
    url = f"redis://127.0.0.1:{servers[0].port}"
    intake = Intake.connect(replace(settings, redis_url=url, replicas=1))
    with closing(intake.queue.redis):
        servers[1].kill()
        for _ in range(2):
            with pytest.raises(QueueUnavailable, match="0 of 1 replicas"):
                intake.submit(make_application(), "key")
        assert intake.queue.waiting() == 1
        servers[1].start()
        servers[1].follow(servers[0])
        assert confirmed(intake, make_application(), "key").repeated
        assert intake.queue.waiting() == 1


def test_a_claim_that_a_failover_forgets_is_made_again_before_anything_is_recorded(
    proxy: Proxy,
    servers: tuple[Server, Server],
    settings: Settings,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the new primary gives the application to another scorer as one that nobody ever had, and it is recorded twice."""
    monkeypatch.setattr(redis_client, "PATIENCE", 60.0)
    monkeypatch.setattr("creditrisk.queue.claims.PATIENCE", 60.0)
    old, new = servers
    intake = Intake.connect(replace(settings, redis_url=proxy.url, replicas=1))
    with closing(intake.queue.redis), old.redis as forgotten, ThreadPoolExecutor(1) as scorer:
        receipt = confirmed(intake, make_application(), "key")
        shard = intake.queue.shards[0]
        new.follow(None)  # it is the primary now, and the old one does not know yet
        claiming = scorer.submit(shard.claim, "scorer", 10)
        wait_until(lambda: not forgotten.llen(shard.keys.queue), 60, "a claim on the old one")
        old.follow(new)
        proxy.target = new
        assert [claim.id for claim in claiming.result(60)] == [receipt.id]
        assert shard.held("scorer") == {receipt.id}


def test_where_the_replicas_stay_away_what_was_accepted_is_scored_all_the_same(
    servers: tuple[Server, Server], settings: Settings, make_application: Make
) -> None:
    url = f"redis://127.0.0.1:{servers[0].port}"
    intake = Intake.connect(replace(settings, redis_url=url, replicas=1))
    with closing(intake.queue.redis):
        receipt = confirmed(intake, make_application(), "key")
        servers[1].kill()
        assert [claim.id for claim in intake.queue.shards[0].claim("scorer", 10)] == [receipt.id]
