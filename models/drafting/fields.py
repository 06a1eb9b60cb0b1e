"""One column's `[[field]]`: what it is called, what its values are, what it may be used for, and why that was guessed."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.portfolio.field_reading import field_of
from creditrisk.portfolio.field_reading import form_name as usual_form_name
from models.drafting import vocabulary
from models.drafting.column import Column
from models.drafting.kinds import Guess, kind_of
from models.drafting.naming import title_of, tokens
from models.drafting.protection import forbidden, grounds_of
from models.drafting.roles import Finding
from models.drafting.writing import DraftField

_NAMED_GROUNDS: Final = frozenset(("sex", "marital status", "race", "nationality", "religion", "origin"))
"""Numbers under a name of these are names of groups."""
_OLDEST: Final = 120
_ADULT: Final = 18


def field_for(
    column: Column,
    rows: Sequence[int],
    bad: NDArray[np.int64],
    law: str,
    section: str,
    finding: Finding | None,
) -> DraftField:
    """The field that a column is drafted as. `rows` are those with a known outcome, `bad` their outcomes."""
    by_name = grounds_of(column.name)
    guess = kind_of(column, rows, bad, bool(_NAMED_GROUNDS.intersection(by_name)))
    grounds = grounds_of(column.name, guess.table.get("levels", ()))
    table: dict[str, Any] = {
        "name": column.name, "title": title_of(column.name), "section": section, **guess.table,
    }  # fmt: skip
    if "age" in grounds and guess.table["type"] in ("integer", "number"):
        _limit_age(table, column)
    if (unit := _unit(column)) and table["type"] in ("integer", "number") and "levels" not in table:
        table.setdefault("unit", unit) if table.get("format") != "money" else None
    notes = list(guess.notes)
    _role(table, notes, guess, finding, grounds, law)
    if grounds:
        table["protected"] = list(grounds)
    if table.get("role", "feature") == "feature" and _is_changeable(column):
        table["changeable"] = True
        notes.append("an applicant can change it (a guess by its name)")
    if column.sentinels:
        some = ", ".join(sorted(column.sentinels))
        notes.append(f"{some} is taken for no value (missingValues): all other numbers lie far off it")
    elif odd := _odd(column):
        notes.append(f"{odd} may mean something else than a quantity; it is read as a number")
    return DraftField(table, notes, guess.counts)


def completed(draft: DraftField, column: Column, currency: str, gaps: frozenset[str]) -> DraftField | None:
    """The field as it can read every text of its column, with `required` where every row has a value.

    What cannot be read by the kind that was guessed is read by a weaker one, and that is told; None when by none.
    """
    weaker = _WEAKER[1:] if "format" in draft.table and draft.table["type"] == "string" else _WEAKER
    for kind in (None, *weaker):
        tried = draft if kind is None else _with_kind(draft, kind, column)
        missing = _missing(tried.table, column, currency, gaps)
        if missing is None:
            continue
        is_asked = tried.table.get("asked", True) and tried.table.get("role", "feature") not in ("held",)
        if not missing and is_asked:
            constraints = {"required": True, **tried.table.get("constraints", {})}
            tried.table["constraints"] = constraints
        elif missing:
            tried.notes.append(f"{missing:,} of {len(column.cells):,} rows have no value")
        return tried
    return None


_WEAKER: Final[tuple[Mapping[str, Any], ...]] = (
    {"type": "number", "constraints": {}},
    {"type": "string", "constraints": {}},
)


def _with_kind(draft: DraftField, kind: Mapping[str, Any], column: Column) -> DraftField:
    kept = {
        key: value
        for key, value in draft.table.items()
        if key not in ("format", "levels", "spellings", "trueValues", "falseValues", "unit")
    }
    table = {**kept, **kind}
    if kind["type"] == "string":
        table["constraints"] = {"maxLength": max(60, 2 * max(map(len, column.cells), default=0))}
    note = "not every value can be read as what most of them are, so they are read in a wider way"
    return DraftField(table, [*draft.notes, note])


def _missing(table: Mapping[str, Any], column: Column, currency: str, gaps: frozenset[str]) -> int | None:
    """Rows without a value as the field reads them; None when it refuses one."""
    field = field_of({**table, "name": "x", "formName": "x"}, currency, False, gaps)
    missing = 0
    for text, count in column.counts.items():
        try:
            missing += count if field.parse(text) is None else 0
        except ValueError:
            return None
    return missing


def _role(
    table: dict[str, Any],
    notes: list[str],
    guess: Guess,
    finding: Finding | None,
    grounds: tuple[str, ...],
    law: str,
) -> None:
    if finding:
        table["role"] = "recorded"
        if not finding.asked:
            table["asked"] = False
        notes.append(f"recorded, and no model may use it: {finding.why}")
    elif not guess.may_learn:
        table["role"] = "recorded"
    if not grounds:
        return
    named = " and ".join(grounds)
    if ground := forbidden(law, grounds):
        if "role" not in table:
            table["role"] = "held"
        notes.append(
            f"looks protected ({named}): {law} forbids to score by {ground}, so it is held to test fairness"
        )
    else:
        where = [other for other in ("BR", "EU", "US") if forbidden(other, grounds)]
        told = f"; {', '.join(where)} would forbid to score by it" if where else ""
        notes.append(f"looks protected ({named}){told}")  # fmt: skip


def _limit_age(table: dict[str, Any], column: Column) -> None:
    """A person's age ends somewhere, and may begin at eighteen."""
    values = list((column.numbers or {}).values())
    if values and max(values) <= _OLDEST and min(values) >= 0 and "constraints" in table:
        least = _ADULT if min(values) >= _ADULT else 0
        table["constraints"] = {"minimum": least, "maximum": _OLDEST}


def _unit(column: Column) -> str:
    if column.words & vocabulary.TIMES:
        return ""
    said = tokens(column.name)
    behind_in = {later for first, later in pairwise(said) if first in ("in", "em", "en")}
    return next(
        (unit for words, words_in, unit in vocabulary.UNITS if words & column.words or words_in & behind_in),
        "",
    )


def _is_changeable(column: Column) -> bool:
    if column.words & vocabulary.CHANGEABLE and not column.words & vocabulary.PAST:
        return True
    is_amount = column.words & vocabulary.MONEY and column.words & vocabulary.ASKED_AMOUNT
    return bool(is_amount) and not column.words & (vocabulary.PAST | vocabulary.NO_MONEY)


def _odd(column: Column) -> str:
    """A negative number that stands often where all others are none: -1, -9."""
    numbers = column.numbers or {}
    below = [text for text, value in numbers.items() if value < 0]
    if not below or len(below) > 3 or len(numbers) < 2 * len(below) + 3:
        return ""
    often = all(column.counts[text] >= max(2, len(column.cells) / 1_000) for text in below)
    return ", ".join(below) if often else ""


def own_form_name(name: str, form_name: str) -> dict[str, str]:
    """The key `formName`, where the usual one would lead to another field as well."""
    return {} if form_name == usual_form_name(name) else {"formName": form_name}
