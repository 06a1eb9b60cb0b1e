"""The rows of a training with the probability that models gave which had not learned from them: what a policy is tried on
before there is a history."""

import csv
from pathlib import Path

from creditrisk.application import FIELDS
from creditrisk.errors import UnusableFile
from creditrisk.portfolio import active
from models.training.data import Data
from models.training.train import Training
from scoring.estimators import probability

GOOD = "good"


def write(path: Path, data: Data, training: Training, model: str) -> None:
    """Write a CSV file: the fields, the portfolio's target, and `probability`, out-of-fold and calibrated by the other folds.
    Raises UnusableFile when it cannot be written."""
    target = active().target
    good = GOOD if target.bad != GOOD else f"not {GOOD}"
    names = [name for name in FIELDS if name in data.columns]
    probabilities = probability(training.out_of_fold[model].log_odds[0]).tolist()
    unfinished = path.with_name(f"{path.name}.partial")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([*names, target.column, "probability"])
            columns = zip(*(data.columns[name] for name in names), strict=True)
            for values, bad, chance in zip(columns, data.bad.tolist(), probabilities, strict=True):
                told = ["" if value is None else value for value in values]
                rows.writerow([*told, target.bad if bad else good, repr(chance)])
        unfinished.replace(path)
    except OSError as error:
        raise UnusableFile(f"{path} cannot be written ({error.strerror}).") from None
    finally:
        unfinished.unlink(missing_ok=True)
