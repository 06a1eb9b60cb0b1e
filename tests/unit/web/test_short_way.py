"""POST /predict takes a short way; with a query, which changes nothing, it takes Flask's: nobody can tell them apart."""

import json
import logging
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from creditrisk.errors import HistoryUnavailable, IdempotencyConflict, QueueFull, QueueUnavailable
from tests.unit.web.conftest import FakeIntake, decision_of

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def met(client: FlaskClient, address: str, **options: Any) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body, without what differs from one application to the next."""
    reply = client.post(address, **options)
    headers = sorted((name, ID.sub("ID", value)) for name, value in reply.headers)
    return reply.status_code, headers, ID.sub("ID", reply.get_data(as_text=True)).encode()


REQUESTS: dict[str, dict[str, Any]] = {
    "an application": {},
    "one that takes gzip": {"headers": {"Accept-Encoding": "gzip"}},
    "one in another language": {"headers": {"Accept-Language": "pt-BR"}},
    "no body": {"json": None},
    "another kind": {"json": None, "data": "AGE=18"},
    "no field": {"json": {}},
    "a key that cannot be kept": {"headers": {"Idempotency-Key": ""}},
    "from another site": {"headers": {"Origin": "https://elsewhere.example"}},
    "to no host": {"headers": {"Host": "no host"}},
}
OUTCOMES: dict[str, dict[str, Any]] = {
    "approved": {"decision": decision_of(0.2)},
    "declined": {"decision": decision_of(0.7)},
    "pending": {"decision": None},
    "referred": {"decision": decision_of(0.6, decision="referred")},
    "failed": {"failure": "It could not be scored."},
    "full": {"error": QueueFull("full")},
    "away": {"error": QueueUnavailable("away")},
    "away afterwards": {"error_after": HistoryUnavailable("away")},
    "in conflict": {"error": IdempotencyConflict("used")},
    "unforeseen": {"error": ArithmeticError("of ours")},
}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("sent", REQUESTS)
def test_both_ways_answer_alike(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object], sent: str, outcome: str
) -> None:
    for name, value in OUTCOMES[outcome].items():
        setattr(intake, name, value)
    options = {"json": raw_application} | REQUESTS[sent]
    short, flasks = met(client, "/predict", **options), met(client, "/predict?a=b", **options)
    assert short == flasks


@pytest.mark.parametrize("outcome", ["approved", "pending", "referred", "failed", "full"])
def test_both_ways_log_alike(
    client: FlaskClient,
    intake: FakeIntake,
    raw_application: dict[str, object],
    caplog: pytest.LogCaptureFixture,
    outcome: str,
) -> None:
    for name, value in OUTCOMES[outcome].items():
        setattr(intake, name, value)
    with caplog.at_level(logging.INFO, "creditrisk.web"):
        for body in (raw_application, {}):
            for address in ("/predict", "/predict?a=b"):
                client.post(address, json=body)
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert len(lines) == 4
    for short, flasks in (lines[:2], lines[2:]):
        assert list(short) == list(flasks)
        differing = {name for name in short if short[name] != flasks[name]}
        assert differing <= {"milliseconds", "application"}
    assert ("application" in lines[0]) == (outcome != "full") and "application" not in lines[2]


def test_what_goes_wrong_with_an_answer_is_said_on_both_ways(
    client: FlaskClient,
    intake: FakeIntake,
    raw_application: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError("of ours")

    intake.decision = decision_of(0.2)
    monkeypatch.setattr("web.predict.told_at_once", broken)
    replies = [client.post(address, json=raw_application) for address in ("/predict", "/predict?a=b")]
    assert [reply.status_code for reply in replies] == [500, 500]
    assert replies[0].json == replies[1].json


def test_the_short_way_is_taken(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = decision_of(0.2)
    views = []
    client.application.before_request_funcs.setdefault(None, []).append(lambda: views.append("view"))
    client.post("/predict", json=raw_application)
    assert views == []
    client.post("/predict?a=b", json=raw_application)
    assert views == ["view"]


def test_a_long_answer_is_compressed_on_both_ways(
    client: FlaskClient,
    intake: FakeIntake,
    raw_application: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("web.compression.LEAST", 10)
    intake.decision = decision_of(0.2)
    options: dict[str, Any] = {"json": raw_application, "headers": {"Accept-Encoding": "gzip"}}
    replies = [client.post(address, **options) for address in ("/predict", "/predict?a=b")]
    assert [reply.headers["Content-Encoding"] for reply in replies] == ["gzip", "gzip"]
