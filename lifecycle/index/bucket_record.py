"""The history in S3, followed object by object: an object is written once and never changes."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from creditrisk.history import files, names
from creditrisk.history.objects import Objects
from creditrisk.history.parts import header_and_lines, rows_of
from lifecycle.index.entries import EntryReader
from lifecycle.index.pieces import Piece, read_any, read_lines, rows_in

_LISTED = 1_000
"""Names that are compared with the index at once."""
_RECENT = timedelta(days=2)
"""Scorers write under the day on which an application came in; the queue may have stood still for a while."""

Unknown = Callable[[Sequence[str]], list[str]]
"""Names of objects → those that are not in the index."""


def pieces_of(
    objects: Objects, unknown: Unknown, recent: bool = False, once: bool = False
) -> Iterator[Piece]:
    """The objects that are not in the index yet: of the last days alone with `recent`, which costs few requests; looking
    `once` only, for who can bear that some are moved meanwhile.

    While this reads, `merge` may put rows into larger objects and delete the small ones, so the listing is repeated until
    it shows nothing new. Raises HistoryUnavailable.
    """
    prefixes = [f"{folder}r" for folder in _recent_days()] if recent else ["date="]
    while True:
        found = 0
        for prefix in prefixes:
            listed = (entry.name for entry in objects.list(prefix))
            while names_listed := list(islice(listed, _LISTED)):
                for piece in of_objects(objects, unknown(names_listed)):
                    found += 1
                    yield piece
        if not found or recent or once:
            return


def of_objects(objects: Objects, keys: Sequence[str]) -> Iterator[Piece]:
    """These objects, as far as they are a history's and still there."""
    known = [name for key in keys if (name := names.read_name(key))]
    moved = {name.key for name in known if name.kind == "merged"}
    for key, body in objects.read_all([name.key for name in known]):
        if body is not None:
            yield _piece(key, body, key in moved)


def _piece(key: str, body: bytes, moved: bool) -> Piece:
    layout = files.layout_of(body)
    written = 0
    if layout:
        start = body.index(b"\n") + 1
        reader, written = EntryReader(layout), rows_in(body[start:])
        entries, unreadable = read_lines(reader, key, body[start:], start) if body[start:] else ([], 0)
    else:
        raw = io.BytesIO(body)
        text = io.TextIOWrapper(raw, files.encoding_of(raw), "surrogateescape", newline="")
        layout, first = header_and_lines(text)
        if layout is None:
            return Piece("history", key, 0, len(body), unreadable=1)
        entries, unreadable = read_any(EntryReader(layout), rows_of(key, text, layout, first))
    return Piece(
        "history", key, 0, len(body), "", entries, layout.columns,
        unreadable=unreadable, moved=moved, written=written,
    )  # fmt: skip


def _recent_days() -> Iterator[str]:
    return names.days_from(datetime.now(UTC) - _RECENT, _RECENT.days)
