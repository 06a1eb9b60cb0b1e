"""The index in PostgreSQL, in a schema of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
from psycopg.pq import Format
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Index,
    LargeBinary,
    Table,
    any_,
    create_engine,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from lifecycle.index.database import Database, Rows, told
from lifecycle.index.errors import AlreadyBuilding
from lifecycle.index.numbers import Numbers
from lifecycle.index.schema import BY_NUMBER, SECONDARY, applications, metadata

SCHEMA = "creditrisk_index"
_WRITING = 0x6372_6564_6974_0001
_BUILDING = 0x6372_6564_6974_0002
"""Advisory locks: those who write, and those who build, wait for each other by these numbers."""
_MISSING = ("3F000", "42P01")
"""SQLSTATEs: no such schema, no such table."""
_TYPES: Mapping[type, str] = {int: "bigint", str: "text", bytes: "bytea"}
_CONNECT_SECONDS = 3
_PLANS = "-cjit=off -cmax_parallel_workers_per_gather=0"
"""Short look-ups: compiling them, or starting processes for them, takes longer than answering."""


class _Cursor(psycopg.Cursor[Any]):
    """Takes what it is sent as bytes: as text, the sets of names would be twice as long, and be written and read by digits."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.format = Format.BINARY


class Postgres(Database):
    """An index in the schema `creditrisk_index` of a database, which may hold other things."""

    secondary: ClassVar[Sequence[Index]] = (*SECONDARY, BY_NUMBER)
    snapshot: ClassVar[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ"}
    walked_per_fetched: ClassVar[int] = 25

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
                "cursor_factory": _Cursor,
                "options": f"-csearch_path={schema} {_PLANS}",
                "prepare_threshold": None,  # the tables behind a prepared statement are swapped
            },
        )

    def create(self) -> None:
        """Make the schema and its tables."""
        with told(), self.engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {self.schema}"))
        super().create()
        with told(), self.engine.begin() as connection:
            # Random bits, which are not worth a try at compressing them.
            connection.execute(text("ALTER TABLE names ALTER bits SET STORAGE EXTERNAL"))

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

    def keep_open(self) -> None:
        """Its pool keeps two connections by itself."""

    def close(self) -> None:
        self.engine.dispose()

    def size(self) -> int:
        with told(), self.engine.connect() as connection:
            found = text(
                "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
                "JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = :schema AND c.relkind = 'r'"
            )
            return int(connection.scalar(found, {"schema": self.schema}) or 0)

    def add(self, connection: Connection, rows: Rows) -> None:
        names = ", ".join(f'"{column.name}"' for column in applications.columns)
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY applications ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _put(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows, conflict: str
    ) -> None:
        statement = f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM {_given(table, columns)}{conflict}"
        connection.exec_driver_sql(statement, _by_column(rows))

    def _change(self, connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
        *changed, key = columns
        values = ", ".join(f"{name} = given.{name}" for name in changed)
        given = f"{_given(table, columns)} AS given ({', '.join(columns)})"
        connection.exec_driver_sql(
            f"UPDATE {table.name} SET {values} FROM {given} WHERE {table.name}.{key} = given.{key}",
            _by_column(rows),
        )

    def with_ids(
        self, connection: Connection, columns: str, ids: Sequence[str], table: str = "applications"
    ) -> Iterable[tuple[Any, ...]]:
        chosen = (
            f"SELECT {columns} FROM {table} WHERE id = ANY(string_to_array(%s, '\n'))"  # an id is of one line
        )
        return connection.exec_driver_sql(chosen, ("\n".join(ids),)).fetchall()  # type: ignore[return-value]

    def among(self, numbers: Sequence[int]) -> ColumnElement[bool]:
        return applications.c.n == any_(literal(list(numbers), ARRAY(BigInteger)))

    def within(self, numbers: Numbers, most: int) -> Callable[[ColumnElement[int]], ColumnElement[bool]]:
        bitmap = literal(numbers.bitmap(most), LargeBinary)
        return lambda n: func.get_bit(bitmap, n) == 1

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITING})"))
            yield connection

    def _settle(self, connection: Connection) -> None:
        """The sets of a word are put side by side. Vacuumed, so that a walk along an index needs no look at the rows, and a
        chart none at the counts as they were while the index was made; PostgreSQL would do it by itself, some time."""
        connection.commit()
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("CLUSTER names USING names_pkey"))
        alone.execute(text(f"VACUUM (ANALYZE) {', '.join(metadata.tables)}"))

    def _is_missing(self, error: SQLAlchemyError) -> bool:
        return getattr(getattr(error, "orig", None), "sqlstate", "") in _MISSING


def _given(table: Table, columns: Sequence[str]) -> str:
    """Many rows as a few parameters, an array a column: one statement, where the driver would send one for each row."""
    types = (_TYPES[table.c[name].type.python_type] for name in columns)
    return f"unnest({', '.join(f'%s::{type_}[]' for type_ in types)})"


def _by_column(rows: Rows) -> tuple[Any, ...]:
    return tuple(map(_array, zip(*rows, strict=True)))


def _array(values: Sequence[Any]) -> Any:
    """Numbers as PostgreSQL writes an array: the driver would look at each of them for what must be quoted."""
    return f"{{{','.join(map(str, values))}}}" if isinstance(values[0], int) else list(values)
