"""Where each cell of many lines of CSV begins and ends, found for all of them at once."""

import csv
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.bytes_]

_QUOTE, _COMMA, _LINE_FEED = b'",\n'
_DOUBLED = [np.uint64(1 << power) for power in range(6)]
_LAST_BIT = np.uint64(63)


@dataclass(frozen=True)
class Cells:
    """`text`: whole lines as bytes. `begins` and `ends`: the place of each cell in it, shape (lines, columns)."""

    text: NDArray[np.uint8]
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.begins)

    def column(self, place: int) -> Bytes:
        """The cells of one column, without their quotation marks, as UTF-8. An array of the longest one's width."""
        begins = self.begins[:, place]
        lengths = self.ends[:, place] - begins
        width = max(1, int(lengths.max(initial=0)))
        cells = self._after(begins, width)
        found = cells.view(np.uint8).reshape(-1, width)
        if lengths.min(initial=width) < width:
            found[np.arange(width, dtype=np.int32) >= lengths[:, None]] = 0
        for row in np.flatnonzero(found[:, 0] == _QUOTE):
            cells[row] = next(csv.reader([cells[row].decode()]))[0].encode()
        return cells

    def _after(self, begins: NDArray[np.int32], width: int) -> Bytes:
        """So many bytes from each of these places on, each copied at once, out of windows that begin at every byte. Those
        of the last ones end with the text."""
        last = len(self.text) - width
        windows = np.ndarray(last + 1, f"S{width}", self.text, strides=(1,))
        cells: Bytes = windows[np.minimum(begins, last)]
        for row in np.flatnonzero(begins > last):
            cells[row] = self.text[begins[row] :].tobytes()
        return cells


class Splitter:
    """Finds the cells of block after block. It keeps its arrays for the next one: to be given memory by the system costs
    more than all that is done in it."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._size = 0

    def _room(self, size: int) -> None:
        if size > self._size:
            self._size = (size + 63) // 64 * 64
            self._quotes = np.zeros(self._size, np.bool_)
            self._cell_ends = np.zeros(self._size, np.bool_)
            self._line_ends = np.zeros(self._size, np.bool_)

    def cells(self, lines: bytes) -> Cells | None:
        """The cells of lines that each end with a line feed; None when a line has not `width` cells, or there is none.

        A line feed in quotation marks ends no line, and a comma there no cell.
        """
        if not lines:
            return None
        text = np.frombuffer(lines, np.uint8)
        self._room(len(text))
        cell_ends, line_ends = self._cell_ends[: len(text)], self._line_ends[: len(text)]
        np.equal(text, _LINE_FEED, out=line_ends)
        np.equal(text, _COMMA, out=cell_ends)
        cell_ends |= line_ends
        if b'"' in lines:
            outside = self._outside(text)
            cell_ends &= outside
            line_ends &= outside
        ends = np.flatnonzero(cell_ends).astype(np.int32)
        lines_in = np.count_nonzero(line_ends)
        if len(ends) != lines_in * self.width or not line_ends[ends[self.width - 1 :: self.width]].all():
            return None
        begins = np.empty_like(ends)
        begins[:1] = 0
        np.add(ends[:-1], 1, out=begins[1:])
        return Cells(text, begins.reshape(-1, self.width), ends.reshape(-1, self.width))

    def _outside(self, text: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which bytes stand after an even number of quotation marks, as bits, 64 at a time: each becomes the sum (modulo 2)
        of those up to it in six steps, as in G. Langdale, D. Lemire, Parsing Gigabytes of JSON per Second (2019)."""
        np.equal(text, _QUOTE, out=self._quotes[: len(text)])
        self._quotes[len(text) :] = False
        odd = np.packbits(self._quotes, bitorder="little").view("<u8")
        for bits in _DOUBLED:
            odd ^= odd << bits
        begun = np.bitwise_xor.accumulate(odd >> _LAST_BIT)[:-1]  # 1 where a word begins in quotation marks
        odd[1:] ^= -begun
        outside = np.unpackbits(~odd.view(np.uint8), count=len(text), bitorder="little")
        return outside.view(np.bool_)
