"""The history: every decision, recorded once and never changed, in a folder or in S3."""

from collections.abc import Callable, Collection, Container, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from creditrisk.decision import Answer
from creditrisk.history.columns import COLUMNS
from creditrisk.history.index_place import Place
from creditrisk.history.parts import Part, Row
from creditrisk.history.records import Record

__all__ = ["COLUMNS", "History", "Part", "Place", "Record", "Row", "open_history"]


class History(Protocol):
    """Where decisions are recorded. Every method raises HistoryUnavailable when the place cannot be reached."""

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Record a batch durably: when this returns, a power cut loses nothing of it.

        `held` is called just before writing, and returns the ids that the scorer still holds: others are not recorded.
        Returns the answers as they are recorded; for a record that is not fresh, that may be an earlier scorer's answer.
        """

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application, or None."""

    def find_at(self, place: Place, application_id: str) -> Answer | None:
        """The recorded answer of one application, if it stands at this place. What else stands there, or nothing, is no
        answer."""

    def records(self, since: datetime | None = None) -> Iterator[Record]:
        """Every record once, whichever version wrote it, read while the caller iterates; what cannot be read is logged.

        With `since`, only those recorded at this moment or later. Clocks of scorers differ: whoever asks again and again
        should ask for a few minutes more than needed, and tell by the ids what is new. A row without a moment of scoring
        (a spreadsheet rewrote it) is always given; what was brought along counts as recorded when it was brought along.
        """

    def parts(self) -> Iterator[Part]:
        """The files or objects with their rows as text; none when there is no history. An application may stand in two
        rows: the first that can be read counts.

        For an export: copying text takes half the time of `records`, and keeps columns that only a newer version knows.
        """

    def streams(self, days: Collection[str] | None = None) -> Iterator[tuple[str, BinaryIO]]:
        """The same files or objects with their names, to be read as bytes: for who needs few columns of many rows (`scan`).
        With `days` (2026-11-23), those that surely hold nothing that came in on one of these may be left out."""

    def add_part(self, name: str, lines: Sequence[str]) -> bool:
        """Add records that were brought along from another system, as lines under COLUMNS. After an interruption, adding
        the same again completes it. `name`, 12 hexadecimal digits, is the same for the same lines. False when all of it
        is there already."""

    def check(self) -> None:
        """Find out whether records can be appended now."""


def open_history(url: str) -> History:
    """The history at a folder or s3://bucket/prefix; nothing is contacted or created yet."""
    if url.startswith("s3://"):
        from creditrisk.history.bucket import BucketHistory  # boto3 is slow to import

        parts = urlsplit(url)
        return BucketHistory(parts.netloc, parts.path.strip("/"))
    from creditrisk.history.folder import FolderHistory

    return FolderHistory(Path(url))
