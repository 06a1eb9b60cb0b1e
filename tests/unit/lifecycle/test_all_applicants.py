"""Over all applicants: the interval holds the truth about 95 times of 100, which that of the accepted alone does not."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.monitor_truth import coverage, made_up
from lifecycle.performance.applicants import over_all_applicants

DRAWS = 200
LEAST, MOST = binom.ppf([0.0005, 0.9995], DRAWS, 0.95)
"""What 95 of 100 gives in so many draws, but once in a thousand times."""


def test_the_interval_holds_the_truth_95_times_of_100() -> None:
    probability, bad = made_up(20_000, seed=4)
    found = coverage(probability, bad, DRAWS, applicants=6_000)
    for name, hits in found.weighted.items():
        assert LEAST <= hits <= MOST, name
    assert found.accepted < LEAST, "the accepted alone do not tell it"


def test_it_says_for_how_many_the_accepted_stand() -> None:
    random = np.random.default_rng(1)
    probability, bad = made_up(20_000, seed=1)
    approved = probability < 0.3
    reached = ~approved & (probability < 0.36)
    explored = reached & (random.random(20_000) < 0.05)
    propensity = np.where(approved, 1.0, np.where(explored, 0.05, np.nan))
    bad[~(approved | explored)] = -1
    told = over_all_applicants(probability, propensity, bad, np.ones(20_000, bool))
    assert told and told.applicants == 20_000 and told.explored == explored.sum()
    assert told.stand_for.holds((approved | reached).sum()) and told.stand_for.high < 20_000
    assert told.out_of_reach == (probability > probability[explored].max()).sum() > 0
    young = over_all_applicants(probability, propensity, bad, np.arange(20_000) < 10_000)
    assert young and young.applicants == 10_000


@pytest.mark.parametrize("explored", [0, 12])
def test_without_enough_accepted_at_random_nothing_is_said(explored: int) -> None:
    probability, bad = made_up(1_000, seed=1)
    propensity = np.ones(1_000)
    propensity[:explored] = 0.05
    bad[:explored] = 1
    assert over_all_applicants(probability, propensity, bad, np.ones(1_000, bool)) is None
