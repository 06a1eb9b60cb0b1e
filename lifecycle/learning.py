"""What the record teaches: applications with outcomes that count, as training and judging take them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.application import FIELDS
from creditrisk.counted import counted
from creditrisk.formulas import as_it_was
from lifecycle.cohort import Cohort
from lifecycle.errors import TooFewOutcomes
from models.training.data import Data, canonical
from models.training.published import SOURCE_FIELDS

HOLDOUT_MONTHS: Final = 3
"""Months at the end that no training learns from."""
FEWEST: Final = 200
"""Applications that a judgement needs at least, and of each outcome a tenth of it."""


@dataclass(frozen=True)
class Known:
    """Applications whose outcome counts, as `data`, with `received`, when each came in, in the order of the record.

    Each weighs 1 / the chance with which it was accepted: so that they stand for all applicants who could be.
    """

    data: Data
    received: NDArray[np.datetime64]

    def since(self, moment: np.datetime64) -> "Known":
        """Those that came in at a moment or later."""
        return self._take(self.received >= moment)

    def before(self, moment: np.datetime64) -> "Known":
        """Those that came in before a moment."""
        return self._take(self.received < moment)

    def _take(self, kept: NDArray[np.bool_]) -> "Known":
        rows = np.flatnonzero(kept)
        weights = self.data.weights
        some = Data(
            self.data.take(rows),
            self.data.bad[rows],
            self.data.refused,
            self.data.fingerprint,
            weights=None if weights is None else weights[rows],
        )
        return Known(some, self.received[rows])


def known_of(cohort: Cohort) -> Known:
    """The applications of a cohort, read with SOURCE_FIELDS, that were accepted and whose outcome counts. A value that no
    form would accept any more leaves its application out, and so does it when nobody knows when it came in."""
    rows = np.flatnonzero((cohort.bad >= 0) & (cohort.propensity > 0) & ~np.isnat(cohort.received))
    columns, refused, good = {}, {}, np.ones(len(rows), bool)
    for name in SOURCE_FIELDS:
        recorded = cohort.columns.get(name)
        if recorded is None:
            columns[name] = [None] * len(rows)
            continue
        columns[name], wrong = canonical(FIELDS[name], [_text(recorded[row]) for row in rows.tolist()])
        if wrong.any():
            refused[name] = int(wrong.sum())
            good &= ~wrong
    kept = np.flatnonzero(good)
    rows = rows[kept]
    columns = {name: [values[place] for place in kept.tolist()] for name, values in columns.items()}
    weights = 1 / cohort.propensity[rows]
    bad = cohort.bad[rows].astype(np.int64)
    ids = [cohort.ids[row] for row in rows.tolist()]
    said = json.dumps([ids, bad.tolist(), weights.tolist()])
    fingerprint = hashlib.sha256(said.encode()).hexdigest()
    return Known(Data(columns, bad, refused, fingerprint, weights=weights), cohort.received[rows])


def _text(value: object) -> str:
    return "" if value is None else as_it_was(str(value))


def holdout_start(received: NDArray[np.datetime64], months: int = HOLDOUT_MONTHS) -> np.datetime64:
    """When the last `months` calendar months begin that have any application. Raises TooFewOutcomes when there is none."""
    if not len(received):
        raise TooFewOutcomes(
            "No application in the history has an outcome that counts yet; add outcomes with `creditrisk outcomes add`, or "
            "look with a smaller --maturity."
        )
    start: np.datetime64 = received.max().astype("datetime64[M]") - np.timedelta64(months - 1, "M")
    return start


def enough(data: Data, what: str) -> None:
    """Raises TooFewOutcomes when so few applications tell nothing."""
    bads = int(data.bad.sum())
    if len(data) < FEWEST or min(bads, len(data) - bads) < FEWEST // 10:
        raise TooFewOutcomes(
            f"{what} has {counted(len(data), 'application')} with an outcome that counts, {bads:,} of them bad; at least "
            f"{FEWEST} are needed, and {FEWEST // 10} of either outcome."
        )


def together(parts: Sequence[Data]) -> Data:
    """Several sources as one, in their order; its fingerprint is that of theirs."""
    names = list(parts[0].columns)
    columns = {name: [value for part in parts for value in part.columns[name]] for name in names}
    bad = np.concatenate([part.bad for part in parts])
    weights = None
    if any(part.weights is not None for part in parts):
        weights = np.concatenate(
            [np.ones(len(part)) if part.weights is None else part.weights for part in parts]
        )
    fingerprint = hashlib.sha256("\n".join(part.fingerprint for part in parts).encode()).hexdigest()
    refused: dict[str, int] = {}
    for part in parts:
        for name, count in part.refused.items():
            refused[name] = refused.get(name, 0) + count
    return Data(columns, bad, refused, fingerprint, weights=weights)


def effective(data: Data) -> float:
    """How many applications of equal weight tell as much as these (L. Kish, "Survey Sampling", 1965)."""
    if data.weights is None:
        return float(len(data))
    return float(data.weights.sum() ** 2 / (data.weights**2).sum())
