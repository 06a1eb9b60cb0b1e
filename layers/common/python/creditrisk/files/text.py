"""A file's bytes as text that can be split into lines: unpacked from gzip, and UTF-16 or UTF-32 recoded as UTF-8."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from creditrisk.errors import UnusableFile
from creditrisk.files import formats

BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte-order marks. Those of UTF-32 come first, since one of them begins with one of UTF-16."""


class Readable(Protocol):
    """A file, or the body of an object in S3."""

    def read(self, size: int = -1, /) -> bytes: ...


def plain(file: Readable) -> tuple[Iterator[bytes], bool]:
    """The file's text in blocks of bytes, and whether they differ from the file's own bytes: gzip is unpacked, UTF-16 and
    UTF-32 become UTF-8.

    Raises UnusableFile, also while the blocks are read, when the file is no such text; the sentence says what it is.
    """
    begun = _Begun(file)
    packed = begun.start.startswith(_GZIP)
    if packed:
        begun = _Begun(_Unpacked(begun))
        if begun.start.startswith(_GZIP):
            raise UnusableFile("The file is packed with gzip twice; unpack it once with `gunzip`.")
    wide = _wide(begun.start)
    if not wide:
        formats.refuse(begun.start)
    blocks = iter(partial(begun.read, BLOCK), b"")
    return (_recoded(blocks, wide) if wide else blocks), packed or bool(wide)


class _Begun:
    """A file whose first block, `start`, was read ahead; `read` gives it again."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.start = self._next = file.read(BLOCK)

    def read(self, size: int = -1) -> bytes:
        if not self._next:
            return self._file.read(size)
        if size < 0:
            block, self._next = self._next + self._file.read(), b""
        else:
            block, self._next = self._next[:size], self._next[size:]
        return block


class _Unpacked:
    """The content of a file that is packed with gzip."""

    def __init__(self, file: Any) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="rb")

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise UnusableFile(f"The file is packed with gzip, and damaged or cut off ({error}); get it once more.") from None  # fmt: skip


def _wide(start: bytes) -> str | None:
    """The encoding of text in units of two or four bytes, else None. Without a byte-order mark it is UTF-16 when the header
    has a zero in every other byte, as ASCII characters have in UTF-16."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    head = start[:200]
    for encoding, zeros, letters in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        if zeros.count(0) > len(head) * 0.4 and not letters.count(0):
            return encoding
    return None


def _recoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    try:
        for block in blocks:
            text = decoder.decode(block)
            lines += text.count("\n")
            yield text.encode()
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        lines += error.object[: error.start].decode(encoding).count("\n")
        raise UnusableFile(
            f"The file is {encoding[:6].upper()} and damaged in line {lines + 1}; save it as UTF-8."
        ) from None
