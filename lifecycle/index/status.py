"""How the index stands."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from creditrisk.history import files
from lifecycle.index.database import Database
from lifecycle.index.schema import VERSION, daily_facets, sources


@dataclass(frozen=True)
class Status:
    """How the index stands. `followed_at` is when something was put into it last; `behind_bytes` is how much of the history
    in a folder is not in it yet (None in S3, where nothing tells without a listing)."""

    whole: bool
    version: str
    applications: int
    unreadable: int
    followed_at: str
    behind_bytes: int | None
    bytes: int
    rebuilding: bool


def status(database: Database, history_url: str) -> Status:
    """How the index stands, whether there is one or not. Raises IndexUnavailable."""
    rebuilding = database.fresh().value("version") == VERSION
    if not database.is_whole():
        return Status(False, database.value("version"), 0, 0, "", None, database.size(), rebuilding)
    with database.reading() as connection:
        count = connection.scalar(select(func.coalesce(func.sum(daily_facets.c.number), 0))) or 0
        parts = connection.execute(select(sources)).all()
    positions = {row.name: row.position for row in parts if row.kind == "history"}
    return Status(
        True,
        VERSION,
        int(count),
        sum(row.unreadable for row in parts),
        database.value("followed"),
        None if history_url.startswith("s3://") else _behind(Path(history_url), positions),
        database.size(),
        rebuilding,
    )


def _behind(folder: Path, positions: dict[str, int]) -> int:
    return sum(max(0, path.stat().st_size - positions.get(path.name, 0)) for path in files.every(folder))
