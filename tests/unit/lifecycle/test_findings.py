"""The sentences at the head of a report claim no more than the figures bear."""

import pytest

from lifecycle.drift.report import Drift
from lifecycle.report.findings import FEW, on_drift


@pytest.mark.parametrize(
    ("rows", "level", "words"),
    [(FEW - 1, "note", "99 applications are too few to tell"), (FEW, "good", "are still as those")],
)
def test_that_nothing_has_changed_is_said_of_enough_applications_alone(
    rows: int, level: str, words: str
) -> None:
    (told,) = on_drift(Drift(rows, 40_000, ("2026-11-30",), (), {}))
    assert told.level == level and words in told.text


def test_of_no_application_nothing_is_said() -> None:
    assert list(on_drift(Drift(0, 40_000, (), (), {}))) == []
