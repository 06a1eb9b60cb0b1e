"""What a long-running process loaded from files, loaded anew when the files have become others: no restart is needed."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

from creditrisk.errors import CreditRiskError, one_line

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""Seconds between two looks at the files: a look costs a few microseconds, and no one waits longer than this."""

Loaded = TypeVar("Loaded")
_Identity = tuple[tuple[int, int, int, int] | None, ...]


class Watched(Generic[Loaded]):
    """A `value` and the files that it came from. What cannot be loaded is refused, and the old value stays: `trouble`
    says so until the files are such as can be loaded, or the old ones again."""

    def __init__(
        self,
        what: str,
        files: Sequence[Path],
        load: Callable[[], Loaded],
        value: Loaded | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`what` is said of it in words, as "model"; `value` is what `load` would give now, where that is at hand.

        Raises what `load` raises: without a first value there is nothing to go on with.
        """
        self.trouble = ""
        self._what, self._files, self._load, self._clock = what, files, load, clock
        self._seen = self._of_value = _identity(files)
        self.value = load() if value is None else value
        self._look_at = clock() + LOOK_SECONDS

    def look(self) -> bool:
        """Load the value anew if the files have changed; True when it is a new one. Looks at most once in LOOK_SECONDS,
        so it may be called at every step."""
        now = self._clock()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SECONDS
        found = _identity(self._files)
        if found == self._seen or found[0] is None:  # None: between two steps of an exchange, or taken away
            return False
        if found == self._of_value:
            log.info("the %s is the one in use again", self._what)
            self._seen, self.trouble = found, ""
            return False
        return self._take(found)

    def _take(self, found: _Identity) -> bool:
        try:
            value = self._load()
        except Exception as error:  # whatever is wrong with the new files, the old value goes on
            if _identity(self._files) != found:
                return False  # they changed while they were read: the next look sees what they are then
            self._seen = found
            reason = one_line(str(error)) if isinstance(error, CreditRiskError) else type(error).__name__
            self.trouble = f"The new {self._what} was refused, and the old one goes on: {reason}"
            log.error("%s", self.trouble)
            return False
        if _identity(self._files) != found:
            return False
        self.value, self._seen, self._of_value, self.trouble = value, found, found, ""
        return True


def _identity(files: Sequence[Path]) -> _Identity:
    """What changes when a file is written or replaced: device, number, size and moment; None where there is none."""
    return tuple(map(_one, files))


def _one(path: Path) -> tuple[int, int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
