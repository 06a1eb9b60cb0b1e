"""An application that is sent twice: by a double click, by a program that is not sure, by somebody else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from creditrisk.application.validation import validate
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from web import create_app
from web.idempotency import key_of_form

API = "/api/v1/applications"
KEY = {"Idempotency-Key": "order-1"}
Form = dict[str, Any]


@pytest.fixture
def client(settings: Settings, intake: Intake) -> FlaskClient:
    """A client of an app that does not wait: every answer is pending at first."""
    return create_app(replace(settings, wait_seconds=0.0), intake).test_client()


@pytest.fixture
def form(raw_application: Form) -> Form:
    return {**raw_application, "submission": "a-token-of-the-page"}


def test_a_form_sent_again_is_one_application(
    client: FlaskClient, queue: ApplicationQueue, drain_all: Callable[[], int], form: Form
) -> None:
    first, second = client.post("/application", data=form), client.post("/application", data=form)
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert queue.waiting() == 1
    drain_all()
    assert "Your application is approved" in client.post("/application", data=form).text
    assert queue.waiting() == 0


def test_what_reads_the_same_is_the_same_form(
    client: FlaskClient, queue: ApplicationQueue, form: Form
) -> None:
    client.post("/application", data=form)
    client.post("/application", data=dict(reversed(form.items())) | {"age": " 34 "})
    assert queue.waiting() == 1


def test_a_form_without_a_token_is_accepted_each_time(
    client: FlaskClient, queue: ApplicationQueue, raw_application: Form
) -> None:
    for _ in range(2):
        assert client.post("/application", data=raw_application).status_code == 202
    assert queue.waiting() == 2


def test_a_key_finds_the_first_answer_at_either_address_of_programs(
    client: FlaskClient, queue: ApplicationQueue, drain_all: Callable[[], int], raw_application: Form
) -> None:
    first = client.post(API, json=raw_application, headers=KEY)
    drain_all()
    predicted = client.post("/predict", json=raw_application, headers=KEY).json
    again = client.post(API, json=raw_application, headers=KEY)
    assert again.location == first.location
    assert again.json and predicted and first.json
    assert again.json["status"] == "decided"
    assert (predicted["Success"], predicted["id"]) == (True, first.json["id"])
    assert queue.waiting() == 0


@pytest.mark.parametrize("path", [API, "/predict"])
def test_a_key_of_another_application_is_a_conflict_that_says_what_to_do(
    client: FlaskClient, queue: ApplicationQueue, raw_application: Form, path: str
) -> None:
    client.post(path, json=raw_application, headers=KEY)
    reply = client.post(path, json=raw_application | {"age": 35}, headers=KEY)
    assert reply.status_code == 409
    assert "Use a new key for a new application." in reply.text
    assert queue.waiting() == 1


def test_a_key_whose_application_was_discarded_is_of_no_more_use(
    client: FlaskClient, redis: Redis, raw_application: Form
) -> None:
    first = client.post(API, json=raw_application, headers=KEY).json
    assert first
    redis.delete(f"rq:job:{first['id']}")
    assert client.post(API, json=raw_application, headers=KEY).status_code == 409


@pytest.mark.parametrize(("length", "accepted"), [(1, True), (255, True), (256, False)])
def test_a_key_has_up_to_255_characters(
    client: FlaskClient, queue: ApplicationQueue, raw_application: Form, length: int, accepted: bool
) -> None:
    reply = client.post(API, json=raw_application, headers={"Idempotency-Key": "k" * length})
    assert reply.status_code == (202 if accepted else 400)
    assert queue.waiting() == accepted


def test_a_programs_key_is_never_a_forms(
    client: FlaskClient, queue: ApplicationQueue, redis: Redis, form: Form, raw_application: Form
) -> None:
    """Whoever guesses what stands for a form gets an application of their own."""
    client.post("/application", data=form)
    guessed = key_of_form("a-token-of-the-page", validate(raw_application))
    assert guessed
    for key in (guessed, guessed.removeprefix("form:")):
        client.post(API, json=raw_application, headers={"Idempotency-Key": key})
    assert queue.waiting() == 3
