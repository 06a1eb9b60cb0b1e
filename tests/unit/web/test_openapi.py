"""The API's description agrees with the fields and with what the API does."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from creditrisk.application import FIELDS
from creditrisk.errors import QueueFull
from tests.unit.web.conftest import FakeIntake
from web.openapi import document
from web.schemas import FLAG_SPELLINGS, is_flag, schema_of


def test_every_field_is_described_with_its_limits(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document
    schema = document["components"]["schemas"]["Application"]
    assert list(schema["properties"]) == list(FIELDS)
    assert set(schema["required"]) == {name for name, field in FIELDS.items() if not field.missing}
    properties = schema["properties"]
    assert (properties["AGE"]["minimum"], properties["AGE"]["maximum"]) == (18, 120)
    assert properties["PRODUCT"]["enum"] == ["1", "2", "7"]
    assert properties["SEX"]["enum"] == ["F", "M", None]
    assert properties["DNI"]["pattern"] == "^[0-9]{6,14}$"
    assert properties["PERSONAL_MONTHLY_INCOME"]["type"] == "number"


def test_the_described_answer_has_the_members_of_a_real_one(
    client: FlaskClient, raw_application: dict[str, object]
) -> None:
    document = client.get("/api/v1/openapi.json").json
    reply = client.post("/api/v1/applications", json=raw_application, headers={"Prefer": "wait=1"}).json
    assert document
    assert reply
    assert set(reply) == set(document["components"]["schemas"]["Answer"]["properties"]) - {
        "failure",
        "corrects",
        "next",
    }


def test_it_names_the_prefix_it_is_served_under(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json", environ_overrides={"SCRIPT_NAME": "/local"}).json
    assert document
    assert [server["url"] for server in document["servers"]] == ["/local"]


def description(client: FlaskClient) -> dict[str, Any]:
    document: dict[str, Any] | None = client.get("/api/v1/openapi.json").json
    assert document
    return document


def test_every_address_is_described_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    served = {
        (re.sub(r"<(?:path:|application_)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    paths = description(client)["paths"]
    assert served == {(path, method.upper()) for path, operations in paths.items() for method in operations}


def test_nothing_but_what_is_described_may_be_sent_in_either_spelling(client: FlaskClient) -> None:
    schemas = description(client)["components"]["schemas"]
    for name, names in (
        ("Application", list(FIELDS)),
        ("FormApplication", [field.form_name for field in FIELDS.values()]),
    ):
        assert schemas[name]["additionalProperties"] is False
        assert list(schemas[name]["properties"]) == names
    assert all("additionalProperties" in schema for schema in schemas.values())


def test_every_spelling_of_a_flag_is_described_and_read() -> None:
    flags = [field for field in FIELDS.values() if is_flag(field)]
    assert len(flags) == 15
    for field in flags:
        values = {field.parse(spelling) for spelling in FLAG_SPELLINGS}
        assert values == set(field.choices)


def test_every_status_that_an_address_answers_is_described(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object], form: dict[str, object]
) -> None:
    paths = description(client)["paths"]
    posts: dict[str, dict[str, Any]] = {
        "/predict": {"json": raw_application},
        "/api/v1/applications": {"json": raw_application, "headers": {"Prefer": "wait=1"}},
        "/application": {"data": form},
    }
    decision = intake.decision
    for path, options in posts.items():
        seen = set()
        intake.error, intake.decision = None, decision
        seen.add(client.post(path, **options).status_code)
        seen.add(client.post(path, **(options | {"headers": {"Origin": "http://evil.example"}})).status_code)
        seen.add(client.post(path, data=b"{", content_type="application/json").status_code)
        seen.add(client.post(path, data={"a": "b"}).status_code)
        seen.add(client.post(path, data=b"x" * 70_000, content_type="application/json").status_code)
        intake.decision = None
        seen.add(client.post(path, **(options | {"headers": {"X": "y"}})).status_code)
        for error in (QueueFull("full"), RuntimeError("unforeseen")):
            intake.error = error
            seen.add(client.post(path, **options).status_code)
        assert seen >= {200, 403, 400, 415, 202, 503, 500}
        assert {str(status) for status in seen} <= set(paths[path]["post"]["responses"])


def test_the_described_predictions_have_the_members_of_real_ones(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    schemas = description(client)["components"]["schemas"]
    decided = client.post("/predict", json=raw_application).json
    assert decided
    assert set(decided) == set(schemas["Prediction"]["properties"]) == set(schemas["Prediction"]["required"])
    intake.decision = None
    for reply in (client.post("/predict", json=raw_application).json, client.post("/predict", json={}).json):
        assert reply
        assert (
            set(schemas["NoPrediction"]["required"])
            <= set(reply)
            <= set(schemas["NoPrediction"]["properties"])
        )


def test_a_probability_is_described_with_its_bounds_and_a_rounded_one_with_its_digits(
    client: FlaskClient,
) -> None:
    schemas = description(client)["components"]["schemas"]
    share = {"minimum": 0, "maximum": 1}
    for place in (
        schemas["Answer"]["properties"]["probability"],
        schemas["Answer"]["properties"]["threshold"],
        schemas["Prediction"]["properties"]["Probability"],
    ):
        assert {"type": "number", **share}.items() <= place.items()
    for name in ("Prediction", "NoPrediction"):
        rounded = schemas[name]["properties"]["Prediction_score"]
        # No multipleOf: 0.7 is none of 0.0001 to a validator that reckons with floats.
        assert rounded == {"type": ["number", "null"], "description": "Of default, to four decimals", **share}


def test_it_says_that_there_are_no_accounts(client: FlaskClient) -> None:
    assert description(client)["security"] == []


def test_a_number_is_described_as_one_and_text_as_text() -> None:
    kinds = {name: schema_of(field).get("type") for name, field in FIELDS.items()}
    assert kinds["AGE"] == "integer"
    assert "number" in (kinds["PERSONAL_MONTHLY_INCOME"] or "")
    assert kinds["FULL_NAME"] == "string"
    assert kinds["DNI"] == "string"


def test_every_operation_has_an_id_of_its_own() -> None:
    described = document("/")["paths"].values()
    ids = [operation["operationId"] for path in described for operation in path.values()]
    assert len(ids) > 20 and len(set(ids)) == len(ids)
