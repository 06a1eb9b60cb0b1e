"""The catalogs: they have every text of the source and no other, all translated, and are compiled as they stand."""

import re

import pytest

from deploy import catalogs

LANGUAGES = catalogs.languages()
SAME = {"pt-BR": {"Status"}, "es": {"Error:", "No"}}
"""Texts that are spelt in another language as they are in English."""


def _texts(string: str | tuple[str, ...] | list[str]) -> list[str]:
    return [string] if isinstance(string, str) else list(string)


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_catalog_has_what_the_source_says(language: str) -> None:
    there = (catalogs.folder(language) / "messages.po").read_bytes()
    assert there == catalogs.as_po(catalogs.update(language)), "run `make words`, and translate what is new"


def test_nothing_is_left_untranslated_or_unconfirmed(language: str) -> None:
    assert list(catalogs.untranslated(catalogs.read(language))) == []
    assert not catalogs.read(language).obsolete


def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    for message in catalogs.read(language):
        if message.id:
            wanted = set(re.findall(r"%(?:\(\w+\)[sd]|%)", _texts(message.id)[-1]))
            told = [set(re.findall(r"%(?:\(\w+\)[sd]|%)?", text)) for text in _texts(message.string)]
            assert all(places == wanted or (len(told) > 1 and places <= wanted) for places in told), (
                message.id
            )


def test_no_text_stays_english(language: str) -> None:
    same = {
        _texts(message.id)[0]
        for message in catalogs.read(language)
        if message.id and set(_texts(message.id)) & set(_texts(message.string))
    }
    assert {text for text in same if re.search("[a-z]{2}", re.sub(r"%\(\w+\)[sd]", "", text))} <= SAME[
        language
    ]


def test_a_text_ends_as_its_translation_does(language: str) -> None:
    for message in catalogs.read(language):
        for text, told in zip(_texts(message.id), _texts(message.string), strict=True):
            if not text:  # the header
                continue
            assert (text[-1:] == ".") == (told[-1:] == "."), (text, told)
            assert text[:1].isspace() == told[:1].isspace() and text[-1:].isspace() == told[-1:].isspace()


def test_what_is_compiled_is_what_the_catalogs_say(language: str) -> None:
    assert (catalogs.folder(language) / "messages.mo").read_bytes() == catalogs.as_mo(language)
