"""A simulation decides as decide() does, and its figures are those that one counts by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditrisk.application import FIELDS
from creditrisk.decision import ruling
from creditrisk.policy.definition import Condition, Exploration, Policy, Rule, Worth, simplest
from creditrisk.policy.reading import read_policy
from lifecycle.cohort import APPROVED, DECLINED, REFERRED, read_cohort
from lifecycle.simulation import BY_SCORE, VERDICTS, Applicants, Coded, rule_all, simulate
from tests.unit.lifecycle.recorded import NOW, House
from tests.unit.policy.conftest import write

__all__ = ["write"]  # the fixture, which pytest finds here

NAN, DAY = float("nan"), "2026-01-15"
LOW_INCOME = Rule("low", "declined", "Low.", (Condition("PERSONAL_MONTHLY_INCOME", "below", number=400),))


def applicants(
    probability: list[float],
    bad: list[int] | None = None,
    propensity: list[float] | None = None,
    days: list[str] | None = None,
    **columns: list[Any],
) -> Applicants:
    count = len(probability)
    return Applicants(
        np.array(probability),
        np.array(bad or [-1] * count, np.int8),
        np.array(propensity or [1.0] * count),
        np.array(days or [DAY] * count, "datetime64[D]"),
        {name: Coded.of(FIELDS[name], values) for name, values in columns.items()},
    )


def test_it_decides_as_a_decision_does_row_by_row(write: Callable[..., Path]) -> None:
    policy = read_policy(write())
    rng, count = np.random.default_rng(7), 5_000
    rows: dict[str, list[Any]] = {
        "PERSONAL_MONTHLY_INCOME": rng.choice([399.99, 400.0, 1200.5, None], count).tolist(),
        "QUANT_DEPENDANTS": rng.choice([0, 5, 6, 12], count).tolist(),
        "RESIDENCE_TYPE": rng.choice(["1", "2", None], count).tolist(),
        "APPLICATION_SUBMISSION_TYPE": rng.choice(["Web", "Carga", "0"], count).tolist(),
        "PRODUCT": rng.choice(["1", "2"], count).tolist(),
    }
    probability = np.round(rng.random(count), 2)  # so that some lie on the cut-offs
    ruled = rule_all(policy, applicants(probability.tolist(), **rows))
    seen = set()
    for at in range(count):
        application = {name: values[at] for name, values in rows.items()}
        one = ruling(policy, float(probability[at]), application)
        assert VERDICTS[one.verdict] == ruled.verdict[at]
        name = "" if ruled.rule[at] == BY_SCORE else policy.rules[ruled.rule[at]].name
        assert one.rule.partition(":")[0] == name
        chance = ruling(
            policy, float(probability[at]), application, "01a206f0-0000-7000-8000-000000000001"
        ).propensity
        assert (chance is not None) == ruled.explored[at]
        seen.add((one.verdict, name, bool(ruled.explored[at])))
    assert len(seen) == 7, "every way to decide came up"


def test_recorded_texts_are_read_as_the_values_that_they_are() -> None:
    income = Coded.of(FIELDS["PERSONAL_MONTHLY_INCOME"], ["399.5", "", "400", "399.5", "none"])
    assert list(income.levels) == [399.5, None, 400.0, "none"]
    assert income.codes.tolist() == [0, 1, 2, 0, 3]
    people = applicants([0.1] * 5, PERSONAL_MONTHLY_INCOME=["399.5", "", "400", "399.5", "none"])
    ruled = rule_all(Policy("p", 0.5, rules=(LOW_INCOME,)), people)
    assert ruled.verdict.tolist() == [DECLINED, APPROVED, APPROVED, DECLINED, APPROVED]


def test_the_figures_are_those_that_one_counts_by_hand() -> None:
    people = applicants(
        [0.1, 0.2, 0.2, 0.35, 0.6, 0.1],
        bad=[0, 1, -1, 1, -1, 0],
        SEX=["F", "F", "M", "M", "M", ""],
        PERSONAL_MONTHLY_INCOME=["900", "900", "900", "900", "900", "100"],
    )
    policy = Policy("cards", 0.4, 0.3, (LOW_INCOME,), worth=Worth(100, -500, -10))
    figures = simulate(policy, people, [FIELDS["SEX"]])
    assert (figures.applications, figures.approved, figures.referred, figures.declined) == (6, 3, 1, 2)
    assert figures.by_rule == {"low": 1}
    assert (figures.known, figures.bad_rate) == (2, 0.5)
    assert figures.expected_bad_rate == pytest.approx((0.1 + 0.2 + 0.2) / 3)
    assert figures.profit == pytest.approx(100 - 500 + (0.8 * 100 - 0.2 * 500) - 10)
    shares = {share.name: (share.applications, share.approved) for share in figures.groups["SEX"]}
    assert shares == {"Female": (2, 1.0), "Male": (3, pytest.approx(1 / 3))}
    assert figures.ratios == {}, "no group is large enough to be judged"


def test_groups_that_are_large_enough_are_held_against_each_other() -> None:
    sexes = ["F"] * 200 + ["M"] * 200 + ["N"] * 20
    people = applicants([0.1] * 200 + [0.1] * 150 + [0.9] * 50 + [0.9] * 20, SEX=sexes)
    figures = simulate(simplest(0.5), people, [FIELDS["SEX"]])
    assert len(figures.groups["SEX"]) == 3
    assert figures.ratios == {"SEX": pytest.approx(150 / 200)}


def test_who_was_accepted_at_random_stands_for_all_who_were_not() -> None:
    """Of twenty below the old cut-off one was accepted, by chance; the new policy approves them all."""
    people = applicants([0.1] * 20 + [0.6], bad=[0] * 20 + [1], propensity=[1.0] * 20 + [0.05])
    assert simulate(simplest(0.5), people).bad_rate == 0
    assert simulate(simplest(0.7), people).bad_rate == pytest.approx(20 / 40)
    no_chance = applicants([0.1] * 20 + [0.6], bad=[0] * 20 + [1], propensity=[1.0] * 20 + [0.0])
    assert simulate(simplest(0.7), no_chance).bad_rate == pytest.approx(1 / 21), (
        "its outcome is its own alone"
    )


def test_what_is_explored_is_expected_within_the_budget_of_each_day() -> None:
    days = ["2026-01-15"] * 400 + ["2026-01-16"] * 100
    people = applicants([0.6] * 500, days=days)
    policy = Policy("p", 0.5, exploration=Exploration(0.05, 10), worth=Worth(100, -100))
    figures = simulate(policy, people)
    assert (figures.declined, figures.explored) == (500, pytest.approx(10 + 5))
    assert figures.profit == pytest.approx(15 * (0.4 * 100 - 0.6 * 100))
    assert simulate(policy, applicants([0.6] * 500, days=["NaT"] * 500)).explored == pytest.approx(25)
    narrow = Policy("p", 0.5, exploration=Exploration(0.05, 10, 0.55))
    assert simulate(narrow, people).explored == 0


def test_rates_that_rest_on_nothing_are_none() -> None:
    figures = simulate(simplest(0.05), applicants([0.1]))
    assert (figures.approved, figures.bad_rate, figures.expected_bad_rate, figures.profit) == (
        0,
        None,
        None,
        None,
    )


def test_a_recorded_cohort_with_outcomes_is_what_it_is_tried_on(house: House) -> None:
    early = datetime(2025, 1, 15, tzinfo=UTC)
    house.observe(house.decide(early, 0.2, {"SEX": "F"}), "bad", "2025-06-01")
    house.observe(house.decide(early, 0.3, {"SEX": "M"}), "good", "2026-02-01")
    house.decide(early + timedelta(days=1), 0.6, {"SEX": "M"})
    cohort = read_cohort(house.history, house.outcomes, maturity_months=12, as_of=NOW, fields=["SEX"])
    people = Applicants.of(cohort, FIELDS)
    figures = simulate(Policy("p", 0.5, refer_from=0.25), people, [FIELDS["SEX"]])
    assert (figures.approved, figures.referred, figures.declined) == (1, 1, 1)
    assert (figures.known, figures.bad_rate) == (1, 1.0)
    assert rule_all(simplest(0.5), people).verdict.tolist() == [APPROVED, APPROVED, DECLINED]
    assert REFERRED not in rule_all(simplest(0.5), people).verdict
