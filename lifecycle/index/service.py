"""Following the record for as long as the process lives: what is recorded is found within two seconds."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from creditrisk.errors import CreditRiskError
from lifecycle.index.building import follow
from lifecycle.index.database import Database

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""Between two looks at a folder, which cost a listing; what has come meanwhile is put into the index as one piece."""
LIST_SECONDS: Final = 1.0
"""Between two listings of the last days' objects in S3: one request a day listed, while little is new."""
_ALL_SECONDS: Final = 600.0
"""Between two listings of all objects: for what came late, and what was merged or brought along."""
_MOST_PAUSE: Final = 30.0
"""Longest time until it is tried again when record or database cannot be reached."""

Wait = Callable[[float], bool]
"""Waits for so many seconds; True when it is time to end."""


def serve(database: Database, history_url: str, wait: Wait) -> None:
    """Follow until `wait` says that it is time to end. What cannot be reached is tried again, ever less often."""
    in_s3 = history_url.startswith("s3://")
    pause, seen, all_at = 0.0, "", 0.0
    ending = False
    while not ending:
        now = time.monotonic()
        state = "" if in_s3 else state_of(Path(history_url))
        try:
            if in_s3 or state != seen or pause:
                database.keep_open()
                follow(database, history_url, recent=in_s3 and now < all_at, enough=lambda: wait(0))
                all_at = now + _ALL_SECONDS if now >= all_at else all_at
                seen = state
            pause = 0.0
        except CreditRiskError as error:
            pause = min(2 * pause or 1.0, _MOST_PAUSE)
            log.warning("%s Trying again in %g s.", error, pause)
        ending = wait(pause or (LIST_SECONDS if in_s3 else LOOK_SECONDS))
    database.close()


def state_of(folder: Path) -> str:
    """Differs whenever a file of the folder's record was written to."""
    try:
        with os.scandir(folder) as entries:
            files = sorted(entry.name for entry in entries if entry.name.endswith(".csv"))
        stats = [(name, os.stat(folder / name)) for name in files]
    except OSError:  # there is no history yet, or a file has just gone
        return ""
    return repr([(name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats])
