"""Where the rows of each key stand in a ledger of files: followed as it grows, so each row is read for it once a process."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from creditrisk.ledger.table import Part, Placed


class Places:
    """Key → (part, byte) of its rows. `parts` and `read` are the ledger's; in `folder` are its files.

    It holds a few words for each row. A file that became shorter, or another one, is read anew.
    """

    def __init__(
        self,
        folder: Path,
        parts: Callable[[], Iterator[Part]],
        read: Callable[[str, int], Iterator[Placed]],
        key: str,
    ) -> None:
        self._folder = folder
        self._parts = parts
        self._read = read
        self._key = key
        self._lock = threading.Lock()
        self._files: dict[str, int] = {}
        self._forget()

    def of(self, key: str) -> list[dict[str, str]]:
        """The rows of a key, in the order of writing."""
        with self._lock:
            self._follow()
            places = list(self._places.get(key, ()))
        return [row for part, start in places for row, _ in islice(self._read(part, start), 1)]

    def _follow(self) -> None:
        parts = list(self._parts())
        files = {part.name: (self._folder / part.name).stat().st_ino for part in parts}
        replaced = any(part.size < self._ends.get(part.name, 0) for part in parts)
        if replaced or any(files.get(name) != file for name, file in self._files.items()):
            self._forget()
        self._files = files
        for part in parts:
            start = self._ends.get(part.name, 0)
            if start >= part.size:
                continue
            for row, end in self._read(part.name, start):
                self._places[row[self._key]].append((part.name, start))
                start = end
            self._ends[part.name] = max(start, part.size)  # beyond a last row that cannot be read

    def _forget(self) -> None:
        self._places = defaultdict[str, list[tuple[str, int]]](list)
        self._ends: dict[str, int] = {}
