"""Who has a name: each word of a name, and each of its beginnings of up to four letters, has the set of those who have it.

So a name of several words is looked for by reading a set for each word and keeping what is in all of them: what that takes
grows with the record by bits, and not with how many have the words.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update

from lifecycle.index.numbers import PART, Numbers, bits_of, packed, packed_places, unpacked
from lifecycle.index.schema import applications, names

_LETTERS = 4
"""Beginnings that have sets of their own: many words share them. Longer ones are those of a few words."""
_LAST: Final = "\U0010ffff"
"""Sorts after every letter."""
_AT_ONCE = 1_000
"""Sets that are looked up with one statement."""


def find(connection: Connection, words: Sequence[str]) -> Numbers:
    """Those who have a name of which each of these folded words begins a word."""
    found: dict[int, int] | None = None
    for word in sorted(words, key=len, reverse=True):  # the longest has the fewest
        sets = defaultdict[int, int](int)
        for part, bits in connection.execute(select(names.c.part, names.c.bits).where(*_begins(word))):
            if found is None or part in found:
                sets[part] |= unpacked(bits)
        found = sets if found is None else {part: both for part in sets if (both := sets[part] & found[part])}
    return Numbers(found or {})


def _begins(word: str) -> list[ColumnElement[bool]]:
    if len(word) <= _LETTERS:
        return [names.c.key == word]
    return [names.c.key >= word, names.c.key < word + _LAST]


def put_all(connection: Connection) -> None:
    """Make the sets, of all applications that are there."""
    for _, sets in _of_applications(connection):
        _insert(connection, sets)


def differing(connection: Connection) -> int:
    """How many sets do not tell what the names of the applications tell."""
    found = 0
    for part, sets in _of_applications(connection):
        chosen = select(names.c.key, names.c.bits).where(names.c.part == part)
        told = {key: unpacked(bits) for key, bits in connection.execute(chosen)}
        wanted = {key: bits_of(places) for (key, _), places in sets.items()}
        found += sum(told.get(key) != wanted.get(key) for key in told.keys() | wanted.keys())
    return found


def put(connection: Connection, named: Iterable[tuple[int, str]]) -> None:
    """Add applications, as (number, folded name), to the sets."""
    sets = _sets(named)
    known: dict[tuple[str, int], bytes] = {}
    for keys in _in_pieces(sets):
        chosen = select(names.c.key, names.c.part, names.c.bits).where(
            names.c.key.in_({key for key, _ in keys}), names.c.part.in_({part for _, part in keys})
        )
        known |= {(key, part): bits for key, part, bits in connection.execute(chosen) if (key, part) in sets}
    changed = [
        {"its_key": key, "its_part": part, "bits": packed(unpacked(bits) | bits_of(sets.pop((key, part))))}
        for (key, part), bits in known.items()
    ]
    if changed:
        this = update(names).where(names.c.key == bindparam("its_key"), names.c.part == bindparam("its_part"))
        connection.execute(this, changed)
    _insert(connection, sets)


_Sets = dict[tuple[str, int], list[int]]
"""(key, part) → places in the part, some of them twice."""


def _of_applications(connection: Connection) -> Iterator[tuple[int, _Sets]]:
    """Part → the sets of the applications in it."""
    most = connection.scalar(select(func.max(applications.c.n))) or 0
    for part in range(most // PART + 1):
        there = applications.c.n.between(part * PART, (part + 1) * PART - 1)
        rows = connection.execute(select(applications.c.n, applications.c.name).where(there))
        yield part, _sets(rows.all())  # type: ignore[arg-type]  # a row is a tuple


def _sets(named: Iterable[tuple[int, str]]) -> _Sets:
    """What these names add to the sets."""
    words = defaultdict[tuple[str, int], list[int]](list)
    for n, name in named:
        part, place = divmod(n, PART)
        for word in name.split():
            words[word, part].append(place)
    sets = defaultdict[tuple[str, int], list[int]](list)
    for (word, part), places in words.items():
        for key in _keys(word):
            sets[key, part] += places
    return sets


@lru_cache(maxsize=1 << 16)
def _keys(word: str) -> tuple[str, ...]:
    """The word, and its short beginnings."""
    return (*(word[:length] for length in range(1, min(len(word), _LETTERS + 1))), word)


def _insert(connection: Connection, sets: _Sets) -> None:
    if sets:
        rows = [
            {"key": key, "part": part, "bits": packed_places(places)} for (key, part), places in sets.items()
        ]
        connection.execute(insert(names), rows)


def _in_pieces(sets: _Sets) -> Iterator[list[tuple[str, int]]]:
    keys = iter(sets)
    while piece := list(islice(keys, _AT_ONCE)):
        yield piece
