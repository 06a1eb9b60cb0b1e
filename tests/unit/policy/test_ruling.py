"""What a policy decides: rules before the score, cut-offs, and random acceptance that can be told again from the id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Decision, decide, draw, ruling
from creditrisk.policy.definition import Condition, Exploration, Policy, Rule, simplest
from creditrisk.policy.reading import read_policy
from creditrisk.portfolio.kinds import Value
from tests.helpers import Make

ID = "01a206f0-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Said:
    """A score with one reason to decline and one to approve."""

    probability: float
    contributions: Mapping[str, float] = field(default_factory=lambda: {"AGE": 0.5, "PAYMENT_DAY": -0.5})
    unknown: tuple[str, ...] = ()
    challenger: float | None = None


def decided(policy: Policy, probability: float, application: Mapping[str, Value], id: str = "") -> Decision:
    changes = [("PAYMENT_DAY", "25")]
    return decide(
        Said(probability), application, policy, "lightgbm", "v", timestamp(),
        counterfactual=changes, application_id=id, untold=(),
    )  # fmt: skip


@pytest.fixture
def policy(write: Callable[..., Path]) -> Policy:
    return read_policy(write())


@pytest.mark.parametrize(
    ("probability", "verdict", "prediction", "reason"),
    [
        (0.0, "approved", 0, "PAYMENT_DAY"), (0.2999, "approved", 0, "PAYMENT_DAY"), (0.3, "referred", 0, "AGE"),
        (0.3999, "referred", 0, "AGE"), (0.4, "declined", 1, "AGE"), (1.0, "declined", 1, "AGE"),
    ],
)  # fmt: skip
def test_the_cut_offs_approve_refer_and_decline(
    policy: Policy, make_application: Make, probability: float, verdict: str, prediction: int, reason: str
) -> None:
    found = decided(policy, probability, make_application(PERSONAL_MONTHLY_INCOME=900, PRODUCT="1"))
    assert (found.decision, found.prediction, found.threshold) == (verdict, prediction, 0.4)
    assert [each.field for each in found.reasons] == [reason]
    assert bool(found.counterfactual) == (verdict == "declined")
    assert (found.policy, found.rule, found.propensity) == (policy.version, "", None)


def test_the_simplest_policy_decides_as_the_threshold_did(make_application: Make) -> None:
    for probability, verdict in ((0.4999, "approved"), (0.5, "declined")):
        found = decided(simplest(0.5), probability, make_application(), ID)
        assert (found.decision, found.policy, found.propensity) == (verdict, "threshold 0.5", None)


def test_a_rule_decides_before_the_score_and_is_the_only_reason(
    policy: Policy, make_application: Make
) -> None:
    found = decided(policy, 0.01, make_application(PERSONAL_MONTHLY_INCOME=399.99))
    assert (found.decision, found.prediction, found.probability) == ("declined", 0, 0.01)
    assert found.rule == "no-income: The monthly income is below R$ 400."
    assert (found.rule_reason, found.reasons, found.counterfactual) == (
        "The monthly income is below R$ 400.",
        [],
        [],
    )


def test_the_first_rule_that_holds_decides_and_all_its_conditions_must_hold(
    policy: Policy, make_application: Make
) -> None:
    income = {"PERSONAL_MONTHLY_INCOME": 900}
    crowd = make_application(QUANT_DEPENDANTS=6, RESIDENCE_TYPE=None, **income)
    assert decided(policy, 0.9, crowd).rule.startswith("many-dependants")
    assert decided(policy, 0.9, crowd).decision == "referred"
    assert decided(policy, 0.9, {**crowd, "RESIDENCE_TYPE": "1"}).rule == ""
    assert decided(policy, 0.9, {**crowd, "PERSONAL_MONTHLY_INCOME": 1}).rule.startswith("no-income")
    post = make_application(APPLICATION_SUBMISSION_TYPE="Carga", PRODUCT="1", **income)
    assert decided(policy, 0.1, post).rule.startswith("by-hand")
    assert decided(policy, 0.1, {**post, "PRODUCT": "2"}).rule == ""


@pytest.mark.parametrize(
    ("test", "value", "holds"),
    [
        ("below", 9, True), ("below", 10, False), ("from", 10, True), ("from", 9.99, False), ("below", None, False),
        ("from", None, False), ("below", "9", False), ("is", "a", True), ("is", "b", False), ("is", None, False),
        ("isNot", "b", True), ("isNot", "a", False), ("isNot", None, False), ("missing", None, True), ("missing", "a", False),
    ],
)  # fmt: skip
def test_a_condition_holds_of_a_value_that_was_given(test: str, value: Value, holds: bool) -> None:
    assert Condition("F", test, frozenset("a"), 10).holds({"F": value}) == holds


def test_no_counterfactual_leads_into_a_rule(policy: Policy, make_application: Make) -> None:
    rule = Rule(
        "late", "declined", "No payment on the 25th.", (Condition("PAYMENT_DAY", "is", frozenset({"25"})),)
    )
    application = make_application(PERSONAL_MONTHLY_INCOME=900, PAYMENT_DAY="10")
    assert decided(policy, 0.9, application).counterfactual
    assert decided(policy._replace(rules=(rule,)), 0.9, application).counterfactual == []


def test_who_is_accepted_at_random_follows_from_the_id_alone(policy: Policy, make_application: Make) -> None:
    application = make_application(PERSONAL_MONTHLY_INCOME=900)
    ids = [new_application_id() for _ in range(4_000)]
    accepted = {id for id in ids if ruling(policy, 0.5, application, id).accepted_at_random}
    assert accepted == {id for id in ids if draw(id) < 0.03}
    assert accepted == {id for id in ids if ruling(policy, 0.69, application, id).verdict == "approved"}
    assert 60 < len(accepted) < 190  # 120 expected; beyond five standard deviations on either side
    for id in ids[:50]:
        found = decided(policy, 0.5, application, id)
        assert (found.propensity, found.decision) == (0.03, "approved" if id in accepted else "declined")
        assert found.prediction == 1


def test_the_draws_are_uniform_and_never_one() -> None:
    draws = [draw(f"{ID[:-4]}{number:04}") for number in range(4_000)]
    assert min(draws) >= 0 and max(draws) < 1
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.025)
    assert round(draw(ID), 6) == 0.038658, "records tell what the draw led to: it is the same for ever"


def test_nobody_is_accepted_at_random_above_the_band_by_a_rule_or_in_a_file(
    policy: Policy, make_application: Make
) -> None:
    everybody = policy._replace(exploration=Exploration(1.0, 20, 0.7))
    application = make_application(PERSONAL_MONTHLY_INCOME=900)
    assert decided(everybody, 0.5, application, ID).decision == "approved"
    assert decided(everybody, 0.7, application, ID).decision == "declined"
    assert decided(everybody, 0.7, application, ID).propensity is None
    assert decided(everybody, 0.5, {**application, "PERSONAL_MONTHLY_INCOME": 1}, ID).decision == "declined"
    assert decided(everybody, 0.5, application).decision == "declined"
    assert decided(everybody, 0.35, application, ID).decision == "referred"
    whole = everybody._replace(exploration=Exploration(1.0, 20))
    assert decided(whole, 1.0, application, ID).decision == "approved"
