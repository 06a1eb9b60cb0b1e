"""A score may favour the elderly for their age, and not hold it against them, where the law says so."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from creditrisk.portfolio import in_force
from creditrisk.portfolio.law import PROFILES
from lifecycle.promotion.elderly import age_gate
from lifecycle.promotion.gate import Gate
from models.training.data import Data

Floats = NDArray[np.float64]
ROWS = 4_000
AGES = np.random.default_rng(1).integers(18, 90, ROWS)
INCOMES = np.random.default_rng(2).integers(100, 2_000, ROWS)


class Model:
    """Scores by income, and by `of_age` of the age."""

    name, version, fields = "lightgbm", "one", ["AGE", "PERSONAL_MONTHLY_INCOME"]

    def __init__(self, of_age: Callable[[Floats], Any]) -> None:
        self.of_age = of_age

    def probabilities(self, columns: dict[str, list[Any]]) -> Floats:
        ages = np.array(columns["AGE"], float)
        incomes = np.array(columns["PERSONAL_MONTHLY_INCOME"], float)
        found: Floats = np.clip(0.35 - incomes / 10_000 + self.of_age(ages), 0, 1)
        return found


def neutral(ages: Floats) -> Floats:
    return ages * 0


@pytest.fixture(autouse=True)
def united_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "profile", lambda: PROFILES["US"])


def judged(
    of_age: Callable[[Floats], Any],
    truth: Callable[[Floats], Any] | None = None,
    ages: NDArray[np.int64] = AGES,
    threshold: float = 0.3,
) -> Gate:
    """The gate of a model on applicants whose outcomes follow from `truth`, or from the model itself."""
    columns = {"AGE": ages.tolist(), "PERSONAL_MONTHLY_INCOME": INCOMES.tolist()}
    risk = Model(truth or of_age).probabilities(columns)
    bad = (np.random.default_rng(3).random(ROWS) < risk).astype(np.int64)
    return age_gate(Model(of_age), Data(columns, bad, {}, ""), threshold)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "of_age",
    [
        neutral,
        lambda ages: np.where(ages >= 62, -0.05, 0.0),
        lambda ages: -ages / 1_000,
        lambda ages: np.where(ages < 25, 0.15, 0.0),
    ],
    ids=["neutral", "better", "the older the better", "the young alone are held against"],
)
def test_a_score_that_holds_age_against_no_elderly_applicant_passes(of_age: Callable[[Floats], Any]) -> None:
    gate = judged(of_age)
    assert gate.passed, gate.said
    assert gate.figures["mean_as_of_the_favored_age"] >= gate.figures["mean_probability"] - 1e-6
    assert gate.figures["who_would_score_better_younger"] == 0


@pytest.mark.parametrize("penalty", [0.1, 0.001])
def test_the_elderly_must_score_no_worse_than_as_of_the_age_that_is_favored_most(penalty: float) -> None:
    """Those around 45 are favored most; by however little, and although it is what outcomes say."""
    gate = judged(lambda ages: np.where(abs(ages - 45) < 3, -penalty, 0.0))
    assert not gate.passed
    assert "and as of 43 they would have" in gate.said
    assert gate.figures["who_would_score_better_younger"] == 1


def test_nor_may_fewer_be_approved_at_the_threshold_in_force() -> None:
    """The mean is the same or better at their age, and yet fewer of them are on the right side of the threshold."""

    def of_age(ages: Floats) -> Floats:
        return np.where(ages >= 62, -0.02, 0.0)

    class Split(Model):
        def probabilities(self, columns: dict[str, list[Any]]) -> Floats:
            elder = np.array(columns["AGE"], float) >= 62
            middle = np.array(columns["PERSONAL_MONTHLY_INCOME"], float) < 1_000
            return np.where(elder, np.where(middle, 0.31, 0.05), np.where(middle, 0.29, 0.2))

    columns = {"AGE": AGES.tolist(), "PERSONAL_MONTHLY_INCOME": INCOMES.tolist()}
    model = Split(of_age)
    bad = (np.random.default_rng(3).random(ROWS) < model.probabilities(columns)).astype(np.int64)
    gate = age_gate(model, Data(columns, bad, {}, ""), 0.3)  # type: ignore[arg-type]
    assert not gate.passed and "are approved at 0.3" in gate.said and "mean probability" not in gate.said
    assert age_gate(model, Data(columns, bad, {}, ""), 0.9).passed  # type: ignore[arg-type]


def test_they_must_not_be_told_more_than_their_bad_rate_warrants() -> None:
    """The score is the same at every age, while the elderly are better than it says, by what else goes with age."""
    gate = judged(neutral, truth=lambda ages: np.where(ages >= 62, -0.12, 0.0))
    assert not gate.passed and "their bad rate is" in gate.said
    assert judged(neutral, truth=lambda ages: np.where(ages >= 62, 0.12, 0.0)).passed


def test_where_nothing_is_asked_it_passes_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def worse(ages: Floats) -> Floats:
        return np.where(ages >= 62, 0.3, 0.0)

    assert not judged(worse).passed
    assert "nobody of 62 and more" in judged(worse, ages=AGES % 40 + 18).said
    monkeypatch.setattr(Model, "fields", ["PERSONAL_MONTHLY_INCOME"])
    assert judged(neutral).said == "it does not score by age"
    monkeypatch.setattr(Model, "fields", ["AGE", "PERSONAL_MONTHLY_INCOME"])
    for name in ("BR", "EU", "none"):
        monkeypatch.setattr(in_force, "profile", lambda name=name: PROFILES[name])
        gate = judged(worse)
        assert gate.passed and f"the law profile {name} asks nothing" in gate.said
