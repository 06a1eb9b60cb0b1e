"""The pages that answer a form: decided, waiting, failed."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from creditrisk.application_id import new_application_id
from creditrisk.decision import Change, Reason
from creditrisk.errors import QueueUnavailable
from tests.unit.web.conftest import FakeIntake, decision_of


def test_the_decision_is_answered_at_once(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    reply = client.post("/application", data=form)
    assert reply.status_code == 200
    page = reply.text
    assert "<title>GOOD CLIENT – PRODUCT APPROVED" in page
    for shown in (
        "Ana Souza",
        "012345678",
        "23.4 %",
        "50 %",
        "lightgbm",
        "abc1234",
        intake.ids[0],
        "2026-11-23 05:18:32 UTC",
    ):
        assert shown in page
    assert "What helped most" in page
    assert "Age (34 years) lowers the risk" in page
    assert "City (Niterói) raises the risk" in page
    assert intake.waited == [1.5]


def test_a_decline_tells_what_raised_the_risk(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(0.6171)
    page = client.post("/application", data=form).text
    assert "<title>BAD CLIENT – PRODUCT DISAPPROVED" in page
    assert "61.7 %" in page
    assert "What raised the risk most" in page


def test_a_decline_tells_with_what_it_would_have_been_approved_where_that_was_found(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(0.6171)
    assert "What would have changed it" not in client.post("/application", data=form).text
    changes = [Change("PAYMENT_DAY", "25"), Change("FLAG_EMAIL", "1")]
    intake.decision = decision_of(0.6171, counterfactual=changes)
    page = client.post("/application", data=form | {"age": "35"}).text
    assert "With Payment day (25) and E-mail address (Yes) it would have been approved." in page


def test_the_verdict_reads_exactly_as_the_manual_has_it(client: FlaskClient, form: dict[str, object]) -> None:
    page = client.post("/application", data=form).text
    heading = re.search(r"<h1>(.*?)</h1>", page)
    assert heading
    assert re.sub("<[^>]+>", "", heading[1]) == "GOOD CLIENT – PRODUCT APPROVED"


def test_values_new_to_the_model_are_told(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    assert "New to the model" not in client.post("/application", data=form).text
    intake.decision = decision_of(unknown=["RESIDENCIAL_CITY"])
    page = client.post("/application", data=form | {"age": "35"}).text
    assert re.search(r"New to the model.*scored without\s+it: City\.", page, re.DOTALL)


def test_what_was_assessed_stands_on_the_page_in_words(client: FlaskClient, form: dict[str, object]) -> None:
    page = client.post("/application", data=form).text
    for label, value in (
        ("Age", "34 years"), ("Monthly income", "R$ 1,200.50"), ("State", "Rio de Janeiro"),
        ("Home phone", "Yes"), ("State of work", "Not stated"),
        ("Value of possessions", "R$ 0.00"),
    ):  # fmt: skip
        assert f"<dt>{label}</dt><dd>{value}</dd>" in page


def test_what_an_applicant_or_a_reason_says_is_never_markup(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(reasons=[Reason("RESIDENCIAL_CITY", 0.1, "<script>alert(1)</script>")])
    page = client.post("/application", data=form | {"full_name": "A<img src=x>"}).text
    assert "<img" not in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.49996, "49.996 %"), (0.5, "50.0 %")]
)
def test_the_figure_stands_on_its_own_side_of_the_threshold(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object], probability: float, shown: str
) -> None:
    intake.decision = decision_of(probability)
    assert f'<p class="figure">{shown}</p>' in client.post("/application", data=form).text


def test_without_reasons_the_page_does_without_their_section(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(reasons=[])
    assert "What helped most" not in client.post("/application", data=form).text


def test_an_undecided_application_gets_a_page_that_finds_its_answer(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = None
    reply = client.post("/application", data=form)
    assert reply.status_code == 202
    address = f"/application/{intake.ids[0]}"
    assert re.search(rf'<noscript><meta http-equiv="refresh" content="\d+; url={address}">', reply.text)
    assert f'data-answer="/api/v1/applications/{intake.ids[0]}"' in reply.text
    assert 'role="status"' in reply.text
    assert "received" in client.get(address).text
    intake.decision = decision_of()
    assert "GOOD CLIENT" in client.get(address).text


def test_redis_dying_after_acceptance_does_not_ask_for_a_second_application(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.error_after = QueueUnavailable("gone")
    reply = client.post("/application", data=form)
    assert reply.status_code == 202
    assert "not accepted" not in reply.text


def test_a_failed_application_says_so(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision, intake.failure = None, "Scoring failed three times."
    reply = client.post("/application", data=form)
    assert reply.status_code == 200
    assert "could not be assessed" in reply.text
    assert "Scoring failed three times." in reply.text


@pytest.mark.parametrize("unknown", [new_application_id(), "nothing", "../../etc/passwd", "%00", "a" * 3000])
def test_an_unknown_id_is_a_page_404(client: FlaskClient, unknown: str) -> None:
    reply = client.get(f"/application/{unknown}")
    assert reply.status_code == 404
    assert reply.mimetype == "text/html"


def test_a_double_click_sends_one_key_and_what_is_another_application_another(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    of_another_page = form | {"submission": "the-token-of-another-page"}
    for sent in (
        form,
        form,
        form | {"age": "35"},
        of_another_page,
    ):  # twice, edited, of somebody with equal answers
        assert client.post("/application", data=sent).status_code == 200
    first, again, edited, another = intake.keys
    assert first
    assert again == first
    assert len({first, edited, another}) == 3


def test_a_form_without_a_token_has_no_key(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, Any]
) -> None:
    client.post("/application", data=raw_application)
    assert intake.keys == [None]
