"""A file that rows are only ever appended to, by many processes: locked, of whole lines, on the disk before it is told."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

_CHUNK = 1 << 16
_MODE = 0o640


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Lock a file, which is made when it is not there, until the block ends; gives it open. Raises OSError."""
    while True:
        file = _open(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _same(file, path):  # another file was put in its place before it was locked
                continue
            if not os.fstat(file).st_size:
                sync_folder(path.parent)
            yield file
            return
        finally:
            os.close(file)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, _MODE)


def _same(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A file of the same record, made when it is not there; whoever writes to it holds the record's lock."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
    try:
        yield file
    finally:
        os.close(file)


def whole_lines(file: int, path: Path, is_whole: Callable[[bytes], bool] = lambda rest: False) -> int:
    """Make the file end with a whole line; returns where the next row goes.

    What a kill or a power cut left of a last row is cut off, and kept beside the file. A row that lacks only its line
    feed, as far as `is_whole` can tell, gets it.
    """
    size = os.fstat(file).st_size
    if not size or os.pread(file, 1, size - 1) == b"\n":  # as it nearly always is
        return size
    end = after_last_line_feed(file, size)
    rest = os.pread(file, size - end, end)
    if end and is_whole(rest):
        os.pwrite(file, b"\n", size)
        log.warning("%s: the last record lacked its line feed, and has it now", path)
        return size + 1
    kept = path.with_name(f"{path.name}.cut")
    _keep(kept, rest)
    os.ftruncate(file, end)
    log.warning(
        "%s: %d bytes of a record that was never finished are cut off, and kept in %s",
        path,
        len(rest),
        kept.name,
    )
    return end


def after_last_line_feed(file: int, size: int) -> int:
    """Where the last whole line among the first `size` bytes ends; 0 when there is none."""
    end = size
    while end > 0:
        start = max(0, end - _CHUNK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _keep(path: Path, rest: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _MODE)
    try:
        os.write(file, rest + b"\n")
        os.fsync(file)
    finally:
        os.close(file)


def write(file: int, data: bytes, end: int) -> None:
    """Write at `end`, the file's end, and wait until it is on the disk. Raises OSError; then nothing of it stays."""
    view, offset = memoryview(data), end
    try:
        while view:
            written = os.pwrite(file, view, offset)
            view, offset = view[written:], offset + written
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def sync_folder(folder: Path) -> None:
    """Wait until a folder is on the disk: a new file in it survives a power cut only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
