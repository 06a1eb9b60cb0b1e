"""The encoding of a text, told from all of it: a guess from its beginning could misread the rest."""

import re

from creditrisk.errors import UnusableFile

_ASCII = bytes(range(0x80))
_HIGH = bytes(range(0x80, 0x100))
_CONTROLS = bytes(range(0x80, 0xA0))
"""Here Windows-1252 has quotation marks, dashes and the like, and ISO-8859-1 control characters, which nobody types."""
_CLASSES = bytes(2 if 0x80 <= byte <= 0xBF else 1 if 0xC2 <= byte <= 0xF4 else 0 for byte in range(0x100))
"""Each byte's role in UTF-8: 1 can begin a character of several bytes, 2 can continue one, 0 neither."""
LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]"
    rb"|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]"
    rb"|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}"
)
"""A character of several bytes in UTF-8. Source: RFC 3629."""
_SIGNS = rb"\x80\x82-\x84\x86-\x89\x8b\x98\x99\x9b\xa1-\xa7\xa9\xab\xac\xaf\xb1\xb6\xbf"
_STRANGE = re.compile(
    rb"[\x81\x8d\x8f\x90\x9d]|(?<=[A-Za-z])["
    + _SIGNS
    + rb"\xc6](?=[a-z\xc6])|(?<=[A-Z])["
    + _SIGNS
    + rb"](?=[A-Z])"
)
"""Bytes that Windows-1252 does not have, and its characters for signs in the middle of a word, where nobody writes them:
they are letters in an encoding of MS-DOS or old Macs (read as Windows-1252, São becomes S‹o, and Niterói Niter¢i)."""


class Encoding:
    """The encoding of a text that comes in pieces of whole lines."""

    def __init__(self) -> None:
        self.lines = 0
        self._utf_8 = self._other = self._strange = (
            0  # the line of the first character beyond ASCII that is UTF-8, not UTF-8, strange; 0: none so far
        )
        self._controls = False

    def feed(self, lines: bytes) -> None:
        """Take in the next lines."""
        if not lines.isascii():
            try:
                lines.decode()
            except UnicodeDecodeError as error:
                self._feed_other(lines, error.start)
            else:
                self._utf_8 = self._utf_8 or self._line(lines, LETTER)
        self.lines += lines.count(b"\n")

    def _feed_other(self, lines: bytes, first: int) -> None:
        self._other = self._other or self.lines + 1 + lines.count(b"\n", 0, first)
        if not self._utf_8 and b"\x01\x02" in lines.translate(_CLASSES):
            self._utf_8 = self._line(lines, LETTER)
        self._strange = self._strange or self._line(lines, _STRANGE)
        self._controls = self._controls or bool(lines.translate(None, _ASCII + _HIGH[len(_CONTROLS) :]))

    def _line(self, lines: bytes, pattern: re.Pattern[bytes]) -> int:
        found = pattern.search(lines)
        return self.lines + 1 + lines.count(b"\n", 0, found.start()) if found else 0

    def name(self) -> str:
        """The encoding: UTF-8 or Windows-1252; or ISO-8859-1, which Python reads faster, where both mean the same.

        Raises UnusableFile, with the line, when no encoding is right for all of it.
        """
        if not self._other:
            return "utf-8"
        if self._utf_8:
            raise UnusableFile(
                f"Line {self._other} is not in UTF-8, and line {self._utf_8} is; save the whole file as UTF-8."
            )
        if self._strange:
            raise UnusableFile(
                f"Line {self._strange} is neither in UTF-8 nor in Windows-1252; save the file as UTF-8."
            )
        return "cp1252" if self._controls else "iso-8859-1"
