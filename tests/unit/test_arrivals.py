"""The simulation behind docs/scale.md."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.arrivals import Assumptions, poisson, simulate
from benchmarks.arrivals import _House as House

QUICK = Assumptions(redis_accept=0, redis_rest=0, form_concurrency=100_000, environments=100_000)
"""Where nothing but the scorers is finite."""


def test_one_application_pays_for_a_cold_scorer_and_one_batch() -> None:
    run = simulate(np.array([1.0]), QUICK)
    assert run.latency == pytest.approx([QUICK.cold + QUICK.batch + QUICK.application + QUICK.form])
    assert (run.invocations, run.batches, run.scorers_at_once) == (1, 1, 1)


def test_a_second_one_finds_the_scorer_warm() -> None:
    run = simulate(np.array([1.0, 10.0]), QUICK)
    assert run.latency[1] == pytest.approx(QUICK.wake + QUICK.batch + QUICK.application + QUICK.form)


def test_a_second_scorer_is_woken_by_the_application_past_four_batches() -> None:
    a = replace(QUICK, batch_size=2)
    assert simulate(np.linspace(1, 1.1, 8), a).scorers_at_once == 1
    assert simulate(np.linspace(1, 1.1, 9), a).scorers_at_once == 2


@pytest.mark.parametrize(("waiting", "shares"), [(256, [64] * 4), (40, [16, 16, 8]), (256, [256])])
def test_what_waits_is_shared_among_the_scorers_that_are_awake(waiting: int, shares: list[int]) -> None:
    """As in tests/integration/test_sharing.py."""
    house = House(np.ones(waiting), replace(QUICK, batch_size=256), 0.0)
    house.accepted_at[:] = 1.0
    (shard,) = house.shards
    shard.waiting.extend(range(waiting))
    shard.awake = 4 if len(shares) > 1 else 1
    for number in range(shard.awake):
        house._claim(0, 2.0, 1.0 + number / 10)
    assert list(shard.claimed.values()) == shares


def test_a_full_queue_refuses_and_every_accepted_application_is_answered() -> None:
    run = simulate(np.linspace(0, 1, 1000), replace(QUICK, max_queue=100, max_scorers=1))
    assert run.refused > 0
    assert run.count + run.refused == run.offered == 1000
    assert (run.latency > 0).all()


def test_first_in_first_out() -> None:
    times = poisson(200, 20)
    run = simulate(times, QUICK)
    assert (np.diff(times + run.latency) >= -1e-9).all()


def test_who_finds_no_free_form_is_throttled_and_who_waits_holds_one() -> None:
    at_once = np.full(100, 1.0)
    waiting = simulate(at_once, replace(QUICK, form_concurrency=60))
    assert (waiting.throttled, waiting.form_at_once, waiting.count) == (40, 60, 60)
    # A second apart nobody holds one any more, except where the first answer takes longer than that.
    later = np.concatenate([at_once, np.full(60, 10.0)])
    assert simulate(later, replace(QUICK, form_concurrency=60)).throttled == 40


def test_lambda_makes_environments_only_so_fast() -> None:
    burst = np.linspace(1, 1.01, 3000)
    run = simulate(burst, replace(QUICK, environments=1_000))
    assert run.throttled == pytest.approx(2000, abs=10)
    patient = np.concatenate([burst, np.linspace(12, 12.01, 3000)])
    assert simulate(patient, replace(QUICK, environments=1_000)).throttled == pytest.approx(3000, abs=20)


def test_one_redis_thread_is_the_end_of_it_and_shards_are_the_way_past() -> None:
    times = poisson(3_000, 20)
    slow = replace(QUICK, redis_accept=0.0005, redis_rest=0.0005, max_scorers=16, wait=0)
    one, four = simulate(times, slow), simulate(times, replace(slow, shards=4, max_scorers=4))
    assert one.refused > 0
    assert one.redis_seconds / one.seconds > 0.9
    assert (four.refused, four.throttled) == (0, 0)
    assert np.percentile(four.latency, 99) < np.percentile(one.latency, 50)


def test_memory_that_is_full_of_answers_refuses() -> None:
    a = replace(QUICK, memory=1e6, bytes_kept=4_000, result_ttl=100)
    assert simulate(poisson(20, 60), replace(a, result_ttl=10), rate=20).refused == 0  # 200 answers of 250
    full = simulate(poisson(50, 60), replace(a, result_ttl=10), rate=50)  # 500 of 250: half of them
    assert full.refused / full.offered == pytest.approx(0.5, abs=0.03)
