"""The history: every decision, recorded once and never changed, in a folder or in S3."""

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from creditrisk.decision import Answer
from creditrisk.history.columns import COLUMNS
from creditrisk.history.parts import Part, Row
from creditrisk.history.records import Record

__all__ = ["COLUMNS", "History", "Part", "Record", "Row", "open_history"]


class History(Protocol):
    """Where decisions are recorded. Every method raises HistoryUnavailable when the place cannot be reached."""

    def append(self, records: Sequence[Record], held: Callable[[], Container[str]]) -> list[Answer]:
        """Record a batch durably: when this returns, a power cut loses nothing of it.

        `held` tells, at the last moment, which applications the scorer still holds: others are not recorded. Returns
        the answers as they stand recorded, which for a record that is not fresh may be an earlier scorer's.
        """

    def find(self, application_id: str) -> Answer | None:
        """The recorded answer of one application, or None."""

    def records(self, since: datetime | None = None) -> Iterator[Record]:
        """Every record once, whichever version wrote it, read as it is asked for; what cannot be read is logged.

        With `since`, those that were recorded at this moment or later, by the clocks of the scorers and of the place:
        whoever asks again and again goes a few minutes further back, and knows by the ids what is new. A row that does
        not tell when it was scored (a spreadsheet rewrote it) is always given; what was brought along counts from then
        on.
        """

    def parts(self) -> Iterator[Part]:
        """The same as it is written: its files or objects with their rows as text, none when there is no history; an
        application may stand in two rows, of which the first that can be read counts.

        For whoever copies what stands there, as it stands: an export, which takes half the time so and keeps what a
        newer version wrote.
        """

    def add_part(self, name: str, lines: Sequence[str]) -> bool:
        """Add records that were brought along from elsewhere, as lines under COLUMNS: whole, or what lacks of it when it is
        done again. `name`, 12 hexadecimal digits, is the same for the same lines. False when it is there already."""

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
