"""Making the index from nothing, beside the one that answers meanwhile."""

import logging

from lifecycle.index import names
from lifecycle.index.database import Database
from lifecycle.index.errors import RecordReplaced
from lifecycle.index.following import Enough, Follower, Progress, never, untold
from lifecycle.index.schema import VERSION

log = logging.getLogger(__name__)


def rebuild(
    database: Database,
    history_url: str,
    progress: Progress = untold,
    enough: Enough = never,
    anew: bool = False,
) -> bool:
    """Make the index from the record; the old one answers until the new one is whole. What an interrupted attempt left is
    gone on with, unless `anew`. False when it was `enough` before the end: the next attempt goes on.

    Raises AlreadyBuilding, HistoryUnavailable, IndexUnavailable.
    """
    with database.building():
        new = database.fresh()
        if anew or new.value("version") != VERSION:
            _begin(new)
        try:
            done = _fill(new, history_url, progress, enough)
        except RecordReplaced:  # since the attempt that was interrupted
            _begin(new)
            done = _fill(new, history_url, progress, enough)
        if done:
            database.take_over()
        return done


def _begin(new: Database) -> None:
    new.discard()
    new.create()


def _fill(new: Database, history_url: str, progress: Progress, enough: Enough) -> bool:
    follower = Follower(new, history_url)
    if not new.is_whole():
        if not follower.catch_up(progress=progress, enough=enough).done:
            return False
        finish(new)
    return follower.catch_up(progress=progress, enough=enough).done  # what came in meanwhile


def finish(new: Database) -> None:
    """Make what look-ups need, once the rows are in: an index is whole then."""
    with new.writing() as connection:
        new.make_indexes(connection)
        names.put_all(new, connection)
        new.say(connection, "whole", "1")
    new.settle()


def follow(database: Database, history_url: str, recent: bool = False, enough: Enough = never) -> int:
    """Catch up with the record; where there is no index, or the record is another one, make it first. Returns how many rows
    were put into an index that was there."""
    if database.is_whole():
        try:
            return Follower(database, history_url).catch_up(recent, enough=enough).rows
        except RecordReplaced as error:
            log.warning("%s", error)
    rebuild(database, history_url, enough=enough)
    return 0
