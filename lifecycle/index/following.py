"""Following the record: what was recorded since is put into the index, piece by piece, each in one transaction with how
far was read. Killed anywhere, it goes on from there, and an application that is met twice counts once."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from creditrisk.clock import timestamp
from creditrisk.history import open_history
from creditrisk.history.bucket import BucketHistory
from lifecycle.index import bucket_record, folder_record, ledgers
from lifecycle.index.database import Database, told
from lifecycle.index.pieces import Known, Piece, uncollected
from lifecycle.index.schema import sources
from lifecycle.index.writing import Writer

log = logging.getLogger(__name__)

Progress = Callable[[int], None]
"""Told after each piece, with the number of its rows."""

Enough = Callable[[], bool]
"""Asked between two pieces: whether to stop there."""


def untold(rows: int) -> None:
    """Nobody wants to know."""


def never() -> bool:
    """All is to be read."""
    return False


class CaughtUp(NamedTuple):
    """How many rows were put into the index, and whether that was all there is."""

    rows: int
    done: bool


@dataclass(frozen=True)
class Follower:
    """Follows the record at `history_url` into an index."""

    database: Database
    history_url: str

    def catch_up(self, recent: bool = False, progress: Progress = untold, enough: Enough = never) -> CaughtUp:
        """Put everything into the index that is not in it.

        `recent` looks in S3 among the objects of the last days alone; `enough` is asked between two pieces. The history
        comes before the ledgers, so that these find their applications. Raises RecordReplaced, HistoryUnavailable,
        IndexUnavailable.
        """
        rows = 0
        whole = self.database.is_whole()
        with uncollected():
            for piece in self._pieces(recent):
                rows += self._put(piece, whole)
                progress(piece.rows)
                if enough():
                    return CaughtUp(rows, done=False)
        return CaughtUp(rows, done=True)

    def put_objects(self, keys: Sequence[str]) -> int:
        """Put these objects of a history in S3 into the index, as far as they are not; returns how many rows they have."""
        history = open_history(self.history_url)
        if not isinstance(history, BucketHistory):
            return 0
        whole = self.database.is_whole()
        new = self._unknown(keys)
        return sum(self._put(piece, whole) for piece in bucket_record.of_objects(history.objects, new))

    def catch_up_ledgers(self) -> int:
        """Put what the ledgers tell into the index, and look for nothing else; returns how many rows that were."""
        whole = self.database.is_whole()
        return sum(self._put(piece, whole) for piece in self._later_pieces())

    def _pieces(self, recent: bool) -> Iterator[Piece]:
        history = open_history(self.history_url)
        if isinstance(history, BucketHistory):
            yield from bucket_record.pieces_of(history.objects, self._unknown, recent)
        else:
            yield from folder_record.pieces_of(Path(self.history_url), self._knower("history"))
        yield from self._later_pieces()

    def _later_pieces(self) -> Iterator[Piece]:
        for source in ledgers.FOLLOWED:
            yield from ledgers.pieces_of(self.history_url, source, self._knower(source))

    def _knower(self, source: str) -> Callable[[str], Known | None]:
        with told(), self.database.engine.connect() as connection:
            rows = connection.execute(
                select(sources.c.name, sources.c.position, sources.c.mark).where(sources.c.kind == source)
            ).all()
        return {row.name: Known(row.position, row.mark) for row in rows}.get

    def _unknown(self, names: Sequence[str]) -> list[str]:
        with told(), self.database.engine.connect() as connection:
            rows = connection.execute(
                select(sources.c.name).where(sources.c.kind == "history", sources.c.name.in_(names))
            )
            known = {row.name for row in rows}
        return [name for name in names if name not in known]

    def _put(self, piece: Piece, whole: bool) -> int:
        with uncollected(), self.database.writing() as connection:
            source, position = _source_of(connection, piece)
            if position != piece.start:
                # Another process was quicker, or has put another index here: the next look begins where this index ends.
                return 0
            writer = Writer(self.database, connection, whole)
            if piece.entries:
                writer.add(source, piece.entries, piece.columns, piece.moved)
            if piece.later:
                writer.apply(piece.later[0].kind, piece.later)
            writer.close()
            self._note(connection, source, piece)
        if piece.unreadable:
            log.warning("%s: %d rows cannot be read, and are not in the index", piece.name, piece.unreadable)
        return piece.rows

    def _note(self, connection: Connection, source: int, piece: Piece) -> None:
        self.database.put(
            connection,
            sources,
            ("code", "kind", "name", "position", "rows", "unreadable", "mark"),
            [(source, piece.source, piece.name, piece.position, piece.rows, piece.unreadable, piece.mark)],
            "position = excluded.position, rows = sources.rows + excluded.rows, "
            "unreadable = sources.unreadable + excluded.unreadable, mark = excluded.mark",
        )
        self.database.say(connection, "followed", timestamp())


def _source_of(connection: Connection, piece: Piece) -> tuple[int, int]:
    """The number of a part of the record, and how far it is in the index; a new number for a new part."""
    found = connection.execute(
        select(sources.c.code, sources.c.position).where(
            sources.c.kind == piece.source, sources.c.name == piece.name
        )
    ).first()
    if found:
        return found.code, found.position
    last = connection.scalar(select(sources.c.code).order_by(sources.c.code.desc()).limit(1))
    return (last or 0) + 1, 0
