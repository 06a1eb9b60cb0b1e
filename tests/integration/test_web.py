"""The web app on a real Redis with a scorer beside it: what a person and a program get, and what is recorded."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from cli.embedded_redis import EmbeddedRedis
from creditrisk.attempts import MOST, WINDOW
from creditrisk.history.folder import FolderHistory
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.helpers import DrainAll, recorded
from tests.integration.conftest import StubModel
from web import create_app

Form = dict[str, object]
API = "/api/v1/applications"
WHO = {"full_name": "Ana Souza", "DNI": "012345678"}


@pytest.fixture
def app(settings: Settings, intake: Intake) -> Flask:
    return create_app(replace(settings, wait_seconds=60.0), intake)


@pytest.fixture
def impatient(settings: Settings, intake: Intake) -> FlaskClient:
    """A client of an app that does not wait: every answer is pending at first."""
    return create_app(replace(settings, wait_seconds=0.0), intake).test_client()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def scorer(assembly: Assembly) -> Iterator[None]:
    """A scorer that drains in a thread of its own."""
    stop = threading.Event()

    def run() -> None:
        with assembly.drain("web-scorer") as drain:
            while not stop.is_set():
                drain.step() or drain.queue.wait_for_work(0.2)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.fixture
def form(raw_application: Form) -> Form:
    return {**raw_application, "submission": "a-token-of-the-page"}


def id_on(page: str) -> str:
    found = re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", page)
    assert found
    return found[0]


@pytest.mark.usefixtures("scorer")
def test_a_form_is_answered_with_what_was_recorded(
    client: FlaskClient, history: FolderHistory, form: Form
) -> None:
    reply = client.post("/application", data=form)
    assert reply.status_code == 200
    assert "Your application is approved" in reply.text
    assert "34.0\xa0%" in client.get(f"/clerk/application/{id_on(reply.text)}").text
    assert recorded(history) == [id_on(reply.text)]
    assert client.get(f"/application/{id_on(reply.text)}").text == reply.text


def test_what_a_scorer_of_the_version_before_answered_is_shown_and_told_as_data(
    impatient: FlaskClient, queue: ApplicationQueue, raw_application: Form
) -> None:
    """While a new version is rolled out: that scorer wrote sentences, and one of them names a value no more."""
    page = impatient.post("/application", data=raw_application)
    (claim,) = queue.claim("earlier", 1)
    told = [
        {"field": "AGE", "contribution": -0.5, "text": "Age (34 years) lowers the risk"},
        {
            "field": "RESIDENCIAL_CITY",
            "contribution": -0.25,
            "text": "City (new to the model) lowers the risk",
        },
    ]
    decision = {
        "probability": 0.25, "prediction": 0, "decision": "approved", "threshold": 0.5, "model": "lightgbm", "model_version": "v",
        "scored_at": "2026-11-23T05:18:33.000Z", "reasons": told, "unknown": ["RESIDENCIAL_CITY"], "challenger": None, "challenger_probability": None,
    }  # fmt: skip
    assert queue.finish("earlier", {claim.id: decision}) == 1
    shown = impatient.get(f"/application/{claim.id}").text
    assert page.status_code == 202
    for label, value in (("Age", "34 years"), ("City", "new to the model")):
        assert f'{label}</span> <span class="given">your answer: {value}<' in shown
    answered = impatient.get(f"{API}/{claim.id}").json
    assert answered and answered["reasons"] == [
        {"field": "AGE", "contribution": -0.5, "value": 34},
        {"field": "RESIDENCIAL_CITY", "contribution": -0.25, "value": None},
    ]


def test_neither_redis_nor_the_history_holds_words(
    model: StubModel, drain_all: DrainAll, impatient: FlaskClient, history: FolderHistory, queue: ApplicationQueue, raw_application: Form
) -> None:  # fmt: skip
    model.contributions = {"AGE": 0.5, "RESIDENCIAL_CITY": 0.25}
    impatient.post("/application", data=raw_application | {"age": "71"})
    assert drain_all() == 1
    recorded_as = (history.folder / "history.csv").read_text(encoding="utf-8")
    result = queue.result(recorded(history)[0])
    assert result and result.answer
    assert [reason["field"] for reason in result.answer["reasons"]] == ["AGE", "RESIDENCIAL_CITY"]
    for text in (recorded_as, json.dumps(result.answer)):
        assert "risk" not in text and "years" not in text


@pytest.mark.usefixtures("scorer")
def test_form_predict_and_api_give_one_applicant_the_same_probability(
    client: FlaskClient, history: FolderHistory, raw_application: Form
) -> None:
    applicant = raw_application | {"age": "71"}
    page = client.post("/application", data=applicant)
    predicted = client.post("/predict", json=applicant).json
    answered = client.post(API, json=applicant, headers={"Prefer": "wait=25"}).json
    assert "71.0\xa0%" in client.get(f"/clerk/application/{id_on(page.text)}").text
    assert predicted
    assert answered
    assert (predicted["Prediction"], predicted["Prediction_score"]) == (1, 0.71)
    assert (answered["decision"], answered["probability"]) == ("declined", 0.71)
    assert recorded(history) == [id_on(page.text), predicted["id"], answered["id"]]


@pytest.mark.usefixtures("scorer")
def test_a_double_click_is_recorded_once_and_answered_twice(
    app: Flask, history: FolderHistory, form: Form
) -> None:
    pages: list[str] = []
    threads = [
        threading.Thread(target=lambda: pages.append(app.test_client().post("/application", data=form).text))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pages) == 6
    assert {id_on(page) for page in pages} == set(recorded(history))
    assert len(recorded(history)) == 1
    assert all("Your application is approved" in page for page in pages)


def test_with_the_scorer_down_the_application_waits_and_is_answered_later(
    impatient: FlaskClient, drain_all: DrainAll, form: Form
) -> None:
    reply = impatient.post("/application", data=form)
    assert reply.status_code == 202
    address = f"/application/{id_on(reply.text)}"
    assert "We have your application" in impatient.get(address).text
    drain_all()
    assert "Your application is approved" in impatient.get(address).text


def test_predict_with_the_scorer_down_says_where_the_answer_will_be(
    impatient: FlaskClient, drain_all: DrainAll, raw_application: Form
) -> None:
    reply = impatient.post("/predict", json=raw_application)
    assert reply.status_code == 202
    drain_all()
    assert impatient.get(reply.location).json["status"] == "decided"  # type: ignore[index]


def test_a_question_held_open_is_answered_when_the_decision_falls(
    app: Flask, impatient: FlaskClient, drain_all: DrainAll, raw_application: Form
) -> None:
    address = impatient.post(API, json=raw_application).location
    bodies: list[Any] = []
    asking = threading.Thread(
        target=lambda: bodies.append(app.test_client().get(address, headers={"Prefer": "wait=20"}).json)
    )
    asking.start()
    drain_all()
    asking.join(timeout=60)
    assert [body["status"] for body in bodies] == ["decided"]


def test_an_idempotency_key_holds_for_form_and_scorer_alike(
    client: FlaskClient, drain_all: DrainAll, history: FolderHistory, raw_application: Form
) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first = client.post(API, json=raw_application, headers=headers)
    drain_all()
    again = client.post(API, json=raw_application, headers=headers)
    other = client.post(API, json=raw_application | {"age": 35}, headers=headers)
    assert again.location == first.location
    assert again.json
    assert again.json["status"] == "decided"
    assert (other.status_code, other.json["code"]) == (409, "idempotency-conflict")  # type: ignore[index]
    assert len(recorded(history)) == 1


@pytest.mark.usefixtures("scorer")
def test_a_key_of_the_first_systems_clients_gives_the_first_answer_again(
    client: FlaskClient, history: FolderHistory, raw_application: Form
) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first, again = (client.post("/predict", json=raw_application, headers=headers) for _ in range(2))
    assert first.status_code == 200
    assert again.json == first.json
    assert client.post("/predict", json=raw_application | {"age": 35}, headers=headers).status_code == 409
    assert len(recorded(history)) == 1


@pytest.mark.usefixtures("scorer")
def test_a_form_gone_back_to_and_edited_is_a_new_application(
    client: FlaskClient, history: FolderHistory, form: Form
) -> None:
    for sent in (form, form | {"age": "35"}, form | {"submission": "the-token-of-another-page"}):
        assert client.post("/application", data=sent).status_code == 200
    assert [record.answer.application["AGE"] for record in history.records()] == [34, 35, 34]


def test_a_look_up_that_waits_reads_the_application_once(
    app: Flask, impatient: FlaskClient, redis: Redis, drain_all: DrainAll, raw_application: Form
) -> None:
    address = impatient.post(API, json=raw_application).location

    def asked(wait: str) -> tuple[str, int]:
        redis.config_resetstat()
        body = app.test_client().get(address, headers={"Prefer": f"wait={wait}"}).json
        assert body
        return body["status"], redis.info("commandstats")["cmdstat_hget"]["calls"]

    assert asked("1") == ("pending", 1)
    drain_all()
    assert asked("60") == ("decided", 1)


def test_an_answer_that_redis_no_longer_holds_comes_from_the_history(
    client: FlaskClient, drain_all: DrainAll, redis: Redis, raw_application: Form
) -> None:
    address = client.post(API, json=raw_application).location
    drain_all()
    before = client.get(address).json
    redis.flushall()
    assert client.get(address).json == before
    assert "Your application is approved" in client.post(address.replace(API, "/application"), data=WHO).text


def test_an_application_that_cannot_be_scored_is_answered_so(
    impatient: FlaskClient, drain_all: DrainAll, raw_application: Form
) -> None:
    address = impatient.post(API, json=raw_application | {"full_name": "Poison"}).location
    drain_all()
    answer = impatient.get(address).json
    assert answer
    assert answer["status"] == "failed"
    assert answer["failure"]
    assert "Traceback" not in answer["failure"]
    page = impatient.post(address.replace(API, "/application"), data=WHO | {"full_name": "Poison"})
    assert "have not been able to assess your application yet" in page.text


def test_past_the_longest_queue_nothing_is_accepted_until_it_is_shorter(
    queue: ApplicationQueue, settings: Settings, drain_all: DrainAll, form: Form, raw_application: Form
) -> None:
    full = replace(settings, max_queue=2, wait_seconds=0.0)
    client = create_app(full, Intake(queue, full)).test_client()
    for _ in range(2):
        assert client.post(API, json=raw_application).status_code == 202
    for reply in (
        client.post(API, json=raw_application),
        client.post("/predict", json=raw_application),
        client.post("/application", data=form),
    ):
        assert reply.status_code == 503
        assert reply.headers["Retry-After"]
        assert "too many are waiting" in reply.text
    drain_all()
    assert client.post("/application", data=form).status_code == 202


def test_with_redis_down_nothing_is_accepted_and_all_works_again_by_itself(
    tmp_path: Path, form: Form, raw_application: Form
) -> None:
    server = EmbeddedRedis(tmp_path / "redis")
    client = create_app(Settings(redis_url=server.url, wait_seconds=0.0)).test_client()
    posts = (
        lambda: client.post("/application", data=form),
        lambda: client.post("/predict", json=raw_application),
        lambda: client.post(API, json=raw_application),
    )
    for times in range(2):
        for post in posts:
            reply = post()
            assert reply.status_code == 503
            assert "not received" in reply.text
            assert "send it again" in reply.text
            assert "Traceback" not in reply.text
            assert "127.0.0.1" not in reply.text
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        server.start()
        try:
            assert client.get("/readyz").status_code == 200
            assert [post().status_code for post in posts] == [202, 202, 202], f"after start {times}"
        finally:
            server.stop()


def test_redis_out_of_memory_is_the_same_503(
    client: FlaskClient, redis: Redis, drain_all: DrainAll, raw_application: Form
) -> None:
    redis.config_set("maxmemory", 1)
    try:
        reply = client.post("/predict", json=raw_application)
    finally:
        redis.config_set("maxmemory", 0)
    assert reply.status_code == 503
    assert "not received" in reply.text
    assert drain_all() == 0


def test_what_one_form_function_opened_another_opens_and_a_new_one_too(
    queue: ApplicationQueue, settings: Settings, drain_all: DrainAll, form: Form
) -> None:
    """The seals' key lies in Redis: no process has one of its own."""
    quick = replace(settings, wait_seconds=0.0)
    first, second = (create_app(quick, Intake(queue, quick)).test_client() for _ in range(2))
    reply = first.post("/application", data=form)
    drain_all()
    address = f"/application/{id_on(reply.text)}"
    assert second.get(address).status_code == 403
    second.set_cookie("opened", reply.headers["Set-Cookie"].partition(";")[0].partition("=")[2])
    assert "Your application is approved" in second.get(address).text


def test_attempts_are_counted_for_all_form_functions_together_and_leave_no_more_than_a_counter(
    queue: ApplicationQueue, settings: Settings, drain_all: DrainAll, redis: Redis, form: Form
) -> None:
    quick = replace(settings, wait_seconds=0.0)
    clients = [create_app(quick, Intake(queue, quick)).test_client() for _ in range(3)]
    address = f"/application/{id_on(clients[0].post('/application', data=form).text)}"
    statuses = [
        clients[turn % 3].post(address, data={"DNI": str(turn)}).status_code for turn in range(MOST + 3)
    ]
    assert statuses == [403] * MOST + [429] * 3
    counters = redis.keys("creditrisk:attempts:*")
    assert len(counters) == 1
    assert 0 < redis.ttl(counters[0]) <= 2 * WINDOW
    assert clients[1].post(address, data=WHO).status_code == 429
