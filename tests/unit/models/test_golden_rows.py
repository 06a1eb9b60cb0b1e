"""Golden rows are applications that somebody could have sent, whatever an encoder has learned as a level."""

import json
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from creditrisk.application import FIELDS
from models.training.train import Training, golden_rows


class Model:
    """Says the same of everybody."""

    def predict_proba(self, matrix: Any) -> Any:
        return np.full((len(matrix), 2), 0.5)


def test_a_level_that_is_no_answer_is_in_no_golden_row() -> None:
    vocabulary = {"AGE": ["?", "18", "19"], "RESIDENCIAL_CITY": ["?", "NITEROI"], "PROFESSION_CODE": ["?"]}
    encoder = SimpleNamespace(
        vocabulary=vocabulary,
        fields=list(FIELDS),
        transform=lambda columns: np.zeros((len(columns["AGE"]), 1)),
    )
    training = SimpleNamespace(
        encoder=encoder, scaler=SimpleNamespace(transform=lambda matrix: matrix), models={"lightgbm": Model()}
    )
    rows = [each["application"] for each in json.loads(golden_rows(cast(Training, training)))]
    assert len(rows) == 32
    assert all(isinstance(row["AGE"], int) for row in rows)
    assert "NITEROI" in {row["RESIDENCIAL_CITY"] for row in rows}
    assert "?" not in {value for row in rows for value in row.values()}
