"""A person looks at a decision: asked for on the page, told there, and what the person decided holds."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk.errors import HistoryUnavailable
from creditrisk.portfolio import in_force, law
from creditrisk.reviews import Review
from tests.unit.web.conftest import FakeIntake, decision_of

Form = dict[str, object]


@pytest.fixture
def page(client: FlaskClient, intake: FakeIntake, form: Form) -> str:
    """The address of a declined application that `client` sent."""
    intake.decision = decision_of(0.7)
    client.post("/application", data=form)
    return f"/application/{intake.ids[0]}"


def decide(intake: FakeIntake, **values: Any) -> None:
    asked = intake.asked[-1] if intake.asked else Review(intake.ids[0])
    intake.asked[-1:] = [replace(asked, reviewer="Bia", decided_at="2026-11-30T10:00:00.000Z", **values)]


def test_who_was_declined_can_ask_for_a_person_and_is_told_until_when(
    client: FlaskClient, intake: FakeIntake, page: str
) -> None:
    assert "Ask for a review" in client.get(page).text
    reply = client.post(f"{page}/review", data={"words": "I have a new job."})
    assert (reply.status_code, reply.location) == (303, f"{page}#review")
    (asked,) = intake.asked
    assert (asked.application_id, asked.words) == (intake.ids[0], "I have a new job.")
    shown = client.get(page).text
    assert "You asked on November 23, 2026" in shown and "an answer by December 3, 2026" in shown
    assert "Ask for a review" not in shown


def test_a_stranger_cannot_ask(app: Flask, intake: FakeIntake, page: str) -> None:
    reply = app.test_client().post(f"{page}/review", data={"words": "x"})
    assert (reply.status_code, reply.location) == (303, page)
    assert intake.asked == []


def test_another_site_cannot_have_it_asked(client: FlaskClient, intake: FakeIntake, page: str) -> None:
    reply = client.post(f"{page}/review", data={"words": ""}, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 403
    assert intake.asked == []


def test_what_a_person_decided_holds_on_page_and_letter_and_the_programs_reasons_are_gone(
    client: FlaskClient, intake: FakeIntake, page: str
) -> None:
    decide(intake, decision="approved", reason="The new job is confirmed.")
    shown = client.get(page).text
    assert "<title>Your application is approved" in shown
    assert "A person reviewed it on November 30, 2026 and approved it: The new job is confirmed." in shown
    assert "counted most against" not in shown and "short of" not in shown and "without a person" not in shown
    letter = client.get(f"{page}/letter").text
    assert "approved it on November 30, 2026" in letter and "The new job is confirmed." in letter
    assert "<h1>Approved</h1>" in client.get(f"/clerk{page}").text


def test_a_decline_that_a_person_confirms_keeps_its_reasons_and_can_be_asked_about_again(
    client: FlaskClient, intake: FakeIntake, page: str
) -> None:
    decide(intake, decision="declined", reason="The income could not be confirmed.")
    shown = client.get(page).text
    assert "We cannot approve" in shown and "The income could not be confirmed." in shown
    assert "What counted most against it" in shown and "Ask for a review" in shown
    assert "without a person taking part" not in shown + client.get(f"{page}/letter").text


@pytest.mark.parametrize(
    ("profile", "day"), [("BR", "December 3, 2026"), ("EU", "December 21, 2026"), ("US", "")]
)
def test_a_referred_application_says_that_a_person_decides_and_until_when(
    client: FlaskClient,
    intake: FakeIntake,
    form: Form,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    day: str,
) -> None:
    monkeypatch.setattr(in_force, "profile", lambda: law.PROFILES[profile])
    intake.decision = decision_of(0.5, decision="referred")
    shown = client.post("/application", data=form).text
    assert "<title>A person will look at your application" in shown
    assert ("our decision by" in shown) == bool(day) and day in shown
    assert "Ask for a review" not in shown and "without a person" not in shown
    letter = client.get(f"/application/{intake.ids[0]}/letter").text
    assert "a person will look at it" in letter and "principal reasons" not in letter
    decide(intake, decision="approved", reason="Known for long.")
    assert "<title>Your application is approved" in client.get(f"/application/{intake.ids[0]}").text


def test_without_the_reviews_the_decision_is_told_all_the_same(
    client: FlaskClient, intake: FakeIntake, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> list[Review]:
        raise HistoryUnavailable("away")

    monkeypatch.setattr(intake, "reviews", away)
    assert "We cannot approve" in client.get(page).text
