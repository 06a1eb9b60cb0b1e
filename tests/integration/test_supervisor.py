"""Children that die: started again, unless they cannot start at all."""

import os
import sys
import time

import pytest

from cli.errors import ChildFails
from cli.supervisor import Child


def keep_alive(child: Child, deaths: int) -> None:
    """Let it die `deaths` times."""
    child.start()
    for _ in range(deaths):
        assert child.process is not None
        child.process.wait(20)
        child.keep()
    assert child.process is not None
    child.process.wait(20)


def test_a_child_that_is_killed_is_started_again_however_often() -> None:
    keep_alive(Child("scorer", ["/bin/sh", "-c", "kill -9 $$"], dict(os.environ)), deaths=9)


def test_a_child_that_cannot_start_is_given_up_with_its_name() -> None:
    with pytest.raises(ChildFails, match="The scorer ends as soon as it is started"):
        keep_alive(Child("scorer", ["/bin/sh", "-c", "exit 1"], dict(os.environ)), deaths=9)


def test_a_child_that_lived_for_a_while_is_started_again() -> None:
    child = Child("scorer", [sys.executable, "-c", "raise SystemExit(1)"], dict(os.environ))
    child.start()
    assert child.process is not None
    for _ in range(5):
        child.process.wait(20)
        child.started = time.monotonic() - 60
        child.keep()
    child.process.wait(20)
    assert child.early_deaths == 0


def test_a_scorer_that_cannot_start_is_tried_again_less_and_less_often_and_the_form_stays_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = Child("scorer", ["/bin/sh", "-c", "exit 1"], dict(os.environ), vital=False)
    now = [time.monotonic()]
    monkeypatch.setattr("cli.supervisor.time.monotonic", lambda: now[0])
    child.start()
    pauses = []
    for _ in range(9):
        buried = child.process
        assert buried is not None
        buried.wait(20)
        child.keep()
        pauses.append(child.again_at - now[0] if child.process is buried else 0)
        if child.process is buried:
            now[0] = child.again_at
            child.keep()
        assert child.process is not buried, "started again"
    assert child.process is not None
    child.process.wait(20)
    assert pauses == [0, 0, 1, 2, 4, 8, 10, 10, 10]
