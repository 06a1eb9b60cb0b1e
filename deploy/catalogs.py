"""The texts of every language: found in the source, put into the catalogs, compiled. `python -m deploy.catalogs`, or
`make words`.

Babel does it, on the machine of whoever changes a text: what is compiled is committed, and serving needs no more than the
standard library's gettext.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from web import docs_page
from web.language import DEFAULT, NAMES

ROOT: Final = Path(__file__).parents[1]
LOCALE: Final = ROOT / "web" / "locale"
FORMATS: Final = LOCALE / "formats.json"
SOURCES: Final = ("web", "layers/common/python/creditrisk")
_METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2")]
_JINJA: Final = {
    "newstyle_gettext": "true",
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "silent": "false",
}
_KEYWORDS: Final = {"_": None, "ngettext": (1, 2), "Sentence": None, "refusal": None}
"""What marks a text in Python and in templates → which of its arguments are texts."""


PLURALS: Final = {
    "pt-BR": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
}
"""Language → which of its forms so many things have. CLDR has a third one for millions, of which no page speaks."""


def languages() -> list[str]:
    """The languages that have a catalog: all but the one that the source is in."""
    return [language for language in NAMES if language != DEFAULT]


def folder(language: str) -> Path:
    """Where a language's catalog is."""
    return LOCALE / language.replace("-", "_") / "LC_MESSAGES"


def template() -> Catalog:
    """Every text in the source, with the files that it stands in."""
    found = Catalog(fuzzy=False)
    for source in SOURCES:
        for name, _, text, comments, context in extract_from_dir(
            ROOT / source, _METHODS, {"templates/**.html": _JINJA}, _KEYWORDS, strip_comment_tags=True
        ):
            found.add(text, None, [(f"{source}/{name}", 0)], auto_comments=comments, context=context)
    for text in docs_page.texts():
        found.add(text, None, [("web/docs_page.py", 0)])
    return found


def read(language: str) -> Catalog:
    """A language's catalog as it stands; an empty one where there is none yet."""
    path = folder(language) / "messages.po"
    text = path.read_bytes() if path.exists() else _header(language).encode()
    return read_po(BytesIO(text), locale=language.replace("-", "_"))


def update(language: str) -> Catalog:
    """The catalog with the texts that the source has now: new ones empty, none kept that it has no longer."""
    catalog = read(language)
    catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """A catalog as translators edit it: by the alphabet, so that two people's changes meet seldom; without dates and line
    numbers, which would change with every change of the source."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=118, sort_output=True, include_lineno=False, omit_header=True)
    return _header(str(catalog.locale).replace("_", "-")).encode() + buffer.getvalue()


def _header(language: str) -> str:
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        f'"Plural-Forms: {PLURALS[language]}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )


def as_mo(language: str) -> bytes:
    """A catalog as gettext reads it; always the same bytes, since its header must have dates, and these are none."""
    catalog = read(language)
    catalog.creation_date = catalog.revision_date = datetime.fromtimestamp(0, UTC)
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def formats() -> dict[str, dict[str, Any]]:
    """How each language writes figures and days, by Unicode's CLDR: the members of `web.formats.Format`.

    Two things are ours: a space parts an amount from its currency in every language, and an English day has its month as a
    word, since 11/12 is two days. Where CLDR has a space that no line may break at, so have we: a figure stays with its sign.
    """
    return {language: _format(Locale.parse(language, sep="-")) for language in NAMES}


def _format(locale: Locale) -> dict[str, Any]:
    symbols, months = locale.number_symbols["latn"], locale.months["format"]
    english = locale.language == DEFAULT
    before = locale.currency_formats["standard"].pattern.startswith("¤")
    short = locale.date_formats["medium"].pattern if english else locale.datetime_skeletons["yMd"].pattern
    return {
        "decimal": symbols["decimal"],
        "group": symbols["group"],
        "percent": "{}\xa0%" if english or "\xa0" in locale.percent_formats[None].pattern else "{}%",
        "money": "{symbol}\xa0{amount}" if before else "{amount}\xa0{symbol}",
        "day": _places(short),
        "long_day": _places(locale.date_formats["long"].pattern),
        "months": [months["wide"][month] for month in range(1, 13)],
        "short_months": [months["abbreviated"][month] for month in range(1, 13)],
        "joined": locale.list_patterns["standard"]["2"].format("", ""),
    }


_PLACES: Final = {
    "d": "{day}", "dd": "{day:02}", "M": "{month}", "MM": "{month:02}", "MMM": "{short_month}",
    "MMMM": "{month_name}", "y": "{year}",
}  # fmt: skip
"""A letter, or several, of CLDR's patterns of days → the place in ours."""


def _places(pattern: str) -> str:
    """A pattern of CLDR as one of `str.format`; what stands in quotes stays."""
    return re.sub(
        "'([^']*)'|([dMy]+)", lambda found: found[1] if found[1] is not None else _PLACES[found[2]], pattern
    )


def formats_text() -> str:
    """The file that serving reads; a space that no line breaks at is written so that it can be seen."""
    return json.dumps(formats(), ensure_ascii=False, indent=1).replace("\xa0", "\\u00a0") + "\n"


def untranslated(catalog: Catalog) -> Iterator[str]:
    """The texts that a catalog does not say, or of which nobody has confirmed what it says."""
    for message in catalog:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(texts)):
            yield message.id if isinstance(message.id, str) else message.id[0]


def main() -> None:
    """Write every catalog and the table of formats; tell what is not translated, and fail where something is not."""
    FORMATS.write_text(formats_text(), encoding="utf-8")
    missing = 0
    for language in languages():
        catalog = update(language)
        folder(language).mkdir(parents=True, exist_ok=True)
        (folder(language) / "messages.po").write_bytes(as_po(catalog))
        (folder(language) / "messages.mo").write_bytes(as_mo(language))
        left = list(untranslated(catalog))
        missing += len(left)
        print(f"{language}: {len(catalog)} texts, {len(left)} not translated")
        for text in left:
            print(f"  {text}")
    if missing:
        sys.exit(f"Translate them in {LOCALE.relative_to(ROOT)}/…/messages.po, and run this again.")


if __name__ == "__main__":
    main()
