"""The audit log in S3: one object an entry, numbered, each written only where there is none yet."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from creditrisk.errors import HistoryOverwritten, HistoryUnavailable
from creditrisk.history.objects import Objects
from lifecycle.audit.chain import Entry, Head, hash_of, next_line
from lifecycle.audit.errors import AuditBroken, AuditUnavailable

_TRIES: Final = 50
"""Entries of others that may come in between while one is written."""


class BucketAudit:
    """Objects PREFIX-audit/000000000001.json and so on, beside a history at PREFIX, and never below it."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.objects = Objects(bucket, f"{prefix}-audit/" if prefix else "audit/")

    def record(self, event: str, by: str, **facts: Any) -> Entry:
        """Append one entry: the object with the next number, which S3 lets only one writer create; see AuditLog.record."""
        with _unavailable():
            number = self._last()
            for _ in range(_TRIES):
                line = next_line(self._head(number), event, by, facts)
                try:
                    self.objects.write(_name(number + 1), line)
                    return Entry.of(line)
                except HistoryOverwritten:
                    number += 1  # another writer was first
        raise AuditUnavailable("Others write to the audit log without a pause; try again.")

    def lines(self) -> Iterator[bytes]:
        """Every entry, the oldest first; a missing one shows in the chain."""
        with _unavailable():
            names = (listed.name for listed in self.objects.list(""))
            for _, body in self.objects.read_all(names):
                if body is not None:
                    yield body

    def entries(self) -> Iterator[Entry]:
        """Every entry that can be read, the oldest first."""
        for line in self.lines():
            with suppress(ValueError):
                yield Entry.of(line)

    def _head(self, number: int) -> Head:
        body = self.objects.read(_name(number)) if number else None
        if number and body is None:
            raise AuditBroken(
                f"Entry {number:,} of the audit log was deleted; restore it from the bucket's versions."
            )
        return Head(number, hash_of(body)) if body is not None else Head()

    def _last(self) -> int:
        """The number of the newest entry, 0 when there is none: found by halving, since S3 lists from the oldest on."""
        step = 1
        while self._any_after(step - 1):
            step *= 2
        low, high = step // 2, step - 1  # what is sought is low at least, and high at most
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._any_after(middle - 1) else (low, middle - 1)
        return low

    def _any_after(self, number: int) -> bool:
        return next(self.objects.list("", after=_name(number)), None) is not None


def _name(number: int) -> str:
    return f"{number:012d}.json"


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except HistoryUnavailable as error:
        raise AuditUnavailable(f"{error} What the audit log was to tell is not done.") from error
