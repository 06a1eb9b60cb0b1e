"""Each limit to the one: what is just allowed is taken, and one more is refused."""

import json
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk.errors import QueueUnavailable
from tests.unit.web.conftest import FakeIntake
from web.prefer import seconds_asked
from web.services import LONG_WAITS, Services

FORM = "application/x-www-form-urlencoded"
URL = "/api/v1/applications"


@pytest.mark.parametrize(("asked", "granted"), [("19", 19), ("20", 20), ("21", 20), ("999999999", 20)])
def test_a_wait_is_granted_up_to_twenty_seconds(app: Flask, asked: str, granted: int) -> None:
    with app.test_request_context(headers={"Prefer": f"wait={asked}"}) as context:
        assert seconds_asked(context.request) == granted


@pytest.mark.parametrize(("size", "status"), [(65_535, 200), (65_536, 200), (65_537, 413)])
def test_a_body_has_up_to_64_kibibytes(
    client: FlaskClient, raw_application: dict[str, object], size: int, status: int
) -> None:
    body = json.dumps(raw_application)
    assert (
        client.post("/predict", data=body.ljust(size), content_type="application/json").status_code == status
    )


@pytest.mark.parametrize("count", [1_000, 1_001])
def test_a_form_has_up_to_a_thousand_fields(client: FlaskClient, form: dict[str, object], count: int) -> None:
    body = urlencode(form | {f"a{n}": "1" for n in range(count - len(form))})
    reply = client.post("/application", data=body, content_type=FORM)
    assert reply.status_code == 400
    too_many = "The form has more than 1000 fields, which no application has."
    assert (too_many in reply.text) == (count > 1_000)


def test_as_many_long_waits_as_there_are_places_are_granted_and_the_next_is_short(
    app: Flask, intake: FakeIntake
) -> None:
    services: Services = app.extensions["creditrisk"]
    held = [services.waiting(20) for _ in range(24)]
    assert [each.__enter__() for each in held] == [20] * 24
    with services.waiting(20) as seconds:
        assert seconds == services.settings.wait_seconds
    with services.waiting(1.5) as seconds:  # no longer than anybody waits: it takes no place
        assert seconds == 1.5
    held.pop().__exit__(None, None, None)
    with services.waiting(20) as seconds:
        assert seconds == 20
    assert LONG_WAITS == 24


def test_a_wait_as_long_as_everybodys_takes_no_place(app: Flask) -> None:
    services: Services = app.extensions["creditrisk"]
    held = [services.waiting(services.settings.wait_seconds) for _ in range(25)]
    assert [each.__enter__() for each in held] == [1.5] * 25
    with services.waiting(20) as seconds:
        assert seconds == 20


def test_a_refusal_for_now_and_a_pending_answer_say_when_to_come_again(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = None
    assert client.post(URL, json=raw_application).headers["Retry-After"] == "2"
    assert client.post("/predict", json=raw_application).headers["Retry-After"] == "2"
    intake.error = QueueUnavailable("down")
    for reply in (client.post(URL, json=raw_application), client.get("/readyz")):
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
