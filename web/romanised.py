"""Greek and Cyrillic in Latin letters, as passports have names: ICAO Doc 9303-3 (Cyrillic), ELOT 743 / ISO 843 (Greek).

For a letter as PDF, whose font has neither; pages write every name as its owner does.
"""

import unicodedata

_PAIRS = (
    "аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъie ыy эe юiu яia "
    "ґg єie іi їi ўu ђd јj љlj њnj ћc џdz ѓg ќk ѕdz ѣie "
    "αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo əe ŋn"
)
_LATIN = {pair[0]: pair[1:] for pair in _PAIRS.split()} | {"ь": "", "ου": "ou"}


def romanised(text: str) -> str:
    """The text with what is Greek or Cyrillic in it in Latin letters; all else as it is. Of a capital that becomes several
    letters the first alone is large, unless the next is a capital, too: Щукин is Shchukin, and ЩУКИН is SHCHUKIN."""
    told, at = "", 0
    while at < len(text):
        length = 2 if _bare(text[at : at + 2]) in _LATIN and len(text[at : at + 2]) == 2 else 1
        letters = text[at : at + length]
        latin = _LATIN.get(_bare(letters))
        at += length
        if latin and letters[0].isupper():
            latin = latin.upper() if text[at : at + 1].isupper() else latin.capitalize()
        told += letters if latin is None else latin
    return told


def _bare(letters: str) -> str:
    """Small letters, without accents; й and ё are letters of their own, of which the table tells."""
    small = letters.lower()
    if small in _LATIN:
        return small
    apart = unicodedata.normalize("NFD", small)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
