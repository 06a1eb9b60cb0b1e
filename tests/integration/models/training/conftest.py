"""A made-up file in the published format, and trainings on it that are small enough for a test."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from models.synthetic import synthetic_applicants
from models.training.data import SOURCE_FIELDS, Data, read
from models.training.recipe import DeepLearning, Encoding, LightGBM, Recipe
from models.training.train import Training, train

Rows = list[list[str]]


def made_up_rows(count: int = 1_500, seed: int = 3) -> Rows:
    """Rows of the published format whose label depends on age, payment day, sex and state."""
    draw = random.Random(seed)
    rows = []
    for number, applicant in enumerate(synthetic_applicants(count, seed=seed), 1):
        probability = (
            0.1 + 0.3 * (applicant["AGE"] < 30) + 0.2 * (applicant["PAYMENT_DAY"] in ("20", "25", "15"))
        )
        probability += 0.15 * (applicant["SEX"] == "M") + 0.1 * (
            applicant["RESIDENCIAL_STATE"] in ("AC", "AL")
        )
        values = ["" if applicant[name] is None else str(applicant[name]) for name in SOURCE_FIELDS]
        rows.append([str(number), *values, str(int(draw.random() < probability))])
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


SMALL = Recipe(
    encoding=Encoding(folds=3),
    lightgbm=LightGBM(trees=Recipe().lightgbm.trees | {"n_estimators": 12}),
    deeplearning=DeepLearning(
        networks=2, settings=Recipe().deeplearning.settings | {"max_iter": 4, "batch_size": 25}
    ),
    folds=2,
    repeats=1,
    bootstrap_draws=20,
)
"""Few trees, few epochs and few folds."""

Train = Callable[..., Training]


@pytest.fixture(scope="package")
def run(data: Data) -> Train:
    """Trains on the made-up data; what is given changes the small recipe."""

    def run(**changes: object) -> Training:
        return train(data, replace(SMALL, **changes), lambda: None)

    return run


@pytest.fixture(scope="package")
def trained(run: Train) -> Training:
    """One training, for the tests that only look at it."""
    return run()
