"""Layers that a training made of made-up applicants: one that learned what is so, one that learned nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from creditrisk.portfolio.kinds import Text
from creditrisk.settings import Settings
from models.training.data import Data, read
from models.training.published import SOURCE_FIELDS
from models.training.train import save, train
from tests.helpers import Make
from tests.integration.models.training.conftest import SMALL, as_published, made_up_rows
from tests.unit.lifecycle.recorded import House

LIGHT = replace(
    SMALL,
    deeplearning=replace(SMALL.deeplearning, networks=1),
    encoding=replace(SMALL.encoding, folds=2),
).under(in_force.profile())
LIGHT = LIGHT.without(*(name for name in SOURCE_FIELDS if isinstance(FIELDS[name].kind, Text)))
"""The smallest lawful recipe that makes both models; texts have thousands of levels, which take their time."""


def made_up(tmp: Path, count: int, seed: int) -> Data:
    """Made-up applicants, whose outcome depends on age, payment day, sex and state."""
    path = tmp / f"{seed}.txt"
    path.write_bytes(as_published(made_up_rows(count, seed)))
    return read(path)


@pytest.fixture(scope="package")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return made_up(tmp_path_factory.mktemp("learned"), 1_500, seed=3)


@pytest.fixture(scope="package")
def held(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Others, whom no layer learned from."""
    return made_up(tmp_path_factory.mktemp("held"), 1_200, seed=4)


@pytest.fixture(scope="package")
def good(learned: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer that learned what is so."""
    layer = tmp_path_factory.mktemp("good") / "layer"
    save(train(learned, LIGHT, lambda: None), layer)
    return layer


@pytest.fixture(scope="package")
def poor(learned: Data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer that learned from outcomes that are the wrong way round, for the most part."""
    layer = tmp_path_factory.mktemp("poor") / "layer"
    flipped = np.where(np.arange(len(learned)) % 4 == 0, learned.bad, 1 - learned.bad)
    save(train(replace(learned, bad=flipped), LIGHT, lambda: None), layer)
    return layer


@pytest.fixture
def placed(tmp_path: Path) -> Callable[..., Settings]:
    """Settings whose layer, store and log are in the test's own folder; what is given changes them."""

    def make(**changes: object) -> Settings:
        settings = Settings(
            model_dir=tmp_path / "active",
            model_store=str(tmp_path / "store"),
            history_url=str(tmp_path / "history"),
        )
        return replace(settings, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def house(make_application: Make) -> Callable[[Path], str]:
    """Makes a history of half a year with outcomes in a folder, and gives its address."""

    def make(folder: Path) -> str:
        recorded = House(folder, make_application)
        for number in range(600):
            received = datetime(2025, 7, 1, tzinfo=UTC) + timedelta(hours=7 * number)
            age = 20 + number % 50
            id = recorded.decide(received, application={"AGE": age})
            recorded.observe(id, "bad" if (number * 7) % 50 > age - 10 else "good", "2026-05-01")
        return recorded.url

    return make
