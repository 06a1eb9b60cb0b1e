"""Applications by the month in which they came in: what was expected of each month, and what came of it."""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from lifecycle.performance.estimate import Estimate, Floats
from lifecycle.performance.expected import Expected, expected
from lifecycle.performance.figures import rate_of
from lifecycle.performance.ranking import rank

FEWEST = 20
"""Bad and good applicants that a month's ROC-AUC needs."""


@dataclass(frozen=True)
class Vintage:
    """One month. `accepted` are those from whom an outcome can come, `known` those of them whose outcome is known and
    mature. `expected` is of the accepted, None without any."""

    month: str
    applications: int
    approved: int
    accepted: int
    known: int
    bad: int
    bad_rate: Estimate
    roc_auc: Estimate
    expected: Expected | None


def vintages(
    received: NDArray[np.datetime64],
    probability: Floats,
    approved: NDArray[np.bool_],
    accepted: NDArray[np.bool_],
    known: NDArray[np.bool_],
    bad: NDArray[np.int8],
) -> list[Vintage]:
    """The months in order; applications without a date are in none."""
    months = received.astype("datetime64[M]")
    dated = np.flatnonzero(~np.isnat(received))
    if not len(dated):
        return []
    order = dated[np.argsort(months[dated], kind="stable")]
    found, starts = np.unique(months[order], return_index=True)
    told = []
    for month, rows in zip(found, np.split(order, starts[1:]), strict=True):
        ours, judged = rows[accepted[rows]], rows[known[rows]]
        ours = ours[~np.isnan(probability[ours])]
        became = bad[judged].astype(np.float64)
        bads = int(became.sum())
        enough = min(bads, len(judged) - bads) >= FEWEST
        told.append(
            Vintage(
                str(month),
                len(rows),
                int(approved[rows].sum()),
                len(ours),
                len(judged),
                bads,
                rate_of(became),
                rank(probability[judged], became, 1 - became).roc_auc if enough else Estimate(nan),
                expected(probability[ours]) if len(ours) else None,
            )
        )
    return told
