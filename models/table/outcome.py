"""Which column tells what became of each application, and which of its values means default."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from creditrisk.portfolio.gaps import is_gap
from creditrisk.portfolio.kinds import plain
from models.table.errors import UnusableData
from models.table.reading import Table

_MOST_SHOWN = 12
"""Different texts of an outcome that an error names."""


@dataclass(frozen=True)
class Outcome:
    """`place`: the target's column. `bad`: its bad value as the file writes it. `labels`: 1 for a default, 0 for none, None
    where it is not known yet, one for each row. `counts`: how often each value stands."""

    place: int
    bad: str
    labels: list[int | None]
    counts: dict[str, int]

    @property
    def known(self) -> list[int]:
        """The rows whose outcome is known."""
        return [row for row, label in enumerate(self.labels) if label is not None]


def outcome_of(
    table: Table, column: str, bad: str, missing: Collection[str] = (), fewest: int = 1
) -> Outcome:
    """What became of each row. `missing`: further spellings of an outcome that is not known. `fewest`: rows with a known
    outcome that are needed.

    Raises UnusableData when there is no such column, the bad value never stands in it, every outcome is the same, or
    too few are known.
    """
    place = _place(table, column)
    cells = [plain(cell) for cell in table.column(place)]
    counts = Counter(cells)
    found = [text for text in counts if _same(text, bad)]
    if not found:
        raise UnusableData(
            f"{table.path}: {bad!r} never stands in the column {table.header[place]}; {_shown(counts)}."
        )
    unknown = {text for text in counts if text not in found and (text in missing or is_gap(text))}
    if set(counts) - unknown == set(found):
        raise UnusableData(
            f"{table.path}: every outcome in the column {table.header[place]} is {found[0]!r}; both good and bad "
            "clients are needed."
        )
    known = sum(count for text, count in counts.items() if text not in unknown)
    if known < fewest:
        raise UnusableData(f"{table.path} has {known:,} usable rows; at least {fewest:,} are needed.")
    labels = [None if cell in unknown else int(cell in found) for cell in cells]
    return Outcome(place, max(found, key=lambda text: counts[text]), labels, dict(counts.most_common()))


def _place(table: Table, column: str) -> int:
    wanted = " ".join(column.split())
    if wanted in table.header:
        return table.header.index(wanted)
    lower = [name.casefold() for name in table.header]
    if wanted.casefold() in lower:
        return lower.index(wanted.casefold())
    if table.numbered:
        raise UnusableData(
            f"{table.path} seems to have no header: its first line must name the columns, and one of them {wanted}."
        )
    near = get_close_matches(wanted.casefold(), lower, n=1, cutoff=0.5)
    meant = (
        f"did you mean {table.header[lower.index(near[0])]}?"
        if near
        else f"its first line must name the columns, and names {len(table.header):,} others."
    )
    raise UnusableData(f"{table.path} has no column {wanted}; {meant}")


def _same(text: str, bad: str) -> bool:
    """Whether a cell says the bad value: the same text, in any letter case, or the same number (1 and 1.0)."""
    wanted = plain(bad)
    if text.casefold() == wanted.casefold():
        return True
    try:
        return float(text) == float(wanted)
    except ValueError:
        return False


def _shown(counts: Counter[str]) -> str:
    """What does stand there; nothing is quoted of a column of so many texts that it may tell of persons."""
    if len(counts) > _MOST_SHOWN:
        return f"{len(counts):,} different texts do, and an outcome has few: is it the right column?"
    return "what does: " + ", ".join(
        f"{text[:40] or 'blank'} ({count:,})" for text, count in counts.most_common()
    )
