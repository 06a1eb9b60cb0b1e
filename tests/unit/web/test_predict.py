"""POST /predict: the contract that clients of the first system rely on."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from creditrisk.application import FIELDS
from creditrisk.errors import QueueFull, QueueUnavailable
from tests.unit.web.conftest import FakeIntake, decision_of


def test_the_decision_in_the_members_that_clients_know(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = decision_of(0.23456789)
    reply = client.post("/predict", json=raw_application)
    assert reply.status_code == 200
    assert reply.json == {
        "Success": True,
        "Full_name": "ANA SOUZA",
        "DNI": "012345678",
        "Prediction": 0,
        "Prediction_score": 0.2346,
        "Probability": 0.23456789,
        "Message": "GOOD CLIENT - PRODUCT APPROVED",
        "id": intake.ids[0],
    }
    assert intake.waited == [1.5]


def test_a_bad_client(client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]) -> None:
    intake.decision = decision_of(0.7)
    assert client.post("/predict", json=raw_application).json == {
        "Success": True,
        "Full_name": "ANA SOUZA",
        "DNI": "012345678",
        "Prediction": 1,
        "Prediction_score": 0.7,
        "Probability": 0.7,
        "Message": "BAD CLIENT - PRODUCT DISAPPROVED",
        "id": intake.ids[0],
    }


def test_every_answer_has_the_six_members(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    def post(**options: Any) -> TestResponse:
        return client.post("/predict", **({"json": raw_application} | options))

    replies = [post(), post(json={}), post(json=[]), post(json=raw_application | {"age": 7})]
    replies += [
        post(json=None, data="{"),
        post(json=None, data=b"{" * 70_000, content_type="application/json"),
    ]
    replies += [post(headers={"Origin": "http://[::1"}), post(headers={"Idempotency-Key": ""})]
    replies += [client.get("/predict"), client.delete("/predict")]
    intake.decision = None
    replies.append(post())
    intake.failure = "Scoring failed three times."
    replies.append(post())
    for error in (QueueFull("full"), QueueUnavailable("down"), RuntimeError("unforeseen")):
        intake.error = error
        replies.append(post())
    assert {reply.status_code for reply in replies} == {200, 202, 400, 403, 405, 413, 415, 500, 503}
    for reply in replies:
        assert reply.json
        assert list(reply.json)[:6] == [
            "Success",
            "Full_name",
            "DNI",
            "Prediction",
            "Prediction_score",
            "Message",
        ]
        assert reply.json["Success"] is (reply.status_code == 200)
        assert reply.json["Message"]
        if not reply.json["Success"]:
            assert (reply.json["Prediction"], reply.json["Prediction_score"]) == (None, None)


def test_the_score_has_four_decimals_and_the_prediction_goes_by_the_exact_one(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = decision_of(0.499999, prediction=0, decision="approved")
    body = client.post("/predict", json=raw_application).json
    assert body
    assert (body["Prediction"], body["Prediction_score"], body["Probability"]) == (0, 0.5, 0.499999)


def test_either_spelling_of_the_names_is_the_same_application(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    canonical = {
        name: raw_application[field.form_name]
        for name, field in FIELDS.items()
        if field.form_name in raw_application
    }
    client.post("/predict", json=raw_application)
    client.post("/predict", json=canonical)
    assert len(intake.submitted) == 2
    assert intake.submitted[0] == intake.submitted[1]


def test_an_invalid_application_names_every_field(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    raw_application |= {"age": 7, "product": "3"}
    del raw_application["full_name"]
    reply = client.post("/predict", json=raw_application)
    assert reply.status_code == 400
    assert reply.json
    assert reply.json["Success"] is False
    assert reply.json["Message"] == "3 fields are missing or not valid."
    assert set(reply.json["errors"]) == {"AGE", "PRODUCT", "FULL_NAME"}
    assert intake.submitted == []


def test_both_spellings_of_one_field_are_refused(
    client: FlaskClient, raw_application: dict[str, object]
) -> None:
    reply = client.post("/predict", json=raw_application | {"AGE": 35})
    assert reply.status_code == 400
    assert reply.json
    assert set(reply.json["errors"]) == {"AGE"}


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ("", 400, "not valid JSON"),
        ("{", 400, "not valid JSON"),
        ("\xff\xfe", 400, "not valid JSON"),
        ("[" * 60_000, 400, "not valid JSON"),
        ("[]", 400, "one JSON object"),
        ("null", 400, "one JSON object"),
        ('"a"', 400, "one JSON object"),
        ('{"age": NaN}', 400, "NaN"),
        ('{"age": -Infinity}', 400, "Infinity"),
        ('{"age": 34, "age": 35}', 400, "'age' is given more than once"),
        ('{"age": ' + "9" * 5000 + "}", 400, "not valid JSON"),
        ('{"age": "' + "x" * 70_000 + '"}', 413, "64 KiB"),
    ],
)
def test_a_body_that_is_no_application_gets_a_sentence(
    client: FlaskClient, intake: FakeIntake, body: str, status: int, word: str
) -> None:
    reply = client.post("/predict", data=body.encode("latin-1"), content_type="application/json")
    assert reply.status_code == status
    assert reply.json
    assert reply.json["Success"] is False
    assert word in reply.json["Message"]
    assert intake.submitted == []


@pytest.mark.parametrize("value", ["1e400", "[1]", '{"a": 1}', '"\\ud800"', "true", "34.5", "null"])
def test_a_value_that_is_no_age_is_an_error_of_that_field(
    client: FlaskClient, raw_application: dict[str, object], value: str
) -> None:
    body = json.dumps(raw_application).replace('"age": "34"', f'"age": {value}')
    reply = client.post("/predict", data=body, content_type="application/json")
    assert reply.status_code == 400
    assert reply.json
    assert set(reply.json["errors"]) == {"AGE"}


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_only_json_is_taken(
    client: FlaskClient, raw_application: dict[str, object], kind: str | None
) -> None:
    reply = client.post("/predict", data=json.dumps(raw_application), content_type=kind)
    assert reply.status_code == 415
    assert reply.json
    assert "Content-Type: application/json" in reply.json["Message"]


def test_undecided_in_time_is_accepted_with_where_the_answer_will_be(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = None
    reply = client.post("/predict", json=raw_application)
    assert reply.status_code == 202
    assert reply.location == f"/api/v1/applications/{intake.ids[0]}"
    assert reply.json
    assert reply.json["Success"] is False
    assert "do not send it again" in reply.json["Message"]


def test_a_failed_application_is_no_success(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision, intake.failure = None, "Scoring failed three times."
    reply = client.post("/predict", json=raw_application)
    assert reply.status_code == 500
    assert reply.json
    assert reply.json["Message"] == "Scoring failed three times."


@pytest.mark.parametrize("error", [QueueUnavailable("no redis at 10.0.0.1"), QueueFull("full")])
def test_nothing_accepted_is_503_and_works_again_by_itself(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object], error: Exception
) -> None:
    intake.error = error
    reply = client.post("/predict", json=raw_application)
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    assert reply.json
    assert "not received" in reply.json["Message"]
    assert "10.0.0.1" not in reply.text
    intake.error = None
    assert client.post("/predict", json=raw_application).status_code == 200


@pytest.mark.parametrize(
    ("decision", "prediction", "told"),
    [("declined", 0, 1), ("approved", 1, 0)],
    ids=["by a rule", "by a draw"],
)
def test_a_client_that_acts_on_the_prediction_does_what_was_decided(
    client: FlaskClient,
    intake: FakeIntake,
    raw_application: dict[str, object],
    decision: str,
    prediction: int,
    told: int,
) -> None:
    intake.decision = decision_of(decision=decision, prediction=prediction)
    reply = client.post("/predict", json=raw_application)
    assert (reply.status_code, reply.json and reply.json["Prediction"]) == (200, told)


def test_who_is_referred_is_neither_good_nor_bad_yet(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = decision_of(decision="referred")
    reply = client.post("/predict", json=raw_application)
    assert reply.status_code == 202 and reply.json
    assert (reply.json["Success"], reply.json["Prediction"], reply.json["status"]) == (False, None, "decided")
    assert reply.json["Message"] == "REFERRED - A PERSON DECIDES"
    assert reply.location == f"/api/v1/applications/{intake.ids[0]}"
