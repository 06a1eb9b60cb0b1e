"""The switch of languages in a real browser: what is typed stays, and Enter sends the form."""

from collections.abc import Callable

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.browsing import System, field

pytestmark = pytest.mark.needs("chromium", "redis-server")


def language_of(browser: Chrome) -> str:
    return str(browser.find_element(By.TAG_NAME, "html").get_attribute("lang"))


def switch_to(browser: Chrome, name: str, tag: str) -> None:
    browser.find_element(By.XPATH, f"//nav[@class='languages']//*[text()='{name}']").click()
    WebDriverWait(browser, 20).until(lambda browser: language_of(browser) == tag)


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
    WebDriverWait(browser, 20).until(
        lambda browser: browser.find_elements(By.CSS_SELECTOR, ".alert[role=alert]:not([hidden])")
    )
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
