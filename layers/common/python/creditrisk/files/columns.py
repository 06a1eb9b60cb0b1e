"""What the columns of a header mean: which field each holds, which hold none, and what a misspelt name may have meant."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from creditrisk.application import FIELDS, canonical_name
from creditrisk.errors import WrongColumns
from creditrisk.files.education import education

_LIKE = 0.75
_MOST_NAMED = 20
_LONGEST = 60


@dataclass(frozen=True)
class Columns:
    """`place`: field → the number of its column, from 0. `ignored`: the name of each column that holds no field → the field
    that it may be a misspelling of, or None."""

    place: Mapping[str, int]
    ignored: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, header: Sequence[str]) -> "Columns":
        """The columns of a header. Raises WrongColumns when a field is there twice."""
        levels = education(header)
        place: dict[str, int] = {}
        others: list[str] = []
        for number, column in enumerate(header):
            name = levels.get(number) or canonical_name(column)
            if name in place:
                raise WrongColumns(f"The column {name} is there twice.")
            if name:
                place[name] = number
            elif shown := _shown(column):
                others.append(shown)
        return cls(place, _meant(others, [name for name in FIELDS if name not in place]))

    def lacking(self, names: Iterable[str]) -> list[str]:
        """Those of these fields that have no column."""
        return [name for name in names if name not in self.place]

    def notes(self, scored: Iterable[str]) -> list[str]:
        """What the sender of the table should know: which columns are ignored, and which fields are scored as missing."""
        told = []
        if self.ignored:
            told.append(f"ignored, for no field has this name: {listed(map(told_of, self.ignored.items()))}")
        if absent := self.lacking(scored):
            told.append(f"scored as missing, for no column has this name: {listed(absent)}")
        return told

    def check(self, needed: Iterable[str]) -> None:
        """Raises WrongColumns when a needed field has no column; it names each of them, with a column that may be meant for
        it."""
        if not self.place:
            raise WrongColumns("The first line names no field of an application; a header must come first.")
        if lacking := self.lacking(needed):
            meant = {name: column for column, name in self.ignored.items() if name}
            told = [f"{n} (is {meant[n]} meant for it?)" if n in meant else n for n in lacking]
            raise WrongColumns(f"The header lacks {', '.join(told)}.")


def told_of(ignored: tuple[str, str | None]) -> str:
    """An ignored column, with the field that it may be meant for."""
    column, meant = ignored
    return f"{column} (did you mean {meant}?)" if meant else column


def listed(names: Iterable[str]) -> str:
    """Names as a sentence has them: the first ones, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED:,} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(every[:_MOST_NAMED]) + more


def _shown(column: str) -> str:
    """A column's name, short and printable."""
    return "".join(c if c.isprintable() else " " for c in column[:_LONGEST]).strip()


def _meant(others: Sequence[str], absent: Sequence[str]) -> dict[str, str | None]:
    spellings = {_bare(s): name for name in absent for s in (name, FIELDS[name].form_name)}
    near: dict[str, str | None] = dict.fromkeys(others)
    for column in others[
        : 5 * _MOST_NAMED
    ]:  # the message names fewer, and each costs a comparison with every field
        found = get_close_matches(_bare(column), spellings, n=1, cutoff=_LIKE)
        near[column] = spellings[found[0]] if found else None
    return near


def _bare(column: str) -> str:
    letters = unicodedata.normalize("NFKD", column).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", "_", letters.upper()).strip("_")
