"""Texts that are a closed list: the levels of a field, with the words that a person reads."""

from typing import Any, Final

from models.drafting.column import Column
from models.drafting.naming import words_of

_MOST: Final = 60
_FEW: Final = 12
"""Different texts that are levels however few rows there are."""
_ROWS_EACH: Final = 8
"""Rows to each text, on average, where there are more of them."""
_LONGEST: Final = 120


def are_levels(column: Column) -> bool:
    """Whether a column's texts are a closed list: few, and each stands often enough."""
    texts = column.given
    if any(len(text) > _LONGEST or not text.isprintable() for text in texts):
        return False
    distinct = len({_key(text) for text in texts})
    if distinct > _MOST or column.rows_given < 2 * distinct:
        return False
    return distinct <= _FEW or column.rows_given / distinct >= _ROWS_EACH


def level_table(column: Column) -> tuple[dict[str, Any], list[str], dict[str, int]]:
    """The keys of the field, notes, and each level's count. What differs in letter case and spaces alone is one level,
    spelled as it mostly is."""
    texts: dict[str, list[str]] = {}
    for text in column.given:  # the most frequent first
        texts.setdefault(_key(text), []).append(text)
    counts = {same[0]: sum(column.given[text] for text in same) for same in texts.values()}
    spellings = {
        text: same[0] for same in texts.values() for text in same[1:] if text.upper() != same[0].upper()
    }
    values = [same[0] for same in texts.values()]
    levels = {value: words_of(value) for value in sorted(values, key=_order)}
    table: dict[str, Any] = {"type": "string", "levels": levels}
    if spellings:
        table["spellings"] = spellings
    rare = [value for value, count in counts.items() if count < 5]
    notes = [f"{len(rare)} of the levels stand in fewer than 5 rows"] if rare else []
    return table, notes, counts


def _key(text: str) -> str:
    return " ".join(text.upper().split())


def _order(value: str) -> tuple[bool, float, str]:
    """Numbers by their size, words by the alphabet."""
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value.casefold()
