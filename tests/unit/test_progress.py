"""The bar of a long training moves between its steps, only forward, and never tells of a step that is not done."""

import io
import time

import pytest

from cli import progress
from cli.progress import moving


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_within_a_step_the_clock_moves_the_bar_and_never_to_the_steps_end(clock: Clock) -> None:
    pace = progress._Pace(3)
    seen = []
    for _ in range(500):
        clock.now += 2
        seen.append(pace.parts())
    assert seen == sorted(seen) and len(set(seen)) > 20
    assert 80 < seen[-1] < 100


def test_a_step_that_is_done_is_told_whole_and_times_the_next(clock: Clock) -> None:
    pace = progress._Pace(3)
    clock.now += 400
    pace.step()
    assert pace.parts() == 100
    clock.now += 200
    assert pace.parts() == 140
    clock.now += 200
    pace.step()
    pace.step()
    assert pace.parts() == 300


def test_the_bar_moves_while_the_work_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    monkeypatch.setattr(progress, "_FIRST", 1.0)
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    with moving(2, "training") as step:
        states = set()
        deadline = time.monotonic() + 60
        while len(states) < 4 and time.monotonic() < deadline:
            states = {line for line in err.getvalue().split("\r") if "0/2 steps" in line}
            time.sleep(0.01)
        step()
        step()
    assert len(states) >= 4
    assert "100.0%" in err.getvalue().split("\r")[-1] and "2/2 steps" in err.getvalue().split("\r")[-1]
