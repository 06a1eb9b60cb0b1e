"""Reasons of a model that somebody handed over: what each field adds to a typical applicant's log-odds."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.foreign import ForeignScorer, Graph
from scoring.manifest import Manifest

Formula = Callable[[NDArray[Any]], NDArray[Any]]


class Computed:
    """A graph of one input, that gives a probability by a formula; real graphs are in tests/integration/models."""

    name = "a formula"
    inputs = {"matrix": np.float64}  # noqa: RUF012
    outputs = ["probability"]  # noqa: RUF012

    def __init__(self, formula: Formula) -> None:
        self.formula = formula

    def run_matrix(self, matrix: NDArray[Any], output: str) -> NDArray[Any]:
        assert output == "probability"
        return self.formula(matrix)[:, None]


def scorer_of(formula: Formula, **baseline: float | None) -> ForeignScorer:
    model = {"output": "probability", "bad_column": 1, "inputs": [{"field": name} for name in baseline]}
    foreign = {"models": {"lightgbm": model}, "baseline": baseline}
    manifest = Manifest({"files": {}, "foreign": foreign})
    return ForeignScorer(manifest, "lightgbm", [cast(Graph, Computed(formula))])


def logistic(log_odds: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def of_age_and_gap(matrix: NDArray[Any]) -> NDArray[Any]:
    """Ten years add 1 to the log-odds, a gap adds 0.5."""
    return logistic((matrix[:, 0] - 40) / 10 + np.where(np.isnan(matrix[:, 1]), 0.5, 0.0))


@pytest.mark.parametrize(
    ("typical", "given", "share"),
    [(12, None, 0.5), (None, 12, -0.5), (None, None, 0), (12, 12, 0), (12, 24, 0)],
)
def test_a_gap_moves_the_score_unless_the_typical_applicant_has_it_too(
    typical: int | None, given: int | None, share: float
) -> None:
    scorer = scorer_of(of_age_and_gap, AGE=40, MONTHS_IN_RESIDENCE=typical)
    shares, start = scorer.contributions({"AGE": 50, "MONTHS_IN_RESIDENCE": given})
    assert shares.tolist() == pytest.approx([1.0, share])
    assert start == pytest.approx(0.5 if typical is None else 0.0)


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_a_model_that_is_certain_has_reasons_that_are_numbers(certain: float) -> None:
    def formula(matrix: NDArray[Any]) -> NDArray[Any]:
        return np.where(matrix[:, 0] == 40, 0.5, certain)

    shares, start = scorer_of(formula, AGE=40, MONTHS_IN_RESIDENCE=12).contributions(
        {"AGE": 50, "MONTHS_IN_RESIDENCE": 12}
    )
    assert start == pytest.approx(0.0)
    assert np.isfinite(shares).all()
    assert np.sign(shares.tolist()).tolist() == [1.0 if certain else -1.0, 0.0]
