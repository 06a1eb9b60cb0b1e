"""Files with damaged bytes, in which a row that cannot be read gets its error and stops nothing.

On a terminal a person mends the line and starts again at once; a bulk file of millions of rows goes on without it.
"""

import re
from collections.abc import Sequence

from creditrisk.errors import UnusableFile
from creditrisk.files.encoding import Encoding
from creditrisk.files.lines import Row, cells_of
from creditrisk.files.rows import RESULT_COLUMNS, RowScorer

_DAMAGED = re.compile("[\udc80-\udcff]")
"""What `surrogateescape` makes of a byte that is no letter."""


class KnownByItsLetters(Encoding):
    """As `Encoding`; a text that is right in none is taken for UTF-8 with damaged bytes, as most of its letters are."""

    def name(self) -> str:
        try:
            return super().name()
        except UnusableFile:
            return "utf-8"


class DamagedRows(RowScorer):
    """Scores the rows of one table; one that holds damaged bytes is a bad row."""

    _damaged = False

    def score_bytes(self, body: bytes, encoding: str) -> tuple[str, int, int]:
        """As `score_text`, of bytes. What is damaged is shown as U+FFFD, so that the result is UTF-8 throughout."""
        try:
            return self.score_text(body.decode(encoding))
        except UnicodeDecodeError:
            self._damaged = True
        text, rows, bad = self.score_text(body.decode(encoding, "surrogateescape"))
        return _DAMAGED.sub("\N{REPLACEMENT CHARACTER}", text), rows, bad

    def _scored(self, rows: Sequence[Row]) -> list[Sequence[str]]:
        if not self._damaged:
            return super()._scored(rows)
        return self.score([cells_of(row, self.delimiter) for row in rows])

    def score(self, rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        results = super().score(rows)
        for number, row in enumerate(rows if self._damaged else ()):
            if _DAMAGED.search("".join(row)):
                where = [at for at, cell in enumerate(row, 1) if _DAMAGED.search(cell)]
                told = f"{_listed(where)} not in UTF-8, as the file is; save the file as UTF-8."
                results[number] = [*[""] * (len(RESULT_COLUMNS) - 1), told]
        return results


def _listed(cells: Sequence[int]) -> str:
    if len(cells) == 1:
        return f"Cell {cells[0]} is"
    return f"Cells {', '.join(map(str, cells))} are"
