"""The history: every decision, recorded once and never changed, in a folder or in S3."""

from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from creditrisk.decision import Answer
from creditrisk.history.records import COLUMNS, Record

__all__ = ["COLUMNS", "History", "Record", "open_history"]


class History(Protocol):
    """Where decisions are recorded. Every method raises HistoryUnavailable when the place cannot be reached."""

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Record a batch durably: when this returns, a power cut loses nothing of it.

        `held` tells, at the last moment, which applications the scorer still holds: others are not recorded. Returns
        the answers as they stand recorded, which for a record that is not fresh may be an earlier scorer's.
        """

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application, or None."""

    def lines(self) -> Iterator[str]:
        """Every record once, in the order of recording, as lines of CSV without the header."""

    def check(self) -> None:
        """Whether records can be appended now."""


def open_history(url: str) -> History:
    """The history at a folder or s3://bucket/prefix; nothing is contacted or created yet."""
    if url.startswith("s3://"):
        from creditrisk.history.bucket import BucketHistory  # boto3 is slow to import

        parts = urlsplit(url)
        return BucketHistory(parts.netloc, parts.path.strip("/"))
    from creditrisk.history.folder import FolderHistory

    return FolderHistory(Path(url))
