"""Moments in time, in the one spelling that history, Redis and the API share."""

import time
from datetime import UTC, datetime
from functools import lru_cache


def timestamp(moment: datetime | None = None) -> str:
    """A moment (now, when none is given) in UTC as ISO 8601 to the millisecond: 2026-11-23T05:18:32.123Z."""
    if moment is None:
        return timestamp_of(time.time_ns() // 1_000_000)
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def timestamp_of(milliseconds: int) -> str:
    """The moment so many milliseconds after 1970 began, spelt the same."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_to_the_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=16)  # who asks for one moment asks for others of the same second
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:-6]
