"""Where the index is kept: what SQLite and PostgreSQL have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Connection, Engine, Index, Table, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from creditrisk.errors import one_line
from lifecycle.index.errors import IndexUnavailable, NoIndex
from lifecycle.index.numbers import Numbers
from lifecycle.index.schema import BY_ID, SECONDARY, VERSION, about, metadata

Rows = Sequence[tuple[Any, ...]]


class Database(ABC):
    """An index in a database. It is *whole* once everything that was recorded before it was begun is in it."""

    secondary: ClassVar[Sequence[Index]] = SECONDARY
    """What a look-up needs besides the keys."""
    snapshot: ClassVar[Mapping[str, Any]] = {}
    """Options of a connection that sees one state of the index, whatever is written meanwhile."""
    walked_per_fetched: ClassVar[int]
    """Entries of an index that are walked past in the time in which one row is fetched by its number and sorted."""
    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view of the index. Raises NoIndex when there is none yet, IndexUnavailable."""
        none = "There is no index yet: `creditrisk index rebuild` makes one from the record."
        try:
            with self.engine.connect().execution_options(**self.snapshot) as connection:
                told = dict(connection.execute(select(about.c.key, about.c.value)).all())  # type: ignore[arg-type]
                if told.get("version") != VERSION or told.get("whole") != "1":
                    raise NoIndex(none)
                yield connection
        except SQLAlchemyError as error:
            if self._is_missing(error):
                raise NoIndex(none) from error
            raise unavailable(error) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone among all that write: all of it stays, or nothing. Raises IndexUnavailable."""
        with told(), self._alone() as connection:
            yield connection

    def is_whole(self) -> bool:
        """Whether there is an index of this version that answers."""
        return self.value("version") == VERSION and self.value("whole") == "1"

    def value(self, key: str) -> str:
        """What the index says about itself under a key; '' when it says nothing, or there is none."""
        try:
            with self.engine.connect() as connection:
                return connection.scalar(select(about.c.value).where(about.c.key == key)) or ""
        except SQLAlchemyError as error:
            if self._is_missing(error):
                return ""
            raise unavailable(error) from error

    def create(self) -> None:
        """Make the tables, empty."""
        with told(), self.engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
            connection.execute(CreateIndex(BY_ID, if_not_exists=True))
            self.say(connection, "version", VERSION)

    def make_indexes(self, connection: Connection) -> None:
        """Make the indexes of what look-ups ask for. What was begun before is gone on with."""
        for index in self.secondary:
            connection.execute(CreateIndex(index, if_not_exists=True))

    def settle(self) -> None:
        """Let the database look at what it holds, so that it plans well."""
        with told(), self.engine.connect() as connection:
            self._settle(connection)

    def say(self, connection: Connection, key: str, value: str) -> None:
        """Keep what the index says about itself."""
        self.put(connection, about, ("key", "value"), [(key, value)], "value = excluded.value")

    def put(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows, otherwise: str = ""
    ) -> None:
        """Insert rows with these columns; `otherwise` says, as SQL, what is set in the row that has the same key."""
        if not rows:
            return
        key = ", ".join(column.name for column in table.primary_key)
        conflict = f" ON CONFLICT ({key}) DO UPDATE SET {otherwise}" if otherwise else ""
        self._put(connection, table, columns, rows, conflict)

    def change(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """Set these columns of the rows that are found by the last of them."""
        if rows:
            self._change(connection, table, columns, rows)

    # What differs between the two

    @abstractmethod
    def fresh(self) -> "Database":
        """The place where a new index is made, while this one goes on answering."""

    @abstractmethod
    def building(self) -> AbstractContextManager[None]:
        """Held while an index is made anew. Raises AlreadyBuilding when another process does so."""

    @abstractmethod
    def take_over(self) -> None:
        """Put the one made in `fresh()` in the place of this one. Whoever reads meanwhile reads either."""

    @abstractmethod
    def discard(self) -> None:
        """Delete this index."""

    @abstractmethod
    def keep_open(self) -> None:
        """Keep what makes the next use of the index cheaper, until `close`. Asked before each use by who follows the record."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what was kept open."""

    @abstractmethod
    def size(self) -> int:
        """Bytes that it takes."""

    @abstractmethod
    def add(self, connection: Connection, rows: Rows) -> None:
        """Add rows of `applications`."""

    @abstractmethod
    def _put(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows, conflict: str
    ) -> None:
        """Insert rows, with a clause for those that are there."""

    @abstractmethod
    def _change(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        """Set all columns but the last, by which rows are found."""

    @abstractmethod
    def with_ids(
        self, connection: Connection, columns: str, ids: Sequence[str], table: str = "applications"
    ) -> Iterable[tuple[Any, ...]]:
        """These columns of the rows with one of these ids."""

    @abstractmethod
    def among(self, numbers: Sequence[int]) -> ColumnElement[bool]:
        """That an application's n is one of some thousands, which are one parameter; they are looked up."""

    @abstractmethod
    def within(self, numbers: Numbers, most: int) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
        """What tells of an n, row after row, that it is one of any number. No n is greater than `most`."""

    def passed(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A column by which entries are walked past, and not chosen."""
        return column

    @abstractmethod
    def _alone(self) -> AbstractContextManager[Connection]:
        """A transaction that waits until no other writes."""

    @abstractmethod
    def _settle(self, connection: Connection) -> None:
        """What `settle` does."""

    @abstractmethod
    def _is_missing(self, error: SQLAlchemyError) -> bool:
        """Whether the error says that there is no index."""


@contextmanager
def told() -> Iterator[None]:
    """Turns what a database complains of into a sentence that quotes no row."""
    try:
        yield
    except SQLAlchemyError as error:
        raise unavailable(error) from error


def unavailable(error: SQLAlchemyError) -> IndexUnavailable:
    """The sentence for an error of the database."""
    original = getattr(error, "orig", None)
    said = (
        one_line(str(original), 200)
        if isinstance(error, OperationalError)
        else type(original or error).__name__
    )
    return IndexUnavailable(f"The index cannot be read or written: {said}. Nothing of the record is lost.")
