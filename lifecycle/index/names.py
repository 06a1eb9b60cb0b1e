"""Who has a name: each word of a name, and each of its beginnings of up to four letters, has the set of those who have it.

So a name of several words is looked for by reading a set for each word and keeping what is in all of them: what that takes
grows with the record by bits, and not with how many have the words.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, select

from lifecycle.index.database import Database
from lifecycle.index.numbers import PART, Numbers, Places, packed, places_of
from lifecycle.index.schema import applications, names

_LETTERS = 4
"""Beginnings that have sets of their own: many words share them. Longer ones are those of a few words."""
_LAST: Final = "\U0010ffff"
"""Sorts after every letter."""
_AT_ONCE = 1_000
"""Sets that are looked up with one statement."""


def find(connection: Connection, words: Sequence[str], numbers: range) -> Numbers:
    """Those of a range of numbers who have a name of which each of these folded words begins a word."""
    if not numbers:
        return Numbers(range(0))
    parts = range(numbers.start // PART, numbers[-1] // PART + 1)
    found, *others = (_who_have(connection, word, parts) for word in words)
    for those in others:
        found.keep(those)
    found.keep_within(numbers)
    return found


def _who_have(connection: Connection, word: str, parts: range) -> Numbers:
    """Those of some parts who have a name of which a word begins with this one."""
    chosen = select(names.c.part, names.c.bits).where(
        *_begins(word), names.c.part.between(parts[0], parts[-1])
    )
    found = Numbers(parts)
    found.add(connection.execute(chosen).all())  # type: ignore[arg-type]  # a row is a tuple
    return found


def _begins(word: str) -> list[ColumnElement[bool]]:
    if len(word) <= _LETTERS:
        return [names.c.key == word]
    return [names.c.key >= word, names.c.key < word + _LAST]


def put_all(database: Database, connection: Connection) -> None:
    """Make the sets, of all applications that are there."""
    for part, sets in _of_applications(connection):
        _put(database, connection, part, sets)


def differing(connection: Connection) -> int:
    """How many sets do not tell what the names of the applications tell."""
    found = 0
    for part, sets in _of_applications(connection):
        chosen = select(names.c.key, names.c.bits).where(names.c.part == part)
        told = dict(connection.execute(chosen).all())  # type: ignore[arg-type]  # a row is a tuple
        wanted = {key: packed(places) for key, places in sets.items()}
        found += sum(told.get(key) != wanted.get(key) for key in told.keys() | wanted.keys())
    return found


def put(database: Database, connection: Connection, named: Iterable[tuple[int, str]]) -> None:
    """Add applications, as (number, folded name), to the sets."""
    parts = defaultdict[int, list[tuple[int, str]]](list)
    for n, name in named:
        parts[n // PART].append((n, name))
    for part, those in parts.items():
        sets = _sets(those)
        keys = iter(sets)
        while some := list(islice(keys, _AT_ONCE)):
            chosen = select(names.c.key, names.c.bits).where(names.c.part == part, names.c.key.in_(some))
            known = dict(connection.execute(chosen).all())  # type: ignore[arg-type]  # a row is a tuple
            for key, bits in known.items():
                sets[key] = np.concatenate([sets[key], places_of(bits)])
        _put(database, connection, part, sets)


def _of_applications(connection: Connection) -> Iterator[tuple[int, dict[str, Places]]]:
    """Part → the sets of the applications in it."""
    most = connection.scalar(select(func.max(applications.c.n))) or 0
    for part in range(most // PART + 1):
        there = applications.c.n.between(part * PART, (part + 1) * PART - 1)
        rows = connection.execute(select(applications.c.n, applications.c.name).where(there))
        yield part, _sets(rows.all())  # type: ignore[arg-type]  # a row is a tuple


def _sets(named: Iterable[tuple[int, str]]) -> dict[str, Places]:
    """Key → the places of those of a part who have it, some of them twice."""
    words = defaultdict[str, list[int]](list)
    for n, name in named:
        place = n % PART
        for word in name.split():
            words[word].append(place)
    sets = defaultdict[str, list[Places]](list)
    for word, told in words.items():
        places = np.array(told, np.uint16)
        for key in _keys(word):
            sets[key].append(places)
    return {key: np.concatenate(places) for key, places in sets.items()}


@lru_cache(maxsize=1 << 16)
def _keys(word: str) -> tuple[str, ...]:
    """The word, and its short beginnings."""
    return (*(word[:length] for length in range(1, min(len(word), _LETTERS + 1))), word)


def _put(database: Database, connection: Connection, part: int, sets: dict[str, Places]) -> None:
    rows = [(key, part, packed(places)) for key, places in sets.items()]
    database.put(connection, names, ("key", "part", "bits"), rows, "bits = excluded.bits")
