"""A committee says the weighted mean of its members, and explains it as exactly as they do."""

import numpy as np
import pytest

from models.training.fitting import Sample, fit_lightgbm
from models.training.kinds import Kinds
from models.training.recipe import LightGBM, Recipe
from scoring import plain
from scoring.estimators import Committee, probability

WIDTH = 6
UNSEEN = 4
"""A column that only the trees may see."""


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    matrix = np.random.default_rng(5).normal(size=(600, WIDTH))
    matrix[::7, 2] = np.nan
    return matrix


@pytest.fixture(scope="module")
def committee(matrix: np.ndarray) -> Committee:
    noise = np.random.default_rng(6).normal(size=len(matrix))
    bad = (matrix[:, 0] + matrix[:, UNSEEN] ** 2 - matrix[:, 1] + noise > 1).astype(np.int64)
    smooth = np.arange(WIDTH) != UNSEEN
    rising = np.arange(WIDTH) == 0
    few = LightGBM(trees=Recipe().lightgbm.trees | {"n_estimators": 30, "colsample_bytree": 1.0})
    return fit_lightgbm(Sample(matrix, bad, Recipe(lightgbm=few), Kinds(rising, smooth)))


def test_it_says_the_weighted_mean_of_its_members(committee: Committee, matrix: np.ndarray) -> None:
    assert sum(committee.weights) == pytest.approx(1)
    assert len({type(member) for member in committee.members}) == 2
    said = sum(w * m.log_odds(matrix) for w, m in zip(committee.weights, committee.members, strict=True))
    assert np.allclose(committee.log_odds(matrix), said, rtol=0, atol=1e-12)
    assert np.allclose(committee.predict_proba(matrix)[:, 1], probability(said), rtol=0, atol=1e-12)


def test_what_its_columns_contribute_adds_up(committee: Committee, matrix: np.ndarray) -> None:
    log_odds, shares = committee.explained(matrix)
    assert np.allclose(log_odds, committee.log_odds(matrix), rtol=0, atol=1e-12)
    assert np.allclose(shares.sum(axis=1), log_odds - committee.baseline, rtol=0, atol=1e-9)


def test_calibrated_it_says_a_line_of_what_it_said_and_explains_it(
    committee: Committee, matrix: np.ndarray
) -> None:
    other = committee.calibrated(0.5, 0.25).calibrated(2.0, 1.0)
    log_odds, shares = other.explained(matrix)
    assert np.allclose(log_odds, committee.log_odds(matrix) + 1.5, rtol=0, atol=1e-12)
    assert np.allclose(shares.sum(axis=1), log_odds - other.baseline, rtol=0, atol=1e-9)


def test_the_regression_and_the_networks_do_not_hear_what_is_for_the_trees(
    committee: Committee, matrix: np.ndarray
) -> None:
    blend, network = committee.members
    changed = matrix.copy()
    changed[:, UNSEEN] += 3
    assert np.array_equal(network.log_odds(changed), network.log_odds(matrix))
    assert blend.coefficients[UNSEEN] == 0
    assert not np.allclose(blend.log_odds(changed), blend.log_odds(matrix))


def test_a_column_that_may_only_rise_never_lowers_what_the_trees_say(
    committee: Committee, matrix: np.ndarray
) -> None:
    trees = committee.members[0].trees
    steps = np.linspace(-4, 4, 41)
    for row in matrix[:50]:
        asked = np.repeat(row[None], len(steps), axis=0)
        asked[:, 0] = steps
        assert (np.diff(trees.log_odds(asked)) >= -1e-12).all()


def test_it_is_read_as_it_was_written(committee: Committee, matrix: np.ndarray) -> None:
    read = plain.loads(plain.dumps(committee), "lightgbm_model.pkl")
    assert np.array_equal(read.log_odds(matrix), committee.log_odds(matrix))
