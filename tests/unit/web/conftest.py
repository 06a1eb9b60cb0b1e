"""The web app over a stand-in for the intake, so that each answer and each outage can be had at will."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk import attempts, seals
from creditrisk.application_id import new_application_id
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.errors import ReviewRefused, UnknownApplication
from creditrisk.intake import Intake, Receipt
from creditrisk.reviews import NOT_DECIDED, Review
from creditrisk.settings import Settings
from creditrisk.standing import Standing
from web import create_app

KEY = "00112233445566778899aabbccddeeff"
SCORED_AT = "2026-11-23T05:18:32.123Z"


def decision_of(probability: float = 0.234, **changes: Any) -> Decision:
    """A decision with one reason that raises the risk and one that lowers it."""
    declined = probability >= 0.5
    values: dict[str, Any] = {
        "probability": probability,
        "prediction": int(declined),
        "decision": "declined" if declined else "approved",
        "threshold": 0.5,
        "model": "lightgbm",
        "model_version": "abc1234",
        "scored_at": SCORED_AT,
        "reasons": [Reason("AGE", -0.42, 34), Reason("RESIDENCIAL_CITY", 0.21, "Niterói")],
        "unknown": [],
    }
    return Decision(**values | changes)


@dataclass
class FakeIntake:
    """Answers every application with `decision`, or leaves it pending for None; raises `error` first.

    It notes idempotency keys without heeding them, and never waits: tests/integration/test_web.py asks the real one for
    these.
    """

    decision: Decision | None = field(default_factory=decision_of)
    standing: Standing | None = None
    failure: str | None = None
    warned: str = ""
    error: Exception | None = None
    error_after: Exception | None = None
    submitted: list[dict[str, Any]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    attempts: int = 0
    asked: list[Review] = field(default_factory=list)
    corrects: list[str] = field(default_factory=list)

    def submit(
        self,
        application: Mapping[str, Any],
        idempotency_key: str | None = None,
        corrects: str = "",
        *,
        awaited: bool = False,
    ) -> Receipt:
        if self.error:
            raise self.error
        application_id = new_application_id()
        self.keys.append(idempotency_key)
        self.submitted.append(dict(application))
        self.ids.append(application_id)
        self.corrects.append(corrects)
        return Receipt(application_id, repeated=False)

    def wait(
        self,
        application_id: str,
        seconds: float,
        application: Mapping[str, Any] | None = None,
        corrects: str = "",
    ) -> Answer:
        self.waited.append(seconds)
        return self.find(application_id)

    def find(self, application_id: str) -> Answer:
        if self.error or self.error_after:
            raise cast(Exception, self.error or self.error_after)
        if application_id not in self.ids:
            raise UnknownApplication("No application has this id.")
        application = self.submitted[self.ids.index(application_id)]
        if self.failure:
            return Answer(application_id, "failed", SCORED_AT, application, failure=self.failure)
        if self.decision:
            return Answer(
                application_id,
                "decided",
                SCORED_AT,
                application,
                self.decision,
                corrects=self.corrects[self.ids.index(application_id)],
                standing=self.standing,
            )
        return Answer(
            application_id,
            "pending",
            SCORED_AT,
            application,
            corrects=self.corrects[self.ids.index(application_id)],
        )

    def ask_review(self, application_id: str, words: str = "") -> Review:
        if self.find(application_id).decision is None:
            raise ReviewRefused(NOT_DECIDED)
        self.asked.append(Review(application_id, SCORED_AT, "applicant", words, "2026-12-03"))
        return self.asked[-1]

    def reviews(self, application_id: str) -> list[Review]:
        return [review for review in self.asked if review.application_id == application_id]

    def seal(self, text: str) -> str:
        return seals.seal(text, KEY)

    def unseal(self, sealed: str) -> str | None:
        return seals.unseal(sealed, [KEY])

    def may_try(self, application_id: str) -> bool:
        if self.error:
            raise self.error
        self.attempts += 1
        return self.attempts <= attempts.MOST

    def check(self) -> None:
        if self.error:
            raise self.error

    def warning(self) -> str:
        return self.warned


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def app(intake: FakeIntake) -> Flask:
    return create_app(Settings(wait_seconds=1.5), cast(Intake, intake))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def form(raw_application: dict[str, object]) -> dict[str, object]:
    """What the browser posts: the applicant's fields and the page's token."""
    return {**raw_application, "submission": "a-token-of-the-page"}
