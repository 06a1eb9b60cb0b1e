"""A ledger in S3: one CSV object for each call that adds rows, below PREFIX-NAME/date=YYYY-MM-DD/, named by its moment."""

import io
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import BinaryIO

from creditrisk.history.objects import Objects
from creditrisk.ledger.lines import columns_in, header_of, placed, to_lines
from creditrisk.ledger.table import Part, Placed, Table


class BucketLedger:
    """Objects that are written whole or not at all, and never written over. Their names sort in the order of writing, as
    far as the clocks of the writers agree."""

    def __init__(self, table: Table, bucket: str, history_prefix: str) -> None:
        self.table = table
        self.objects = Objects(bucket, f"{history_prefix or 'history'}-{table.name}/", table.name)
        # An empty object for each key that has rows in one of the others, below PREFIX-NAME-of/KEY/, named after that.
        self.places = Objects(bucket, f"{history_prefix or 'history'}-{table.name}-of/", table.name)
        self._last = 0
        self._lock = threading.Lock()

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Add rows as one object."""
        lines = to_lines(self.table, rows)
        if not lines:
            return
        body = (header_of(self.table) + lines).encode()
        name = f"{self._moment()}-{sha256(body).hexdigest()[:12]}.csv"
        if self.table.by_key:  # first: a place where nothing is does no harm, rows that are not found would
            for key in dict.fromkeys(row[0] for row in rows):
                self.places.write(f"{key}/{name.replace('/', '_')}", b"")
        self.objects.write(name, body)

    def _moment(self) -> str:
        """Now, as the beginning of a name; later than that of any object that this process named before."""
        with self._lock:
            self._last = max(time.time_ns(), self._last + 1)
            seconds, rest = divmod(self._last, 1_000_000_000)
        return f"{datetime.fromtimestamp(seconds, UTC):date=%Y-%m-%d/%H%M%S}{rest:09}"

    def rows(self) -> Iterator[dict[str, str]]:
        """Every row, in the order of writing; objects are read ahead."""
        for name, stream in self.streams():
            for found in self._placed(name, stream.read(), 0):
                yield found.row

    def of(self, key: str) -> Iterator[dict[str, str]]:
        """The rows whose first cell is `key`."""
        for place in self.places.list(f"{key}/"):
            for row, _ in self.read(place.name.rpartition("/")[2].replace("_", "/")):
                if row[self.table.columns[0]] == key:
                    yield row

    def streams(self) -> Iterator[tuple[str, BinaryIO]]:
        """The objects, in the order of their names; some are read ahead."""
        for name, body in self.objects.read_all(part.name for part in self.parts()):
            yield name, io.BytesIO(body or b"")

    def parts(self) -> Iterator[Part]:
        """The objects, in the order of their names."""
        for entry in self.objects.list("date="):
            yield Part(entry.name, entry.size)

    def read(self, part: str, offset: int = 0) -> Iterator[Placed]:
        """The rows of one object from a byte on."""
        return self._placed(part, self.objects.read(part) or b"", offset)

    def _placed(self, name: str, body: bytes, offset: int) -> Iterator[Placed]:
        first = body[: body.find(b"\n") + 1]
        if columns := columns_in(first, self.table):
            start = max(offset, len(first))
            yield from placed(self.table, name, columns, body[start:], start)
