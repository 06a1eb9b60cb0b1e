"""The operator's function on a real Redis: what failed is seen, tried again, or deleted."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from creditrisk.errors import UnknownRequest
from creditrisk.intake import Intake
from functions.operator import handler as operator

Make = Callable[..., dict[str, Any]]
DrainAll = Callable[[], int]


@pytest.fixture(autouse=True)
def its_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REDIS_URL", redis_url)
    operator._queue.cache_clear()
    yield
    operator._queue.cache_clear()


@pytest.fixture
def failed(intake: Intake, drain_all: DrainAll, make_application: Make) -> list[str]:
    ids = [intake.submit(make_application(FULL_NAME="Poison", AGE=20 + n)).id for n in range(3)]
    drain_all()
    assert set(intake.queue.state().failed) == set(ids)
    return ids


def do(what: str, *ids: str) -> dict[str, Any]:
    return operator.handler({"do": what} | ({"ids": [*ids]} if ids else {}), None)


def test_the_state_is_the_queues_with_the_reason_of_each_failure(
    failed: list[str], intake: Intake, make_application: Make
) -> None:
    intake.submit(make_application())
    state = do("state")
    assert (state["waiting"], state["claimed"], state["scorers_awake"]) == (1, 0, 0)
    assert state["oldest_waiting_seconds"] >= 0
    assert set(state["failed"]) == set(failed)
    assert all("ArithmeticError" in reason for reason in state["failed"].values())
    assert json.loads(json.dumps(state)) == state, "Lambda writes it as JSON"


def test_an_empty_queue_has_no_oldest_application() -> None:
    assert do("state") == {
        "waiting": 0,
        "claimed": 0,
        "oldest_waiting_seconds": None,
        "scorers_awake": 0,
        "failed": {},
    }


def test_one_is_tried_again_one_is_deleted_and_one_stays(failed: list[str], intake: Intake) -> None:
    again, away, stays = failed
    assert do("retry", again) == {"retry": [again], "not_failed": []}
    assert do("discard", away, "of-nobody") == {"discard": [away], "not_failed": ["of-nobody"]}
    assert list(do("state")["failed"]) == [stays]
    assert intake.queue.state().waiting == 1


def test_retry_without_ids_is_of_all(failed: list[str], drain_all: DrainAll) -> None:
    assert set(do("retry")["retry"]) == set(failed)
    drain_all()
    assert set(do("state")["failed"]) == set(failed), "and they fail again, for the same reason"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (None, '"do": "state"'),
        ({}, '"do": "state"'),
        ({"do": "delete"}, '"do": "state"'),
        ({"do": "retry", "id": "x"}, '"ids"'),
        ({"do": "retry", "ids": "x"}, '"ids" must be a list'),
        ({"do": "retry", "ids": [1]}, '"ids" must be a list'),
        ({"do": "retry", "ids": []}, '"ids" must be a list'),
        ({"do": "state", "ids": ["x"]}, 'leave "ids" out'),
        ({"do": "discard"}, "Name what to discard"),
    ],
)
def test_anything_else_is_refused_with_what_to_send(
    event: dict[str, Any] | None, says: str, failed: list[str]
) -> None:
    with pytest.raises(UnknownRequest, match=says):
        operator.handler(event, None)
    assert set(do("state")["failed"]) == set(failed)


def test_its_log_tells_no_id_of_an_application(failed: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        do("retry", *failed)
    assert len([record for record in caplog.records if "operator" in record.message]) == 3
    assert not [one for one in failed if one in caplog.text]
