"""The index as a file of SQLite, which one process writes and any number read."""

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from lifecycle.index.database import Database, Rows
from lifecycle.index.errors import AlreadyBuilding, IndexUnavailable
from lifecycle.index.numbers import Numbers
from lifecycle.index.schema import applications

_PATIENCE = 30.0
"""Seconds that a statement waits for another process's transaction."""
_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file; it belongs to that file alone."""
_MAPPED = 1 << 34
"""Bytes of the file that are read where the system has them, and not copied: a connection begins with an empty cache."""


class SqliteFile(Database):
    """An index in one file, in write-ahead mode: who reads waits for nobody."""

    walked_per_fetched: ClassVar[int] = 20

    def __init__(self, path: Path) -> None:
        self.path = path
        # A connection for each use: after a swap, one that is kept would read the file that was replaced.
        self.engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, hide_parameters=True
        )
        event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        self._kept: sqlite3.Connection | None = None
        self._kept_file: tuple[int, int] | None = None

    def keep_open(self) -> None:
        """Whenever a file's last connection is closed, SQLite writes its log into it, and waits for the disk to have both. So one
        is kept that does nothing: to the file that lies there now. Where that fails, it goes without: whoever uses the index
        is told why it cannot be read."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            self.close()
            return
        if self._kept_file != (file := (found.st_dev, found.st_ino)):
            self.close()
            with suppress(sqlite3.Error):
                self._kept = self._connect()
                self._kept.execute("SELECT 1 FROM sqlite_master").close()  # opens the log as well
                self._kept_file = file

    def close(self) -> None:
        if self._kept:
            self._kept.close()
        self._kept = self._kept_file = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        connection.executescript(
            f"PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA mmap_size = {_MAPPED}; "
            "PRAGMA temp_store = MEMORY"
        )
        return connection

    def create(self) -> None:
        """Make the file and its tables."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o640))
        connection = self._connect()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        super().create()

    def fresh(self) -> "SqliteFile":
        return SqliteFile(self.path.with_name(f"{self.path.name}.new"))

    @contextmanager
    def building(self) -> Iterator[None]:
        with _locked(self.path.with_name(f"{self.path.name}.building"), wait=False):
            yield

    def take_over(self) -> None:
        """Killed anywhere in between, the new file is whole, and the next start finishes this."""
        new = self.fresh()
        with self._locked():
            connection = new._connect()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")  # leaves nothing beside the file that is moved
            connection.close()
            self.discard()
            new.path.replace(self.path)
            connection = self._connect()
            connection.execute("PRAGMA journal_mode = WAL")
            connection.close()

    def discard(self) -> None:
        for path in (self.path, *(Path(f"{self.path}{end}") for end in _BESIDE)):
            path.unlink(missing_ok=True)

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def add(self, connection: Connection, rows: Rows) -> None:
        self._put(connection, applications, [column.name for column in applications.columns], rows, "")

    def _put(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows, conflict: str
    ) -> None:
        values = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values}){conflict}"
        connection.exec_driver_sql(statement, list(rows))

    def _change(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        *changed, key = columns
        values = ", ".join(f"{name} = ?" for name in changed)
        connection.exec_driver_sql(f"UPDATE {table.name} SET {values} WHERE {key} = ?", list(rows))

    def with_ids(
        self, connection: Connection, columns: str, ids: Sequence[str], table: str = "applications"
    ) -> Iterable[tuple[Any, ...]]:
        chosen = f"SELECT {columns} FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
        return connection.exec_driver_sql(chosen, (json.dumps(list(ids)),)).fetchall()  # type: ignore[return-value]

    def among(self, numbers: Sequence[int]) -> ColumnElement[bool]:
        told = func.json_each(json.dumps(numbers)).table_valued("value")
        return applications.c.n.in_(select(told.c.value))

    def within(self, numbers: Numbers, most: int) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
        """SQLite has no function for a bit, and one for the bytes of a text: a digit stands for each number."""
        digits = numbers.digits(most)
        last, told, one = len(digits), literal(digits, LargeBinary), literal(b"1", LargeBinary)
        return lambda n: func.substr(told, last - n, 1) == one

    def passed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """An expression, that no index is sorted by: SQLite would take the one by moment, and sort all of the days."""
        return column + 0

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self._locked(), self.engine.begin() as connection:
            yield connection

    def _locked(self) -> AbstractContextManager[None]:
        return _locked(self.path.with_name(f"{self.path.name}.lock"), wait=True)

    def _settle(self, connection: Connection) -> None:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()

    def _is_missing(self, error: SQLAlchemyError) -> bool:
        said = str(getattr(error, "orig", ""))
        return "unable to open" in said or "no such table" in said


@contextmanager
def _locked(path: Path, wait: bool) -> Iterator[None]:
    """Hold the lock of a file; it is let go of when the process ends, however it does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    except OSError as error:
        raise IndexUnavailable(
            f"The index cannot be written at {path.parent}: {error.strerror}; name another place with DATABASE_URL."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError:
        raise AlreadyBuilding("Another process is making this index anew; wait until it is done.") from None
    finally:
        os.close(file)
