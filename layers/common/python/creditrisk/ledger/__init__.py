"""Ledgers: append-only tables beside the history, for what becomes of an application after its decision.

In a folder a ledger is NAME.csv beside history.csv; in S3, objects below PREFIX-NAME/, where PREFIX is the history's, so
that who reads the history meets none of them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from creditrisk.ledger.table import Part, Placed, Table

__all__ = ["Ledger", "Part", "Placed", "Table", "open_ledger"]


class Ledger(Protocol):
    """Rows that are only ever added. Every method raises HistoryUnavailable when the place cannot be reached."""

    table: Table

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Add rows, each with one cell a column: when this returns, a power cut loses nothing of them.

        A row is a line, so a line break in a cell is written as a space. When this raises, rows may be there all the same
        if a reply of S3 was lost: who appends them again must bear to read them twice. Raises ValueError, and adds
        nothing, when a row has another number of cells.
        """

    def rows(self) -> Iterator[dict[str, str]]:
        """Every row as column → cell, in the order of writing, read while the caller iterates.

        A column that the row was written without is ''; columns that only a newer version knows come along. What cannot
        be read is logged, and left out.
        """

    def of(self, key: str) -> Iterator[dict[str, str]]:
        """The rows of a table `by_key` whose first cell is `key`, in the order of writing.

        In S3 that is one listing and one object for each time that it was appended; in a folder, what was added since this
        process looked before.
        """

    def parts(self) -> Iterator[Part]:
        """The files or objects, in the order of writing. Only the last of a folder's grows; an object never does."""

    def streams(self) -> Iterator[tuple[str, BinaryIO]]:
        """The same parts with their names, to be read as bytes: for who needs few columns of many rows."""

    def read(self, part: str, offset: int = 0) -> Iterator[Placed]:
        """The rows of one part from a byte on, where an earlier row ended; 0 is the first. None when it is not there."""


def open_ledger(history_url: str, table: Table) -> Ledger:
    """The ledger beside the history at a folder or s3://bucket/prefix; nothing is contacted or created yet."""
    if history_url.startswith("s3://"):
        from creditrisk.ledger.bucket import BucketLedger  # boto3 is slow to import

        parts = urlsplit(history_url)
        return BucketLedger(table, parts.netloc, parts.path.strip("/"))
    from creditrisk.ledger.folder import FolderLedger

    return FolderLedger(table, Path(history_url))
