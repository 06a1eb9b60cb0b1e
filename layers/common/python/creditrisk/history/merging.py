"""Merges the objects of past days of a history in S3: a few large ones instead of one for each batch.

Large objects are read many times faster, and can go to a cheaper class of storage (which none below 128 KB can). Readers
see the same records at every moment, wherever this is interrupted: an object is deleted only when each of its rows is in a
merged one, and readers take each application once. Started again, it goes on where it stopped.
"""

import io
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from creditrisk.history import files, names
from creditrisk.history.bucket import BucketHistory, moment_of, pieces
from creditrisk.history.names import Name, read_name

log = logging.getLogger(__name__)

OPEN_DAYS = 2
"""A day is closed when so many days have passed since: by then, all that came in on it is surely recorded."""
GROUP = 32 << 20
"""Bytes of objects that are merged at a time, and held in memory."""


@dataclass
class Merged:
    """What was done: `objects` were merged into `written` new ones. `left` names rows because of which an object stays as
    it is, since merging would lose something of them; `done` is False when time was up before everything was merged."""

    objects: int = 0
    written: int = 0
    left: list[str] = field(default_factory=list)
    done: bool = True


def merge_days(
    history: BucketHistory,
    in_time: Callable[[], bool] = lambda: True,
    today: date | None = None,
    open_days: int = OPEN_DAYS,
) -> Merged:
    """Merge the days that ended `open_days` days or more before `today` (UTC) began; `in_time` is asked before each group of
    objects whether there is time for it.

    Raises HistoryUnavailable, also when objects may not be deleted; readers then still take each application once.
    """
    closed = (today or datetime.now(UTC).date()) - timedelta(days=open_days)
    merger = _Merger(history)
    for group in merger.groups(closed.isoformat()):
        if not in_time():
            merger.merged.done = False
            break
        merger.merge(group)
    return merger.merged


class _Merger:
    """One run over a history."""

    def __init__(self, history: BucketHistory) -> None:
        self.history = history
        self.merged = Merged()
        self._there: dict[str, list[Name]] = {}  # what earlier runs made, by day

    def groups(self, closed: str) -> Iterator[list[Name]]:
        """The objects to merge, in groups of one day before `closed` and at most GROUP bytes. Their order is that of time,
        roughly, so a group holds what came in at about the same time."""
        group: list[Name] = []
        size = 0
        for entry in self.history.objects.list("date="):
            name = read_name(entry.name)
            if (
                not name
                or name.day >= closed
                or name.kind == "merged"
                or (name.kind == "brought" and name.span)
            ):
                continue
            if group and (name.day != group[0].day or size + entry.size > GROUP):
                yield group
                group, size = [], 0
            group.append(name)
            size += entry.size
        if group:
            yield group

    def merge(self, group: list[Name]) -> None:
        """Write what is in these objects into as few new ones as possible, and delete them."""
        if len(group) == 1 and group[0].kind and (span := group[0].span) and not self._overlapping(*span):
            return  # a single object, and no merged one to skip rows of: nothing to gain
        lines: list[str] = []
        gone: list[str] = []
        for key, body in self.history.objects.read_all([name.key for name in group]):
            found = None if body is None else self._lines(key, body)
            if found is not None:
                lines += found
                gone.append(key)
        known = self._known(lines)
        recorded = max(names.NOT_KNOWN, *(name.recorded for name in group))
        # A dict keeps the order: when two lines are of one application, readers go on taking the same one.
        for piece in pieces(dict.fromkeys(line for line in lines if line not in known)):
            self.merged.written += self.history.write("merged", piece, recorded)
        self.history.objects.delete(gone)
        self.merged.objects += len(gone)
        log.info("%s: %d objects merged", group[0].day, len(gone))

    def _lines(self, key: str, body: bytes) -> list[str] | None:
        """The lines of an object, under this version's columns; None when one of them would lose something."""
        lines = []
        for row in files.rows(key, io.BytesIO(body)):
            if row.problem or row.layout.ending is None:
                self.merged.left.append(f"{row}: {row.problem or 'it has other columns than this version'}")
                return None
            lines.append(row.as_line)
        return lines

    def _known(self, lines: Sequence[str]) -> set[str]:
        """Those of the lines that an earlier run, which was interrupted, has already written."""
        moments_of: dict[str, list[int]] = defaultdict(list)
        for line in lines:
            moment = moment_of(line)
            moments_of[names.day_of(moment)].append(moment)
        known: set[str] = set()
        wanted = set(lines)
        for moments in moments_of.values():
            for name in self._overlapping(min(moments), max(moments)):
                body = self.history.objects.read(name.key) or b""
                known |= wanted.intersection(_as_lines(name.key, body))
        return known

    def _overlapping(self, first: int, last: int) -> list[Name]:
        """Objects that earlier runs merged, and that may hold applications received from `first` to `last` (milliseconds
        since 1970, on one day)."""
        made = self._made(names.day_of(first))
        return [name for name in made if name.span and name.span[0] <= last and first <= name.span[1]]

    def _made(self, day: str) -> list[Name]:
        """The objects of a day that earlier runs merged."""
        if day not in self._there:
            found = (read_name(entry.name) for entry in self.history.objects.list(f"date={day}/r"))
            self._there[day] = [name for name in found if name and name.kind == "merged"]
        return self._there[day]


def _as_lines(key: str, body: bytes) -> Iterable[str]:
    return (row.as_line for row in files.rows(key, io.BytesIO(body)) if not row.problem)
