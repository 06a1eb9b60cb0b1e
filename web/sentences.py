"""Sentences that were made where no page is known of (`creditrisk.sentence.Sentence`), as the page's language has them: its
words, and its way to write a number."""

from flask import Flask

from creditrisk.sentence import Sentence
from web import formats
from web.language import gettext

_YEAR = 9_999
"""Up to here a number's digits are not parted: it may be a year, and no language needs marks to read it."""


def said(text: str) -> str:
    """A sentence in the page's language; a text of which nothing is known stays as it is."""
    if not isinstance(text, Sentence):
        return text
    return gettext(text.pattern, **{name: _written(value) for name, value in text.values.items()})


def _written(value: object) -> object:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > _YEAR):
        return formats.number(value)
    return value


def install(app: Flask) -> None:
    """Let templates say a sentence."""
    app.jinja_env.globals.update(said=said)
