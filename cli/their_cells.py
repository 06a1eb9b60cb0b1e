"""Cells of another system's history, as people and programs write them."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

NOTHING = {"", "nan", "none", "null", "na", "n/a", "n.a.", "<na>", "nat"}
_GOOD = {"0", "0.0", "good", "approved", "false", "good client"}
_BAD = {"1", "1.0", "bad", "declined", "rejected", "disapproved", "true", "bad client"}


def holds(read: object, cell: str) -> bool:
    """Whether a cell can be read so."""
    try:
        read(cell)  # type: ignore[operator]
    except ValueError:
        return False
    return True


def bare(cell: str) -> str:
    """What numpy puts into brackets, bare."""
    return cell.strip().strip("[]").strip().lower()


def verdict(cell: str) -> int:
    """A prediction: 1 for bad, 0 for good. Raises ValueError."""
    text = bare(cell)
    if text in _GOOD or text in _BAD:
        return int(text in _BAD)
    raise ValueError("its prediction is neither 0 nor 1")


def share(cell: str) -> float | None:
    """A score from 0 to 1; None for an empty cell. Raises ValueError."""
    text = bare(cell)
    if text in NOTHING:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError("its score is no number from 0 to 1")
    return value


def moment_in(cell: str) -> datetime | None:
    """A moment (in UTC where no zone is told); None for what is none."""
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def id_of_content(content: str, moment: datetime | None) -> str:
    """An id that the same row always gets: a version 7 UUID of its moment (1970 when nobody knows it) and of what it says."""
    random = int.from_bytes(hashlib.sha256(content.encode()).digest()[:10], "big")
    milliseconds = max(0, int(moment.timestamp() * 1000)) if moment else 0
    value = (
        milliseconds << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    )
    return str(UUID(int=value))


def is_bad(cell: str, bad: str) -> bool | None:
    """Whether a label says the bad value (1 and 1.0 are the same); None when it says nothing."""
    text = bare(cell)
    if text in NOTHING:
        return None
    try:
        return float(text) == float(bad)
    except ValueError:
        return text == bad.strip().lower()
