"""Sets of applications' numbers as bits: long ones are met, joined and counted quickly, and do not take much room.

A set is kept in parts, each in the shorter of two forms, as in S. Chambi, D. Lemire, O. Kaser, R. Godin, Better bitmap
performance with Roaring bitmaps (2016): few places are listed, of many there is a bit for each place. Neither has to be
decompressed.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

PART: Final = 1 << 16
"""Numbers of one part of a set. Sets are kept and read part by part."""
_BYTES = PART // 8
_PLACE: Final = np.dtype("<u2")
_LISTED = _BYTES // _PLACE.itemsize
"""So many places of a part take as many bytes as its bits: what has fewer is listed. So the length tells which it is."""

Places = NDArray[np.uint16]
"""Places in a part: 0 to PART - 1."""
_Bits = NDArray[np.uint8]


class Numbers:
    """A set of numbers, within some parts: a bitmap. Bit n % 8 of byte n // 8 tells of the nth number of these parts, the lowest
    first."""

    def __init__(self, parts: range) -> None:
        self.parts = parts
        self._bits: _Bits = np.zeros(len(parts) * _BYTES, np.uint8)

    def add(self, told: Iterable[tuple[int, bytes]]) -> None:
        """Add those that were `packed`, each with its part."""
        begins, listed = [], []
        for part, packed_ in told:
            at = part - self.parts.start
            if len(packed_) == _BYTES:
                self._bits[at * _BYTES : (at + 1) * _BYTES] |= np.frombuffer(packed_, np.uint8)
            elif packed_:
                begins.append(at * PART)
                listed.append(packed_)
        if listed:
            many = [len(places) // _PLACE.itemsize for places in listed]
            there = np.zeros(len(self.parts) * PART, np.bool_)
            there[np.repeat(begins, many) + np.frombuffer(b"".join(listed), _PLACE)] = True
            self._bits |= np.packbits(there, bitorder="little")

    def keep(self, others: Self) -> None:
        """Keep those that are among others as well, which are of the same parts."""
        self._bits &= others._bits

    def keep_within(self, numbers: range) -> None:
        """Keep those of a range, which is not empty."""
        begin = self.parts.start * PART
        first, last = numbers.start - begin, numbers.stop - 1 - begin
        self._bits[: max(0, first >> 3)] = 0
        self._bits[(last >> 3) + 1 :] = 0
        if first > 0:
            self._bits[first >> 3] &= 0xFF << (first & 7) & 0xFF
        if last < len(self._bits) * 8:
            self._bits[last >> 3] &= (2 << (last & 7)) - 1

    def __len__(self) -> int:
        return int(np.bitwise_count(self._bits.view(np.uint64)).sum(dtype=np.int64))

    def __iter__(self) -> Iterator[int]:
        """The numbers, the highest first."""
        # Few of many: the others are passed eight bytes at a time.
        words = np.flatnonzero(self._bits.view(np.uint64))
        bits = np.flatnonzero(np.unpackbits(self._bits.reshape(-1, 8)[words], bitorder="little"))
        found = self.parts.start * PART + words[bits >> 6] * 64 + (bits & 63)
        yield from found[::-1].tolist()

    def bitmap(self, most: int) -> bytes:
        """The bits of all numbers from 0 to `most`, the lowest first: number n is bit n % 8 of byte n // 8."""
        return self._all(most).tobytes()

    def digits(self, most: int) -> bytes:
        """The same with a digit, b"0" or b"1", in place of each bit, and the highest first: that of n is the nth before
        the last."""
        told = np.unpackbits(self._all(most), bitorder="little")
        told += ord("0")
        return told[::-1].tobytes()

    def _all(self, most: int) -> _Bits:
        after = max(0, most // PART + 1 - self.parts.stop)
        return np.pad(self._bits, (self.parts.start * _BYTES, after * _BYTES))


def packed(places: Places | Sequence[int]) -> bytes:
    """A part's places, in any order and some of them twice, as they are kept."""
    there = np.zeros(PART, np.bool_)
    there[places] = True
    if np.count_nonzero(there) < _LISTED:
        return np.flatnonzero(there).astype(_PLACE).tobytes()
    return np.packbits(there, bitorder="little").tobytes()


def places_of(told: bytes) -> Places:
    """The places of what was `packed`, the lowest first."""
    if len(told) < _BYTES:
        return np.frombuffer(told, _PLACE)
    bits = np.unpackbits(np.frombuffer(told, np.uint8), bitorder="little")
    return np.flatnonzero(bits).astype(np.uint16)
