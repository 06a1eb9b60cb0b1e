"""Reviews over the API: asked for once there is a decision, and told with what a person decided."""

import pytest
from flask.testing import FlaskClient

from creditrisk import reviews
from creditrisk.application_id import new_application_id
from creditrisk.intake import Intake
from creditrisk.settings import Settings
from tests.helpers import DrainAll, Make
from web import create_app


@pytest.fixture
def client(settings: Settings, intake: Intake) -> FlaskClient:
    return create_app(settings, intake).test_client()


def address(id: str) -> str:
    return f"/api/v1/applications/{id}/reviews"


def test_a_review_is_asked_for_and_told_with_what_a_person_decided(
    client: FlaskClient, settings: Settings, intake: Intake, drain_all: DrainAll, make_application: Make
) -> None:
    id = intake.submit(make_application(AGE=61)).id
    early = client.post(address(id), json={})
    assert early.status_code == 409 and early.mimetype == "application/problem+json"
    assert early.json and "once the application is decided" in early.json["detail"]
    drain_all()
    asked = client.post(address(id), json={"words": "My income has risen."})
    assert asked.status_code == 201 and asked.json
    assert (asked.json["status"], asked.json["words"]) == ("open", "My income has risen.")
    assert client.post(address(id), json={}).json == asked.json, "one review, however often it is asked for"

    reviews.decide(reviews.open_reviews(settings.history_url), id, "approved", "The payslips show it.", "Rui")
    told = client.get(address(id)).json
    assert told and [(each["status"], each["decision"], each["reason"]) for each in told["reviews"]] == [
        ("decided", "approved", "The payslips show it.")
    ]
    assert "Rui" not in client.get(address(id)).text
    answer = client.get(f"/api/v1/applications/{id}").json
    assert answer and answer["decision"] == "declined", "the original stands"


def test_what_is_not_there_has_no_reviews(
    client: FlaskClient, intake: Intake, make_application: Make
) -> None:
    intake.submit(make_application())
    for id in (new_application_id(), "7"):
        assert client.get(address(id)).status_code == 404
        assert client.post(address(id), json={}).status_code == 404


@pytest.mark.parametrize("words", [7, ["x"], "x" * 2_001])
def test_words_are_a_text_of_bounded_length(client: FlaskClient, intake: Intake, make_application: Make, words: object) -> None:  # fmt: skip
    id = intake.submit(make_application()).id
    assert client.post(address(id), json={"words": words}).status_code == 400
