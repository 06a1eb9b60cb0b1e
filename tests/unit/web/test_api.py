"""The JSON API, version 1."""

import threading
from dataclasses import replace
from typing import Any, cast

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from creditrisk.application_id import new_application_id
from creditrisk.decision import Answer, Change
from creditrisk.errors import HistoryUnavailable, QueueUnavailable
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from tests.unit.web.conftest import SCORED_AT, FakeIntake, decision_of
from web import create_app
from web.prefer import MAX_WAIT
from web.services import LONG_WAITS

URL = "/api/v1/applications"


def test_without_a_preference_the_answer_is_where_to_look(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    reply = client.post(URL, json=raw_application)
    assert reply.status_code == 202
    assert reply.json
    assert reply.json | {"received_at": ""} == {"id": intake.ids[0], "status": "pending", "received_at": ""}
    assert reply.location == f"{URL}/{intake.ids[0]}"
    assert intake.waited == []


def test_with_a_preference_to_wait_the_decision_comes_at_once(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    reply = client.post(URL, json=raw_application, headers={"Prefer": "wait=1"})
    assert reply.status_code == 200
    assert reply.headers["Preference-Applied"] == "wait=1"
    assert reply.json == {
        "id": intake.ids[0],
        "status": "decided",
        "received_at": SCORED_AT,
        "probability": 0.234,
        "prediction": 0,
        "decision": "approved",
        "threshold": 0.5,
        "model": "lightgbm",
        "model_version": "abc1234",
        "scored_at": SCORED_AT,
        "reasons": [
            {"field": "AGE", "contribution": -0.42, "value": 34},
            {"field": "RESIDENCIAL_CITY", "contribution": 0.21, "value": "Niterói"},
        ],
        "unknown": [],
        "counterfactual": [],
        "policy": "",
        "rule": "",
    }
    assert client.get(reply.location).json == reply.json


def test_what_would_have_had_a_declined_application_approved_is_answered_as_data(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    changes = [Change("PAYMENT_DAY", "25"), Change("OTHER_INCOMES", 12.5)]
    intake.decision = decision_of(0.7, counterfactual=changes)
    reply = client.post("/api/v1/applications", json=raw_application, headers={"Prefer": "wait=5"})
    assert reply.json and reply.json["counterfactual"] == [
        {"field": "PAYMENT_DAY", "value": "25"},
        {"field": "OTHER_INCOMES", "value": 12.5},
    ]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=5", 5), ("respond-async, wait=10", 10), ('wait="7"; foo', 7), ("WAIT = 2", 2),
        ("wait=99999", MAX_WAIT), ("wait=-1", 0), ("wait=soon", 0), ("await=3", 0), ("", 0), ("wait=3x", 0),
    ],
)  # fmt: skip
def test_a_preference_is_honoured_up_to_a_limit_and_ignored_when_unreadable(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object], header: str, seconds: int
) -> None:
    intake.decision = None
    reply = client.post(URL, json=raw_application, headers={"Prefer": header})
    assert reply.status_code == 202
    assert intake.waited == ([seconds] if seconds else [])
    assert reply.headers.get("Preference-Applied") == (f"wait={seconds}" if seconds else None)


def test_a_look_up_waits_as_long_as_it_is_asked_to(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = None
    address = client.post(URL, json=raw_application).location
    client.get(address)
    assert intake.waited == []
    reply = client.get(address, headers={"Prefer": "wait=4"})
    assert intake.waited == [4]
    assert reply.json
    assert reply.json["status"] == "pending"


@pytest.mark.parametrize("key", ["", "x" * 256, "sché"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object], key: str
) -> None:
    assert client.post(URL, json=raw_application, headers={"Idempotency-Key": key}).status_code == 400
    assert intake.submitted == []


def test_a_failed_application_tells_why(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    address = client.post(URL, json=raw_application).location
    intake.decision, intake.failure = None, "Scoring failed three times."
    assert client.get(address).json == {
        "id": intake.ids[0],
        "status": "failed",
        "received_at": SCORED_AT,
        "failure": "Scoring failed three times.",
    }


def test_an_invalid_application_is_a_problem_that_names_its_fields(
    client: FlaskClient, raw_application: dict[str, object]
) -> None:
    reply = client.post(URL, json=raw_application | {"age": 7})
    assert reply.status_code == 400
    assert reply.mimetype == "application/problem+json"
    assert reply.json == {
        "type": "/problems/invalid-application",
        "title": "Bad Request",
        "status": 400,
        "detail": "One field is missing or not valid.",
        "code": "invalid-application",
        "errors": {"AGE": "Give a whole number from 18 to 120."},
    }


@pytest.mark.parametrize(
    "unknown", [new_application_id(), "nothing", "0" * 36, new_application_id().upper()],
    ids=["never given", "no id", "zeros", "capitals"],
)  # fmt: skip
def test_an_unknown_id_is_404(client: FlaskClient, unknown: str) -> None:
    reply = client.get(f"{URL}/{unknown}")
    assert reply.status_code == 404
    assert reply.json
    assert reply.json["code"] == "unknown-application"


@pytest.mark.parametrize("error", [QueueUnavailable("down"), HistoryUnavailable("down")])
def test_a_look_up_that_cannot_be_made_does_not_say_that_nothing_was_accepted(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object], error: Exception
) -> None:
    address = client.post(URL, json=raw_application).location
    intake.error = error
    reply = client.get(address)
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    assert reply.json
    assert "not received" not in reply.json["detail"]
    assert "Nothing is lost" in reply.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("DELETE", URL, 405), ("GET", URL, 405)]
)
def test_what_is_not_there_is_a_problem_too(client: FlaskClient, method: str, path: str, status: int) -> None:
    reply = client.open(path, method=method)
    assert reply.status_code == status
    assert reply.mimetype == "application/problem+json"
    assert ("Allow" in reply.headers) == (status == 405)


def test_waiting_questions_leave_room_for_new_applications(raw_application: dict[str, Any]) -> None:
    """As many long waits as there are places hold a thread each; one more waits WAIT_SECONDS at most."""
    release, waiting = threading.Event(), threading.Semaphore(0)

    class Slow(FakeIntake):
        def wait(
            self, application_id: str, seconds: float, application: object = None, corrects: str = ""
        ) -> Answer:
            self.waited.append(seconds)
            if seconds > 1:
                waiting.release()
                release.wait(120)
            return self.find(application_id)

    intake = Slow(decision=None)
    app = create_app(Settings(wait_seconds=1), cast(Intake, intake))
    address = app.test_client().post(URL, json=raw_application).location

    def ask() -> TestResponse:
        return app.test_client().get(address, headers={"Prefer": "wait=20"})

    threads = [threading.Thread(target=ask) for _ in range(LONG_WAITS)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=60)
    reply = ask()
    release.set()
    for thread in threads:
        thread.join()
    assert reply.headers["Preference-Applied"] == "wait=1"
    assert ask().headers["Preference-Applied"] == "wait=20"


def test_a_referred_application_is_told_so_with_what_happens_next(
    raw_application: dict[str, Any],
) -> None:
    referred = replace(
        decision_of(), decision="referred", policy="cards 1a2b", rule="young: Below 21 a person decides."
    )
    client = create_app(Settings(), cast(Intake, FakeIntake(decision=referred))).test_client()
    reply = client.post(URL, json=raw_application, headers={"Prefer": "wait=1"})
    assert reply.status_code == 200 and reply.json
    assert (reply.json["status"], reply.json["decision"]) == ("decided", "referred")
    assert (reply.json["policy"], reply.json["rule"]) == ("cards 1a2b", "Below 21 a person decides.")
    assert "A person" in reply.json["next"]
    assert "propensity" not in reply.json
