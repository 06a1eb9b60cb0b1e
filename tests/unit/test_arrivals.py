"""The simulation behind docs/scale.md."""

import numpy as np
import pytest

from benchmarks.arrivals import Assumptions, poisson, simulate


def test_one_application_pays_for_a_cold_scorer_and_one_batch() -> None:
    a = Assumptions()
    run = simulate(np.array([1.0]), a)
    assert run.latency == pytest.approx([a.cold + a.batch + a.application + a.form])
    assert (run.invocations, run.batches, run.scorers_at_once) == (1, 1, 1)


def test_a_second_one_finds_the_scorer_warm() -> None:
    a = Assumptions()
    run = simulate(np.array([1.0, 10.0]), a)
    assert run.latency[1] == pytest.approx(a.wake + a.batch + a.application + a.form)


def test_a_second_scorer_is_woken_by_the_application_past_four_batches() -> None:
    a = Assumptions(batch_size=2)
    assert simulate(np.linspace(1, 1.1, 8), a).scorers_at_once == 1
    assert simulate(np.linspace(1, 1.1, 9), a).scorers_at_once == 2


def test_a_full_queue_refuses_and_every_accepted_application_is_answered() -> None:
    run = simulate(np.linspace(0, 1, 1000), Assumptions(max_queue=100, max_scorers=1))
    assert run.refused > 0
    assert run.count + run.refused == 1000
    assert (run.latency > 0).all()


def test_first_in_first_out() -> None:
    times = poisson(200, 20)
    run = simulate(times, Assumptions())
    assert (np.diff(times + run.latency) >= -1e-9).all()
