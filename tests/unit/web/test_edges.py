"""What holds for every answer: headers, errors without details, a log without names, any prefix."""

import json
import logging
import re
import time
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from creditrisk.application_id import reference
from creditrisk.errors import QueueUnavailable, ScorerInTrouble
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from tests.unit.web.conftest import FakeIntake
from web import create_app


def _everything(client: FlaskClient, form: dict[str, object]) -> list[TestResponse]:
    paths = ("/", "/static/style.css", "/healthz", "/nothing", "/api/v1/nothing")
    return [client.get(path) for path in paths] + [
        client.post("/application", data=form),
        client.post("/application", data={}),
    ]


def test_every_answer_carries_the_security_headers(client: FlaskClient, form: dict[str, object]) -> None:
    for reply in _everything(client, form):
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "same-origin"
        assert ("Set-Cookie" in reply.headers) == ('class="verdict' in reply.text)


def test_no_page_holds_what_its_own_policy_forbids(client: FlaskClient, form: dict[str, object]) -> None:
    for reply in _everything(client, form):
        if reply.mimetype == "text/html":
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?://", reply.text)


def test_no_cache_keeps_what_concerns_a_person(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    client.post("/application", data=form)
    for reply in (
        client.post("/application", data=form),
        client.post("/application", data=form | {"age": "7"}),
        client.get(f"/application/{intake.ids[0]}"),
        client.get(f"/api/v1/applications/{intake.ids[0]}"),
    ):
        assert reply.headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_under_a_name_of_their_content(client: FlaskClient) -> None:
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert len(links) == 4
    for link in links:
        assert "?v=" in link
        reply = client.get(link)
        assert reply.status_code == 200
        assert "max-age=31536000" in reply.headers["Cache-Control"]


def test_a_page_that_is_not_there_is_a_page(client: FlaskClient) -> None:
    reply = client.get("/nothing")
    assert reply.status_code == 404
    assert "There is nothing at this address." in reply.text


def test_a_form_that_is_too_long_is_413(client: FlaskClient, form: dict[str, object]) -> None:
    reply = client.post("/application", data=form | {"full_name": "x" * 70_000})
    assert reply.status_code == 413
    assert "64 KiB" in reply.text


def test_a_form_in_another_encoding_is_415(client: FlaskClient, form: dict[str, object]) -> None:
    assert client.post("/application", data=form, content_type="multipart/form-data").status_code == 415
    assert client.post("/application", json=form).status_code == 415


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "text/html"), ("/predict", "json"), ("/api/v1/applications", "json")]
)
def test_what_nobody_foresaw_is_told_without_details_and_logged_without_what_was_typed(
    client: FlaskClient,
    intake: FakeIntake,
    form: dict[str, object],
    raw_application: dict[str, object],
    caplog: pytest.LogCaptureFixture,
    path: str,
    kind: str,
) -> None:
    intake.error = RuntimeError("secret detail about Ana Souza")
    page = path == "/"
    reply = client.post("/application", data=form) if page else client.post(path, json=raw_application)
    assert reply.status_code == 500
    assert kind in str(reply.mimetype)
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text
    assert "secret" not in caplog.text
    assert "Ana" not in caplog.text
    errors = [json.loads(record.message) for record in caplog.records if record.levelno == logging.ERROR]
    assert [error["type"] for error in errors] == ["RuntimeError"]
    assert any("conftest.py" in place for place in errors[0]["where"])


def test_each_request_is_one_line_without_personal_data(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="creditrisk.web")
    began = time.perf_counter()
    client.post("/application", data=form)
    client.get(f"/application/{intake.ids[0]}?name=Ana")
    client.get("/Ana Souza")
    client.post("/application", data=form | {"age": "7"})
    took = time.perf_counter() - began
    lines = [json.loads(record.message) for record in caplog.records]
    shape = [(line["method"], line["route"], line["status"], line.get("application")) for line in lines]
    assert shape == [
        ("POST", "/application", 200, reference(intake.ids[0])),
        ("GET", "/application/<application_id>", 200, reference(intake.ids[0])),
        ("GET", None, 404, None),
        ("POST", "/application", 400, None),
    ]
    assert all(line["milliseconds"] >= 0 for line in lines)
    assert 0 < sum(line["milliseconds"] for line in lines) <= 1_000 * took
    for word in ("Ana", "Souza", "012345678", "Niter", *intake.ids):
        assert word not in caplog.text


def test_the_scorers_trouble_is_told_and_the_form_goes_on(client: FlaskClient, intake: FakeIntake) -> None:
    intake.error = ScorerInTrouble("The history cannot be written or read: No space left on device.")
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json == {"status": "unavailable", "reason": str(intake.error)}
    assert client.get("/healthz").status_code == 200


def test_a_method_that_nobody_knows_is_not_logged_as_it_was_sent(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="creditrisk.web")
    for method in ("ANA.SOUZA", "012345678", "PROPFIND"):
        assert client.open("/", method=method).status_code == 405
    assert {json.loads(record.message)["method"] for record in caplog.records} == {"other"}


@pytest.mark.parametrize(
    ("method", "path", "status", "mimetype"),
    [
        ("GET", "/nothing", 404, "text/html"),
        ("DELETE", "/application", 405, "text/html"),
        ("GET", "/predictions", 404, "text/html"),
        ("GET", "/apis", 404, "text/html"),
        ("GET", "/predict", 405, "application/json"),
        ("GET", "/predict/", 404, "text/html"),
        ("GET", "/api/", 404, "application/problem+json"),
        ("GET", "/api/v2/applications", 404, "application/problem+json"),
        ("DELETE", "/api/v1/applications", 405, "application/problem+json"),
        ("POST", "/healthz", 405, "application/problem+json"),
        ("DELETE", "/readyz", 405, "application/problem+json"),
    ],
)
def test_what_is_not_there_is_said_in_the_shape_of_its_neighbours(
    client: FlaskClient, method: str, path: str, status: int, mimetype: str
) -> None:
    reply = client.open(path, method=method)
    assert (reply.status_code, reply.mimetype) == (status, mimetype)
    assert ("Allow" in reply.headers) == (status == 405)


def test_a_host_that_is_none_is_told_in_the_shape_of_the_address(client: FlaskClient) -> None:
    sentence = "The Host header of this request names no host."
    page, predicted, told = (
        client.get(path, headers={"Host": ".."}) for path in ("/", "/predict", "/api/v1/x")
    )
    assert (page.mimetype, page.text) == ("text/plain", sentence + "\n")
    assert predicted.json and predicted.json["Message"] == sentence
    assert told.json and told.json["detail"] == sentence


@pytest.mark.parametrize("host", ["..", ".", "a..b", "ü" * 70, "x" * 300, "[::1", "a b"])
@pytest.mark.parametrize("path", ["/", "/application", "/predict", "/api/v1/applications", "/nothing"])
def test_a_host_that_is_none_is_the_senders_error(client: FlaskClient, host: str, path: str) -> None:
    named = {"Host": host.encode().decode("latin-1")}
    for method in ("GET", "POST"):
        for headers in (named, named | {"Origin": "http://evil.example"}):
            assert client.open(path, method=method, headers=headers).status_code < 500


def test_alive_without_redis_ready_only_with_it(client: FlaskClient, intake: FakeIntake) -> None:
    assert client.get("/readyz").json == {"status": "ready"}
    intake.warned = "The new model was refused."
    assert client.get("/readyz").json == {"status": "ready", "warning": "The new model was refused."}
    intake.error = QueueUnavailable("The queue (Redis) is down.")
    assert client.get("/healthz").status_code == 200
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json == {"status": "unavailable", "reason": "The queue (Redis) is down."}
    intake.error = None
    assert client.get("/readyz").status_code == 200


def test_under_a_stage_prefix_every_address_has_it(
    app: Flask, intake: FakeIntake, form: dict[str, object], raw_application: dict[str, object]
) -> None:
    client = app.test_client()
    prefix = {"SCRIPT_NAME": "/local"}
    pages = [
        client.get("/", environ_overrides=prefix),
        client.post("/application", data=form, environ_overrides=prefix),
    ]
    intake.decision = None
    pages.append(client.get(f"/application/{intake.ids[0]}", environ_overrides=prefix))
    for page in pages:
        assert page.status_code == 200
        addresses = re.findall(r'(?:href|src|action|data-\w+)="(/[^"]*)"', page.text)
        assert addresses
        assert all(address.startswith("/local/") for address in addresses)
    reply = client.post("/api/v1/applications", json=raw_application, environ_overrides=prefix)
    assert reply.location.startswith("/local/api/v1/applications/")


def test_making_the_app_contacts_nothing() -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"))
    assert app.test_client().get("/").status_code == 200


def test_two_apps_in_one_process_do_not_share_their_intake(raw_application: dict[str, object]) -> None:
    first, second = FakeIntake(), FakeIntake()
    apps = [create_app(Settings(), cast(Intake, intake)) for intake in (first, second)]
    apps[0].test_client().post("/predict", json=raw_application)
    assert (len(first.submitted), len(second.submitted)) == (1, 0)
