"""Over all applicants: the interval holds the truth about 95 times of 100, which that of the accepted alone does not."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.monitor_truth import coverage, made_up
from lifecycle.performance.applicants import came_late, over_all_applicants

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


def test_when_the_days_places_are_taken_the_others_of_that_day_are_left_out_and_counted() -> None:
    """In the late hours applicants are riskier, and nobody is accepted at random any more. Over those who came before, the
    interval holds the truth as ever; with the late ones' accepted among them it does not."""
    random = np.random.default_rng(7)
    population, outcomes = made_up(60_000, seed=4)
    hits = naive = late_hours = 0
    for _ in range(DRAWS):
        rows = np.sort(random.integers(60_000, size=6_000))
        rows = rows[np.argsort(population[rows] + random.normal(0, 0.1, 6_000))]  # the riskiest come last
        rows = np.concatenate([rows[day::10] for day in range(10)])
        score, bad = population[rows], outcomes[rows]
        received = np.repeat(np.datetime64("2026-01-01", "ms") + np.arange(10) * np.timedelta64(1, "D"), 600)
        scored = received + np.tile(np.arange(600), 10) * np.timedelta64(1, "m")
        approved = score < 0.3
        drawn = ~approved & (random.random(6_000) < 0.2)
        spent = np.concatenate([np.cumsum(of) - of >= 12 for of in np.split(drawn, 10)])
        chance = np.where(approved, 1.0, np.where(spent, 0.0, np.where(drawn, 0.2, np.nan)))
        seen = np.where(chance > 0, bad, -1).astype(np.int8)
        late = came_late(received, scored, chance)
        everyone = np.ones(6_000, bool)
        told = over_all_applicants(score, chance, seen, everyone, late)
        assert told and told.applicants + told.came_late == 6_000 and told.came_late == late.sum() > 600
        assert late[spent & ~approved].all() and not late[drawn & ~spent].any()
        hits += told.stand_for.holds(told.applicants) and told.figures.bad_rate.holds(bad[~late].mean())
        without = over_all_applicants(score, chance, seen, everyone)
        assert without
        naive += without.figures.bad_rate.holds(bad.mean())
        late_hours += late.sum()
    assert late_hours > 0 and hits >= 0.9 * DRAWS and naive < LEAST


def test_nobody_came_late_where_places_were_left_or_no_moment_is_known() -> None:
    day = np.full(4, np.datetime64("2026-01-01", "ms"))
    moments = day + np.arange(4) * np.timedelta64(1, "h")
    never = np.full(4, np.datetime64("NaT"), "datetime64[ms]")
    chance = np.array([1.0, np.nan, 0.1, 1.0])
    assert not came_late(day, moments, chance).any()
    chance[2] = 0
    assert came_late(day, moments, chance).tolist() == [False, False, True, True]
    assert came_late(day, never, chance).tolist() == [False, False, True, False]
    assert came_late(never, moments, chance).tolist() == [False, False, True, False]
