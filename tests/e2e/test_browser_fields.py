"""Each kind of field as a browser shows it: what is asked of some alone, and another lender's fields."""

from collections.abc import Callable

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.select import Select

from creditrisk.portfolio import read_portfolio
from tests.e2e.browsing import (
    APPLICANT,
    System,
    buttons,
    complaints,
    field,
    fill_in,
    form_alone,
    press_assess,
    verdict,
)
from tests.e2e.person import wait
from tests.unit.web.test_other_portfolio import PORTFOLIO

pytestmark = pytest.mark.needs("chromium", "redis-server")


def test_what_is_asked_only_of_some_is_asked_and_sent_only_then(system: System, browser: Chrome) -> None:
    browser.get(system.desk)
    code = field(browser, "residencial_phone_area_code")
    assert not code.is_displayed()
    fill_in(browser, **APPLICANT | {"full_name": "Phoned", "flag_residencial_phone": "Yes"})
    assert code.is_displayed()
    fill_in(browser, residencial_phone_area_code="20")
    fill_in(browser, flag_residencial_phone="No")
    assert not code.is_displayed()
    press_assess(browser)
    verdict(browser)

    browser.back()
    wait(browser, lambda it: not field(it, "residencial_phone_area_code").is_displayed())
    fill_in(browser, flag_residencial_phone="Yes")
    assert field(browser, "residencial_phone_area_code").get_attribute("value") == "20"
    press_assess(browser)
    verdict(browser)
    shown = [
        (row["FLAG_RESIDENCIAL_PHONE"], row["RESIDENCIAL_PHONE_AREA_CODE"]) for row in system.rows("Phoned")
    ]
    assert shown == [("N", ""), ("Y", "20")]
    assert complaints(browser) == []


def test_without_scripts_it_says_of_whom_it_is_asked(
    system: System, open_browser: Callable[..., Chrome]
) -> None:
    browser = open_browser(javascript=False)
    browser.get(system.desk)
    assert field(browser, "residencial_phone_area_code").is_displayed()
    assert field(browser, "residencial_phone_area_code-when").text == "Only if “Home phone” is Yes."


def test_another_lenders_form_understands_its_own_currency_and_picks_days(browser: Chrome) -> None:
    fields = read_portfolio(PORTFOLIO).fields
    with form_alone(PORTFOLIO_DIR=str(PORTFOLIO)) as form:
        browser.get(f"{form.url}clerk")
        for text in (
            "-45,60", "€ 1.200,50", "1200.50 EUR", "12 euros", "-€ 5", "R$ 5", "-501", "90001", "1.200", "€", "5 eur", "+ 3",
            "- 3", "EUR", "-500", "12 EUROS EUR",
        ):  # fmt: skip
            fill_in(browser, price=text)
            try:
                expected = f"Understood as {fields['price'].shown(fields['price'].parse(text))}"
            except ValueError as error:
                expected = str(error) if "?" in str(error) else ""
            assert field(browser, "price-understood").text == expected, text
        assert not field(browser, "rent").is_displayed()
        buttons(browser, "home_owned")["Rented"].click()
        assert field(browser, "rent").is_displayed()
        field(browser, "born").send_keys("02281990")
        assert field(browser, "born").get_attribute("value") == "1990-02-28"
        Select(field(browser, "branch")).select_by_visible_text("B300")
        assert complaints(browser) == []
