"""What waits is shared among the scorers: a burst is not one batch of whoever comes first."""

from typing import Any

import pytest

from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.queue.scripts import script
from tests.helpers import Make

BATCH = 256


def fill(intake: Intake, count: int, make_application: Make) -> list[str]:
    """So many wait; their ids, in order."""
    application = make_application()
    return [intake.submit(application).id for _ in range(count)]


def sizes(queue: ApplicationQueue, *scorers: str) -> list[int]:
    """How many each of the scorers gets, of whom all have a lease before the first claims."""
    for scorer in scorers:
        queue.renew(scorer)
    claims = [queue.claim(scorer, BATCH) for scorer in scorers]
    assert all(claim.data and not claim.redelivered for batch in claims for claim in batch)
    return [len(batch) for batch in claims]


@pytest.mark.parametrize(
    ("waiting", "shares"),
    [
        (256, [256]),
        (256, [64, 64, 64, 64]),
        (100, [34, 34, 32]),
        (40, [16, 16, 8, 0]),
        (10, [10, 0]),
    ],
)
def test_each_scorer_gets_its_share_or_sixteen(
    waiting: int, shares: list[int], queue: ApplicationQueue, intake: Intake, make_application: Make
) -> None:
    fill(intake, waiting, make_application)
    assert sizes(queue, *(f"s{number}" for number in range(len(shares)))) == shares


def test_no_share_is_larger_than_a_batch(
    queue: ApplicationQueue, intake: Intake, make_application: Make
) -> None:
    fill(intake, 60, make_application)
    queue.renew("other")
    assert len(queue.claim("s", 8)) == 8


def test_a_scorer_that_was_woken_and_is_not_there_yet_has_a_share(
    queue: ApplicationQueue, make_application: Make
) -> None:
    tickets = [
        queue.submit(
            new_application_id(),
            make_application(),
            timestamp(),
            max_queue=1_000,
            max_scorers=2,
            batch_size=10,
        )[1]
        for _ in range(60)
    ]
    assert len([ticket for ticket in tickets if ticket]) == 2
    assert len(queue.claim("s", BATCH)) == 20, "a third: two more are about to start"


def test_a_scorer_whose_lease_has_run_out_has_none(
    queue: ApplicationQueue, intake: Intake, make_application: Make
) -> None:
    fill(intake, 60, make_application)
    queue.renew("dead")
    queue.redis.zadd(queue.keys.scorers, {"dead": 1})
    assert len(queue.claim("s", BATCH)) == 60


def test_what_a_scorer_claims_ahead_is_its_share(
    queue: ApplicationQueue, intake: Intake, make_application: Make
) -> None:
    ids = fill(intake, 200, make_application)
    queue.renew("other")
    first = [claim.id for claim in queue.claim("s", BATCH)]
    assert first == ids[:100]
    assert queue.held("s") == set(first)
    queue.finish("s", {id: {} for id in first}, BATCH)
    assert [claim.id for claim in queue.claim("s", BATCH)] == ids[100:150]


@pytest.mark.parametrize("meanwhile", [0, 64])
def test_a_share_that_is_asked_for_twice_is_taken_once(
    meanwhile: int,
    queue: ApplicationQueue,
    intake: Intake,
    make_application: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first reply is lost on the way, and another scorer may have claimed before the second."""
    ids = fill(intake, 256, make_application)
    other = ApplicationQueue(queue.redis)
    for scorer in ("s", "other", "third", "fourth"):
        queue.renew(scorer)
    send = queue.redis.execute_command
    queue.redis.script_load(script("claim")[1])

    def twice(*arguments: Any) -> Any:
        send(*arguments)
        monkeypatch.undo()
        if meanwhile:
            assert len(other.claim("other", BATCH)) == meanwhile
        return send(*arguments)

    monkeypatch.setattr(queue.redis, "execute_command", twice)
    assert [claim.id for claim in queue.claim("s", BATCH)] == ids[:64]
    assert queue.held("s") == set(ids[:64])
    assert queue.waiting() == 192 - meanwhile
