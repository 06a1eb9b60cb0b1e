"""A column whose values repeat: what is worked out of a value is worked out once, for all rows that have it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Self, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Repeated(Sequence[Any]):
    """The values of a column, and for every row the place of its own among them: what the field calls a
    dictionary-encoded (categorical) column, and `places` its codes."""

    __slots__ = ("places", "values")

    def __init__(self, values: Sequence[Any], places: NDArray[np.intp]) -> None:
        self.values = values
        self.places = places

    @classmethod
    def of(cls, column: Iterable[Hashable]) -> Self:
        """A column that is given row by row."""
        place_of: defaultdict[Any, int] = defaultdict()
        place_of.default_factory = place_of.__len__
        places = np.fromiter(map(place_of.__getitem__, column), np.intp)
        return cls(list(place_of), places)

    def each(self, read: Callable[[Any], Any]) -> Self:
        """The column of what `read` makes of every value."""
        return type(self)(list(map(read, self.values)), self.places)

    def array(self, read: Callable[[Any], Any], dtype: DTypeLike) -> NDArray[Any]:
        """What `read` makes of every row's value, as an array."""
        return np.fromiter(map(read, self.values), dtype, len(self.values))[self.places]

    def only(self, rows: NDArray[np.intp]) -> Self:
        """The column of these rows alone."""
        places = self.places[rows]
        had = np.zeros(len(self.values), bool)
        had[places] = True
        kept = np.flatnonzero(had)
        place_of = np.empty(len(self.values), np.intp)
        place_of[kept] = np.arange(len(kept))
        return type(self)([self.values[place] for place in kept.tolist()], place_of[places])

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Any]:
        return map(self.values.__getitem__, self.places.tolist())

    @overload
    def __getitem__(self, row: int) -> Any: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Any]: ...
    def __getitem__(self, row: int | slice) -> Any:
        if isinstance(row, slice):
            return list(self)[row]
        return self.values[self.places[row]]
