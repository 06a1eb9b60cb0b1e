"""What the benchmark of questions that are not asked online leaves open."""

import numpy as np

from benchmarks.online import LEFT_OPEN, lost, variants
from creditrisk.application import FIELDS

ROWS = 3
COLUMNS = {name: [f"{name} {row}" for row in range(ROWS)] for name in FIELDS}
GAPS = [None] * ROWS


def test_what_nobody_is_asked_is_a_gap_and_all_else_stands_as_in_the_file() -> None:
    tried = dict(variants(COLUMNS))
    assert next(iter(tried.values())) == COLUMNS
    both = {"PROFESSIONAL_BOROUGH", "RESIDENCIAL_BOROUGH"}
    assert both < set(LEFT_OPEN)
    for what, columns in list(tried.items())[1:-1]:
        left_open = {name for name in FIELDS if columns[name] == GAPS}
        assert left_open == {name for name in LEFT_OPEN if f"`{name}`" in what} != set()
        assert {name: columns[name] for name in FIELDS if name not in left_open} == {
            name: COLUMNS[name] for name in FIELDS if name not in left_open
        }


def test_online_the_lenders_codes_are_open_and_what_its_pages_know_is_told() -> None:
    *_, (_, columns) = variants(COLUMNS)
    assert columns["PROFESSION_CODE"] == columns["RESIDENCIAL_BOROUGH"] == GAPS
    assert columns["APPLICATION_SUBMISSION_TYPE"] == ["Web"] * ROWS
    assert columns["AGE"] == COLUMNS["AGE"] and columns["RESIDENCIAL_ZIP_3"] == COLUMNS["RESIDENCIAL_ZIP_3"]


def test_what_is_lost_is_told_with_what_chance_leaves_open() -> None:
    random = np.random.default_rng(1)
    bad = (random.random(2_000) < 0.3).astype(np.int64)
    whole = bad + random.normal(size=2_000)
    low, high = lost(bad, whole, random.normal(size=2_000), draws=60)
    assert 0.2 < low < 0.26 < high < 0.32  # 0.76 beside 0.50
    assert lost(bad, whole, whole, draws=3) == (0.0, 0.0)
