"""Ids that we did not give are told from ours without a look-up, whichever form gave them, before and after Redis."""

import time
from contextlib import closing
from dataclasses import replace
from uuid import UUID

import pytest
from redis import Redis

from creditrisk.application_id import new_application_id
from creditrisk.decision import Answer
from creditrisk.errors import UnknownApplication
from creditrisk.id_keys import UPGRADE_MS, IdKeys
from creditrisk.intake import Intake
from creditrisk.redis_keys import Keys
from creditrisk.settings import Settings
from tests.helpers import DrainAll, Make
from web import create_app


class CountingHistory:
    """A history without records that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, application_id: str) -> Answer | None:
        self.asked.append(application_id)
        return None


@pytest.fixture
def counting(intake: Intake) -> CountingHistory:
    history = CountingHistory()
    vars(intake)["_history"] = history
    return history


def forms(settings: Settings, count: int) -> list[Intake]:
    """As many form functions, each with a connection and a memory of its own."""
    return [Intake.connect(settings) for _ in range(count)]


def later() -> None:
    time.sleep(0.002)  # ids and keys are dated to the millisecond


def test_a_made_up_id_is_refused_without_a_look_up(
    intake: Intake, counting: CountingHistory, make_application: Make
) -> None:
    given = intake.submit(make_application()).id
    later()
    near = str(UUID(int=UUID(given).int ^ 1))
    for made_up in (new_application_id(), new_application_id(bytes(16)), near):
        with pytest.raises(UnknownApplication):
            intake.find(made_up)
    assert counting.asked == []
    assert intake.find(given).status == "pending"


@pytest.mark.parametrize(
    "made_up", ["ffffffff-ffff-7fff-bfff-ffffffffffff", "00000000-0000-4000-8000-000000000000"]
)
def test_an_id_that_cannot_be_is_a_404_and_never_an_error_of_ours(
    intake: Intake, counting: CountingHistory, settings: Settings, make_application: Make, made_up: str
) -> None:
    intake.submit(make_application())
    client = create_app(settings, intake).test_client()
    assert client.get(f"/application/{made_up}").status_code == 404
    assert client.get(f"/api/v1/applications/{made_up}").status_code == 404
    assert counting.asked == []


def test_every_form_knows_the_ids_of_the_others(
    settings: Settings, redis: Redis, make_application: Make
) -> None:
    intakes = forms(settings, 4)
    ids = [intake.submit(make_application()).id for intake in intakes]
    assert [[intake.find(id).status for id in ids] for intake in intakes] == [["pending"] * 4] * 4
    assert redis.hlen(Keys().id_keys) == 1
    for intake in intakes:
        intake.queue.redis.close()


def test_keys_that_two_forms_made_at_once_are_both_known(settings: Settings, make_application: Make) -> None:
    first, second = forms(settings, 2)
    keys = first._keys.mine(), second._keys.mine()  # before either has written its own
    assert keys[0] != keys[1]
    later()
    ids = [first.submit(make_application()).id, second.submit(make_application()).id]
    (third,) = forms(settings, 1)
    for intake in (first, second, third):
        assert [intake.find(id).status for id in ids] == ["pending", "pending"]
        intake.queue.redis.close()


def test_ids_of_before_the_check_still_open(
    settings: Settings, redis: Redis, drain_all: DrainAll, intake: Intake, make_application: Make
) -> None:
    old = new_application_id()
    intake.queue.submit(old, make_application(), "2026-11-23T05:18:32.123Z", max_queue=10)
    later()
    intake.submit(make_application())
    drain_all()
    before = intake.find(old)
    redis.delete(f"rq:job:{old}", f"rq:results:{old}")
    (other,) = forms(settings, 1)
    with closing(other.queue.redis):
        assert other.find(old) == intake.find(old) == before
    assert before.status == "decided"


def test_while_forms_of_both_versions_run_the_ids_of_both_open(
    redis: Redis, intake: Intake, counting: CountingHistory, make_application: Make
) -> None:
    redis.sadd("rq:queues", "rq:queue:applications")  # an earlier version was here
    intake.submit(make_application())
    (since,) = redis.hvals(Keys().id_keys)  # type: ignore[misc]
    assert int(since) > time.time() * 1_000 + UPGRADE_MS - 60_000
    later()
    with pytest.raises(UnknownApplication):
        intake.find(new_application_id())
    assert len(counting.asked) == 1


def test_after_redis_lost_everything_what_was_decided_before_still_opens_everywhere(
    settings: Settings, redis: Redis, drain_all: DrainAll, intake: Intake, make_application: Make
) -> None:
    before = intake.submit(make_application()).id
    drain_all()
    later()
    redis.flushall()
    later()
    (other,) = forms(replace(settings), 1)
    with closing(other.queue.redis):
        after = other.submit(make_application()).id, intake.submit(make_application()).id
        for asked in (intake, other):
            assert asked.find(before).status == "decided"
            assert [asked.find(id).status for id in after] == ["pending", "pending"]


def test_an_empty_redis_lets_through_what_was_given_before_even_when_nobody_has_applied_since(
    redis: Redis, settings: Settings, intake: Intake, make_application: Make, drain_all: DrainAll
) -> None:
    """A new stack that takes an old history over begins so."""
    given = intake.submit(make_application()).id
    drain_all()
    redis.flushall()
    later()
    (new,) = forms(settings, 1)
    with closing(new.queue.redis):
        assert new.find(given).status == "decided"
        later()
        made_up = new_application_id()
        with pytest.raises(UnknownApplication):
            new.find(made_up)


def test_the_key_is_made_here_and_lies_nowhere_but_in_redis(redis: Redis) -> None:
    keys = {IdKeys(redis, [Keys().id_keys]).mine().secret for _ in range(3)}
    assert len(keys) == 3
    assert all(len(bytes.fromhex(key)) == 16 for key in keys)
