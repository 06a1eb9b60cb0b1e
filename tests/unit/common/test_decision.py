"""What a score means: one rule, reasons as data, and how a decision travels between versions."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from creditrisk.clock import timestamp
from creditrisk.decision import Change, Decision, Reason, decide, declines
from creditrisk.errors import NotAProbability
from creditrisk.policy.definition import simplest
from creditrisk.portfolio import in_force

ROOT = Path(__file__).parents[3]
APPLICATION = {"AGE": 19, "SEX": None, "RESIDENCIAL_CITY": "Niterói", "PRODUCT": "10", "OTHER_INCOMES": 0.5}


@dataclass(frozen=True)
class Score:
    probability: float
    contributions: Mapping[str, float] = field(
        default_factory=lambda: {"AGE": 0.5, "RESIDENCIAL_CITY": 0.25, "SEX": 0.125, "PRODUCT": -0.5}
    )
    unknown: tuple[str, ...] = ("RESIDENCIAL_CITY",)
    challenger: float | None = None


def decided(
    score: Score, application: Mapping[str, Any] = APPLICATION, threshold: float = 0.5, **more: Any
) -> Decision:
    return decide(score, application, simplest(threshold), "lightgbm", "abc", timestamp(), **more)


@pytest.mark.parametrize(
    ("probability", "prediction", "verdict"),
    [(0.0, 0, "approved"), (0.4999999, 0, "approved"), (0.5, 1, "declined"), (1.0, 1, "declined")],
)
def test_an_application_is_declined_from_the_threshold_on(
    probability: float, prediction: int, verdict: str
) -> None:
    decision = decided(Score(probability))
    assert (decision.prediction, decision.decision) == (prediction, verdict)
    assert declines(np.array([probability]), 0.5).tolist() == [bool(prediction)]


@pytest.mark.parametrize("probability", [float("nan"), float("inf"), -0.1, 1.0000001])
def test_nothing_follows_from_what_is_no_probability(probability: float) -> None:
    with pytest.raises(NotAProbability, match="lightgbm"):
        decided(Score(probability))


def test_a_challenger_decides_nothing() -> None:
    decision = decided(Score(0.1, challenger=0.9), challenger="deeplearning")
    assert decision.decision == "approved"
    assert (decision.challenger, decision.challenger_probability) == ("deeplearning", 0.9)


def test_a_decline_tells_what_raised_the_risk_and_an_approval_what_lowered_it() -> None:
    told = {"A": -0.3, "B": 0.2, "C": 0.0, "D": 0.4, "E": -0.1, "F": 0.0009, "G": 0.4, "H": -0.0009}
    answers = dict.fromkeys(told, "given")
    declined, approved = decided(Score(0.9, told), answers), decided(Score(0.1, told), answers)
    assert [reason.field for reason in declined.reasons] == ["D", "G", "B"]
    assert [reason.field for reason in approved.reasons] == ["A", "E"]
    assert [reason.field for reason in decided(Score(0.9, told), answers, most=1).reasons] == ["D"]
    assert decided(Score(0.9, told), answers, most=0).reasons == []


def test_there_are_never_more_than_four_reasons() -> None:
    told = {name: 0.1 + place / 10 for place, name in enumerate("ABCDEF")}
    reasons = decided(Score(0.9, told), dict.fromkeys(told, "given"), most=6).reasons
    assert [reason.field for reason in reasons] == ["F", "E", "D", "C"]


def test_no_reason_names_what_the_applicant_did_not_answer() -> None:
    told = {"AGE": 0.5, "SEX": 0.9, "NOT_ASKED": 0.7}
    assert APPLICATION["SEX"] is None and "NOT_ASKED" not in APPLICATION
    assert [reason.field for reason in decided(Score(0.7, told)).reasons] == ["AGE"]
    assert decided(Score(0.7, {"SEX": 0.9})).reasons == []


def test_no_reason_names_a_value_that_the_model_has_not_seen() -> None:
    told = {"AGE": 0.1, "RESIDENCIAL_CITY": 0.9}
    assert [reason.field for reason in decided(Score(0.7, told)).reasons] == ["AGE"]
    assert decided(Score(0.7, {"RESIDENCIAL_CITY": 0.9})).reasons == []
    assert decided(Score(0.7, told, unknown=())).reasons[0] == ("RESIDENCIAL_CITY", 0.9, "Niterói")


def test_no_reason_names_a_field_that_the_law_forbids_and_the_next_ones_take_its_place() -> None:
    told = {name: 0.1 + place / 10 for place, name in enumerate("ABCDEF")}
    reasons = decided(Score(0.9, told), dict.fromkeys(told, "given"), untold={"F", "D"}).reasons
    assert [reason.field for reason in reasons] == ["E", "C", "B", "A"]


def test_the_law_in_force_holds_where_nobody_names_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "untold", lambda: frozenset({"AGE"}))
    assert decided(Score(0.7, {"AGE": 0.5, "PRODUCT": 0.2})).reasons == [("PRODUCT", 0.2, "10")]


CHANGES = (("PAYMENT_DAY", "25"), ("AGE", 30))


def test_what_would_have_had_it_approved_is_told_of_a_declined_application_alone() -> None:
    declined = decided(Score(0.7), counterfactual=CHANGES)
    assert declined.counterfactual == [Change("PAYMENT_DAY", "25"), Change("AGE", 30)]
    assert decided(Score(0.3), counterfactual=CHANGES).counterfactual == []
    assert decided(Score(0.7)).counterfactual == []


def test_what_would_have_changed_it_travels_as_json_and_an_earlier_scorer_tells_none() -> None:
    decision = decided(Score(0.7), counterfactual=CHANGES)
    told = json.loads(json.dumps(decision.to_dict()))
    assert told["counterfactual"] == [
        {"field": "PAYMENT_DAY", "value": "25"},
        {"field": "AGE", "value": 30},
    ]
    assert Decision.from_dict(told, APPLICATION) == decision
    earlier = {name: value for name, value in told.items() if name != "counterfactual"}
    assert Decision.from_dict(earlier, APPLICATION).counterfactual == []


def test_a_reason_holds_the_value_as_it_was_accepted() -> None:
    assert decided(Score(0.7)).reasons == [("AGE", 0.5, 19)]
    assert decided(Score(0.7, unknown=())).reasons == [
        ("AGE", 0.5, 19),
        ("RESIDENCIAL_CITY", 0.25, "Niterói"),
    ]


def test_a_contribution_is_answered_to_the_digits_in_which_it_is_recorded() -> None:
    score = Score(0.1, {"AGE": -0.04615572847119197})
    assert decided(score).reasons[0].contribution == -0.046156


VALUES = [19, 0.5, "10", "Niterói", 'of "Age" (19 years)', "null", "", None]


@pytest.mark.parametrize("value", VALUES)
def test_a_decision_travels_as_json_without_a_change(value: Any) -> None:
    decision = decided(Score(1 / 3))
    decision.reasons = [Reason("AGE", 0.25, value), Reason("SEX", -0.5, None)]
    assert Decision.from_dict(json.loads(json.dumps(decision.to_dict())), {}) == decision
    assert "raises" not in json.dumps(decision.to_dict())


SENTENCES = {
    "AGE": "Age (19 years) raises the risk",
    "RESIDENCIAL_CITY": "City (new to the model) raises the risk",
    "SEX": "Sex (not given) raises the risk",
}


def as_earlier_ones_told(*more: Reason) -> Decision:
    """A decision with reasons of the kind that scorers of the versions before told: of gaps and of unseen values, too."""
    decision = decided(Score(0.7))
    gaps = [Reason("RESIDENCIAL_CITY", 0.25, None), Reason("SEX", 0.125, None)]
    decision.reasons = [Reason("AGE", 0.5, 19), *gaps, *more]
    return decision


def test_an_answer_of_an_earlier_scorer_which_holds_sentences_is_read_as_data() -> None:
    decision = as_earlier_ones_told()
    earlier = decision.to_dict()
    earlier["reasons"] = [
        {"field": name, "contribution": contribution, "text": SENTENCES[name]}
        for name, contribution, _ in decision.reasons
    ]
    assert Decision.from_dict(json.loads(json.dumps(earlier)), APPLICATION) == decision


def test_an_answer_of_an_earlier_scorer_which_found_a_record_of_this_version_is_read_as_data() -> None:
    """It takes the record's value for words: a product's code stays text, and what was not given stays so."""
    decision = as_earlier_ones_told(Reason("PRODUCT", 0.1, "10"))
    earlier = decision.to_dict()
    earlier["reasons"] = [
        {"field": name, "contribution": contribution, "text": str(value)}
        for name, contribution, value in decision.reasons
    ]
    assert [reason["text"] for reason in earlier["reasons"]] == ["19", "None", "None", "10"]
    assert Decision.from_dict(json.loads(json.dumps(earlier)), APPLICATION) == decision


def test_what_a_scorer_of_a_version_to_come_tells_more_stops_nothing() -> None:
    decision = decided(Score(0.7))
    later = decision.to_dict() | {"bureau_score": 711}
    later["reasons"] = [reason | {"code": "R17"} for reason in later["reasons"]]
    assert Decision.from_dict(json.loads(json.dumps(later)), APPLICATION) == decision


@pytest.mark.parametrize("data", [{}, {"reasons": []}, {"reasons": [{}]}])
def test_what_holds_no_decision_is_none(data: dict[str, Any]) -> None:
    with pytest.raises((TypeError, KeyError)):
        Decision.from_dict(data, APPLICATION)


class EarlierReason(NamedTuple):
    """What a form of the version before makes of each reason: it takes these three names, and no other."""

    field: str
    contribution: float
    text: str


def test_an_answer_is_read_by_a_form_of_the_version_before() -> None:
    data = json.loads(json.dumps(as_earlier_ones_told().to_dict()))
    read = Decision(**{**data, "reasons": [EarlierReason(**reason) for reason in data["reasons"]]})
    assert [reason.text for reason in read.reasons] == ["19", "null", "null"]  # type: ignore[attr-defined]


PLACES = ("benchmarks", "cli", "deploy", "functions", "layers", "lifecycle", "localstack", "models", "web")
TREES = {
    "layers/model/python/scoring/trees.py",
    "layers/model/python/scoring/deep.py",
    "models/training/trees.py",
    "models/handover/forest.py",
}
"""Where a threshold is a tree's."""
USUAL = {"benchmarks/usual.py"}
"""The usual design, which decides by itself."""


def test_a_probability_is_held_against_a_threshold_in_one_place() -> None:
    found = {}
    for path in (path for place in PLACES for path in (ROOT / place).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name not in TREES | USUAL:
            lines = [node.lineno for node in ast.walk(ast.parse(path.read_text())) if _decides(node)]
            found |= {name: lines} if lines else {}
    assert {name: len(lines) for name, lines in found.items()} == {
        "layers/common/python/creditrisk/decision.py": 1
    }, found


def _decides(node: ast.AST) -> bool:
    """Whether it compares something by order with what is called a threshold, or a probability with a half."""
    if not isinstance(node, ast.Compare) or not all(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops):  # fmt: skip
        return False
    sides = [ast.unparse(side).lower() for side in (node.left, *node.comparators)]
    half = "0.5" in sides and any(word in side for side in sides for word in ("probab", "score", "chance"))
    return len(sides) == 2 and (half or any("threshold" in side for side in sides))


@pytest.mark.parametrize(
    ("text", "decides"),
    [
        ("p >= threshold", True), ("THRESHOLD <= p", True), ("p < self.settings.threshold", True), ("score.probability > 0.5", True),
        ("p >= decision.threshold", True), ("(chances >= threshold).mean()", True), ("p == threshold", False),
        ("declines(p, threshold)", False), ("0 <= probability <= 1", False), ("age >= 18", False),
    ],
)  # fmt: skip
def test_what_counts_as_deciding(text: str, decides: bool) -> None:
    assert any(map(_decides, ast.walk(ast.parse(text)))) == decides


def test_a_timestamp_is_utc_to_the_millisecond() -> None:
    moment = datetime(2026, 11, 23, 2, 18, 32, 123_999, timezone(timedelta(hours=-3)))
    assert timestamp(moment) == "2026-11-23T05:18:32.123Z"
    assert timestamp(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00.000Z"
