"""Zips whose bytes depend on what they hold alone."""

import stat
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can carry."""


def write(folder: Path, to: Path) -> None:
    """Zip a folder's files: sorted, all of one time, readable by all, executable where a library is loaded."""
    with ZipFile(to, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for path in files(folder):
            entry = ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.create_system = 3  # Unix: the permissions below hold
            entry.external_attr = (stat.S_IFREG | (0o755 if ".so" in path.suffixes else 0o644)) << 16
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def files(folder: Path) -> list[Path]:
    """The files of a folder, in the order of their names, whatever the file system's own is."""
    return sorted(
        (path for path in folder.rglob("*") if path.is_file()),
        key=lambda path: path.relative_to(folder).as_posix(),
    )


def size(folder: Path) -> int:
    """Bytes that the folder's files take, as Lambda counts them."""
    return sum(path.stat().st_size for path in files(folder))
