"""Reviews: asked for with a deadline, decided by a person with a reason; the decision that was reviewed stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from creditrisk import reviews
from creditrisk.application_id import new_application_id
from creditrisk.errors import ReviewRefused
from creditrisk.ledger import Ledger
from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import PROFILES
from creditrisk.reviews import REVIEWS, Review

ID, OTHER = new_application_id(), new_application_id()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return reviews.open_reviews(str(tmp_path))


def test_who_asks_has_an_answer_by_the_day_that_the_law_names(ledger: Ledger) -> None:
    review = reviews.ask(ledger, ID, words="My income\nhas risen.")
    assert (review.by, review.words, review.open) == ("applicant", "My income has risen.", True)
    days = {(datetime.now(UTC) + timedelta(days=10, minutes=shift)).strftime("%Y-%m-%d") for shift in (-1, 0)}
    assert review.deadline in days, "ten days in Brazil"
    assert review.days_left in (9, 10)
    assert reviews.of(ledger, ID) == [review]
    assert reviews.of(ledger, OTHER) == []


def test_a_law_that_names_no_day_sets_no_deadline(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "profile", lambda: PROFILES["US"])
    review = reviews.ask(ledger, ID)
    assert (review.deadline, review.days_left) == ("", None)


def test_asking_twice_is_one_review(ledger: Ledger) -> None:
    first = reviews.ask(ledger, ID, words="once")
    assert reviews.ask(ledger, ID, words="twice") == first
    assert len(list(ledger.rows())) == 1


def test_a_person_decides_with_a_reason_and_it_can_be_asked_again(ledger: Ledger) -> None:
    asked = reviews.ask(ledger, ID)
    decided = reviews.decide(ledger, ID, "approved", "Proof of a higher income.", "Rui")
    assert (decided.decision, decided.reason, decided.reviewer) == (
        "approved",
        "Proof of a higher income.",
        "Rui",
    )
    assert (decided.asked_at, decided.open, decided.days_left) == (asked.asked_at, False, None)
    with pytest.raises(ReviewRefused, match="A person has decided on this application"):
        reviews.decide(ledger, ID, "declined", "Changed my mind.", "Eva")
    again = reviews.ask(ledger, ID)
    assert again.open and reviews.of(ledger, ID) == [decided, again]
    reviews.decide(ledger, ID, "declined", "The proof was another's.", "Eva")
    assert [review.decision for review in reviews.of(ledger, ID)] == ["approved", "declined"]
    assert len(list(ledger.rows())) == 4, "nothing is ever changed"


def test_what_was_referred_is_decided_without_being_asked_for(ledger: Ledger) -> None:
    review = reviews.decide(ledger, ID, "declined", "Two loans are late.", "Rui")
    assert (review.asked_at, review.deadline) == ("", "")
    assert reviews.every(ledger) == {ID: [review]}


@pytest.mark.parametrize(
    ("decision", "reason", "reviewer", "said"),
    [
        ("referred", "r", "Rui", "approved or declined, not 'referred'"),
        ("approved", "  ", "Rui", "needs a reason"),
        ("approved", "r", "", "needs a reviewer's name"),
    ],
)
def test_a_review_without_decision_reason_or_reviewer_is_not_recorded(
    ledger: Ledger, decision: str, reason: str, reviewer: str, said: str
) -> None:
    reviews.ask(ledger, ID)
    with pytest.raises(ReviewRefused, match=said):
        reviews.decide(ledger, ID, decision, reason, reviewer)
    assert reviews.of(ledger, ID)[0].open


def test_of_two_who_decide_at_once_the_first_has_decided(ledger: Ledger) -> None:
    reviews.ask(ledger, ID)
    for at, decision, by in (("2026-11-30T10:00:00.000Z", "approved", "Rui"), ("2026-11-30T10:00:00.001Z", "declined", "Eva")):  # fmt: skip
        ledger.append([(ID, at, "decided", by, decision, "r", "")])
    (review,) = reviews.of(ledger, ID)
    assert (review.decision, review.reviewer) == ("approved", "Rui")


def test_what_a_later_version_wrote_is_passed_over(ledger: Ledger) -> None:
    reviews.ask(ledger, ID)
    ledger.append([(ID, "2026-11-30T10:00:00.000Z", "escalated", "Eva", "", "", "")])
    assert [review.open for review in reviews.of(ledger, ID)] == [True]


def test_a_deadline_that_has_passed_is_told_in_days() -> None:
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    assert Review(ID, "t", "applicant", "", yesterday).days_left in (-1, -2)


def test_the_rows_are_what_the_table_says(ledger: Ledger) -> None:
    reviews.ask(ledger, ID)
    assert tuple(next(iter(ledger.rows()))) == REVIEWS.columns
