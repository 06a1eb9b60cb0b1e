"""What the record teaches: accepted applications whose outcome counts, weighted by the chance with which they were accepted."""

from typing import Any

import numpy as np
import pytest

from lifecycle.cohort import Cohort
from lifecycle.errors import TooFewOutcomes
from lifecycle.learning import Known, effective, enough, holdout_start, known_of, together
from lifecycle.retraining import lesson
from models.synthetic import synthetic_applicants
from models.training.data import Data
from models.training.published import SOURCE_FIELDS


def cohort_of(bad: list[int], propensity: list[float], received: list[str], **columns: list[Any]) -> Cohort:
    rows = len(bad)
    nan, codes = np.full(rows, np.nan), np.zeros(rows, np.int16)
    moments = np.array(received, "datetime64[ms]")
    someone = next(synthetic_applicants(1))
    whole = {name: ["" if someone[name] is None else str(someone[name])] * rows for name in SOURCE_FIELDS}
    return Cohort(
        [f"id {number}" for number in range(rows)], moments, moments, np.full(rows, 0.3), nan,
        np.zeros(rows, np.int8), ["lightgbm one"], codes, [""], codes, np.array(propensity), np.array(bad, np.int8),
        nan, nan, whole | columns,
    )  # fmt: skip


def known(rows: int, start: str, seed: int = 1) -> Known:
    """A known outcome a day."""
    draw = np.random.default_rng(seed)
    received = np.datetime64(start, "ms") + np.arange(rows) * np.timedelta64(1, "D")
    data = Data({"AGE": list(range(rows))}, draw.integers(0, 2, rows), {}, f"{start} {seed}")
    return Known(data, received)


def test_only_accepted_applications_with_an_outcome_that_counts_are_learned_from() -> None:
    found = known_of(
        cohort_of(
            [1, 0, -1, 0, 1],
            [1.0, 0.05, 1.0, np.nan, 0.5],
            ["2026-01-01"] * 5,
            AGE=["30", "31", "32", "33", "34"],
        )
    )
    assert found.data.columns["AGE"] == [30, 31, 34]
    assert found.data.bad.tolist() == [1, 0, 1]
    assert found.data.weights is not None and found.data.weights.tolist() == [1.0, 20.0, 2.0]


def test_what_no_form_would_accept_any_more_and_what_has_no_date_is_left_out() -> None:
    found = known_of(
        cohort_of([1, 0, 0], [1.0] * 3, ["2026-01-01", "2026-02-01", "NaT"], AGE=["thirty", "31", "32"])
    )
    assert found.data.columns["AGE"] == [31] and found.data.refused == {"AGE": 1}


def test_the_fingerprint_is_of_who_what_and_how_much() -> None:
    base = [1, 0, 0], [1.0, 0.5, 1.0], ["2026-01-01"] * 3
    one = known_of(cohort_of(*base)).data.fingerprint
    assert one == known_of(cohort_of(*base)).data.fingerprint
    assert one != known_of(cohort_of([1, 1, 0], *base[1:])).data.fingerprint
    assert one != known_of(cohort_of(base[0], [1.0, 0.25, 1.0], base[2])).data.fingerprint


@pytest.mark.parametrize(("months", "start"), [(1, "2026-05"), (3, "2026-03"), (12, "2025-06")])
def test_the_hold_out_are_the_last_calendar_months(months: int, start: str) -> None:
    received = np.array(["2025-01-31", "2026-05-01", "2026-02-28"], "datetime64[ms]")
    assert str(holdout_start(received, months)) == start


def test_nobody_is_learned_from_and_judged_by() -> None:
    file = Data({"AGE": [1] * 300}, np.arange(300) % 2, {}, "file")
    taught = lesson([file], known(730, "2024-01-01"), months=12)
    assert taught.start == "2025-01-01" and (taught.files, taught.recorded) == (300, 366)
    assert taught.learned.columns["AGE"] == [1] * 300 + list(range(366))
    assert taught.holdout.columns["AGE"] == list(range(366, 730))


def test_without_outcomes_there_is_nothing_to_learn() -> None:
    with pytest.raises(TooFewOutcomes, match="outcomes add"):
        lesson([], known(0, "2026-01-01"))


def test_a_hold_out_that_is_too_small_to_judge_is_told_with_its_figures() -> None:
    with pytest.raises(TooFewOutcomes, match=r"from 2026-07 on, has 19 applications"):
        lesson([], known(200, "2026-01-01"), months=1)
    with pytest.raises(TooFewOutcomes, match="before the hold-out"):
        lesson([], known(400, "2026-01-01"), months=12)
    one_sided = Data({"AGE": [1] * 900}, np.array([1] * 19 + [0] * 881), {}, "")
    with pytest.raises(TooFewOutcomes, match="19 of them bad"):
        enough(one_sided, "It")


def test_sources_are_put_together_in_their_order_and_weigh_one_where_nothing_is_said() -> None:
    file = Data({"AGE": [1, 2]}, np.array([0, 1]), {"AGE": 1}, "a")
    record = Data({"AGE": [3]}, np.array([1]), {"AGE": 2}, "b", weights=np.array([20.0]))
    whole = together([file, record])
    assert whole.columns["AGE"] == [1, 2, 3] and whole.bad.tolist() == [0, 1, 1]
    assert whole.weights is not None and whole.weights.tolist() == [1, 1, 20]
    assert whole.refused == {"AGE": 3}
    assert together([file]).weights is None
    assert together([file, record]).fingerprint != together([record, file]).fingerprint
    assert effective(whole) == pytest.approx(22**2 / 402) and effective(file) == 2
