"""A scorer finishes one batch and claims the next in one step: what that is worth, and what is lost by none of it."""

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from functions.scorer.assembly import Assembly
from functions.scorer.served import Served
from tests.helpers import Make, let_leases_run_out, recorded, renew_no_more


@pytest.fixture
def ids(intake: Intake, make_application: Make) -> list[str]:
    """Applications that wait, in order."""
    return [intake.submit(make_application()).id for _ in range(6)]


def finish_first(queue: ApplicationQueue, ids: list[str], claim_next: int, scorer: str = "s") -> None:
    """Claim and finish the first two, as a drain does."""
    assert [claim.id for claim in queue.claim(scorer, 2)] == ids[:2]
    assert queue.held(scorer) == set(ids[:2])
    assert queue.finish(scorer, {id: {} for id in ids[:2]}, claim_next) == 2


def calls(redis: Redis) -> int:
    """How often scripts were called since the statistics were reset."""
    return int(redis.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"])


def test_the_next_claim_costs_no_call(queue: ApplicationQueue, redis: Redis, ids: list[str]) -> None:
    finish_first(queue, ids, 2)
    redis.config_resetstat()
    assert queue.is_ahead("s")
    assert [claim.id for claim in queue.claim("s", 2)] == ids[2:4]
    assert calls(redis) == 0
    assert not queue.is_ahead("s")


def test_a_full_batch_costs_two_calls(
    intake: Intake, assembly: Assembly, redis: Redis, make_application: Make
) -> None:
    for _ in range(5 * assembly.settings.batch_size):
        intake.submit(make_application())
    with assembly.drain("s") as drain:
        drain.step()
        redis.config_resetstat()
        drain.step()
        drain.step()
        assert calls(redis) == 2 * 2


def test_what_is_claimed_ahead_is_claimed_for_the_scorer_that_finished(
    queue: ApplicationQueue, ids: list[str]
) -> None:
    finish_first(queue, ids, 2)
    assert [claim.id for claim in queue.claim("other", 64)] == ids[4:]
    assert queue.held("s") == set(ids[2:4])


def test_who_does_not_go_on_claims_nothing(queue: ApplicationQueue, ids: list[str]) -> None:
    finish_first(queue, ids, 0)
    assert queue.held("s") == set()
    assert queue.waiting() == 4


def test_who_claims_nothing_ahead_still_knows_what_comes_next(
    queue: ApplicationQueue, redis: Redis, ids: list[str]
) -> None:
    """As with several shards, or where replicas must have a claim: the worker looks for work between two batches."""
    finish_first(queue, ids, 0)
    assert queue.wait_for_work(1)
    redis.config_resetstat()
    assert [claim.id for claim in queue.claim("s", 2)] == ids[2:4]
    assert calls(redis) == 1


def test_what_comes_in_meanwhile_is_claimed_with_the_rest(
    intake: Intake, queue: ApplicationQueue, make_application: Make
) -> None:
    first = intake.submit(make_application()).id
    queue.claim("s", 64)
    assert queue.held("s") == {first}
    later = [intake.submit(make_application()).id for _ in range(3)]
    queue.finish("s", {first: {}}, 64)
    claims = queue.claim("s", 64)
    assert [claim.id for claim in claims] == later
    assert all(claim.data and not claim.redelivered for claim in claims)


def test_a_few_that_nobody_knew_of_wait_for_the_next_batch(
    intake: Intake, queue: ApplicationQueue, redis: Redis, ids: list[str], make_application: Make
) -> None:
    assert len(queue.claim("s", 2)) == 2
    queue._batch_size = 64
    queue.held("s")
    late = intake.submit(make_application()).id
    redis.config_resetstat()
    queue.finish("s", {id: {} for id in ids[:2]}, 64)
    assert calls(redis) == 1
    assert [claim.id for claim in queue.claim("s", 64)] == ids[2:]
    assert [claim.id for claim in queue.claim("s", 64)][-1:] == [late]


def test_a_drain_that_does_not_go_on_leaves_the_rest_as_it_came(
    assembly: Assembly, queue: ApplicationQueue, ids: list[str]
) -> None:
    assembly.settings = replace(assembly.settings, batch_size=2)
    with assembly.drain("s") as drain:
        assert drain.step(lambda: False) == 2
    claims = queue.claim("next", 64)
    assert [(claim.id, claim.redelivered) for claim in claims] == [(id, False) for id in ids[2:]]


def test_whether_it_goes_on_is_asked_once_the_batch_is_recorded(
    assembly: Assembly, queue: ApplicationQueue, ids: list[str]
) -> None:
    """A signal to stop mostly comes while a batch is scored."""
    assembly.settings = replace(assembly.settings, batch_size=2)
    there: list[list[str]] = []

    def stops() -> bool:
        there.append(recorded(assembly.history))
        return False

    with assembly.drain("s") as drain:
        drain.step(stops)
    assert there == [ids[:2]]
    assert queue.waiting() == 4


def test_a_scorer_that_leaves_gives_back_what_it_claimed_ahead(
    assembly: Assembly, queue: ApplicationQueue, ids: list[str]
) -> None:
    with assembly.drain("s") as drain:
        finish_first(drain.queue, ids, 2)
    assert not drain.queue.is_ahead("s")
    assert [claim.id for claim in queue.claim("next", 64)] == ids[2:]


def test_what_a_scorer_that_died_had_claimed_ahead_comes_back_in_order(
    assembly: Assembly, queue: ApplicationQueue, ids: list[str]
) -> None:
    with assembly.drain("dead") as drain:
        finish_first(drain.queue, ids, 2, "dead")
        renew_no_more(drain.queue)
        let_leases_run_out(queue)
        claims = queue.claim("alive", 64)
    assert [claim.id for claim in claims] == ids[2:3], "half of what it held, as after any death"
    assert claims[0].redelivered


def test_a_lost_reply_is_asked_for_again_with_the_effect_of_once(
    queue: ApplicationQueue, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.claim("s", 2)
    queue.held("s")
    send, sent = queue.redis.execute_command, []

    def twice(*arguments: Any) -> Any:
        sent.append(arguments[0])
        send(*arguments)
        return send(*arguments)

    monkeypatch.setattr(queue.redis, "execute_command", twice)
    assert queue.finish("s", {id: {} for id in ids[:2]}, 2) == 2
    assert [claim.id for claim in queue.claim("s", 2)] == ids[2:4]
    monkeypatch.undo()
    assert set(sent) <= {"EVALSHA", "EVAL"} and "EVALSHA" in sent
    assert queue.held("s") == set(ids[2:4])
    assert queue.waiting() == 2


def test_where_replicas_must_have_a_claim_it_is_made_by_itself(
    queue: ApplicationQueue, ids: list[str]
) -> None:
    queue.claim("s", 2)
    queue.replicas = 1
    queue.finish("s", {id: {} for id in ids[:2]}, 2)
    assert not queue.is_ahead("s")
    assert queue.held("s") == set()


def test_a_worker_does_not_wait_while_it_has_something_in_hand(
    intake: Intake, assembly: Assembly, make_application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.submit(make_application())
    append = assembly.history.append

    def append_while_another_comes(*arguments: Any) -> Any:
        monkeypatch.undo()
        intake.submit(make_application())
        return append(*arguments)

    monkeypatch.setattr(assembly.history, "append", append_while_another_comes)
    with Served(assembly, assembly.queue.shards[0], "s") as served:
        served.step()
        assert served.goes_on, "the second is claimed, and nothing waits in the queue that would wake it"
        served.step()
        assert served.claimed == 1
        assert not served.goes_on
