"""Numbers, amounts and days as the page's language writes them.

How each language does is in `locale/formats.json`, which is made from Unicode's CLDR when the catalogs are
(`deploy.catalogs`): a library that knows all languages would take a third of the form's package.
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from web.language import current


class Format(NamedTuple):
    """How a language writes figures and days, as patterns of `str.format`; `day` and `long_day` have the places year, month,
    day, month_name and short_month. `joined` stands between the last two things of several."""

    decimal: str
    group: str
    percent: str
    money: str
    day: str
    long_day: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    joined: str


@cache
def _formats() -> dict[str, Format]:
    told = json.loads((Path(__file__).parent / "locale" / "formats.json").read_text(encoding="utf-8"))
    return {language: Format(**each) for language, each in told.items()}


def _format() -> Format:
    return _formats()[current()]


def number(value: float, digits: int | None = None) -> str:
    """A number; with so many digits behind its decimal mark, or with as many as it has."""
    style = _format()
    text = f"{abs(value):.15g}" if digits is None else f"{abs(value):.{digits}f}"
    if "e" in text:  # too large or too small to be written out
        return f"{value:g}"
    whole, _, fraction = text.partition(".")
    whole = f"{int(whole):,}".replace(",", style.group)
    sign = "-" if value < 0 and text.strip("0.") else ""
    return f"{sign}{whole}{style.decimal}{fraction}" if fraction else f"{sign}{whole}"


def money(value: float, symbol: str) -> str:
    """An amount with its cents, so that neither notation can take it for another: R$ 1.200,00."""
    return _format().money.format(amount=number(value, 2), symbol=symbol).strip()


def money_around(symbol: str) -> str:
    """An amount with "{}" in place of its figures: what a script needs to write one."""
    return _format().money.format(amount="{}", symbol=symbol).strip()


def percent(share: float, digits: int | None = 1) -> str:
    """A share of 1 in percent: 0.234 is "23.4 %", or "23,4%"; with so many digits behind its decimal mark, or with as many
    as it has (to six in all)."""
    per_cent = share * 100 if digits is not None else float(f"{share * 100:.6g}")
    return _format().percent.format(number(per_cent, digits))


def day(iso: str) -> str:
    """A day (ISO 8601, whatever follows it) in short: 30/11/2026."""
    return _day(iso, _format().day)


def long_day(iso: str) -> str:
    """A day (ISO 8601, whatever follows it) as a letter has it: 30 de novembro de 2026."""
    return _day(iso, _format().long_day)


def _day(iso: str, pattern: str) -> str:
    style = _format()
    year, month, number_of_day = int(iso[:4]), int(iso[5:7]), int(iso[8:10])
    return pattern.format(
        year=year, month=month, day=number_of_day,
        month_name=style.months[month - 1], short_month=style.short_months[month - 1],
    )  # fmt: skip


def moment(iso: str) -> str:
    """An ISO 8601 moment in UTC to the second, for reading: 30/11/2026 05:18:32 UTC."""
    return f"{day(iso)} {iso[11:19]} UTC"


_SOUND_AS_Y = ("i", "í", "hi")
"""Before these a Spanish "y" would not be heard, and is written "e"."""


def joined(texts: list[str]) -> str:
    """Two or more things in one sentence: "a, b and c"."""
    if len(texts) < 2:
        return "".join(texts)
    between = _format().joined
    if between == " y " and texts[-1].lower().startswith(_SOUND_AS_Y):
        between = " e "
    return f"{', '.join(texts[:-1])}{between}{texts[-1]}"
