"""Decided applications with what became of them, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from creditrisk.history import History
from creditrisk.ledger import Ledger
from lifecycle.arrays import Block, Bytes, Places, codes, history_blocks
from lifecycle.outcomes import standing

APPROVED, DECLINED, REFERRED = 0, 1, 2
UNKNOWN = -1
_NUMBERS = ("PROBABILITY", "CHALLENGER_PROBABILITY", "PROPENSITY")


@dataclass(frozen=True)
class Cohort:
    """One entry an application, in the order of the record; all arrays are equally long.

    `received` and `scored` are NaT where nobody knows. `probability` and `challenger` are probabilities of default (nan:
    none). `model_codes` are places in `models`, which are "name version"; `policy_codes` in `policies`, which are '' for
    what no policy decided. `propensity` is the chance with which it was accepted: 1 for what the score approved, nan for
    what was not accepted, 0 for what had no chance, as the day's places for random acceptance were taken. `bad` is 1 for bad, 0 for good and mature, -1 for whatever is not known. `exposure` and `loss`
    are nan where not told. `columns`: the fields that were asked for, as they are recorded.
    """

    ids: Sequence[str]
    received: NDArray[np.datetime64]
    scored: NDArray[np.datetime64]
    probability: NDArray[np.float64]
    challenger: NDArray[np.float64]
    decision: NDArray[np.int8]
    models: Sequence[str]
    model_codes: NDArray[np.int16]
    policies: Sequence[str]
    policy_codes: NDArray[np.int16]
    propensity: NDArray[np.float64]
    bad: NDArray[np.int8]
    exposure: NDArray[np.float64]
    loss: NDArray[np.float64]
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.probability)


def read_cohort(
    history: History,
    outcomes: Ledger,
    *,
    maturity_months: int,
    as_of: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    fields: Sequence[str] = (),
) -> Cohort:
    """All recorded applications with their outcomes, as these stood at `as_of`.

    With `since` or `until`, only those received from the one on and before the other; what nobody knows the time of is
    left out then. Who is good counts as such once observed good `maturity_months` after the application came in; who is
    bad, at once. Raises HistoryUnavailable.
    """
    reading = _Reading(fields)
    for block in history_blocks(history, _NUMBERS):
        reading.add(block, since, until)
    places = Places(np.concatenate(reading.ids))
    first = places.first
    found = {name: np.concatenate(arrays)[first] for name, arrays in reading.arrays.items()}
    stood = standing(outcomes, places, as_of)
    return Cohort(
        ids=list(map(bytes.decode, places.ids.tolist())),
        models=[" ".join(names).strip() for names in reading.models],
        policies=[name for (name,) in reading.policies],
        bad=stood.bad(found["received"], maturity_months),
        exposure=stood.exposure,
        loss=stood.loss,
        columns={
            name: values if isinstance(first, slice) else [values[at] for at in first]
            for name, values in reading.columns.items()
        },
        **found,
    )


class _Texts(dict[bytes, str]):
    """Bytes → text; equal texts are one object, as a column has few different ones."""

    def __missing__(self, cell: bytes) -> str:
        text = self[cell] = cell.decode()
        return text


class _Reading:
    """What was read so far, in blocks."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.ids: list[Bytes] = [np.zeros(0, "S1")]
        self.arrays: dict[str, list[NDArray[Any]]] = {name: [dtype] for name, dtype in _EMPTY.items()}
        self.models: dict[tuple[str, ...], int] = {}
        self.policies: dict[tuple[str, ...], int] = {}
        self.columns: dict[str, list[str]] = {name: [] for name in fields}
        self._texts = {name: _Texts() for name in fields}

    def add(self, block: Block, since: datetime | None, until: datetime | None) -> None:
        """Take the rows of a block that were received within the time."""
        received = block.moments("RECEIVED_AT")
        decision = _decisions(block.column("DECISION"))
        rows = {
            "received": received,
            "scored": block.moments("SCORED_AT"),
            "probability": block.numbers("PROBABILITY"),
            "challenger": block.numbers("CHALLENGER_PROBABILITY"),
            "decision": decision,
            "model_codes": codes([block.column("MODEL"), block.column("MODEL_VERSION")], self.models),
            "policy_codes": codes([block.column("POLICY")], self.policies),
            "propensity": _propensities(decision, block.numbers("PROPENSITY")),
        }
        kept: NDArray[np.bool_] | slice = slice(None)
        if since or until:
            kept = ~np.isnat(received)
            kept &= received >= _utc(since) if since else True
            kept &= received < _utc(until) if until else True
        for name, values in rows.items():
            self.arrays[name].append(values[kept])
        self.ids.append(block.column("APPLICATION_ID")[kept])
        for name, texts in self._texts.items():
            self.columns[name] += map(texts.__getitem__, block.column(name)[kept].tolist())


_EMPTY: dict[str, NDArray[Any]] = {
    "received": np.zeros(0, "datetime64[ms]"),
    "scored": np.zeros(0, "datetime64[ms]"),
    "probability": np.zeros(0),
    "challenger": np.zeros(0),
    "decision": np.zeros(0, np.int8),
    "model_codes": np.zeros(0, np.int16),
    "policy_codes": np.zeros(0, np.int16),
    "propensity": np.zeros(0),
}


def _decisions(cells: Bytes) -> NDArray[np.int8]:
    """By their first letters; a decision that only a newer version knows counts as referred: it is neither of the others."""
    letters = np.ascontiguousarray(cells).view(np.uint8).reshape(len(cells), -1)[:, 0]
    return np.where(letters == ord("a"), APPROVED, np.where(letters == ord("d"), DECLINED, REFERRED)).astype(
        np.int8
    )


def _propensities(decision: NDArray[np.int8], recorded: NDArray[np.float64]) -> NDArray[np.float64]:
    of_others = np.where(recorded == 0, 0.0, np.nan)
    return np.where(decision == APPROVED, np.where(np.isnan(recorded), 1.0, recorded), of_others)


def _utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ms")
