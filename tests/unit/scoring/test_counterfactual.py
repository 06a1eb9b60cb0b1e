"""What would have had a declined application approved: the smallest change, and true, for the same model says it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any

import pytest

from creditrisk.application import Field, Role
from creditrisk.portfolio.field import Condition
from creditrisk.portfolio.kinds import Choice, Money, Text, Whole
from scoring.counterfactual import LEVELS, PAIRED, changeable, counterfactuals
from scoring.scorer import Score

_YES_NO = Choice({"N": "No", "Y": "Yes"}, spellings={"TRUE": "Y", "FALSE": "N"})


def made(name: str, kind: Any, **more: Any) -> Field:
    return Field(name, name.lower(), "loan", name, kind, **{"changeable": True, **more})


FIELDS = {
    entry.name: entry
    for entry in (
        made("DAY", Choice({day: day for day in ("1", "5", "10", "25")}, legacy=frozenset({"31"}))),
        made("MONTHS", Whole(4, 72)),
        made("AMOUNT", Money(20_000)),
        made("GUARANTOR", _YES_NO),
        made("PHONE", _YES_NO),
        made("AGE", Whole(18, 120), changeable=False),
    )
}
TRIED = {name: entry for name, entry in FIELDS.items() if entry.changeable}
ANSWERS = {"DAY": "10", "MONTHS": 24, "AMOUNT": 4000, "GUARANTOR": "N", "PHONE": "Y", "AGE": 30}


@dataclass
class Made:
    """A model whose log-odds `of` says; it counts what it was asked."""

    of: Callable[[Mapping[str, Any]], float]
    unseen: tuple[tuple[str, Any], ...] = ()
    fields: list[str] = field(default_factory=lambda: list(FIELDS))
    rows: int = 0
    calls: int = 0

    def score_columns(self, columns: Mapping[str, Sequence[Any]], explained: bool = True) -> list[Score]:
        assert not explained, "reasons of what was only tried are nobody's business"
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        self.rows, self.calls = self.rows + len(rows), self.calls + 1
        return [
            Score(1 / (1 + exp(-self.of(row))), unknown=tuple(n for n, v in self.unseen if row[n] == v))
            for row in rows
        ]


def found(of: Callable[[Mapping[str, Any]], float], threshold: float = 0.5, **answers: Any) -> Any:
    (changes,) = counterfactuals(Made(of), [ANSWERS | answers], threshold, TRIED)
    return changes


def test_one_answer_that_would_have_been_another() -> None:
    assert found(lambda a: 0.2 - (a["GUARANTOR"] == "Y")) == (("GUARANTOR", "Y"),)
    assert found(lambda a: 0.2 - (a["DAY"] == "25")) == (("DAY", "25"),)


def test_nothing_is_told_where_nothing_that_can_be_changed_would_have_been_enough() -> None:
    assert found(lambda a: 0.2 + (a["AGE"] > 10)) == ()
    assert found(lambda a: 3.0 - (a["GUARANTOR"] == "Y")) == ()


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.54])
@pytest.mark.parametrize("months", [10, 24, 60])
def test_the_smallest_change_of_a_quantity_that_is_approved_by_the_same_threshold(
    threshold: float, months: int
) -> None:
    def of(answers: Mapping[str, Any]) -> float:
        return float(answers["MONTHS"] - 0.8 * months) / 10

    changes = found(of, threshold, MONTHS=months)
    if changes:
        ((name, value),) = changes
        assert name == "MONTHS" and 1 / (1 + exp(-of({"MONTHS": value}))) < threshold
        assert isinstance(value, int) and 4 <= value < months and value >= months / 2
    else:  # half of it would not have been enough
        assert 1 / (1 + exp(-of({"MONTHS": months / 2}))) >= threshold


def test_of_two_ways_the_smaller_change_is_told_and_then_the_one_that_helps_more() -> None:
    assert found(lambda a: 0.1 - (a["MONTHS"] < 24) - (a["GUARANTOR"] == "Y")) == (("MONTHS", 23),)
    assert found(lambda a: 0.1 - (a["DAY"] == "1") - 2 * (a["DAY"] == "25")) == (("DAY", "25"),)


def test_an_amount_is_told_in_round_steps_within_its_limits() -> None:
    (changes,) = (found(lambda a: (a["AMOUNT"] - 3500) / 1000, AMOUNT=3987.65),)
    assert changes == (("AMOUNT", 3187.65),)
    assert found(lambda a: 19_500 - a["AMOUNT"], AMOUNT=19_000) == (("AMOUNT", 19_950),)
    assert found(lambda a: 20_500 - a["AMOUNT"], AMOUNT=19_000) == (), "beyond the limit"


def test_two_answers_where_one_is_not_enough() -> None:
    def of(answers: Mapping[str, Any]) -> float:
        return 1.5 - (answers["GUARANTOR"] == "Y") - (answers["DAY"] == "25") - 0.1 * (answers["DAY"] == "5")

    assert set(found(of)) == {("GUARANTOR", "Y"), ("DAY", "25")}


def test_of_two_answers_a_quantity_is_changed_by_no_more_than_it_takes() -> None:
    def of(answers: Mapping[str, Any]) -> float:
        return 1.5 - (answers["GUARANTOR"] == "Y") - (24 - answers["MONTHS"]) / 12

    changes = dict(found(of, GUARANTOR="N"))
    assert changes == {"GUARANTOR": "Y", "MONTHS": 17}, "below 18 it takes, of steps of a tenth"
    assert of(ANSWERS | changes) < 0


def test_a_yes_is_never_taken_back() -> None:
    assert found(lambda a: 0.2 - (a["PHONE"] == "N")) == ()
    assert found(lambda a: 0.2 - (a["PHONE"] == "Y"), PHONE="N") == (("PHONE", "Y"),)


def test_what_was_not_answered_and_what_the_form_does_not_offer_is_not_told() -> None:
    assert found(lambda a: 0.2 - (a["DAY"] == "25"), DAY=None) == ()
    assert found(lambda a: 0.2 - (a["DAY"] == "31")) == ()


def test_a_value_that_the_model_has_not_seen_is_not_told() -> None:
    model = Made(lambda a: 0.2 - (a["DAY"] != "10"), unseen=(("DAY", "1"), ("DAY", "5")))
    assert counterfactuals(model, [ANSWERS], 0.5, TRIED) == [(("DAY", "25"),)]
    model.unseen += (("DAY", "25"),)
    assert counterfactuals(model, [ANSWERS], 0.5, TRIED) == [()]


def test_many_are_searched_in_a_few_batches_and_each_gets_its_own() -> None:
    model = Made(lambda a: (a["MONTHS"] - 20) / 10 - (a["GUARANTOR"] == "Y"))
    asked = [ANSWERS | {"MONTHS": 21 + number % 12} for number in range(200)]
    each = counterfactuals(model, asked, 0.5, TRIED)
    assert each == [counterfactuals(Made(model.of), [one], 0.5, TRIED)[0] for one in asked]
    assert all(each) and model.calls <= 4
    assert model.rows <= len(asked) * (len(TRIED) * LEVELS + PAIRED * (PAIRED - 1))
    assert counterfactuals(model, [], 0.5, TRIED) == []


def test_only_features_that_can_be_changed_that_the_model_uses_and_the_law_allows_are_tried() -> None:
    fields = FIELDS | {
        "SEX": made("SEX", _YES_NO, protected=("sex",)),
        "HELD": made("HELD", _YES_NO, role=Role.HELD),
        "SEEN": made("SEEN", _YES_NO, role=Role.RECORDED),
        "AREA": made("AREA", Text(), changeable=False, when=Condition("PHONE", ("Y",))),
        "NOT_USED": made("NOT_USED", _YES_NO),
    }
    used = [name for name in fields if name != "NOT_USED"]
    assert list(changeable(fields, used, {"SEX"})) == ["DAY", "MONTHS", "AMOUNT", "GUARANTOR"]
    without = {name: replace(entry, when=None) for name, entry in fields.items()}
    assert "PHONE" in changeable(without, used, {"SEX"}), "no question hangs on it"
