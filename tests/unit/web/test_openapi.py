"""The API's description agrees with the fields and with what the API does."""

from flask.testing import FlaskClient

from creditrisk.application import FIELDS


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
    assert set(reply) == set(document["components"]["schemas"]["Answer"]["properties"]) - {"failure"}


def test_it_names_the_prefix_it_is_served_under(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json", environ_overrides={"SCRIPT_NAME": "/local"}).json
    assert document
    assert document["servers"] == [{"url": "/local"}]
