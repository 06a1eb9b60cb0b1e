"""What became of many applications, as arrays: of each, the outcome that counts."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from creditrisk.ledger import Ledger
from creditrisk.outcomes import BAD, GOOD, IMPORTED
from lifecycle.arrays import Block, Places, ledger_blocks

NOT_KNOWN, GOOD_CODE, BAD_CODE = -1, 0, 1


@dataclass(frozen=True)
class Standing:
    """One entry an application. `code`: 1 bad, 0 good, -1 neither, or nothing is known. `observed`: when it stood so, NaT
    when nothing is known. `exposure` and `loss`: nan when not told. `imported`: a label that came with its history."""

    code: NDArray[np.int8]
    observed: NDArray[np.datetime64]
    exposure: NDArray[np.float64]
    loss: NDArray[np.float64]
    imported: NDArray[np.bool_]

    def bad(self, received: NDArray[np.datetime64], maturity_months: int) -> NDArray[np.int8]:
        """1 for bad, at once; 0 for who was still good so many months after the application came in; -1 for all others.

        Where nobody knows when it came in, a good outcome counts only as a label that came with its history.
        """
        mature = self.observed.astype("datetime64[D]") >= months_after(received, maturity_months)
        mature |= self.imported & np.isnat(received)
        return np.where((self.code == GOOD_CODE) & ~mature, NOT_KNOWN, self.code).astype(np.int8)


def months_after(moments: NDArray[np.datetime64], months: int) -> NDArray[np.datetime64]:
    """The same day so many months later, as datetime64[D]; the month's last day where it has no such day."""
    days = moments.astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    later = (month + months).astype("datetime64[D]") + (days - month.astype("datetime64[D]"))
    last = (month + months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    due: NDArray[np.datetime64] = np.minimum(later, last)
    return due


def standing(outcomes: Ledger, places: Places, as_of: datetime) -> Standing:
    """The outcomes of applications as they stood at a moment. `places` are the applications, in the order
    of what is returned.

    Of several rows for an application, the one observed last counts; of those observed at the same moment, the one that
    was written last. Raises HistoryUnavailable.
    """
    moment = np.datetime64(as_of.astimezone(UTC).replace(tzinfo=None), "ms")
    rows = np.concatenate(
        [np.zeros(0, _ROW), *(_rows(block, places, moment) for block in ledger_blocks(outcomes))]
    )
    if np.bincount(rows["at"]).max(initial=0) > 1:
        rows = rows[np.argsort(rows["observed"], kind="stable")]
        rows = rows[_last_of_each(rows["at"])]
    found = Standing(
        code=np.full(len(places), NOT_KNOWN, np.int8),
        observed=np.full(len(places), np.datetime64("NaT"), "datetime64[ms]"),
        exposure=np.full(len(places), np.nan),
        loss=np.full(len(places), np.nan),
        imported=np.zeros(len(places), bool),
    )
    for name, values in vars(found).items():
        values[rows["at"]] = rows[name]
    return found


_ROW = np.dtype(
    [
        ("at", np.int64),
        ("code", np.int8),
        ("observed", "datetime64[ms]"),
        ("exposure", np.float64),
        ("loss", np.float64),
        ("imported", np.bool_),
    ]
)


def _rows(block: Block, places: Places, as_of: np.datetime64) -> NDArray[np.void]:
    """The rows of these applications that were observed by then; `at` is the place of the application."""
    rows = np.zeros(len(block), _ROW)
    rows["at"] = places.of(block.column("APPLICATION_ID"))
    outcome = block.column("OUTCOME")
    rows["code"] = NOT_KNOWN
    rows["code"][outcome == GOOD.encode()] = GOOD_CODE
    rows["code"][outcome == BAD.encode()] = BAD_CODE
    rows["observed"] = block.moments("OBSERVED_AT")
    rows["exposure"] = _amounts(block, "EXPOSURE")
    rows["loss"] = _amounts(block, "LOSS")
    rows["imported"] = block.column("SOURCE") == IMPORTED.encode()
    return rows[(rows["at"] >= 0) & (rows["observed"] <= as_of)]


def _amounts(block: Block, name: str) -> NDArray[np.float64]:
    """Amounts of money; nan where none is told, or somebody wrote what is no number into the file."""
    try:
        return block.numbers(name)
    except ValueError:
        return np.array([_amount(cell) for cell in block.column(name).tolist()])


def _amount(cell: bytes) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _last_of_each(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each different number stands last."""
    first_from_the_end = np.unique(at[::-1], return_index=True)[1]
    return len(at) - 1 - first_from_the_end
