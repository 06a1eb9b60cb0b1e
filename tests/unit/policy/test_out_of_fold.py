"""The rows of a training, with out-of-fold probabilities, are what a policy can be tried on."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.errors import UnusableFile
from creditrisk.portfolio import active
from models.training.data import Data
from models.training.out_of_fold import write as write_scores
from models.training.train import Training
from tests.helpers import Make


@pytest.fixture
def trained(make_application: Make) -> tuple[Data, Training]:
    rows = [
        make_application(AGE=30 + number, PERSONAL_MONTHLY_INCOME=900, PRODUCT="1") for number in range(3)
    ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    data = Data(columns, np.array([0, 1, 0]), {}, "f")
    log_odds = np.log(np.array([[0.2, 0.35, 0.9]]) / (1 - np.array([[0.2, 0.35, 0.9]])))
    folds = {"lightgbm": SimpleNamespace(log_odds=log_odds)}
    return data, cast(Training, SimpleNamespace(out_of_fold=folds))


def test_every_row_has_its_fields_its_outcome_and_its_probability(
    trained: tuple[Data, Training], tmp_path: Path
) -> None:
    write_scores(tmp_path / "scores.csv", *trained, "lightgbm")
    rows = list(csv.DictReader((tmp_path / "scores.csv").open(newline="")))
    assert [float(row["probability"]) for row in rows] == pytest.approx([0.2, 0.35, 0.9])
    assert [row[active().target.column] for row in rows] == ["good", "1", "good"]
    assert [row["AGE"] for row in rows] == ["30", "31", "32"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores.csv"]


def test_a_policy_is_tried_on_them(
    trained: tuple[Data, Training], tmp_path: Path, write: Callable[..., Path]
) -> None:
    scores: Any = tmp_path / "scores.csv"
    write_scores(scores, *trained, "lightgbm")
    told = CliRunner().invoke(
        creditrisk, ["policy", "simulate", str(write()), "--scores", str(scores), "--json"]
    )
    then, now = (json.loads(told.stdout)[name] for name in ("candidate", "current"))
    assert (then["approved"], then["referred"], then["declined"], then["bad_rate"]) == (1, 1, 1, 0.0)
    assert (now["approved"], now["bad_rate"]) == (2, 0.5)


def test_a_place_that_cannot_be_written_is_told(trained: tuple[Data, Training], tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="cannot be written"):
        write_scores(tmp_path / "nowhere" / "scores.csv", *trained, "lightgbm")
