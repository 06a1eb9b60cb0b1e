"""Cells as moments, numbers and codes, for whole columns at once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.bytes_]
Moments = NDArray[np.datetime64]
Floats = NDArray[np.float64]

_DAY = len("2026-11-23")
_MOMENT = len("2026-11-23T05:18:32.123Z")


def moments(cells: Bytes) -> Moments:
    """ISO 8601 as datetime64[ms] in UTC; NaT for an empty cell, and for one that is no moment."""
    width = cells.dtype.itemsize
    if width in (_DAY, _MOMENT):  # as this system writes them
        letters = np.ascontiguousarray(cells).view(np.uint8).reshape(-1, width)
        if (
            np.isin(letters[:, 4], (0, ord("-"))).all()
            and np.isin(letters[:, _MOMENT - 1 :], (0, ord("Z"))).all()
        ):
            bare = np.ascontiguousarray(letters[:, : _MOMENT - 1]).view(f"S{min(width, _MOMENT - 1)}").ravel()
            try:
                return bare.astype("datetime64[ms]")
            except ValueError:
                pass
    return np.array([_moment(cell) for cell in cells.tolist()], "datetime64[ms]")


def _moment(cell: bytes) -> np.datetime64:
    try:
        moment = datetime.fromisoformat(cell.decode())
    except ValueError:
        return np.datetime64("NaT")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return np.datetime64(moment.replace(tzinfo=None), "ms")


def numbers(cells: Bytes) -> Floats:
    """Numbers, as float64; nan for an empty cell. Raises ValueError for one that is no number."""
    if not (empty := cells == b"").any():
        return cells.astype(np.float64)
    found = np.full(len(cells), np.nan)
    if not empty.all():
        found[~empty] = cells[~empty].astype(np.float64)
    return found


def codes(columns: Sequence[Bytes], known: dict[tuple[str, ...], int]) -> NDArray[np.int16]:
    """The number that each row's cells have in `known`; new ones are added to it. Rows that follow each other mostly have
    the same, so only where they change is looked at."""
    changes = np.zeros(len(columns[0]), bool)
    changes[:1] = True
    for cells in columns:
        changes[1:] |= cells[1:] != cells[:-1]
    starts = np.flatnonzero(changes)
    rows: zip[tuple[Any, ...]] = zip(*(cells[starts].tolist() for cells in columns), strict=True)
    found = [known.setdefault(tuple(cell.decode() for cell in row), len(known)) for row in rows]
    return np.repeat(np.array(found, np.int16), np.diff(np.append(starts, len(changes))))
