"""A history with outcomes, as most tests of the life after a decision need it."""

from pathlib import Path

import pytest

from tests.unit.lifecycle.recorded import House, Make


@pytest.fixture
def house(tmp_path: Path, make_application: Make) -> House:
    return House(tmp_path / "history", make_application)
