"""Names and identity numbers as they are looked for: whatever case, accents and punctuation they are written with."""

import re
import unicodedata
from functools import lru_cache

_WORDS = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """The words of a text in small letters without accents, with one space between them."""
    return " ".join(filter(None, map(_fold_word, text.split())))


@lru_cache(maxsize=1 << 16)
def _fold_word(word: str) -> str:
    """What stands between two spaces may be several words: O'Neil is two. Few words make most names."""
    if not word.isascii():
        parts = unicodedata.normalize("NFKD", word.casefold())
        word = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(_WORDS.findall(word.lower()))


def fold_identity(text: str) -> str:
    """An identity number without what is only written between its digits; leading zeros stay."""
    return text if text.isdigit() else fold(text).replace(" ", "")
