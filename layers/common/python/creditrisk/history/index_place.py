"""Where in the history an application's row is, as the index tells it, for a quick look-up of an old answer.

The index is made elsewhere, from the history. This asks it one question in plain SQL, so that the form needs no library
for it beyond the database's own; and where there is no index, or it is gone, the history is searched as ever.
"""

import logging
import sqlite3
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from creditrisk.errors import one_line

log = logging.getLogger(__name__)

FILE: Final = "index.sqlite"
"""The index beside a history in a folder."""
SCHEMA: Final = "creditrisk_index"
"""The index's schema in PostgreSQL."""
_ASKED: Final = (
    "SELECT sources.name, applications.place FROM {schema}applications "
    "JOIN {schema}sources ON sources.code = applications.source WHERE applications.id = {mark}"
)
_PAUSE: Final = 30.0
"""Seconds for which an index that failed is not asked again: nobody should wait for it each time."""
_CONNECT_SECONDS: Final = 2


class Place(NamedTuple):
    """The file or object that holds a row, and the byte at which the row begins."""

    part: str
    offset: int


class IndexPlaces:
    """Asks the index of DATABASE_URL, or the one beside a history in a folder."""

    def __init__(self, database_url: str, history_url: str) -> None:
        self._url = database_url
        self._file = _file_of(database_url, history_url)
        self._not_before = 0.0

    def find(self, application_id: str) -> Place | None:
        """Where the application's row is; None when the index does not know it, or there is none that answers."""
        if time.monotonic() < self._not_before:
            return None
        try:
            row = self._in_file(application_id) if self._file else self._in_server(application_id)
        except Exception as error:  # whatever the database's driver raises: the history itself has the answer
            self._not_before = time.monotonic() + _PAUSE
            log.warning(
                "the index does not answer, and the history is searched: %s", one_line(type(error).__name__)
            )
            return None
        return Place(*row) if row else None

    def _in_file(self, application_id: str) -> Any:
        if self._file is None or not self._file.exists():
            return None
        connection = sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        try:
            return connection.execute(_ASKED.format(schema="", mark="?"), (application_id,)).fetchone()
        finally:
            connection.close()

    def _in_server(self, application_id: str) -> Any:
        if not self._url:
            return None
        import psycopg  # only where there is a server to ask

        with psycopg.connect(self._url, connect_timeout=_CONNECT_SECONDS, autocommit=True) as connection:
            asked = _ASKED.format(schema=f"{SCHEMA}.", mark="%s")
            return connection.execute(asked.encode(), (application_id,)).fetchone()


def _file_of(database_url: str, history_url: str) -> Path | None:
    if database_url.startswith("sqlite:///"):
        return Path(database_url.removeprefix("sqlite:///"))
    return None if database_url or history_url.startswith("s3://") else Path(history_url) / FILE
