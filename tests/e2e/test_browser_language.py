"""Languages in a real browser: both ways are walked in each, and where it is switched, what is typed stays."""

from collections.abc import Callable

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.e2e.browsing import APPLICANT, KIND_VERDICTS, VERDICTS, System, field, fill_in, heading
from tests.e2e.person import ANSWERS, PHONE, Person, fill, in_words, is_decided, wait

pytestmark = pytest.mark.needs("chromium", "redis-server")


def language_of(browser: Chrome) -> str:
    return str(browser.find_element(By.TAG_NAME, "html").get_attribute("lang"))


def switch_to(browser: Chrome, name: str, tag: str) -> None:
    browser.find_element(By.XPATH, f"//nav[@class='languages']//*[text()='{name}']").click()
    wait(browser, lambda it: language_of(it) == tag)


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_typed_stays_when_the_language_is_switched_and_enter_goes_on(
    system: System, open_browser: Callable[..., Chrome], javascript: bool
) -> None:
    browser = open_browser(javascript)
    browser.get(system.url)
    assert language_of(browser) == "en"
    field(browser, "full_name").send_keys("Zoë Müller")
    switch_to(browser, "Español", "es")
    assert field(browser, "full_name").get_attribute("value") == "Zoë Müller"
    assert browser.find_element(By.TAG_NAME, "h1").text == "Datos personales"
    field(browser, "full_name").send_keys(Keys.ENTER)
    wait(browser, lambda it: it.find_elements(By.CSS_SELECTOR, ".alert[role=alert]:not([hidden])"))
    assert language_of(browser) == "es"
    assert "Este campo es obligatorio." in browser.find_element(By.TAG_NAME, "main").text
    browser.get(f"{system.url}clerk")
    assert language_of(browser) == "es", "the choice is remembered"


def test_a_clerk_begins_in_the_first_field_and_not_in_the_switch(
    system: System, open_browser: Callable[..., Chrome]
) -> None:
    browser = open_browser()
    browser.get(f"{system.url}clerk?language=pt-BR")
    assert browser.switch_to.active_element.get_attribute("name") == "full_name"


WAYS = [("pt-BR", True, True), ("pt-BR", False, False), ("es", True, False), ("es", False, True)]
"""Language, whether on a phone, whether with scripts."""


@pytest.mark.parametrize(("language", "on_a_phone", "javascript"), WAYS)
def test_an_applicants_way_is_walked_in_another_language(
    system: System, open_browser: Callable[..., Chrome], language: str, on_a_phone: bool, javascript: bool
) -> None:
    browser = open_browser(javascript)
    if on_a_phone:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{system.url}?language={language}")
    person = Person(browser)
    fill(person, *ANSWERS, language=language)
    assert language_of(browser) == language
    person.tap("button[data-send]")
    is_decided(browser)
    assert heading(browser) in {in_words(said, language) for said in KIND_VERDICTS.values()}
    assert language_of(browser) == language
    if on_a_phone:
        assert browser.execute_script("return document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize(("language", "on_a_phone", "javascript"), WAYS)
def test_a_clerks_way_is_walked_in_another_language(
    system: System, open_browser: Callable[..., Chrome], language: str, on_a_phone: bool, javascript: bool
) -> None:
    browser = open_browser(javascript)
    if on_a_phone:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{system.desk}?language={language}")
    fill_in(browser, **{name: in_words(text, language, name) for name, text in APPLICANT.items()})
    browser.find_element(By.CSS_SELECTOR, ".actions-sticky button").click()
    is_decided(browser)
    assert heading(browser) in {in_words(said, language) for said in VERDICTS.values()}
    assert language_of(browser) == language
