"""Spellings of "no value": what people, spreadsheets, databases and data frames write where they know nothing."""

from typing import Final

_WORDS: Final = frozenset(("", "NA", "NAN", "NAT", "NULL", "NONE", "NIL", "ND", "UNDEFINED"))
_ABBREVIATED: Final = frozenset(
    ("N/A", "N.A", "#NA", "#N/A", "#N/AN/A", "N/D", "N.D", "#N/D", "#NV", "N/I", "N.I", "\\N")
)
_BRACKETS: Final = "<>()[]{}\"'"
_LONGEST: Final = 9
"""Characters of the longest spelling that begins with a letter or a digit."""


def is_gap(text: str, name: bool = False) -> bool:
    """Whether a trimmed text says that there is no value, in any letter case.

    Punctuation alone ("-", "?", "...") is no value either. Of a person's `name`, nothing made of letters alone is taken
    for a gap: there are people called Null, Na, Nan and None, and their names are nobody's to delete.
    """
    if not text or (not name and text.upper() in _WORDS):
        return True
    if text[0].isalnum() and (len(text) > _LONGEST or text.isalnum()):
        return False  # most values end here
    bare = text.upper().replace(" ", "").strip(".+-")
    inner = bare.strip(_BRACKETS)
    return (
        bare in _ABBREVIATED
        or (bare[:1] == "#" and bare[-1] in "!?")  # a spreadsheet's error, in any language
        or bare.startswith("1.#")  # a number that is none, in Microsoft's C
        or (inner in _WORDS and (inner != bare or not name))
        or not any(map(str.isalnum, text))
    )
