"""A made-up file in the published format, and trainings on it that are small enough for a test."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import models.training.costs
import models.training.encoding
import models.training.intervals
import models.training.models
import models.training.train
import models.training.validation
from models.synthetic import synthetic_applicants
from models.training.data import SOURCE_FIELDS, Data, read
from models.training.train import Training

Rows = list[list[str]]


def made_up_rows(count: int = 1_500, seed: int = 3) -> Rows:
    """Rows of the published format whose label depends on age, payment day, sex and state."""
    draw = random.Random(seed)
    rows = []
    for number, applicant in enumerate(synthetic_applicants(count, seed=seed), 1):
        chance = 0.1 + 0.3 * (applicant["AGE"] < 30) + 0.2 * (applicant["PAYMENT_DAY"] in ("20", "25", "15"))
        chance += 0.15 * (applicant["SEX"] == "M") + 0.1 * (applicant["RESIDENCIAL_STATE"] in ("AC", "AL"))
        values = ["" if applicant[name] is None else str(applicant[name]) for name in SOURCE_FIELDS]
        rows.append([str(number), *values, str(int(draw.random() < chance))])
    return rows


def as_published(rows: Rows) -> bytes:
    return "".join("\t".join(row) + "\r\n" for row in rows).encode("iso-8859-1")


@pytest.fixture(scope="package")
def rows() -> Rows:
    return made_up_rows()


@pytest.fixture(scope="package")
def file(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "modeling.txt"
    path.write_bytes(as_published(rows))
    return path


@pytest.fixture(scope="package")
def data(file: Path) -> Data:
    return read(file)


@pytest.fixture(scope="package")
def small() -> Iterator[None]:
    """Trainings with few trees, few epochs and few folds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.training.models, "TREES", {**models.training.models.TREES, "n_estimators": 12})
        patch.setattr(models.training.models, "NETWORK", {**models.training.models.NETWORK, "max_iter": 2})
        patch.setattr(models.training.models, "NETWORKS", 1)
        patch.setattr(models.training.encoding, "FOLDS", 3)
        patch.setattr(models.training.intervals, "DRAWS", 20)
        patch.setattr(models.training.train, "REPEATS", 1)
        for module in (models.training.validation, models.training.train, models.training.costs):
            patch.setattr(module, "FOLDS", 2)
        yield


Train = Callable[..., Training]


@pytest.fixture(scope="package")
def run(data: Data, small: None) -> Train:
    """Trains on the made-up data."""

    def train(seed: int = 64, excluded: tuple[str, ...] = ()) -> Training:
        return models.training.train.train(data, seed, excluded, lambda: None)

    return train


@pytest.fixture(scope="package")
def trained(run: Train) -> Training:
    """One training, for the tests that only look at it."""
    return run()
