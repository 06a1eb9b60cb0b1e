"""The index in PostgreSQL, in a schema of its own."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    any_,
    create_engine,
    literal,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from lifecycle.index.database import Database, told
from lifecycle.index.errors import AlreadyBuilding
from lifecycle.index.schema import applications

SCHEMA = "creditrisk_index"
_WRITING = 0x6372_6564_6974_0001
_BUILDING = 0x6372_6564_6974_0002
"""Advisory locks: those who write, and those who build, wait for each other by these numbers."""
_MISSING = ("3F000", "42P01")
"""SQLSTATEs: no such schema, no such table."""
_CONNECT_SECONDS = 3


class Postgres(Database):
    """An index in the schema `creditrisk_index` of a database, which may hold other things."""

    mark: ClassVar[str] = "%s"

    def __init__(self, url: str, schema: str = SCHEMA) -> None:
        self.url = url
        self.schema = schema
        self.engine = create_engine(
            url,
            pool_size=2,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "connect_timeout": _CONNECT_SECONDS,
                "options": f"-csearch_path={schema}",
                "prepare_threshold": None,  # the tables behind a prepared statement are swapped
            },
        )

    def create(self) -> None:
        """Make the schema and its tables."""
        with told(), self.engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {self.schema}"))
        super().create()

    def fresh(self) -> "Postgres":
        return Postgres(self.url, f"{SCHEMA}_new")

    @contextmanager
    def building(self) -> Iterator[None]:
        with told(), self.engine.connect() as connection:
            got = connection.scalar(select(text(f"pg_try_advisory_lock({_BUILDING})")))
            connection.commit()  # the lock is the session's: no transaction stays open meanwhile
            if not got:
                raise AlreadyBuilding("Another process is making this index anew; wait until it is done.")
            try:
                yield
            finally:
                connection.scalar(select(text(f"pg_advisory_unlock({_BUILDING})")))

    def take_over(self) -> None:
        with self.writing() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE"))
            connection.execute(text(f"ALTER SCHEMA {self.schema}_new RENAME TO {self.schema}"))

    def discard(self) -> None:
        with told(), self.engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE"))
        self.engine.dispose()

    def size(self) -> int:
        with told(), self.engine.connect() as connection:
            found = text(
                "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
                "JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = :schema AND c.relkind = 'r'"
            )
            return int(connection.scalar(found, {"schema": self.schema}) or 0)

    def add(self, connection: Connection, rows: Sequence[tuple[Any, ...]], whole: bool) -> None:
        names = ", ".join(f'"{column.name}"' for column in applications.columns)
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY applications ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def with_ids(
        self, connection: Connection, columns: str, ids: Sequence[str], table: str = "applications"
    ) -> Iterable[tuple[Any, ...]]:
        chosen = f"SELECT {columns} FROM {table} WHERE id = ANY(%s)"
        return connection.exec_driver_sql(chosen, (list(ids),)).fetchall()  # type: ignore[return-value]

    def named(self, words: Sequence[str]) -> Select[Any]:
        wanted = " & ".join(f"'{word}':*" for word in words)
        return select(applications.c.n).where(
            text(f"{_NAME_WORDS} @@ CAST(:words AS tsquery)").bindparams(words=wanted)
        )

    def among(self, numbers: Sequence[int]) -> ColumnElement[bool]:
        return applications.c.n == any_(literal(list(numbers), ARRAY(BigInteger)))

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITING})"))
            yield connection

    def _name_everybody(self, connection: Connection) -> None:
        connection.execute(
            text(f"CREATE INDEX IF NOT EXISTS applications_name ON applications USING gin ({_NAME_WORDS})")
        )

    def _settle(self, connection: Connection) -> None:
        connection.execute(text("ANALYZE applications"))
        connection.commit()

    def _is_missing(self, error: SQLAlchemyError) -> bool:
        return getattr(getattr(error, "orig", None), "sqlstate", "") in _MISSING


_NAME_WORDS = "array_to_tsvector(string_to_array(name, ' '))"
"""The words of a folded name as they are: PostgreSQL's own parser would take some of them apart."""
