"""Many ids numbered, and others found among them: by sorted keys of 64 bits, since a dict of a million ids costs more than to
read the rows that they stand in."""

from itertools import count

import numpy as np
from numpy.typing import NDArray

from lifecycle.arrays.cells import Bytes

_Keys = NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, the multiplier of D. Knuth, The Art of Computer Programming, volume 3, 6.4."""
_HALF = np.uint64(32)


class Places:
    """The different ones among some ids, numbered 0, 1, 2 and so on as each comes first.

    `ids` are these; `first`: where each stands first among all that were given.
    """

    def __init__(self, given: Bytes) -> None:
        self.ids = given
        self.first: NDArray[np.int64] | slice = slice(None)
        for self._salt in count(1):
            keys = _keys(given, self._salt)
            self._numbers = np.argsort(keys, kind="stable")
            self._sorted = keys[self._numbers]
            again = self._sorted[1:] == self._sorted[:-1]
            if not again.any():
                return
            rows = np.flatnonzero(again)
            if (given[self._numbers[rows]] == given[self._numbers[rows + 1]]).all():
                break  # equal keys are equal ids; else others are tried
        self._number_once(np.concatenate([[True], ~again]))

    def _number_once(self, new: NDArray[np.bool_]) -> None:
        """Where ids are there twice, the first row of each is the one that counts."""
        rows = self._numbers[new]
        self._sorted = self._sorted[new]
        in_order = np.argsort(rows)
        self.first = rows[in_order]
        self.ids = self.ids[self.first]
        self._numbers = np.empty_like(in_order)
        self._numbers[in_order] = np.arange(len(rows))

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, ids: Bytes) -> NDArray[np.int64]:
        """The number of each of these; -1 for one that is not there."""
        if not len(self):
            return np.full(len(ids), -1)
        keys = _keys(ids, self._salt)
        order = np.argsort(keys)  # neighbours are looked for where the processor's cache has them
        near = np.empty(len(ids), np.int64)
        near[order] = self._sorted.searchsorted(keys[order])
        number = self._numbers.take(near, mode="clip")
        found: NDArray[np.int64] = np.where(self.ids.take(number) == ids, number, -1)
        return found


def _keys(ids: Bytes, salt: int) -> _Keys:
    """A number of 64 bits for each: equal ones for equal ids, and for others as if drawn at random."""
    width = -(-ids.dtype.itemsize // 8)
    words = ids.astype(f"S{8 * width}").view("<u8").reshape(len(ids), width)
    keys = np.full(len(ids), salt, np.uint64)
    for place in range(width):
        keys ^= words[:, place]
        keys *= _ODD
        keys ^= keys >> _HALF
    return keys
