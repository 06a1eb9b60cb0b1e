"""The pages that answer a form: decided, waiting, failed."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from creditrisk.decision import Change, Reason
from creditrisk.errors import QueueUnavailable
from tests.unit.web.conftest import FakeIntake, decision_of


def reasons_on(page: str) -> list[tuple[str, str]]:
    """What the page names as reasons: what was asked, and what was answered."""
    return re.findall(r'class="ground">(.*?)</span> <span class="given">your answer: (.*?)</span>', page)


def test_the_decision_is_answered_at_once(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    reply = client.post("/application", data=form)
    assert reply.status_code == 200
    page = reply.text
    assert "<title>Your application is approved" in page
    for shown in (
        "Ana Souza",
        intake.ids[0],
        "Application of November 23, 2026",
        "Nov 23, 2026 05:18:32 UTC",
    ):
        assert shown in page
    assert "What counted most for your application" in page
    assert reasons_on(page) == [("Age", "34 years"), ("City", "Niterói")]
    assert intake.waited == [1.5]


def test_a_decline_tells_what_raised_the_risk(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(0.6171)
    page = client.post("/application", data=form).text
    assert "<title>We cannot approve your application" in page
    assert "What counted most against it" in page


def test_a_decline_tells_with_what_it_would_have_been_approved_where_that_was_found(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(0.6171)
    assert "What would have changed it" not in client.post("/application", data=form).text
    changes = [Change("PAYMENT_DAY", "25"), Change("FLAG_EMAIL", "1")]
    intake.decision = decision_of(0.6171, counterfactual=changes)
    page = client.post("/application", data=form | {"age": "35"}).text
    assert "If these 2 answers had been as they stand here" in page
    for label, value in (("Payment day", "25"), ("E-mail address", "Yes")):
        assert f"<dt>{label}</dt><dd>{value}</dd>" in page


@pytest.mark.parametrize("probability", [0.02, 0.4, 0.49, 0.5, 0.6171, 0.99])
def test_the_applicant_reads_words_and_no_figure_of_the_score(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object], probability: float
) -> None:
    intake.decision = decision_of(probability)
    page = client.post("/application", data=form).text
    main = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])
    assert "CLIENT" not in main
    assert not re.search(r"probab|log-odds|threshold|lightgbm|\d\s%", main)
    assert ("approve." in main) and (("of what we approve" in main) == (probability >= 0.5))


@pytest.mark.parametrize(
    ("probability", "threshold", "place", "words"),
    [
        (0.0, 0.5, 100.0, "Well within"), (0.25, 0.5, 75.0, "Well within"), (0.45, 0.5, 55.0, "Just within"),
        (0.5, 0.5, 50.0, "Just short of"), (0.75, 0.5, 25.0, "Well short of"), (1.0, 0.5, 0.0, "Well short of"),
        (0.2, 0.25, 60.0, "Just within"), (0.7, 0.25, 20.0, "Well short of"), (1.0, 1.0, 50.0, "Just short of"),
    ],
)  # fmt: skip
def test_the_plain_scale_has_the_line_in_its_middle(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object],
    probability: float, threshold: float, place: float, words: str,
) -> None:  # fmt: skip
    verdict = "declined" if probability >= threshold else "approved"
    intake.decision = decision_of(probability, threshold=threshold, decision=verdict)
    page = client.post("/application", data=form).text
    assert f'<svg class="needle" x="{place}%"' in page
    assert f"{words} what we approve." in page


def test_the_clerk_sees_the_figures(client: FlaskClient, intake: FakeIntake, form: dict[str, object]) -> None:
    intake.decision = decision_of(0.6171)
    client.post("/application", data=form)
    page = client.get(f"/clerk/application/{intake.ids[0]}").text
    assert "<title>Declined" in page
    for shown in (
        "012345678",
        '<p class="figure">61.7\xa0%</p>',
        "50\xa0%",
        "lightgbm",
        "abc1234",
        "raises the risk",
    ):
        assert shown in page
    assert "log-odds" not in page
    assert "What raised the risk most" in page
    assert "trained on" not in page  # the figures of another version say nothing of this one


def test_values_new_to_the_model_are_told(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    assert "could not take into account" not in client.post("/application", data=form).text
    intake.decision = decision_of(unknown=["RESIDENCIAL_CITY"])
    page = client.post("/application", data=form | {"age": "35"}).text
    assert re.search(r"never had this answer before.*: City\.", page)
    page = client.get(f"/clerk/application/{intake.ids[-1]}").text
    assert re.search(r"New to the model.*scored without it: City\.", page, re.DOTALL)


def test_what_was_assessed_stands_on_the_page_in_words(client: FlaskClient, form: dict[str, object]) -> None:
    page = client.post("/application", data=form).text
    for label, value in (
        ("Age", "34 years"), ("Monthly income", "R$\xa01,200.50"), ("State", "Rio de Janeiro"),
        ("Home phone", "Yes"), ("State of work", "Not stated"),
        ("Value of possessions", "R$\xa00.00"),
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
    ("probability", "shown"),
    [(0.0, "0.0\xa0%"), (1.0, "100.0\xa0%"), (0.49996, "49.996\xa0%"), (0.5, "50.0\xa0%")],
)
def test_the_figure_stands_on_its_own_side_of_the_threshold(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object], probability: float, shown: str
) -> None:
    intake.decision = decision_of(probability)
    client.post("/application", data=form)
    assert f'<p class="figure">{shown}</p>' in client.get(f"/clerk/application/{intake.ids[0]}").text


def test_without_reasons_the_page_does_without_their_section(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(reasons=[])
    assert "What counted most for your" not in client.post("/application", data=form).text


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
    assert "We have your application" in client.get(address).text
    intake.decision = decision_of()
    assert "Your application is approved" in client.get(address).text


def test_redis_dying_after_acceptance_does_not_ask_for_a_second_application(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.error_after = QueueUnavailable("gone")
    reply = client.post("/application", data=form)
    assert reply.status_code == 202
    assert "not received" not in reply.text


def test_a_failed_application_says_so(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision, intake.failure = None, "Scoring failed three times."
    reply = client.post("/application", data=form)
    assert reply.status_code == 200
    assert "have not been able to assess your application yet" in reply.text
    assert "Scoring failed three times." not in reply.text
    assert "Scoring failed three times." in client.get(f"/clerk/application/{intake.ids[0]}").text


@pytest.mark.parametrize("unknown", ["nothing", "../../etc/passwd", "%00", "a" * 3000])
def test_what_cannot_be_an_id_is_a_page_404(client: FlaskClient, unknown: str) -> None:
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
