"""What a column may be used for: who the applicant is, the number of the row, what was known only afterwards, or a feature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.portfolio.kinds import Day
from models.drafting import vocabulary
from models.drafting.column import Column
from models.drafting.strength import strength

TOO_WELL: Final = 0.95
"""ROC-AUC of one column alone from which it cannot have been known beforehand."""
_STRONG, _FAR_ABOVE = 0.85, 0.15
"""The same for a column that is so much stronger than all others."""
_LATER: Final = 0.6
"""The same for a column whose name tells of what comes after the decision."""


@dataclass(frozen=True)
class Finding:
    """Why a column is no feature. `asked` is False for what nobody can answer."""

    why: str
    asked: bool = True


@dataclass(frozen=True)
class Findings:
    """`no_feature`: column → why it is recorded and no more. `identity`: the applicant's name and number → their columns.
    `strengths`: column → ROC-AUC of it alone."""

    no_feature: Mapping[str, Finding]
    identity: Mapping[str, str]
    strengths: Mapping[str, float] = field(default_factory=dict)


def findings(columns: Sequence[Column], rows: Sequence[int], bad: NDArray[np.int64]) -> Findings:
    """Look at all columns beside each other. `rows` are those with a known outcome, `bad` their outcomes."""
    identity = _identity(columns)
    found: dict[str, Finding] = {}
    seen: dict[tuple[str, ...], str] = {}
    for column in columns:
        if column.name in identity.values():
            continue
        same = seen.setdefault(tuple(column.cells), column.name)
        if why := _number_of_row(column):
            found[column.name] = Finding(why, asked=False)
        elif len(column.given) <= 1 and (not column.given or column.rows_given == len(column.cells)):
            found[column.name] = Finding("every row says the same, so it tells nothing")
        elif same != column.name:
            found[column.name] = Finding(f"it says in every row what {same} says")
    rest = [c for c in columns if c.name not in found and c.name not in identity.values()]
    strengths = {column.name: strength(column, rows, bad) for column in rest}
    found |= _leaks(rest, strengths, min(bad.sum(), len(bad) - bad.sum()))
    found |= _later_days(rest)
    return Findings(found, identity, strengths)


def _identity(columns: Sequence[Column]) -> dict[str, str]:
    """FULL_NAME and DNI → the column that holds them, where one does."""
    found: dict[str, str] = {}
    for column in columns:
        if column.name.upper() in ("FULL_NAME", "DNI"):
            found[column.name.upper()] = column.name
        elif column.numbers is None and column.words in vocabulary.FULL_NAME and len(column.given) > 12:
            found.setdefault("FULL_NAME", column.name)
        elif column.words & vocabulary.IDENTITY_NUMBER and len(column.given) > len(column.cells) / 2:
            found.setdefault("DNI", column.name)
    return found


def _number_of_row(column: Column) -> str:
    """Why a column looks like an id; empty when it does not."""
    unique = len(column.given) == column.rows_given == len(column.cells)
    named = bool(column.words & vocabulary.IDS) or bool(
        column.words & vocabulary.NUMBERS_OF and column.words & vocabulary.OF_WHAT
    )
    many = len(column.given) > 0.5 * max(column.rows_given, 1)
    numbers = column.numbers
    whole = numbers is not None and all(value == int(value) for value in numbers.values())
    if named and (unique or many) and (whole or numbers is None):
        return "by its name and its values, it is the number of a row"
    if unique and numbers is not None and whole:
        values = [numbers[cell] for cell in column.cells]
        steps = {later - first for first, later in pairwise(values)}
        if steps in ({1.0}, {-1.0}):
            return "it counts the rows"
    if (
        unique
        and numbers is None
        and len(column.cells) >= 50
        and all(" " not in text for text in column.given)
    ):
        return "every row has a value of its own, so it is likely a number of the row"
    return ""  # fmt: skip


def _leaks(columns: Sequence[Column], strengths: Mapping[str, float], rarer: int) -> dict[str, Finding]:
    """Columns that predict too well. `rarer` is the number of rows of the rarer outcome."""
    if rarer < 2 or not strengths:
        return {}
    ordered = sorted(strengths.values(), reverse=True)
    next_best = ordered[1] if len(ordered) > 1 else 0.5
    found = {}
    for column in columns:
        auc = strengths[column.name]
        told = f"it alone predicts the outcome with a ROC-AUC of {auc:.3f}"
        if auc >= TOO_WELL:
            found[column.name] = Finding(
                f"{told}: it can hardly have been known at the decision", asked=False
            )
        elif auc == ordered[0] and auc >= _STRONG and auc - next_best >= _FAR_ABOVE:
            found[column.name] = Finding(
                f"{told}, far above the next ({next_best:.3f}): was it known at the decision?", asked=False
            )
        elif auc >= _LATER and column.words & vocabulary.LATER:
            found[column.name] = Finding(f"{told}, and its name tells of what comes later", asked=False)
    return found  # fmt: skip


def _later_days(columns: Sequence[Column]) -> dict[str, Finding]:
    """Days that mostly lie after the day of the application or decision."""
    days = {column.name: _days(column) for column in columns}
    applied = [
        c.name
        for c in columns
        if days[c.name] and c.words & vocabulary.APPLIED and not c.words & vocabulary.LATER
    ]
    if not applied:
        return {}
    base = days[applied[0]]
    found = {}
    for column in columns:
        own = days[column.name]
        both = own.keys() & base.keys()
        if column.name == applied[0] or not both:
            continue
        after = sum(own[row] > base[row] for row in both) / len(both)
        if after > 0.5:
            why = f"in {after:.0%} of the rows it lies after {applied[0]}: it was not known at the decision"
            found[column.name] = Finding(why, asked=False)
    return found  # fmt: skip


def _days(column: Column) -> dict[int, str]:
    """Row → its day, as text that sorts; empty when the column holds no days."""
    if not column.given or column.numbers is not None:
        return {}
    try:
        read = {text: Day().read(text) for text in column.given}
    except ValueError:
        return {}
    return {row: read[cell] for row, cell in enumerate(column.cells) if cell in read}
