"""The scores that a data scientist's notebook gave to some rows, and whether they are those that are served."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from creditrisk.application import FIELDS, canonical_name
from models.handover.errors import UnexpectedScores
from models.handover.folder import EXPECTED
from scoring.manifest import MODEL_FILES

TOLERANCE: Final = 1e-5
_CHANCE: Final = frozenset(
    {"probability", "expected", "expected_probability", "probability_of_default", "score", "pd"}
)
_MOST_ROWS: Final = 100_000
_SHOWN: Final = 5


@dataclass(frozen=True)
class Expected:
    """The rows of expected.csv (field → canonical value, or the error of reading it), the same rows as they were written,
    and the probabilities of each model that has some."""

    rows: list[dict[str, Any]]
    written: list[dict[str, str]]
    errors: list[dict[str, str]]
    probabilities: dict[str, list[float]]

    def to_order(self) -> dict[str, Any]:
        """What the closed process is told: model → its rows and probabilities."""
        return {
            model: {"rows": self.rows, "probabilities": probabilities}
            for model, probabilities in self.probabilities.items()
        }


def read_expected(data: bytes, models: Sequence[str], active: str) -> Expected:
    """The file's rows. `probability` (or a column of a like name) holds the `active` model's, or the only one's; a column
    with a model's name holds that model's. Raises UnexpectedScores when it cannot be understood."""
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        table = list(islice(filter(None, lines), _MOST_ROWS + 2))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnexpectedScores(
            f"{EXPECTED} is no CSV in UTF-8 ({error}); write it with frame.to_csv(file, index=False)."
        ) from None
    if not 2 <= len(table) <= _MOST_ROWS + 1:
        has = f"{len(table):,} lines" if len(table) < 2 else "more"
        raise UnexpectedScores(f"{EXPECTED} needs a header and 1 to {_MOST_ROWS:,} rows; it has {has}.")
    header, *body = table
    for number, row in enumerate(body, 1):
        if len(row) != len(header):
            raise UnexpectedScores(
                f"{EXPECTED}: row {number} has {len(row)} cells, and the header {len(header)}; write it with frame.to_csv(file, index=False)."
            )
    places = {canonical_name(column): at for at, column in enumerate(header) if canonical_name(column)}
    default = active if active in models else models[0]
    probabilities = {
        model: [_chance(row[at], number) for number, row in enumerate(body, 1)]
        for model, at in _columns(header, default, models).items()
    }
    rows, errors = [], []
    for row in body:
        values, wrong = {}, {}
        for name, at in places.items():
            assert name is not None
            try:
                values[name] = FIELDS[name].parse(row[at])
            except ValueError as error:
                values[name], wrong[name] = None, str(error)
        rows.append(values)
        errors.append(wrong)
    written = [{str(name): row[at] for name, at in places.items()} for row in body]
    return Expected(rows, written, errors, probabilities)


def _columns(header: Sequence[str], default: str, models: Sequence[str]) -> dict[str, int]:
    """Model → the column of its probabilities."""
    named = {column.strip().lower(): at for at, column in enumerate(header) if not canonical_name(column)}
    found = {model: named[model] for model in models if model in named}
    plain = [at for column, at in named.items() if column in _CHANCE]
    if plain and default not in found:
        found[default] = plain[0]
    if not found:
        raise UnexpectedScores(
            f"{EXPECTED} has no column of probabilities; name it probability, or after the model "
            f"({' or '.join(MODEL_FILES)}). Its other columns: {', '.join(list(named)[:6]) or 'none'}."
        )
    return found


def _chance(text: str, number: int) -> float:
    try:
        probability = float(text)
    except ValueError:
        probability = math.nan
    if not 0 <= probability <= 1:
        raise UnexpectedScores(f"{EXPECTED}: row {number} expects {text!r}, which is no probability.")
    return probability


def compare(
    expected: Expected,
    model: str,
    served: Sequence[float],
    unknown: Sequence[Sequence[str]],
    fields: Sequence[str],
) -> None:
    """Raises UnexpectedScores, with the rows that differ and which of their fields may be why."""
    missing = [name for name in fields if name not in expected.rows[0]]
    if missing:
        raise UnexpectedScores(f"{EXPECTED} lacks {', '.join(missing)}, which {model} uses.")
    wanted = expected.probabilities[model]
    off = [n for n, (a, b) in enumerate(zip(wanted, served, strict=True)) if not abs(a - b) <= TOLERANCE]
    if not off:
        return
    told = "; ".join(_told(expected, n, wanted[n], served[n], unknown[n], fields) for n in off[:_SHOWN])
    inverted = all(abs(wanted[n] - (1 - served[n])) <= TOLERANCE for n in off)
    advice = (
        " They are those of the other class: say with --bad which class is the bad one."
        if inverted
        else " Compare what the notebook gave the encoder with docs/handover.md (order, types, gaps)."
    )
    raise UnexpectedScores(
        f"{model} would be served otherwise than expected in {len(off):,} of {len(wanted):,} rows: {told}.{advice}"
    )


def _told(
    expected: Expected, row: int, wanted: float, served: float, unknown: Sequence[str], fields: Sequence[str]
) -> str:
    reasons = []
    for name in fields:
        text = expected.written[row].get(name, "")
        if name in expected.errors[row]:
            reasons.append(f"{name} {text!r} cannot be read")
        elif name in unknown:
            reasons.append(f"{name} {text!r} is unknown to the model")
        elif text.strip() and text.strip() != _plain(expected.rows[row][name]):
            reasons.append(f"{name} {text!r} is read as {expected.rows[row][name]}")
    why = f" ({', '.join(reasons[:4])})" if reasons else ""
    return f"row {row + 1} expects {wanted:.6f} and gets {served:.6f}{why}"


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


Rows = Sequence[Mapping[str, Any]]
