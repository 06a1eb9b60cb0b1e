"""Groups and rates, held against figures worked out by hand."""

import math

import numpy as np
import pytest

from creditrisk.application import Field, Role
from creditrisk.portfolio.kinds import Choice, Code, Day, Money, Number, Text, Whole
from models.fairness.grouping import GAP, Grouping, grouping_of, sensitive
from models.fairness.rates import compare, wilson


def field(kind: object, **more: object) -> Field:
    return Field("F", "f", "section", "A field", kind, **more)  # type: ignore[arg-type]


SEX = field(Choice({"F": "Female", "M": "Male"}, legacy=frozenset({"N"})), protected=("sex",))


def made(grouping: Grouping | None) -> Grouping:
    assert grouping
    return grouping


@pytest.mark.parametrize(
    ("hits", "rows", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962)],
)
def test_a_rate_has_wilsons_interval(hits: int, rows: int, low: float, high: float) -> None:
    rate = wilson(hits, rows)
    assert (rate.value, rate.rows) == (hits / rows, rows)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=5e-5)
    assert rate.low <= rate.value <= rate.high


def test_nobody_has_no_rate() -> None:
    assert all(math.isnan(each) for each in (wilson(0, 0).value, wilson(0, 0).low, wilson(0, 0).high))


def test_groups_are_a_choices_levels_in_their_order_and_what_is_accepted_beside_them() -> None:
    found = made(grouping_of(SEX, ["M", "F", None, "N", "M"]))
    assert found.names == ("Female", "Male", "N")
    assert found.of.tolist() == [1, 0, GAP, 2, 1]


def test_codes_are_groups_and_so_is_nothing_that_is_typed() -> None:
    assert made(grouping_of(field(Code(1, 99)), ["9", "10", "9"])).names == ("9", "10")
    for kind, value in ((Text(), "somewhere"), (Day(), "1990-01-01")):
        assert grouping_of(field(kind), [value]) is None
    assert grouping_of(SEX, [None, None]) is None


def test_ages_have_the_bands_that_the_law_asks_about() -> None:
    age = field(Whole(18, 120), protected=("age",))
    found = made(grouping_of(age, [18, 24, 25, 61, 62, 90, None]))
    assert found.names == ("up to 24", "25 – 34", "35 – 44", "45 – 54", "55 – 61", "62 and more")
    assert found.of.tolist() == [0, 0, 1, 4, 5, 5, GAP]
    assert made(grouping_of(age, [30, 40])).names == ("up to 34", "35 and more")


def test_other_numbers_have_bands_of_about_equally_many_whose_edges_are_nobodys_own_figure() -> None:
    amounts = [1_000 + 37 * number for number in range(1_000)]
    found = made(grouping_of(field(Money(10**6)), amounts))
    assert found.names == (
        "below 8,400", "8,400 to below 16,000", "16,000 to below 23,000", "23,000 to below 31,000", "31,000 and more",
    )  # fmt: skip
    assert min(np.bincount(found.of)) > 180
    assert made(grouping_of(field(Number(0, 1)), [0.5] * 9)).names == ("all",)


def test_fairness_is_measured_by_what_is_protected_or_held_and_never_by_who_somebody_is() -> None:
    fields = {
        "sex": SEX,
        "held": field(Text(), role=Role.HELD),
        "plain": field(Text()),
        "name": field(Text(), role=Role.IDENTITY, protected=("origin",)),
    }
    assert sensitive(fields) == [fields["sex"], fields["held"]]


def groups_of(*sizes: int) -> Grouping:
    return Grouping(
        SEX, tuple("abcdef"[: len(sizes)]), np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    )


def test_what_a_threshold_does_to_each_group() -> None:
    """Of a, 108 of 120 are approved; of b, 60 of 120."""
    probabilities = np.array([0.2] * 108 + [0.7] * 12 + [0.2] * 60 + [0.7] * 60)
    bad = np.array([1] * 18 + [0] * 90 + [1] * 6 + [0] * 6 + [0] * 60 + [1] * 40 + [0] * 20)
    found = compare(groups_of(120, 120), probabilities, bad, [0.5])
    (a, b), (ratio,) = found.groups, found.ratios
    assert (a.bad.value, b.bad.value) == (24 / 120, 40 / 120)
    assert (a.outcomes[0].approved.value, b.outcomes[0].approved.value) == (0.9, 0.5)
    assert (a.outcomes[0].good_declined.value, b.outcomes[0].good_declined.value) == (6 / 96, 20 / 80)
    assert (a.outcomes[0].bad_approved.value, b.outcomes[0].bad_approved.value) == (18 / 24, 0.0)
    assert (ratio.lowest, ratio.highest, ratio.value) == ("b", "a", pytest.approx(0.5 / 0.9))
    # exp(± 1.96 √(0.5/60 + 0.1/108)) = exp(± 0.1886)
    assert (ratio.low, ratio.high) == pytest.approx((0.4601, 0.6709), abs=5e-5)
    assert ratio.verdict == "fails the four-fifths rule"
    assert (a.probability, a.gap) == pytest.approx((0.25, 0.05))
    assert a.calibrated and found.worst_told is b and not b.calibrated  # told 0.45, and 0.333 are bad


@pytest.mark.parametrize(
    ("approved", "verdict"),
    [
        (119, "passes the four-fifths rule"),
        (99, "passes the four-fifths rule, though perhaps by chance"),
        (94, "fails the four-fifths rule, though perhaps by chance"),
        (60, "fails the four-fifths rule"),
    ],
)
def test_the_four_fifths_rule_says_whether_it_is_sure(approved: int, verdict: str) -> None:
    probabilities = np.array([0.2] * 120 + [0.2] * approved + [0.7] * (120 - approved))
    (ratio,) = compare(groups_of(120, 120), probabilities, np.zeros(240, int), [0.5]).ratios
    assert ratio.value == pytest.approx(approved / 120) and ratio.verdict == verdict


def test_a_group_that_is_never_approved_has_an_interval_all_the_same() -> None:
    probabilities = np.array([0.2] * 120 + [0.7] * 120)
    (ratio,) = compare(groups_of(120, 120), probabilities, np.zeros(240, int), [0.5]).ratios
    assert (ratio.value, ratio.low) == (0.0, 0.0)
    assert ratio.high == pytest.approx(wilson(0, 120).high / wilson(120, 120).low)


def test_groups_with_too_few_applications_are_told_and_not_judged() -> None:
    grouping = groups_of(150, 99, 1)
    found = compare(grouping, np.full(250, 0.2), np.zeros(250, int), [0.5])
    assert [group.name for group in found.groups] == ["a"] and found.too_few == ("b", "c")
    assert found.ratios == () and found.worst_told is None
    gone = Grouping(grouping.field, grouping.names, np.where(grouping.of == 2, GAP, grouping.of))
    assert compare(gone, np.full(250, 0.2), np.zeros(250, int), [0.5]).not_given == 1


def test_where_nobody_is_approved_there_is_no_ratio() -> None:
    assert compare(groups_of(120, 120), np.full(240, 0.7), np.zeros(240, int), [0.5]).ratios == ()
