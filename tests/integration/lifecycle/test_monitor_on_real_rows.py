"""The monitor on the file that the layer was trained on, and on the two that came one year and three years later."""

import gzip
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.monitor_truth import coverage
from creditrisk.application import FIELDS
from lifecycle.drift.report import SCORE, Drift, drift_of
from lifecycle.values import Column, column_of
from models.training.data import SOURCE_FIELDS, Data, read
from scoring import load
from scoring.manifest import read_manifest
from scoring.reference import read_reference
from scoring.scorer import AnyScorer
from tests.integration.models.layers import LAYER
from tests.machine import DATA

pytestmark = pytest.mark.needs("the PAKDD 2010 file")
UNDATED = np.datetime64("NaT", "ms")


ROWS = 5_000
"""Of each file: enough, and quick."""


@pytest.fixture(scope="module")
def scorer() -> AnyScorer:
    return load(LAYER, "lightgbm")


@pytest.fixture(scope="module")
def data() -> Data:
    return read(DATA)


def parsed(path: Path) -> dict[str, list[Any]]:
    """Field → values of a published file without labels; what no form would take any more is a gap."""
    columns: dict[str, list[Any]] = {name: [] for name in SOURCE_FIELDS}
    with gzip.open(path, "rt", encoding="latin-1", newline="\n") as file:
        for line in islice(file, ROWS):
            for name, cell in zip(SOURCE_FIELDS, line.rstrip("\r\n").split("\t")[1:], strict=True):
                try:
                    columns[name].append(FIELDS[name].parse(cell))
                except ValueError:
                    columns[name].append(None)
    return columns


def drift(columns: dict[str, Column] | dict[str, list[Any]], scores: np.ndarray) -> Drift:
    made = {
        name: cells if isinstance(cells, Column) else column_of(name, cells)
        for name, cells in columns.items()
    }
    reference = read_reference(LAYER, read_manifest(LAYER))
    received = np.full(len(scores), UNDATED)
    return drift_of(reference, received, made, scores, np.ones(len(scores), bool), "lightgbm")


@pytest.mark.parametrize("file", ["leaderboard", "prediction"])
def test_the_later_files_have_moved_as_is_known_of_them(file: str, scorer: AnyScorer) -> None:
    columns = parsed(DATA.with_name(f"{file}.txt.gz"))
    found = drift(columns, scorer.probabilities(columns))
    moved = {each.name: each for each in found.moved}
    assert moved["FLAG_EMAIL"].whole.psi == pytest.approx(5.3, abs=0.5)
    assert moved["APPLICATION_SUBMISSION_TYPE"].whole.psi == pytest.approx(3.2, abs=0.6)
    assert [each.name for each in found.moved[1:3]] == ["FLAG_EMAIL", "APPLICATION_SUBMISSION_TYPE"]
    assert moved[SCORE].whole.psi < 0.25, "the scores hide how far the inputs have moved"
    assert moved["FLAG_EMAIL"].in_words.startswith(
        "E-mail address: Yes (1) made up 80 % of the training data and "
    )


def test_rows_of_the_training_data_have_not_moved(data: Data, scorer: AnyScorer) -> None:
    rows = np.random.default_rng(1).choice(len(data), 2_000, replace=False)
    columns = {name: list(cells) for name, cells in data.take(rows).items()}
    found = drift(columns, scorer.probabilities(columns))
    assert [each.name for each in found.moved if each.name != SCORE and each.whole.verdict != "steady"] == []


def test_the_interval_over_all_applicants_holds_the_truth_95_times_of_100(
    data: Data, scorer: AnyScorer
) -> None:
    rows = np.random.default_rng(1).choice(len(data), 12_000, replace=False)
    draws = 100
    found = coverage(
        scorer.probabilities(data.take(rows)), data.bad[rows].astype(np.int8), draws, applicants=6_000
    )
    least, most = binom.ppf([0.0005, 0.9995], draws, 0.95)
    for name, hits in found.weighted.items():
        assert least <= hits <= most, name
    assert found.accepted < least, "the accepted alone tell another story"
