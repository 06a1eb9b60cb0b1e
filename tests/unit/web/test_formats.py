"""Figures and days as each language writes them, and that they are read again as they were written."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from creditrisk.application import FIELDS
from creditrisk.portfolio.kinds import Money
from deploy import catalogs
from web import formats, wording, words
from web.language import NAMES


@pytest.fixture(params=list(NAMES))
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """Each language once, as that of the page which is being made."""
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


def test_the_table_is_what_cldr_says() -> None:
    assert catalogs.FORMATS.read_text(encoding="utf-8") == catalogs.formats_text()


def test_a_language_writes_figures_and_days_in_its_way(language: str) -> None:
    written = (
        formats.number(1234567.25), formats.number(-1200), formats.number(0.5, 0), formats.money(1200, "R$"),
        formats.percent(0.234), formats.percent(0.125, None), formats.percent(0.5, None), formats.day("2026-03-05"),
        formats.long_day("2026-03-05T23:59:59Z"), formats.moment("2026-11-30T05:18:32.123Z"),
        formats.joined(["a", "b", "c"]), formats.joined(["a"]),
    )  # fmt: skip
    assert written == {
        "en": ("1,234,567.25", "-1,200", "0", "R$\xa01,200.00", "23.4\xa0%", "12.5\xa0%", "50\xa0%", "Mar 5, 2026",
               "March 5, 2026", "Nov 30, 2026 05:18:32 UTC", "a, b and c", "a"),
        "pt-BR": ("1.234.567,25", "-1.200", "0", "R$\xa01.200,00", "23,4%", "12,5%", "50%", "05/03/2026",
                  "5 de março de 2026", "30/11/2026 05:18:32 UTC", "a, b e c", "a"),
        "es": ("1.234.567,25", "-1.200", "0", "1.200,00\xa0R$", "23,4\xa0%", "12,5\xa0%", "50\xa0%", "5/3/2026",
               "5 de marzo de 2026", "30/11/2026 05:18:32 UTC", "a, b y c", "a"),
    }[language]  # fmt: skip


@pytest.mark.parametrize("currency", ["R$", "€", "US$", "CHF"])
def test_no_line_breaks_between_a_figure_and_its_sign(language: str, currency: str) -> None:
    """As on a narrow phone, and in a letter; a script writes amounts in the same way."""
    told = (
        formats.money(1234567.5, currency), formats.money_around(currency), formats.percent(0.1234),
        wording.duration(0.25), wording.duration(600),
    )  # fmt: skip
    assert [len(re.split("[ \t\n]", text)) for text in told] == [1] * len(told)


def test_a_spanish_y_is_heard_before_an_i(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert formats.joined(["Edad", "Ingresos mensuales"]) == "Edad e Ingresos mensuales"


@pytest.mark.parametrize("currency", ["BRL", "EUR", "USD", "CHF"])
@pytest.mark.parametrize("amount", [0, 5, 0.5, 1200, 1200.5, 12345.67, 1234567, 999999999, -45.6])
def test_an_amount_is_read_as_it_is_written(language: str, currency: str, amount: float) -> None:
    from creditrisk.portfolio.notation import symbol

    kind = Money(999_999_999, -1000, currency)
    for text in (formats.money(amount, symbol(currency)), formats.number(amount, 2)):
        assert kind.read(text) == amount
        assert kind.read(text.replace("\xa0", " ")) == amount


def test_a_value_is_shown_in_the_words_of_the_page(language: str) -> None:
    shown = [
        words.shown(FIELDS[name], value)
        for name, value in (("AGE", 34), ("OTHER_INCOMES", 1200.5), ("FLAG_VISA", "1"), ("QUANT_CARS", "1"),
                            ("RESIDENCIAL_STATE", "RJ"), ("RESIDENCIAL_CITY", "Niterói"), ("SEX", "N"))
    ]  # fmt: skip
    assert (
        shown
        == {
            "en": ["34 years", "R$\xa01,200.50", "Yes", "One or more", "Rio de Janeiro", "Niterói", "N"],
            "pt-BR": ["34 anos", "R$\xa01.200,50", "Sim", "Um ou mais", "Rio de Janeiro", "Niterói", "N"],
            "es": ["34 años", "1.200,50\xa0R$", "Sí", "Uno o más", "Rio de Janeiro", "Niterói", "N"],
        }[language]
    )
