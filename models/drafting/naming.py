"""What a column's name says: its words, and the names that it gets in the definition."""

import re
import unicodedata
from functools import cache

from creditrisk.portfolio.field_reading import form_name
from creditrisk.portfolio.reading import RESERVED, SUBSTITUTE

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTS = re.compile(r"[a-z]+|\d+")


@cache
def bare(text: str) -> str:
    """A text in lower case without accents."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


@cache
def tokens(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case without accents: `monthlyIncome2` is monthly, income, 2."""
    return tuple(_PARTS.findall(bare(_CAMEL.sub(" ", name))))


def title_of(name: str) -> str:
    """A name as words for a form: `BILL_AMT1` is "Bill amt 1", `Motivo da Solicitação` stays."""
    text = re.sub(r"[_\W]+", " ", _CAMEL.sub(" ", name)).strip()
    text = re.sub(r"(?<=[^\W\d])(?=\d)", " ", text)
    if text.isupper() or "_" in name:
        text = text.lower()
    return text[:1].upper() + text[1:] or name


def words_of(level: str) -> str:
    """A level's value as words: `car (new)` is "Car (new)", `radio_tv` "Radio tv"; a code stays as it is."""
    text = level if " " in level else level.replace("_", " ")
    return text[:1].upper() + text[1:] if text[:2].islower() or text.islower() else text


def canonical(name: str) -> str:
    """The name in the definition: the column's own, or another one where the record has a column of that name."""
    return SUBSTITUTE.format(name) if name.lower() in RESERVED else name


def form_names(names: list[str]) -> dict[str, str]:
    """A form name for each canonical name, none of which is another field's name in any way."""
    taken = {name.lower() for name in names} | set(RESERVED)
    found = {}
    for name in names:
        wanted = form_name(name)
        others = taken - {name.lower()}
        number = 2
        chosen = wanted
        while chosen in others:
            chosen, number = f"{wanted}_{number}", number + 1
        taken.add(chosen)
        found[name] = chosen
    return found
