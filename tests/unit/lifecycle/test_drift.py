"""Drift: what counts as moved depends on how many rows there are, and data that do not change raise no alarm."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2

from benchmarks.monitor_truth import customary_alarms, false_alarms
from lifecycle.drift.psi import chi_square, shift
from lifecycle.drift.report import drift_of
from lifecycle.drift.weeks import calendar, counts_by_week
from lifecycle.values import column_of
from scoring.manifest import read_manifest
from scoring.reference import Bins, Levels, Reference, read_reference

LAYER = Path(__file__).parents[3] / "layers" / "model" / "pickles"
CHANCE = 1e-4


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 19, 51, 400])
@pytest.mark.parametrize("chance", [0.05, 1e-4, 1e-6])
def test_the_quantile_of_chi_square_is_scipys(freedom: int, chance: float) -> None:
    assert chi_square(freedom, chance) == pytest.approx(chi2.isf(chance, freedom), rel=1e-6)


def test_psi_is_the_sum_over_the_cells() -> None:
    then, now = [500, 300, 200], [150, 90, 160]
    p, q = (np.array([count + 0.5 for count in counts]) / (sum(counts) + 1.5) for counts in (now, then))
    told = shift(then, now, CHANCE)
    assert told.psi == pytest.approx(((p - q) * np.log(p / q)).sum()) and told.psi == pytest.approx(
        told.parts.sum()
    )
    assert told.limit == pytest.approx((1 / 400 + 1 / 1000) * chi2.isf(CHANCE, 2))
    assert int(np.argmax(np.abs(told.parts))) == 2


@pytest.mark.parametrize(("rows", "verdict"), [(200, "steady"), (20_000, "slight"), (200_000, "slight")])
def test_the_same_small_shift_is_chance_in_few_rows_and_none_in_many(rows: int, verdict: str) -> None:
    now = [int(rows * share) for share in (0.53, 0.30, 0.17)]
    told = shift([50_000, 30_000, 20_000], now, CHANCE)
    assert told.verdict == verdict and not told.alarms and told.psi < 0.1


@pytest.mark.parametrize(
    ("shares", "verdict"), [((0.35, 0.30, 0.35), "moved"), ((0.1, 0.2, 0.7), "moved much")]
)
def test_a_large_shift_is_an_alarm(shares: tuple[float, ...], verdict: str) -> None:
    told = shift([50_000, 30_000, 20_000], [int(1_000 * share) for share in shares], CHANCE)
    assert told.verdict == verdict and told.alarms


def test_rare_cells_are_counted_together_and_what_is_new_shows_all_the_same() -> None:
    then = [9_000, 900, 60, 30, 10, 0]
    assert shift(then, [90, 9, 1, 0, 0, 0], CHANCE).verdict == "steady"
    new = shift(then, [60, 6, 1, 0, 0, 33], CHANCE)
    assert new.alarms and int(np.argmax(np.abs(new.parts))) == 5
    constant = shift([10_000, 0, 0], [980, 0, 20], CHANCE)
    assert constant.psi > constant.limit, "a field that had one value now has gaps"


def test_nothing_to_compare_is_steady() -> None:
    for then, now in (([10, 10], [0, 0]), ([0, 0], [5, 5]), ([100], [50])):
        assert shift(then, now, CHANCE).verdict == "steady"


@pytest.mark.parametrize("rows", [100, 2_000])
def test_unchanged_data_go_beyond_chance_less_than_once_a_year(rows: int) -> None:
    """Over all distributions of the layer, week by week; the customary mark would call hundreds of small weeks moved."""
    reference = read_reference(LAYER, read_manifest(LAYER))
    years = 4
    beyond, alarms = false_alarms(reference, rows, years, "lightgbm", seed=rows)
    assert beyond * years <= 5, "of 1 expected; 6 or more come once in 1,700 times"
    assert alarms <= beyond
    if rows == 100:
        assert customary_alarms(reference, rows, 1, "lightgbm") > 100


def test_weeks_begin_on_mondays_and_undated_rows_are_in_none() -> None:
    days = np.array(
        ["2026-06-07T23:59", "2026-06-08T00:00", "NaT", "2026-06-14", "1969-12-31"], "datetime64[ms]"
    )
    weeks = calendar(days)
    assert weeks.mondays == ("1969-12-29", "2026-06-01", "2026-06-08")
    assert weeks.of.tolist() == [1, 2, -1, 2, 0]
    by_week, whole = counts_by_week(np.array([0, 1, 1, 1, 0]), weeks, 2)
    assert by_week.tolist() == [[1, 0], [1, 0], [0, 2]] and whole.tolist() == [2, 3]


REFERENCE = Reference(
    10_000,
    {"lightgbm": Bins((0.2, 0.4), (4_000, 4_000, 2_000))},
    {
        "AGE": Bins((30.0, 50.0), (3_000, 5_000, 2_000)),
        "SEX": Levels("SEX", {"F": 6_000, "M": 4_000}),
        "RESIDENCIAL_CITY": Levels("RESIDENCIAL_CITY", {"SAO PAULO": 7_000}, 2_900, 100),
    },
)


def test_a_change_of_one_field_is_told_in_words_and_its_weeks() -> None:
    random = np.random.default_rng(1)
    rows = 6_000
    weeks = np.repeat(np.arange(12), 500)
    received = np.datetime64("2026-01-05", "ms") + weeks * np.timedelta64(7, "D")
    sex = np.where(random.random(rows) < np.where(weeks < 8, 0.6, 0.2), "F", "M")
    city = np.where(random.random(rows) < 0.7, "São Paulo", "Santos").astype(object)
    city[random.random(rows) < 0.01] = ""
    age = random.choice([25, 40, 60], rows, p=[0.3, 0.5, 0.2])
    score = random.choice([0.1, 0.3, 0.5], rows, p=[0.4, 0.4, 0.2])
    told = drift_of(
        REFERENCE,
        received,
        {name: column_of(name, list(cells)) for name, cells in (("SEX", sex), ("AGE", age.astype(str)), ("RESIDENCIAL_CITY", city))},
        score,
        weeks > 0,
        "lightgbm",
        ["RESIDENCIAL_CITY"] * 60 + [""] * (rows - 60),
    )  # fmt: skip
    assert [each.name for each in told.moved] == ["score", "SEX", *(each.name for each in told.moved[2:])]
    assert [each.name for each in told.alarms] == ["SEX"]
    sexes = told.moved[1]
    assert [week is not None and week.alarms for week in sexes.weeks] == [False] * 8 + [True] * 4
    assert sexes.recent.psi > sexes.whole.psi
    assert sexes.in_words == "Sex: Female (F) made up 60 % of the training data and 19 % now."
    assert told.moved[0].weeks[0] is None, "another version scored the first week"
    cities = next(each for each in told.moved if each.name == "RESIDENCIAL_CITY")
    assert cities.recent.verdict == "steady", "accents and letter case are none of it"
    assert cities.missing.now == pytest.approx(0.01, abs=0.01) and cities.missing.trained == 0.01
    assert told.unknown == {"RESIDENCIAL_CITY": 0.01}


def test_without_dates_all_applications_are_the_recent_ones() -> None:
    received = np.full(1_000, np.datetime64("NaT"), "datetime64[ms]")
    ages = {"AGE": column_of("AGE", ["70"] * 1_000)}
    told = drift_of(REFERENCE, received, ages, np.zeros(1_000), np.zeros(1_000, bool), "lightgbm")
    assert told.mondays == () and [each.name for each in told.alarms] == ["AGE"]
    assert told.moved[0].recent.psi == told.moved[0].whole.psi


def test_a_reference_places_values_as_it_counts_them() -> None:
    reference = json.loads((LAYER / "reference.json").read_text(encoding="utf-8"))
    ages = Bins(tuple(reference["inputs"]["AGE"]["edges"]), tuple(reference["inputs"]["AGE"]["counts"]))
    values = [18, 26, 25.9, None, 90]
    assert np.bincount(ages.places(values), minlength=len(ages.expected)).tolist() == ages.count(values)
    assert (
        len(ages.cells) == len(ages.expected)
        and ages.cells[0] == "below 26"
        and ages.cells[-1] == "not given"
    )
    city = REFERENCE.inputs["RESIDENCIAL_CITY"]
    assert city.places(["são paulo", "Santos", None]).tolist() == [0, 1, 2] and city.count(
        ["são paulo", None]
    ) == [1, 0, 1]


def test_a_number_that_is_none_any_more_is_a_gap() -> None:
    column = column_of("AGE", ["30", "", "old", "30", "inf", None])
    assert column.spread() == [30, None, None, 30, None, None] and len(column.values) == 5
