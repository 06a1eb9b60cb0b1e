"""The record as arrays: what each column says, which outcome counts, from when on, and what a damaged file costs."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditrisk.history.columns import COLUMNS
from lifecycle import arrays
from lifecycle.cohort import APPROVED, DECLINED, REFERRED, UNKNOWN, Cohort, read_cohort
from tests.unit.lifecycle.recorded import NOW, House

JANUARY = datetime(2025, 1, 15, 15, 30, tzinfo=UTC)


def read(house: House, months: int = 12, **more: Any) -> Cohort:
    return read_cohort(house.history, house.outcomes, maturity_months=months, **({"as_of": NOW} | more))


def bad(house: House, months: int = 12, **more: Any) -> list[int]:
    return read(house, months, **more).bad.tolist()


def test_nothing_recorded_is_an_empty_cohort(house: House) -> None:
    cohort = read(house, fields=["AGE"])
    assert len(cohort) == len(cohort.bad) == len(cohort.ids) == len(cohort.columns["AGE"]) == 0


def test_every_column_is_as_it_was_recorded_in_the_order_of_the_record(house: House) -> None:
    ids = [
        house.decide(JANUARY, 0.25, {"AGE": 40, "RESIDENCIAL_CITY": 'São "João", RJ'}, challenger="deep", challenger_probability=0.3),
        house.decide(JANUARY + timedelta(days=1), 1 / 3, policy="P1", decision="referred"),
        house.decide(JANUARY + timedelta(days=2), 0.75, model_version="two", policy="P1", propensity=0.05),
        house.decide(JANUARY + timedelta(days=3), 0.8, decision="approved", propensity=0.05, policy="P1"),
    ]  # fmt: skip
    cohort = read(house, fields=["AGE", "RESIDENCIAL_CITY"])
    assert cohort.ids == ids
    assert cohort.received.tolist() == [
        (JANUARY + timedelta(days=day)).replace(tzinfo=None) for day in range(4)
    ]
    assert cohort.scored.tolist() == cohort.received.tolist()
    assert cohort.probability.tolist() == [0.25, 1 / 3, 0.75, 0.8]
    assert cohort.challenger[0] == 0.3
    assert np.isnan(cohort.challenger[1:]).all()
    assert cohort.decision.tolist() == [APPROVED, REFERRED, DECLINED, APPROVED]
    assert [cohort.models[code] for code in cohort.model_codes] == [
        "lightgbm one", "lightgbm one", "lightgbm two", "lightgbm one"
    ]  # fmt: skip
    assert [cohort.policies[code] for code in cohort.policy_codes] == ["", "P1", "P1", "P1"]
    np.testing.assert_array_equal(cohort.propensity, [1.0, np.nan, np.nan, 0.05])
    assert cohort.columns["AGE"][0] == "40"
    assert cohort.columns["RESIDENCIAL_CITY"][0] == 'São "João", RJ'
    assert cohort.bad.tolist() == [UNKNOWN] * 4


@pytest.mark.parametrize(
    ("observed", "counted"),
    [("2026-01-14", UNKNOWN), ("2026-01-15", 0), ("2026-01-15T00:00:00.000Z", 0), ("2026-05-01", 0), ("2026-06-02", UNKNOWN)],
)  # fmt: skip
def test_good_counts_once_it_is_mature_and_observed_by_then(
    house: House, observed: str, counted: int
) -> None:
    house.observe(house.decide(JANUARY), "good", observed)
    assert bad(house) == [counted]


def test_maturity_can_be_looked_at_otherwise(house: House) -> None:
    house.observe(house.decide(JANUARY), "good", "2025-07-20")
    assert [bad(house, months) for months in (0, 6, 7, 12)] == [[0], [0], [UNKNOWN], [UNKNOWN]]


def test_a_month_without_such_a_day_ends_on_its_last(house: House) -> None:
    house.observe(house.decide(datetime(2025, 8, 31, tzinfo=UTC)), "good", "2026-02-28")
    assert bad(house, 6) == [0]


def test_bad_counts_at_once_and_indeterminate_never(house: House) -> None:
    house.observe(house.decide(JANUARY), "bad", "2025-02-01")
    house.observe(house.decide(JANUARY), "indeterminate", "2026-05-01")
    house.decide(JANUARY)
    assert bad(house) == [1, UNKNOWN, UNKNOWN]


def test_the_outcome_that_was_observed_last_counts_and_of_one_day_the_one_written_last(house: House) -> None:
    cured, late, corrected = (house.decide(JANUARY) for _ in range(3))
    house.observe(cured, "good", "2026-03-01", "1000", "0")
    house.observe(cured, "bad", "2026-02-01", "1000", "500")
    house.observe(late, "good", "2026-02-01")
    house.observe(late, "bad", "2026-03-01", "200", "120.5")
    house.observe(corrected, "bad", "2026-02-01")
    house.observe(corrected, "good", "2026-02-01")
    cohort = read(house)
    assert cohort.bad.tolist() == [0, 1, 0]
    np.testing.assert_array_equal(cohort.exposure, [1000, 200, np.nan])
    np.testing.assert_array_equal(cohort.loss, [0, 120.5, np.nan])
    assert bad(house, as_of=datetime(2026, 2, 15, tzinfo=UTC)) == [1, 0, 0]


def test_outcomes_of_others_are_nobodys(house: House) -> None:
    house.decide(JANUARY)
    house.observe("00000000-0000-7000-8000-000000000000", "bad", "2025-02-01")
    assert bad(house) == [UNKNOWN]


def test_what_was_brought_along_has_its_label_and_nothing_else(house: House) -> None:
    """Nobody knows when it came in: only the label that came with it can be mature."""
    labelled, told = house.bring(PROBABILITY="0.3"), house.bring()
    house.observe(labelled, "good", "2026-01-01", source="imported")
    house.observe(told, "good", "2026-01-01")
    cohort = read(house)
    counted = dict(zip(cohort.ids, cohort.bad.tolist(), strict=True))
    assert counted == {labelled: 0, told: UNKNOWN}
    assert np.isnat(cohort.received).all()
    assert np.nanmin(cohort.probability) == 0.3


def test_a_time_leaves_out_what_came_in_before_and_after_and_at_an_unknown_one(house: House) -> None:
    days = [house.decide(JANUARY + timedelta(days=day), application={"AGE": 30 + day}) for day in range(5)]
    house.bring()
    house.observe(days[2], "bad", "2025-02-01")
    cohort = read(house, since=JANUARY + timedelta(days=1), until=JANUARY + timedelta(days=4), fields=["AGE"])
    assert cohort.ids == days[1:4]
    assert cohort.columns["AGE"] == ["31", "32", "33"]
    assert cohort.bad.tolist() == [UNKNOWN, 1, UNKNOWN]
    assert len(read(house)) == 6


def test_an_application_that_stands_there_twice_counts_once_and_the_first_time(house: House) -> None:
    first = house.decide(JANUARY, 0.25, {"AGE": 20})
    path = Path(house.url) / "history.csv"
    line = path.read_text().splitlines(keepends=True)[1]
    house.decide(JANUARY, 0.5, {"AGE": 50})
    with path.open("a") as file:
        file.write(line.replace(",0.25,", ",0.99,"))
    cohort = read(house, fields=["AGE"])
    assert cohort.probability.tolist() == [0.25, 0.5]
    assert cohort.ids[0] == first
    assert cohort.columns["AGE"] == ["20", "50"]


def damage_cells(text: str) -> str:
    return text.replace(",", ",,", 1)


def damage_quotes(text: str) -> str:
    return text.replace(",lightgbm", ',"lightgbm', 1)


def damage_id(text: str) -> str:
    return f"x{text[1:]}"


def damage_probability(text: str) -> str:
    return text.replace(",0.25,", ",many,")


@pytest.mark.parametrize("damage", [damage_cells, damage_quotes, damage_id, damage_probability])
def test_a_damaged_row_costs_no_other(house: House, damage: Any, caplog: pytest.LogCaptureFixture) -> None:
    ids = [house.decide(JANUARY, 0.25) for _ in range(5)]
    path = Path(house.url) / "history.csv"
    lines = path.read_text().splitlines(keepends=True)
    lines[3] = damage(lines[3])
    path.write_text("".join(lines) + lines[5][:100])
    assert read(house).ids == [ids[0], ids[1], ids[3], ids[4]]
    assert "cannot be read" in caplog.text


def test_bytes_that_are_no_letters_cost_their_row(house: House) -> None:
    ids = [house.decide(JANUARY, 0.25) for _ in range(3)]
    path = Path(house.url) / "history.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"Rio de Janeiro", b"S\xe3o Paulo")
    path.write_bytes(b"".join(lines))
    assert read(house).ids == [ids[0], ids[2]]


def test_a_history_that_a_spreadsheet_rewrote_is_read_as_it_was(house: House) -> None:
    for day in range(3):
        house.decide(JANUARY + timedelta(days=day), 0.1 + day / 7, {"RESIDENCIAL_CITY": "Niterói, RJ"})
    before = read(house, fields=["RESIDENCIAL_CITY"])
    path = Path(house.url) / "history.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-16", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS[::-1], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    after = read(house, fields=["RESIDENCIAL_CITY"])
    for name, values in vars(before).items():
        assert np.array_equal(
            values, vars(after)[name], equal_nan=name in ("challenger", "exposure", "loss")
        ), name


@pytest.mark.parametrize("size", [64, 1_000, 1 << 14])
def test_rows_are_whole_wherever_a_block_ends(
    house: House, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [house.decide(JANUARY, 0.25, {"RESIDENCIAL_CITY": 'a "b", c' if n % 2 else "d"}) for n in range(30)]
    for id in ids:
        house.observe(id, "bad", "2025-02-01")
    monkeypatch.setattr(arrays.record, "_READ", size)
    cohort = read(house, fields=["RESIDENCIAL_CITY"])
    assert cohort.ids == ids
    assert cohort.columns["RESIDENCIAL_CITY"] == ['a "b", c' if n % 2 else "d" for n in range(30)]
    assert cohort.bad.tolist() == [1] * 30


def test_a_damaged_outcome_costs_no_other(house: House) -> None:
    ids = [house.decide(JANUARY) for _ in range(3)]
    for id in ids:
        house.observe(id, "bad", "2025-02-01")
    path = Path(house.url) / "outcomes.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[1], lines[2].replace(",bad", ',"bad'), lines[3]]))
    assert bad(house) == [1, UNKNOWN, 1]


def test_an_amount_that_somebody_spoilt_costs_itself_alone(house: House) -> None:
    first, second = house.decide(JANUARY), house.decide(JANUARY)
    house.observe(first, "bad", "2025-02-01", "1.000,00", "10")
    house.observe(second, "bad", "2025-02-01", "500")
    cohort = read(house)
    assert cohort.bad.tolist() == [1, 1]
    np.testing.assert_array_equal(cohort.exposure, [np.nan, 500])
    np.testing.assert_array_equal(cohort.loss, [10, np.nan])
