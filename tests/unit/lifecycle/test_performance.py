"""The figures of performance: scikit-learn's own, to 1e-6, and intervals that are what they say."""

from math import isnan

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from lifecycle.performance.calibration import calibration_error, log_odds
from lifecycle.performance.challenger import duel
from lifecycle.performance.estimate import Estimate
from lifecycle.performance.expected import expected
from lifecycle.performance.figures import deciles, figures
from lifecycle.performance.ranking import difference, rank
from models.training import validation


def made(rows: int, seed: int = 1, ties: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    score = 1 / (1 + np.exp(-random.normal(-1.1, 0.7, rows)))
    bad = (random.random(rows) < score).astype(np.int8)
    return (np.round(score, ties) if ties else score), bad


@pytest.mark.parametrize(("rows", "ties"), [(5_000, 0), (5_000, 2), (300, 1)])
def test_the_figures_are_scikit_learns(rows: int, ties: int) -> None:
    score, bad = made(rows, ties=ties)
    found = figures(score, bad)
    false, true, _ = roc_curve(bad, score, drop_intermediate=False)
    assert found.roc_auc.value == pytest.approx(roc_auc_score(bad, score), abs=1e-9)
    assert found.gini.value == pytest.approx(2 * roc_auc_score(bad, score) - 1, abs=1e-9)
    assert found.ks == pytest.approx(np.max(true - false), abs=1e-9)
    assert found.brier.value == pytest.approx(brier_score_loss(bad, score), abs=1e-9)
    assert found.bad_rate.value == pytest.approx(bad.mean())
    fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1_000).fit(log_odds(score)[:, None], bad)
    assert found.calibration.slope.value == pytest.approx(fitted.coef_[0, 0], abs=1e-6)
    assert found.calibration.intercept.value == pytest.approx(fitted.intercept_[0], abs=1e-6)


def test_weighted_figures_are_scikit_learns() -> None:
    score, bad = made(3_000, ties=2)
    weight = np.random.default_rng(3).choice([1.0, 25.0, 50.0], 3_000)
    found = figures(score, bad, weight)
    assert found.roc_auc.value == pytest.approx(roc_auc_score(bad, score, sample_weight=weight), abs=1e-9)
    assert found.brier.value == pytest.approx(brier_score_loss(bad, score, sample_weight=weight), abs=1e-9)
    assert found.bad_rate.value == pytest.approx(np.average(bad, weights=weight))
    fitted = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1_000).fit(
        log_odds(score)[:, None], bad, weight
    )
    assert found.calibration.slope.value == pytest.approx(fitted.coef_[0, 0], abs=1e-6)
    repeated = np.repeat(np.arange(3_000), weight.astype(int))
    assert found.ks == pytest.approx(figures(score[repeated], bad[repeated]).ks, abs=1e-9)
    assert found.bad_rate.low > figures(score[repeated], bad[repeated]).bad_rate.low - 1
    assert (
        found.roc_auc.high - found.roc_auc.low
        > figures(score[repeated], bad[repeated]).roc_auc.high
        - figures(score[repeated], bad[repeated]).roc_auc.low
    ), "one row that counts 25 times tells less than 25 rows"


def test_the_calibration_error_is_the_model_cards() -> None:
    score, bad = made(4_321)
    assert calibration_error(score, bad.astype(float)) == pytest.approx(
        validation.calibration_error(score, bad)
    )


def by_pairs(score: np.ndarray, bad: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """DeLong as it is defined: over all pairs."""
    bads, goods = score[bad == 1], score[bad == 0]
    wins = (bads[:, None] > goods[None, :]) + 0.5 * (bads[:, None] == goods[None, :])
    return float(wins.mean()), wins.mean(axis=1), wins.mean(axis=0)


def test_delongs_variance_is_that_of_all_pairs() -> None:
    score, bad = made(700, ties=2)
    auc, of_bads, of_goods = by_pairs(score, bad)
    variance = of_bads.var(ddof=1) / len(of_bads) + of_goods.var(ddof=1) / len(of_goods)
    found = rank(score, bad == 1, bad == 0)
    assert found.auc == pytest.approx(auc) and found.deviation**2 == pytest.approx(variance)
    assert found.roc_auc.high - found.roc_auc.low == pytest.approx(
        2 * norm.ppf(0.975) * np.sqrt(variance), rel=1e-6
    )


def test_delongs_paired_variance_is_that_of_all_pairs() -> None:
    score, bad = made(700, ties=2)
    other = np.round(score + np.random.default_rng(2).normal(0, 0.1, 700), 2)
    first, second = by_pairs(score, bad), by_pairs(other, bad)
    variance = sum(np.var(b - a, ddof=1) / len(a) for a, b in zip(first[1:], second[1:], strict=True))
    ours, theirs = (rank(each, bad == 1, bad == 0) for each in (score, other))
    told = difference(ours, theirs)
    assert told.value == pytest.approx(second[0] - first[0])
    assert told.high - told.value == pytest.approx(norm.ppf(0.975) * np.sqrt(variance), rel=1e-6)
    apart = ours.deviation**2 + theirs.deviation**2
    assert variance < apart, "what both have in common falls out"


def test_too_little_gives_no_figure_and_no_error() -> None:
    for rows, bad in ((0, []), (3, [1, 1, 1]), (1, [0]), (2, [1, 0])):
        found = figures(np.linspace(0.1, 0.9, rows), np.array(bad, np.int8))
        assert isnan(found.calibration.slope.value) and isnan(found.roc_auc.low)
    assert isnan(figures(np.zeros(0), np.zeros(0, np.int8)).calibration.error)
    apart = figures(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1], np.int8))
    assert apart.roc_auc.value == 1 and isnan(apart.calibration.slope.value), "no finite slope parts them"


def test_probabilities_of_nought_and_one_have_figures() -> None:
    score, bad = made(1_000)
    found = figures(np.where(score < 0.1, 0.0, np.where(score > 0.8, 1.0, score)), bad)
    assert not isnan(found.calibration.slope.value)


def test_deciles_part_the_rows_and_catch_all_bad_ones() -> None:
    score, bad = made(1_003)
    told = deciles(score, bad)
    assert (
        len(told) == 10
        and sum(each.rows for each in told) == 1_003
        and sum(each.bad for each in told) == bad.sum()
    )
    assert [each.mean_probability for each in told] == sorted(
        (each.mean_probability for each in told), reverse=True
    )
    assert told[-1].captured == pytest.approx(1) and told[0].lift == pytest.approx(
        told[0].bad / told[0].rows / bad.mean()
    )
    assert deciles(score[:3], bad[:3])[0].rows == 1 and deciles(score[:0], bad[:0]) == []


def test_expected_figures_are_the_mean_of_what_honest_scores_bring() -> None:
    score, _ = made(2_000)
    random = np.random.default_rng(5)
    drawn = [figures(score, (random.random(2_000) < score).astype(np.int8)) for _ in range(300)]
    told = expected(score)
    for name in ("roc_auc", "bad_rate", "brier"):
        seen = np.array([getattr(each, name).value for each in drawn])
        estimate: Estimate = getattr(told, name)
        assert estimate.value == pytest.approx(seen.mean(), abs=4 * seen.std() / np.sqrt(300) + 2e-4)
        assert (estimate.high - estimate.low) / 2 / norm.ppf(0.975) == pytest.approx(seen.std(), rel=0.15)
        assert 0.90 <= np.mean([estimate.holds(value) for value in seen]) <= 0.99


def test_champion_and_challenger_are_compared_on_the_same_applications() -> None:
    score, bad = made(4_000)
    random = np.random.default_rng(7)
    worse = np.clip(score + random.normal(0, 0.25, 4_000), 0.001, 0.999)
    worse[:500] = np.nan  # nobody scored them beside
    known = random.random(4_000) < 0.6
    told = duel(score, worse, np.ones(4_000), known, bad, 0.3, weighted=False)
    assert told and told.advantage and told.champion and told.challenger
    both = ~np.isnan(worse)
    assert told.rows == 3_500 and told.known == int((known & both).sum())
    assert told.champion.roc_auc.value == pytest.approx(roc_auc_score(bad[known & both], score[known & both]))
    assert told.challenger.roc_auc.value == pytest.approx(
        roc_auc_score(bad[known & both], worse[known & both])
    )
    assert told.advantage.high < 0 and told.verdict.startswith("The champion ranks better")
    assert sum(corner.applications for corner in told.corners) == 3_500
    only = told.corners[1]
    assert only.applications == int(((score < 0.3) & (worse >= 0.3)).sum())
    assert (worse[both] < told.challenger_threshold).sum() == (score[both] < 0.3).sum()
    assert told.approvals[0].value < told.approvals[1].value
    swapped = duel(
        np.where(both, worse, score), score, np.ones(4_000), known & both, bad, 0.3, weighted=False
    )
    assert swapped and swapped.advantage and swapped.verdict.startswith("The challenger ranks better")


def test_without_a_challenger_or_outcomes_little_is_said() -> None:
    score, bad = made(100)
    nobody = np.full(100, np.nan)
    assert duel(score, nobody, np.ones(100), np.ones(100, bool), bad, 0.3, weighted=False) is None
    told = duel(score, score, np.ones(100), np.zeros(100, bool), bad, 0.3, weighted=False)
    assert told and told.advantage is None and told.verdict.startswith("No outcomes yet")
