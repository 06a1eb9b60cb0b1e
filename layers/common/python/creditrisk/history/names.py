"""The names of a history's objects in S3. A name tells when the applications in the object came in, so that a look-up reads
only the few objects that may hold one; and when the last of them was recorded.

    date=2026-11-25/r1437x-143751234-143803456-20261125143804001-batch-0a1b2c3d4e5f.csv

It consists of the day on which the applications were received (UTC; an object holds one day only), the *slot*, the times
of day at which the first and the last were received, when the last was recorded, what wrote it, and the first digits of
the content's SHA-256.

The slot is the beginning that the two times of day have in common, of HHMMS, filled up with x: it stands for ten seconds,
a minute, ten minutes, an hour or the day. So all objects that may hold an application are in five slots, and are found by
listing five prefixes.

Earlier versions kept objects under the day of scoring, as HHMMSSmmm-….csv, with 36 hexadecimal digits (when the first and
the last were received, in milliseconds since 1970, then random ones) or 12 (all random).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from creditrisk.clock import timestamp

Kind = Literal["batch", "merged", "brought", ""]
"""What wrote an object: a scorer, `history merge` or `history import`; '' for a scorer of an earlier version."""

LONG_AGO = "1970-01-01"
"""The day under which earlier versions kept what was brought along."""

_SLOTS = (5, 4, 3, 2, 0)
"""How many digits of the time each kind of slot has, from the narrowest to the widest."""
_NAME = re.compile(
    r"date=(\d{4}-\d\d-\d\d)/r[0-9x]{5}-(\d{9})-(\d{9})-(\d{17})-(batch|merged|brought)-[0-9a-f]{12}\.csv"
)
_EARLIER = re.compile(
    r"date=(\d{4}-\d\d-\d\d)/(\d{9})-(?:([0-9a-f]{12})([0-9a-f]{12})[0-9a-f]{12}|[0-9a-f]+)\.csv"
)
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Name:
    """An object's name, read. `key` is without the history's prefix.

    `span` is when the first and the last of its applications were received, in milliseconds since 1970, or None where
    the name does not tell; `recorded` is when the last was recorded, as ISO 8601, '' where the name does not tell.
    """

    key: str
    day: str
    kind: Kind
    span: tuple[int, int] | None
    recorded: str

    def may_hold(self, moment: int) -> bool:
        """Whether an application received at this millisecond may be in it."""
        return self.span is None or self.span[0] <= moment <= self.span[1]


def name_of(kind: Kind, first: int, last: int, recorded: str, digest: str) -> Name:
    """The name of an object whose applications were received from `first` to `last`, on one day. `digest` is the
    SHA-256 of what is in it, in hexadecimal digits."""
    day, begin = _split(first)
    _, end = _split(last)
    digits = re.sub(r"\D", "", recorded)
    key = f"date={day}/r{_slot(begin, end)}-{begin}-{end}-{digits}-{kind}-{digest[:12]}.csv"
    return Name(key, day, kind, (first, last), recorded)


def read_name(key: str) -> Name | None:
    """The parts of a name; None when no object of a history has such a name."""
    try:
        return _read(key)
    except ValueError:  # a day that the calendar does not have
        return None


def _read(key: str) -> Name | None:
    if match := _NAME.fullmatch(key):
        day, first, last, recorded, kind = match.groups()
        midnight = _midnight(day)
        span = (midnight + _of_day(first), midnight + _of_day(last))
        return Name(key, day, kind, span, _moment(recorded[:8], recorded[8:]))  # type: ignore[arg-type]
    if match := _EARLIER.fullmatch(key):
        day, clock, first, last = match.groups()
        if day == LONG_AGO:
            return Name(key, day, "brought", None, "")
        earlier = (int(first, 16), int(last, 16)) if first else None
        return Name(key, day, "", earlier, _moment(day.replace("-", ""), clock))
    return None


def day_of(moment: int) -> str:
    """The day (UTC) of a moment in milliseconds since 1970."""
    return _split(moment)[0]


def prefixes_of(moment: int) -> list[str]:
    """The prefixes of all objects that may hold an application received at this millisecond, the narrow slots first."""
    day, clock = _split(moment)
    return [f"date={day}/r{clock[:digits].ljust(5, 'x')}-" for digits in _SLOTS]


def prefixes_of_minute(moment: int) -> list[str]:
    """The same for the whole minute: one prefix stands for the two narrow kinds of slot. For many applications that were
    received at about the same time."""
    day, clock = _split(moment)
    return [f"date={day}/r{clock[:4]}", *prefixes_of(moment)[2:]]


def days_from(moment: datetime, days: int) -> Iterator[str]:
    """The folder of a moment's day, and those of so many days after it."""
    for number in range(days + 1):
        yield f"date={moment + timedelta(days=number):%Y-%m-%d}/"


def earlier_place(moment: datetime) -> str:
    """What names of earlier versions begin with when they are of this second; it sorts before them."""
    return f"date={moment:%Y-%m-%d}/{moment:%H%M%S}"


def _slot(begin: str, end: str) -> str:
    for digits in _SLOTS:
        if begin[:digits] == end[:digits]:
            return begin[:digits].ljust(5, "x")
    raise AssertionError("no digits at all are always in common")


def _split(moment: int) -> tuple[str, str]:
    """A moment in milliseconds since 1970, as its day and as HHMMSSmmm."""
    at = datetime.fromtimestamp(moment / 1000, UTC)
    seconds, rest = divmod(moment % _DAY_MS, 1000)
    return f"{at:%Y-%m-%d}", f"{seconds // 3600:02}{seconds // 60 % 60:02}{seconds % 60:02}{rest:03}"


def _midnight(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) * 1000


def _of_day(clock: str) -> int:
    return ((int(clock[:2]) * 60 + int(clock[2:4])) * 60 + int(clock[4:6])) * 1000 + int(clock[6:])


def _moment(day: str, clock: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}.{clock[6:]}Z"


NOT_KNOWN = timestamp(datetime(1970, 1, 1, tzinfo=UTC))
"""What stands in a name in place of when it was recorded, when no row tells that."""
