"""The audit log: who changed what decides, and when. Append-only, and each entry seals all those before it.

An entry's hash is the SHA-256 of the hash before it and of its own text (`chain`). So one changed byte, an entry taken
out, put in or moved is found by `verify`. What no chain can tell by itself is that the newest entries were cut off, or
that all of it was written anew: for that, keep what `verify` prints (the head) in another place, and give it to the
next one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from creditrisk.settings import Settings
from lifecycle.audit.chain import Entry, Head, verified
from lifecycle.audit.errors import AuditBroken, AuditUnavailable

__all__ = ["AuditBroken", "AuditLog", "AuditUnavailable", "Entry", "Head", "open_audit", "record", "verify"]


class AuditLog(Protocol):
    """Where entries are kept. Every method raises AuditUnavailable when the place cannot be reached."""

    def record(self, event: str, by: str, **facts: Any) -> Entry:
        """Append one entry, durable when this returns. `event` is what was done, as `model.promoted`; `by` who asked for
        it; `facts` anything that JSON can hold, and nothing personal of an applicant.

        Raises AuditBroken when the last entry does not fit the one before it: nothing is put on top of what is broken.
        """

    def lines(self) -> Iterator[bytes]:
        """Every entry as it is kept, without its line end, the oldest first. What is no whole line is given as well."""

    def entries(self) -> Iterator[Entry]:
        """Every entry, the oldest first; what cannot be read is left to `verify`."""


def open_audit(history_url: str) -> AuditLog:
    """The log beside a history: `audit.jsonl` in its folder, or numbered objects below PREFIX-audit/ in its bucket."""
    if history_url.startswith("s3://"):
        from lifecycle.audit.bucket import BucketAudit  # boto3 is slow to import

        parts = urlsplit(history_url)
        return BucketAudit(parts.netloc, parts.path.strip("/"))
    from lifecycle.audit.folder import FolderAudit

    return FolderAudit(Path(history_url))


def record(event: str, by: str, **facts: Any) -> Entry:
    """Append one entry to the log beside the history that the settings name; see AuditLog.record."""
    return open_audit(Settings.from_environment().history_url).record(event, by, **facts)


def verify(log: AuditLog, head: Head | None = None) -> Head:
    """Read the whole log and return its head. `head` is what an earlier `verify` returned, kept somewhere else.

    Raises AuditBroken, naming the first entry that is not as it was written; or when the log no longer holds `head`.
    """
    return verified(log.lines(), head)
