"""Rows of a bulk file: text in, the same rows with their decisions out."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from creditrisk.application import FIELDS, Value, canonical_name
from creditrisk.errors import CreditRiskError
from functions.scorer.drain import Model

RESULT_COLUMNS = ("probability", "prediction", "decision", "reasons", "error")
_BATCH = 256


class BulkFileError(CreditRiskError):
    """A bulk file as a whole cannot be scored."""


def names_of(header: Sequence[str]) -> list[str]:
    """The canonical name of each column, in either spelling. Raises BulkFileError naming the first that is no field."""
    names: list[str] = []
    for column in header:
        name = canonical_name(column.strip())
        if name is None:
            raise BulkFileError(f"The column {column[:60]!r} is no field of an application.")
        if name in names:
            raise BulkFileError(f"The column {name} is there twice.")
        names.append(name)
    return names


def score_rows(scorer: Model, threshold: float, header: Sequence[str], text: str) -> tuple[str, int, int]:
    """Score lines of CSV (without the header); returns them with RESULT_COLUMNS, how many, and how many were bad.

    A bad row gets its error, and stops nothing.
    """
    names, out, count, bad = names_of(header), io.StringIO(), 0, 0
    writer = csv.writer(out, lineterminator="\n")
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        read = [_read(names, row) for row in batch]
        scores = iter(scorer.score([application for application, error in read if not error]))
        for row, (_, error) in zip(batch, read, strict=True):
            result = ["", "", "", "", error] if error else _result(next(scores), threshold)
            writer.writerow([*row, *result])
            count, bad = count + 1, bad + bool(error)
    return out.getvalue(), count, bad


def _read(names: Sequence[str], row: Sequence[str]) -> tuple[dict[str, Value], str]:
    """The application of a row, or every reason why it is none."""
    if len(row) != len(names):
        return {}, f"The row has {len(row)} columns; the header has {len(names)}."
    given, application, errors = dict(zip(names, row, strict=True)), dict[str, Value](), []
    for name, field in FIELDS.items():
        try:
            application[name] = field.parse(given.get(name))
        except ValueError as error:
            errors.append(f"{name}: {error}")
    return application, "; ".join(errors)


def _result(score: Any, threshold: float) -> list[object]:
    declined = score.probability >= threshold
    reasons = "; ".join(reason.text for reason in score.reasons)
    return [repr(score.probability), int(declined), "declined" if declined else "approved", reasons, ""]
