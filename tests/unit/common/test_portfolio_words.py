"""A portfolio's words in other languages: read from beside the definition, checked against it, and nothing that a model
depends on."""

import json
from pathlib import Path

import pytest

from creditrisk.errors import UnusablePortfolio
from creditrisk.portfolio import Portfolio, portfolio_folder, read_portfolio
from creditrisk.portfolio.reading import DEFINITION
from creditrisk.portfolio.words import missing
from tests.lenders import SMALL_LOANS, small_loans


def with_words(folder: Path, words: str, language: str = "de") -> Portfolio:
    (folder / "words").mkdir()
    (folder / "words" / f"{language}.toml").write_text(words, encoding="utf-8")
    return read_portfolio(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_loans(tmp_path / "lender")


def told(folder: Path, words: str, language: str = "de") -> tuple[str, ...]:
    with pytest.raises(UnusablePortfolio) as error:
        with_words(folder, words, language)
    return error.value.mistakes


def test_what_ships_has_every_word_in_every_language_of_the_pages() -> None:
    shipped = read_portfolio(portfolio_folder())
    assert set(shipped.words) == {"pt-BR", "es"}
    for words in shipped.words.values():
        assert list(missing(words, shipped)) == []
        assert set(words.fields) == set(shipped.fields)


def test_words_are_no_part_of_what_a_model_depends_on() -> None:
    shipped = read_portfolio(portfolio_folder())
    assert shipped._replace(words={}).fingerprint == shipped.fingerprint == "35e4e7327a9e"


def test_words_stand_beside_the_definition_or_in_it(folder: Path, tmp_path: Path) -> None:
    section = next(iter(read_portfolio(folder).sections))
    name = next(name for name, field in read_portfolio(folder).fields.items() if field.choices)
    german = f'title = "Kleinkredite"\n[sections]\n{section} = "Kredit"\n[fields.{json.dumps(name)}]\ntitle = "Wofür?"\n'
    beside = with_words(folder, german).words["de"]
    assert (beside.title, beside.sections, beside.fields[name].title) == (
        "Kleinkredite",
        {section: "Kredit"},
        "Wofür?",
    )
    inside = tmp_path / "inside"
    inside.mkdir()
    tables = f'[words.de]\ntitle = "Kleinkredite"\n[words.de.sections]\n{section} = "Kredit"\n[words.de.fields.{json.dumps(name)}]\ntitle = "Wofür?"\n'
    (inside / DEFINITION).write_text(SMALL_LOANS + tables, encoding="utf-8")
    assert read_portfolio(inside).words["de"] == beside
    with pytest.raises(UnusablePortfolio, match=r"de stand in portfolio\.toml and in .*de\.toml"):
        with_words(inside, german)


def test_a_word_that_is_missing_is_told_and_no_mistake(folder: Path) -> None:
    read = with_words(folder, 'title = "Kleinkredite"\n')
    left = list(missing(read.words["de"], read))
    assert left[:2] == ["section all", "field NAME: title"]
    assert not [each for each in left if "level" in each], "its levels have no words of their own"


def test_a_level_without_words_is_missing_unless_the_levels_are_names() -> None:
    shipped = read_portfolio(portfolio_folder())
    whole = shipped.words["es"]

    def left(name: str, **words: object) -> list[str]:
        fields = {**whole.fields, name: whole.fields[name]._replace(**words)}
        return list(missing(whole._replace(fields=fields), shipped))

    assert left("QUANT_CARS", levels={"0": "Ninguno"}) == ["field QUANT_CARS: level 1"]
    assert left("QUANT_CARS", levels=None) == ["field QUANT_CARS: level 0", "field QUANT_CARS: level 1"]
    assert left("QUANT_CARS", levels={}) == []
    assert left("FLAG_VISA", levels=None) == [], "every language has its yes and no"
    assert list(missing(whole._replace(questions={}), shipped)) == ["question of section cards"]
    assert left("AGE", unit="", title="") == ["field AGE: title", "field AGE: unit"]


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        ('[fields.nothing]\ntitle = "x"', "words.de: there is no field nothing."),
        ('[sections]\nnothing = "x"', "words.de: there is no section nothing; there are"),
        ('[questions]\nnothing = "x"', "words.de: there is no section nothing; there are"),
        ('titel = "x"', "words.de.titel is no key here; did you mean title?"),
        ("title = 3", "words.de.title must be a text in quotation marks"),
        ('[fields.NAME]\nhelp = "x"', "words.de.fields.NAME.help is no key here"),
        ('[fields.NAME.levels]\n"1" = "x"', "words.de: field NAME offers no level '1'."),
        ('fields = "x"', "words.de.fields must be a table of tables"),
    ],
)
def test_a_mistake_is_told_by_its_place(folder: Path, words: str, mistake: str) -> None:
    (only,) = told(folder, words)
    assert only.startswith(mistake)


def test_a_language_has_the_name_of_one_and_not_the_definitions_own(folder: Path) -> None:
    assert "as in pt-BR (BCP 47)" in told(folder, "", "German")[0]
    (folder / "words" / "German.toml").rename(folder / "words" / "en.toml")
    with pytest.raises(UnusablePortfolio, match="the language of the definition itself"):
        read_portfolio(folder)


@pytest.mark.parametrize(
    ("content", "mistake"),
    [(b"title = ", "is not TOML"), (b'title = "\xe9"', "is not UTF-8; save it as UTF-8.")],
)
def test_a_file_of_words_that_cannot_be_read_is_named(folder: Path, content: bytes, mistake: str) -> None:
    (folder / "words").mkdir()
    (folder / "words" / "de.toml").write_bytes(content)
    with pytest.raises(UnusablePortfolio, match=rf"de\.toml {mistake}"):
        read_portfolio(folder)
