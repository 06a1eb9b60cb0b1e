"""What the values of a column are: the kind of a field, guessed from every value that stands in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from creditrisk.portfolio.kinds import Day, Money, Whole
from models.drafting import limits, vocabulary
from models.drafting.column import Column
from models.drafting.levels import are_levels, level_table
from models.drafting.strength import auc_by_levels, auc_by_value, codes_of

_FLAGS: Final = (("Y", "N"), ("yes", "no"), ("true", "false"), ("t", "f"), ("1", "0"), ("sim", "não"), ("sim", "nao"),
                 ("sí", "no"), ("si", "no"), ("s", "n"), ("verdadeiro", "falso"), ("verdadero", "falso"))  # fmt: skip
"""Spellings of yes and no, in lower or upper case."""
_MOST_CODES: Final = 30
"""Different numbers up to which a column that is named after a code is a closed list."""
_MOST_COMPARED: Final = 20
"""Different whole numbers up to which it is tried whether they are rather names than quantities."""
_CENTS: Final = re.compile(r"[^.,]*|.*[.,]\d{0,2}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}([ T].*)?")
_OTHER_DAY: Final = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}/\d{1,2}/\d{1,2}")
_MARKED: Final = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+|[+-]?\d{1,3}(,\d{3})+\.\d+")
_PERCENT: Final = re.compile(r"[+-]?\d+([.,]\d+)?\s*%")
_LARGEST: Final = 10**14


@dataclass(frozen=True)
class Guess:
    """`table`: the keys of a `[[field]]` that say what its values are. `notes`: what a person should know of them.
    `counts`: how often each level stands. `may_learn`: whether the kind can be a feature at all."""

    table: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    may_learn: bool = True


def kind_of(column: Column, rows: Sequence[int], bad: NDArray[np.int64], named: bool) -> Guess:
    """The kind of a column. `rows` are those with a known outcome, `bad` their outcomes; `named` says that its numbers are
    rather names (of a sex, a marital status) than quantities."""
    if not column.given:
        return Guess({"type": "string"}, ["no value stands in the file"], may_learn=False)
    flag = _flag(column)
    if flag:
        return flag
    if all(_DAY.fullmatch(text) and _is_day(text) for text in column.given):
        note = "a day tells a model nothing by itself: it is recorded"
        return Guess({"type": "date"}, [note], may_learn=False)
    if column.numbers is not None and not _leading_zeros(column):
        return _of_numbers(column, column.numbers, rows, bad, named)
    if column.numbers is None and column.currency:
        amounts = [Money(_LARGEST, -_LARGEST, column.currency).read(text) for text in column.given]
        return _money(amounts)
    return _of_texts(column)


def _flag(column: Column) -> Guess | None:
    said = {text.lower() for text in column.given}
    for yes, no in _FLAGS:
        if said == {yes.lower(), no} or said == {yes.lower(), no.lower()}:
            true = [text for text in column.given if text.lower() == yes.lower()]
            false = [text for text in column.given if text.lower() == no.lower()]
            return Guess({"type": "boolean", "trueValues": true, "falseValues": false})
    if column.numbers and set(column.numbers.values()) == {0.0, 1.0}:
        return Guess({"type": "boolean", "trueValues": ["1"], "falseValues": ["0"]})
    return None


def _is_day(text: str) -> bool:
    try:
        Day().read(text)
    except ValueError:
        return False
    return True


def _leading_zeros(column: Column) -> bool:
    """Whether some numbers are names: 01310 is a ZIP code and no quantity."""
    return any(text.isdigit() and len(text) > 1 and text[0] == "0" for text in column.given)


def _of_numbers(
    column: Column,
    numbers: dict[str, float],
    rows: Sequence[int],
    bad: NDArray[np.int64],
    named: bool,
) -> Guess:
    values = list(numbers.values())
    whole = all(_is_whole(text) for text in numbers)
    distinct = len(set(values))
    if whole and min(values) >= 0 and (named or column.words & vocabulary.CODES):
        if distinct <= _MOST_CODES:
            return Guess(*_codes(column, "its numbers are taken for names, by the column's name"))
        if not named:
            most = limits.outward(min(values), max(values))[1]
            table = {"type": "string", "format": "code", "constraints": {"minimum": 0, "maximum": most}}
            return Guess(table, ["whole numbers that name a category, by the column's name"])
    notes = []
    is_money = column.words & vocabulary.MONEY and not column.words & vocabulary.NO_MONEY
    if is_money and max(map(abs, values)) >= 100:
        finer = next((text for text in numbers if not _CENTS.fullmatch(text)), "")
        if not finer:
            return _money(values)
        notes = [f"looks like an amount; it is a plain number, since the file writes some like {finer}"]
    if not whole:
        low, high = limits.outward(min(values), max(values))
        return Guess({"type": "number", "constraints": {"minimum": low, "maximum": high}}, notes)
    if distinct <= _MOST_COMPARED and not column.words & vocabulary.COUNTED:
        found = _by_outcome(column, numbers, rows, bad)
        if found:
            return found
    low, high = limits.counts(min(values), max(values))
    return Guess({"type": "integer", "constraints": {"minimum": low, "maximum": high}})


def _by_outcome(
    column: Column, numbers: dict[str, float], rows: Sequence[int], bad: NDArray[np.int64]
) -> Guess | None:
    """Levels, where few whole numbers tell clearly more by each one's bad rate than by their size; None for quantities,
    which take a number that never stood in the file, too."""
    known = [place for place, row in enumerate(rows) if column.cells[row] in numbers]
    if len(known) < 2 or min(numbers.values()) < 0:
        return None
    outcomes = bad[known]
    values = np.array([numbers[column.cells[rows[place]]] for place in known])
    by_value = auc_by_value(values, outcomes)
    by_levels = auc_by_levels(codes_of(column, [rows[place] for place in known]), outcomes)
    if by_levels < by_value + 0.01 + 1 / sqrt(len(known)):
        return None
    note = (
        f"each number's bad rate tells more (ROC-AUC {by_levels:.2f}) than its size ({by_value:.2f}), so they are taken for "
        'names; if they are quantities, write type = "integer" without levels'
    )
    return Guess(*_codes(column, note))


def _codes(column: Column, note: str) -> tuple[dict[str, Any], list[str], dict[str, int]]:
    counts: dict[str, int] = {}
    for text, count in column.given.items():
        value = str(Whole(-_LARGEST, _LARGEST).read(text))
        counts[value] = counts.get(value, 0) + count
    levels = {value: value for value in sorted(counts, key=int)}
    told = f"{note}; say in words what each means"
    return {"type": "integer", "levels": levels}, [told], counts


def _is_whole(text: str) -> bool:
    try:
        Whole(-_LARGEST, _LARGEST).read(text)
    except ValueError:
        return False
    return True


def _money(values: Sequence[float]) -> Guess:
    low, high = limits.outward(min(values), max(values))
    table = {"type": "number", "format": "money", "constraints": {"minimum": low, "maximum": high}}
    return Guess(table, ["an amount in the portfolio's currency"])


def _of_texts(column: Column) -> Guess:
    if all(_OTHER_DAY.fullmatch(text) for text in column.given):
        note = "days, not written as 2026-11-23: they are recorded as text"
        return Guess({"type": "string", "constraints": {"maxLength": 60}}, [note], may_learn=False)
    if are_levels(column):
        return Guess(*level_table(column))
    notes = []
    if all(_PERCENT.fullmatch(text) for text in column.given):
        notes.append("percentages: take the sign out of the file to have them read as numbers")
    elif sum(bool(_MARKED.fullmatch(text)) for text in column.given) > len(column.given) / 2:
        notes.append(
            "numbers whose mark before three digits may mean thousands or a fraction: write them without it to have them read as numbers"
        )
    longest = max(map(len, column.given))
    table: dict[str, Any] = {"type": "string", "constraints": {"maxLength": max(60, 2 * longest)}}
    if column.words & vocabulary.PLACES:
        table["format"] = "place"
    return Guess(table, [*notes, f"{len(column.given):,} different texts: free text"])
