"""What a score means, and how it travels."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from creditrisk.clock import timestamp
from creditrisk.decision import Decision, Reason, decide


@dataclass(frozen=True)
class Score:
    probability: float
    reasons: tuple[Reason, ...] = (Reason("AGE", 0.5, "Age, which is 19"),)
    unknown: tuple[str, ...] = ("RESIDENCIAL_CITY",)
    challenger: float | None = None


@pytest.mark.parametrize(
    ("probability", "prediction", "verdict"),
    [(0.0, 0, "approved"), (0.4999999, 0, "approved"), (0.5, 1, "declined"), (1.0, 1, "declined")],
)
def test_an_application_is_declined_from_the_threshold_on(
    probability: float, prediction: int, verdict: str
) -> None:
    decision = decide(Score(probability), 0.5, "lightgbm", "abc", timestamp())
    assert (decision.prediction, decision.decision) == (prediction, verdict)


def test_a_challenger_decides_nothing() -> None:
    decision = decide(Score(0.1, challenger=0.9), 0.5, "lightgbm", "abc", timestamp(), "deeplearning")
    assert decision.decision == "approved"
    assert (decision.challenger, decision.challenger_probability) == ("deeplearning", 0.9)


def test_a_contribution_is_answered_to_the_digits_in_which_it_is_recorded() -> None:
    score = Score(0.1, reasons=(Reason("AGE", -0.04615572847119197, "Age, which is 34"),))
    assert decide(score, 0.5, "lightgbm", "abc", timestamp()).reasons[0].contribution == -0.046156


def test_a_decision_travels_as_json_without_a_change() -> None:
    decision = decide(Score(1 / 3), 0.5, "lightgbm", "abc", timestamp())
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


def test_a_timestamp_is_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 11, 23, 2, 18, 32, 123_999, timezone(timedelta(hours=-3)))
    assert timestamp(moment) == "2026-11-23T05:18:32.123Z"
    assert timestamp(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00.000Z"
