"""A folder in the store for work that takes long: who is killed finds there what was done, and goes on."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from models.store.errors import AlreadyUnderWay
from models.store.unavailable import unavailable

_PREFIX: Final = ".unfinished-"
_LOCK: Final = ".lock"


@contextmanager
def unfinished(store: Path, name: str) -> Iterator[Path]:
    """The folder of a piece of work in the store, kept when what is done within raises, and removed when it does not. What
    others left, of which nobody works on any more, is removed at once: it would lie there for ever.

    Raises AlreadyUnderWay when another process works on the same, StoreUnavailable when the folder cannot be made.
    """
    folder = store / f"{_PREFIX}{name}"
    with unavailable():
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    with lock:
        if not _locked(lock.fileno()):
            raise AlreadyUnderWay("Another process is at the very same work; wait for it, or stop it.")
        _clear(store, folder)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)


def _clear(store: Path, own: Path) -> None:
    for folder in store.glob(f"{_PREFIX}*"):
        if folder == own:
            continue
        try:
            with (folder / _LOCK).open("w") as lock:
                if _locked(lock.fileno()):
                    shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # its owner is just removing it


def _locked(file: int) -> bool:
    """Whether the lock is ours now; it goes with the process, however that ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
