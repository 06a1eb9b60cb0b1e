"""Sets of applications' numbers as bits: long ones are met, joined and counted quickly, and do not take much room."""

import zlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

PART: Final = 1 << 16
"""Numbers of one part of a set. Sets are kept, read and met part by part."""
_BYTES = PART // 8
_FEW = 128
"""So many numbers of a part are listed; of more, the bits are compressed."""


class Numbers:
    """A set of numbers: part → an int, in which bit k tells whether part x PART + k belongs to the set."""

    def __init__(self, parts: Mapping[int, int]) -> None:
        self.parts = dict(parts)

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self.parts.values())

    def __iter__(self) -> Iterator[int]:
        """The numbers, the highest first."""
        for part in sorted(self.parts, reverse=True):
            begin = part * PART
            yield from (begin + at for at in reversed(_places(self.parts[part])))

    def bitmap(self, most: int) -> bytes:
        """The bits of all numbers from 0 to `most`, the lowest first: number n is bit n % 8 of byte n // 8."""
        empty = bytes(_BYTES)
        return b"".join(
            self.parts[part].to_bytes(_BYTES, "little") if part in self.parts else empty
            for part in range(most // PART + 1)
        )

    def digits(self, most: int) -> bytes:
        """The same with a digit, b"0" or b"1", in place of each bit, and the highest first: that of n is the nth before
        the last."""
        none = "0" * PART
        return "".join(
            f"{self.parts[part]:0{PART}b}" if part in self.parts else none
            for part in range(most // PART, -1, -1)
        ).encode()


def bits_of(places: Iterable[int]) -> int:
    """The bits at these places of a part."""
    bits = bytearray(_BYTES)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def packed(bits: int) -> bytes:
    """A part's bits as they are kept: their places after a zero (two bytes each), or compressed."""
    return _listed(_places(bits)) if bits.bit_count() <= _FEW else _compressed(bits)


def packed_places(places: Collection[int]) -> bytes:
    """The same of places, of which some may be told twice."""
    return _listed(set(places)) if len(places) <= _FEW else _compressed(bits_of(places))


def _listed(places: Iterable[int]) -> bytes:
    return b"\0" + array("H", places).tobytes()


def _compressed(bits: int) -> bytes:
    return zlib.compress(bits.to_bytes(_BYTES, "little"), 1)


def unpacked(told: bytes) -> int:
    """What was `packed`."""
    if told[:1] == b"\0":
        return bits_of(array("H", told[1:]))
    return int.from_bytes(zlib.decompress(told), "little")


def _places(bits: int) -> list[int]:
    """Where a part's bits are, the lowest first."""
    places = []
    for at, word in enumerate(array("Q", bits.to_bytes(_BYTES, "little"))):
        while word:
            lowest = word & -word
            places.append(at * 64 + lowest.bit_length() - 1)
            word ^= lowest
    return places
