"""Which database a setting names."""

from pathlib import Path

from creditrisk.history.index_place import FILE
from lifecycle.index.database import Database
from lifecycle.index.sqlite import SqliteFile


def open_database(url: str, history_url: str) -> Database:
    """The index that DATABASE_URL names; without one, a file beside the history. Nothing is contacted or made yet."""
    scheme, _, place = url.partition("://")
    if scheme.partition("+")[0] in ("postgresql", "postgres"):
        from lifecycle.index.postgres import Postgres  # its driver is not needed for a file

        return Postgres(f"postgresql+psycopg://{place}")
    if scheme == "sqlite":
        return SqliteFile(Path(url.removeprefix("sqlite:///")))
    if history_url.startswith("s3://"):
        return SqliteFile(Path("data") / FILE)
    return SqliteFile(Path(history_url) / FILE)
