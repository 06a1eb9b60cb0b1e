"""The campaign's short version: after each scenario every accepted application is recorded once, with its score."""

from pathlib import Path

import pytest

from tests.e2e.chaos.scale import SHORT
from tests.e2e.chaos.scenarios import all_scenarios

SCENARIOS = all_scenarios()


@pytest.mark.needs("redis-server", "linux")  # signals and limits of other processes
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_accepted_is_lost_or_doubled(name: str, tmp_path: Path) -> None:
    figures = SCENARIOS[name](tmp_path, SHORT)
    assert figures.good, figures
