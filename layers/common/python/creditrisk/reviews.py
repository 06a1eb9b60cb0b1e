"""Reviews: a person looks at a decision, and approves or declines the application. The decision that was reviewed stays as
it was recorded; the review is a record of its own, beside the history.

An applicant may ask for one, and what a policy refers waits for one without being asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast

from creditrisk.clock import timestamp
from creditrisk.errors import ReviewRefused, one_line
from creditrisk.ledger import Ledger, Table, open_ledger
from creditrisk.portfolio import in_force
from creditrisk.sentence import Sentence

__all__ = ["REVIEWS", "Review", "ask", "decide", "every", "of", "open_reviews"]

COLUMNS: Final = ("APPLICATION_ID", "AT", "EVENT", "BY", "DECISION", "WORDS", "DEADLINE")
"""AT: when (UTC, ISO 8601). EVENT: `asked` or `decided`. BY: who asked (`applicant`, or another word), or the reviewer's name.
DECISION: `approved` or `declined`, empty for what was asked. WORDS: what the applicant said, or the reviewer's reason.
DEADLINE: the last day (UTC) on which the law wants an answer; empty where it names none."""
REVIEWS: Final = Table("reviews", COLUMNS, by_key=True)
NOT_DECIDED: Final = Sentence(
    "There is no decision to review yet: ask for a review once the application is decided."
)
"""What is said to who asks before."""
_MOST_WORDS: Final = 2_000


@dataclass(frozen=True)
class Review:
    """A review, asked for or decided. `asked_at` is empty when nobody asked: a person took it up. `decision`, `reason`,
    `reviewer` and `decided_at` are empty until a person has decided."""

    application_id: str
    asked_at: str = ""
    by: str = ""
    words: str = ""
    deadline: str = ""
    decision: Literal["approved", "declined", ""] = ""
    reason: str = ""
    reviewer: str = ""
    decided_at: str = ""

    @property
    def open(self) -> bool:
        """Whether a person has still to decide."""
        return not self.decision

    @property
    def days_left(self) -> int | None:
        """Whole days until the deadline, below 0 when it has passed; None when there is none, or a person has decided."""
        if not self.deadline or not self.open:
            return None
        return (datetime.fromisoformat(self.deadline).date() - datetime.now(UTC).date()).days


def open_reviews(history_url: str) -> Ledger:
    """The reviews beside the history at a folder or s3://bucket/prefix; nothing is contacted yet."""
    return open_ledger(history_url, REVIEWS)


def ask(ledger: Ledger, application_id: str, by: str = "applicant", words: str = "") -> Review:
    """Ask for a review of a decision, durably. Who asks again while one is open gets that one.

    `words` are what the applicant wants to be heard, on one line. Raises HistoryUnavailable.
    """
    found = of(ledger, application_id)
    if found and found[-1].open:
        return found[-1]
    now = datetime.now(UTC)
    days = in_force.profile().review_days
    deadline = f"{now + timedelta(days=days.amount):%Y-%m-%d}" if days else ""
    review = Review(application_id, timestamp(now), by, one_line(words, _MOST_WORDS), deadline)
    ledger.append([(application_id, review.asked_at, "asked", by, "", review.words, deadline)])
    return review


def decide(ledger: Ledger, application_id: str, decision: str, reason: str, reviewer: str) -> Review:
    """Record what a person decided, and why; asked for or not. That the application is there is the caller's to know.

    Raises ReviewRefused when the decision, the reason or the reviewer is missing, and when a review was decided already and
    nobody has asked again; HistoryUnavailable.
    """
    reason, reviewer = one_line(reason, _MOST_WORDS), one_line(reviewer, 200)
    if decision not in ("approved", "declined"):
        raise ReviewRefused(f"A review ends with approved or declined, not {one_line(decision, 40)!r}.")
    if not reason or not reviewer:
        missing = "reason" if not reason else "reviewer's name"
        raise ReviewRefused(f"A review needs a {missing}: give one, and nothing was recorded yet.")
    found = of(ledger, application_id)
    last = found[-1] if found else Review(application_id)
    if not last.open:
        raise ReviewRefused(
            f"A person has decided on this application ({last.decision}, {last.decided_at[:10]}): it can be reviewed once "
            "more when somebody asks for it."
        )
    review = replace(
        last, decision=cast(Literal["approved", "declined"], decision), reason=reason, reviewer=reviewer, decided_at=timestamp()
    )  # fmt: skip
    ledger.append([(application_id, review.decided_at, "decided", reviewer, decision, reason, "")])
    return review


def of(ledger: Ledger, application_id: str) -> list[Review]:
    """The reviews of an application, the earliest first. Raises HistoryUnavailable."""
    return _folded(ledger.of(application_id)).get(application_id, [])


def every(ledger: Ledger) -> dict[str, list[Review]]:
    """Application → its reviews, in the order in which they were first asked for or decided. Raises HistoryUnavailable."""
    return _folded(ledger.rows())


def _folded(rows: Iterable[dict[str, str]]) -> dict[str, list[Review]]:
    """What the rows come to. Of two people who decide at once, the first has decided; of two who ask at once, there is one
    review."""
    found: dict[str, list[Review]] = {}
    for row in rows:
        reviews = found.setdefault(row["APPLICATION_ID"], [])
        last = reviews[-1] if reviews else None
        if row["EVENT"] == "asked":
            if last is None or not last.open:
                reviews.append(
                    Review(row["APPLICATION_ID"], row["AT"], row["BY"], row["WORDS"], row["DEADLINE"])
                )
        elif row["EVENT"] == "decided" and row["DECISION"] in ("approved", "declined"):
            if last is None:
                reviews.append(last := Review(row["APPLICATION_ID"]))
            if last.open:
                reviews[-1] = replace(
                    last,
                    decision=cast(Literal["approved", "declined"], row["DECISION"]),
                    reason=row["WORDS"],
                    reviewer=row["BY"],
                    decided_at=row["AT"],
                )
    return found
