"""Which glyphs of Helvetica draw a text, in a font that is in no file: every reader of PDFs has the same two hundred of it.

They are those of Windows-1252, and accents by themselves (PDF 32000-1, annex D.2). Letters of central and eastern Europe are
made of the two, as typesetters did: "ż" is a "z" with a dot over it. Greek and Cyrillic are written in Latin letters, as in
passports; of what is left, signs such as emoji are left out, and letters become one "…".
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from web.romanised import romanised

DIFFERENCES = {
    1: "breve", 2: "dotaccent", 3: "ring", 4: "hungarumlaut", 5: "caron", 6: "ogonek", 16: "Lslash", 17: "lslash", 18: "dotlessi",
}  # fmt: skip
"""Glyphs that Windows-1252 lacks: code in our strings → the glyph's name (PDF's `Differences`)."""

_OWN = {"Ł": 16, "ł": 17, "ı": 18, "Đ": 0xD0}
"""Letters that are one glyph; that of Đ is the Icelandic Ð's as well."""
_OVER = {
    "\u0300": 0x60, "\u0301": 0xB4, "\u0302": 0x88, "\u0303": 0x98, "\u0304": 0xAF, "\u0306": 1, "\u0307": 2, "\u0308": 0xA8,
    "\u030a": 3, "\u030b": 4, "\u030c": 5,
}  # fmt: skip
_UNDER = {"\u0326": (0xB8, 0.5), "\u0327": (0xB8, 0.5), "\u0328": (6, 0.68)}
"""Combining mark → code of the accent that draws it; one under a letter with where its middle is. A comma under a letter is
drawn as a cedilla, as older fonts do."""
_HYPHENS = str.maketrans("\u2010\u2011\u2212", "---")
_WIDTHS = {**dict.fromkeys(range(1, 7), 333), 16: ord("L"), 17: ord("l"), 18: ord("i")}
"""How wide the glyphs of DIFFERENCES are: in both fonts the same, or as wide as a letter (its code)."""
_RAISED, _STACKED = 195, 170
"""How much higher an accent stands over a capital or a letter as tall, and over another accent: in thousandths of the font's
size, as all lengths here."""


class Accent(NamedTuple):
    """An accent: its glyph's code, where its middle is (as a share of the letter's width), how much higher than over a small
    letter it is, and how much wider it makes the letter."""

    code: int
    middle: float = 0.5
    raised: float = 0
    wider: float = 0


class Glyph(NamedTuple):
    """What draws a letter: the code of its glyph, and an accent."""

    code: int
    accent: Accent | None = None

    def width(self, widths: tuple[int, ...]) -> float:
        """How wide the letter is in a font of these widths (`web.helvetica`)."""
        return width_of(self.code, widths) + (self.accent.wider if self.accent else 0)


def width_of(code: int, widths: tuple[int, ...]) -> int:
    """How wide a glyph is in a font of these widths."""
    like = _WIDTHS.get(code, code)
    return 333 if like == 333 else widths[like - 32]


def spelt(text: str) -> str:
    """The text in letters that can be drawn."""
    letters = unicodedata.normalize("NFC", romanised(text.translate(_HYPHENS)))
    told = ""
    for letter in letters:
        drawn = _spelt(letter)
        if drawn != "…" or not told.endswith("…"):
            told += drawn
    return told


def can_spell(text: str) -> bool:
    """Whether nothing of the text would be hidden by `spelt`."""
    return "…" not in spelt(text.replace("…", ""))


def _spelt(letter: str) -> str:
    if _glyph(letter):
        return letter
    simpler = unicodedata.normalize("NFKD", letter)
    if simpler != letter and (told := "".join(each for each in simpler if _glyph(each))):
        return told
    return "…" if unicodedata.category(letter) in ("Lu", "Ll", "Lt", "Lo", "Lm", "Nd", "Nl") else ""


def glyphs(text: str) -> Iterator[Glyph]:
    """What draws each letter of a text that is `spelt`."""
    return (glyph for letter in text if (glyph := _glyph(letter)))


def _glyph(letter: str) -> Glyph | None:
    if letter in _OWN:
        return Glyph(_OWN[letter])
    code = letter.encode("cp1252", "ignore")
    if code:
        return Glyph(code[0]) if code[0] >= 32 and code[0] != 127 else None
    return Glyph(ord("d"), Accent(0xAF, 0.77)) if letter == "đ" else _composed(letter)


def _composed(letter: str) -> Glyph | None:
    """A letter and the accent that, Unicode says, are this letter; None where they are not to be had."""
    base, _, mark = unicodedata.decomposition(letter).partition(" ")
    if not mark or base.startswith("<"):
        return None
    below, accent = chr(int(base, 16)), chr(int(mark, 16))
    under = _glyph("ı" if below == "i" and accent in _OVER else below)
    if not under or under.accent:
        return None
    if accent == "\u030c" and below in "dltL":  # ď looks like d’
        return Glyph(under.code, Accent(0x92, 0.75) if below == "L" else Accent(0x92, 1.05, 0, 60))
    if accent in _OVER:
        is_tall = below.isupper() or below in "bdfhkl"
        is_stacked = unicodedata.decomposition(below) != ""
        return Glyph(under.code, Accent(_OVER[accent], 0.5, _RAISED * is_tall + _STACKED * is_stacked))
    return Glyph(under.code, Accent(*_UNDER[accent])) if accent in _UNDER else None
