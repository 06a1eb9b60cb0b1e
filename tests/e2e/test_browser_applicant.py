"""An applicant's way in Chromium: on a phone, by keyboard alone, without scripts, and through all that goes wrong."""

import functools
from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cli.embedded_redis import free_port
from tests.conftest import ROOT
from tests.e2e.browsing import Form, System, complaints, field, form_alone, heading, loaded
from tests.e2e.person import ANSWERS, PAGES, PHONE, Person, fill, in_words, is_decided, stands_at, wait

pytestmark = pytest.mark.needs("chromium", "redis-server")


@pytest.fixture
def phone(open_browser: Callable[..., Chrome]) -> Chrome:
    browser = open_browser()
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    return browser


def typed(browser: Chrome, name: str) -> str:
    return field(browser, name).get_attribute("value") or ""


def kept(browser: Chrome) -> str:
    """What is kept on the device."""
    return str(browser.execute_script("return JSON.stringify([{...localStorage}, {...sessionStorage}])"))


def test_a_person_with_a_phone_has_a_decision_after_few_keys_and_within_two_minutes(
    system: System, phone: Chrome
) -> None:
    phone.get(system.url)
    first_load = sum(loaded(phone).values())
    person = Person(phone)
    person.effort.pages += 1
    for page in ANSWERS:
        assert phone.execute_script("return document.documentElement.scrollWidth") == PHONE["width"]
        fill(person, page)
    assert phone.current_url == f"{system.url}check"
    person.read("main dl > div")
    person.leave("button[data-send]", lambda: is_decided(phone))
    effort = person.effort
    print(
        f"{person.questions} questions; {effort.keys} keys, {effort.taps} taps, {effort.keys + effort.taps} in all; "
        f"a person takes {effort} (the pages took {person.waited:.1f} s here); first load {first_load / 1000:.1f} kB"
    )
    assert person.questions == sum(map(len, ANSWERS)) <= 20
    assert effort.keys + effort.taps <= 60
    assert effort.seconds <= 120, "reckoned, not measured"
    told = f"{person.questions} questions with {effort.keys} keys and {effort.taps} taps"
    assert told in (ROOT / "docs" / "portfolios.md").read_text(encoding="utf-8")
    assert 10_000 < first_load <= 20_000
    (row,) = system.rows("Ana Lima")
    assert phone.current_url == f"{system.url}application/{row['APPLICATION_ID']}"
    assert (row["RESIDENCIAL_STATE"], row["APPLICATION_SUBMISSION_TYPE"], row["FLAG_VISA"]) == (
        "RJ",
        "Web",
        "0",
    )
    assert "Ana Lima" not in kept(phone), "a draft goes when it was sent"
    assert complaints(phone) == []


@pytest.mark.parametrize(("language", "javascript"), [("en", True), ("pt-BR", False), ("es", True)])
def test_the_keyboard_is_enough(
    system: System, open_browser: Callable[..., Chrome], language: str, javascript: bool
) -> None:
    browser = open_browser(javascript)
    browser.get(f"{system.url}?language={language}")
    person = Person(browser)
    assert not javascript or person.focused == "field-full_name"
    for page, title in zip(ANSWERS, PAGES[1:], strict=True):
        for name, text in page.items():
            person.answer_by_keyboard(name, in_words(text, language, name))
        following = in_words(title, language)
        person.press_by_keyboard(
            "main button.primary[type=submit]", functools.partial(stands_at, browser, following)
        )
    before = len(system.rows("Ana Lima"))
    person.press_by_keyboard("button[data-send]", lambda: is_decided(browser))
    print(f"by keyboard alone, in {language}: {person.keys} keys")
    assert len(system.rows("Ana Lima")) == before + 1


def test_without_scripts_each_page_leads_to_the_next(
    system: System, open_browser: Callable[..., Chrome]
) -> None:
    browser = open_browser(javascript=False)
    browser.get(system.url)
    person = Person(browser)
    fill(person, ANSWERS[0])
    assert browser.current_url.startswith(f"{system.url}form/residence?")
    person.tap("button.secondary[type=submit]")
    stands_at(browser, PAGES[0])
    assert typed(browser, "full_name") == "Ana Lima"
    assert not browser.find_element(By.CSS_SELECTOR, "[data-draft]").is_displayed(), (
        "nothing is kept, and nothing said of it"
    )
    fill(person, *ANSWERS)
    before = len(system.rows("Ana Lima"))
    person.tap("button[data-send]")
    is_decided(browser)
    assert len(system.rows("Ana Lima")) == before + 1


@pytest.mark.parametrize("javascript", [True, False])
def test_enter_in_a_field_goes_on_and_another_language_keeps_what_was_typed(
    system: System, open_browser: Callable[..., Chrome], javascript: bool
) -> None:
    browser = open_browser(javascript)
    browser.get(system.url)
    person = Person(browser)
    for name, text in ANSWERS[0].items():
        person.answer(name, text)
    person.press(Keys.ENTER)
    stands_at(browser, PAGES[1])
    person.answer("residencial_city", "Natal")
    browser.find_element(By.CSS_SELECTOR, ".languages [lang=es]").click()
    wait(browser, lambda it: it.find_element(By.TAG_NAME, "html").get_attribute("lang") == "es")
    assert typed(browser, "residencial_city") == "Natal"
    browser.find_element(By.CSS_SELECTOR, ".languages [lang=en]").click()
    stands_at(browser, PAGES[1])


def test_what_is_wrong_is_put_in_front_and_its_link_shows_the_label(system: System, phone: Chrome) -> None:
    phone.get(system.url)
    person = Person(phone)
    person.answer("full_name", "Ana Lima")
    person.answer("age", "seven")
    person.tap("main button.primary[type=submit]")
    wait(phone, lambda it: it.switch_to.active_element.get_attribute("role") == "alert")
    alert = phone.switch_to.active_element
    assert "Give the age in years, from 18 to 120, or the date of birth" in alert.text
    alert.find_element(By.LINK_TEXT, "Age").click()
    assert person.focused == "field-age"
    label = phone.find_element(By.CSS_SELECTOR, "label[for=field-age]")
    top = phone.execute_script("return arguments[0].getBoundingClientRect().top", label)
    assert 0 <= top < PHONE["height"]
    assert typed(phone, "full_name") == "Ana Lima" and typed(phone, "age") == "seven"


def test_a_reload_and_the_browsers_back_lose_nothing(system: System, browser: Chrome) -> None:
    browser.get(system.url)
    person = Person(browser)
    fill(person, *ANSWERS[:2])
    person.answer("months_in_the_job", "7")
    browser.refresh()
    stands_at(browser, PAGES[2])
    wait(browser, lambda it: typed(it, "months_in_the_job") == "7")
    browser.back()
    stands_at(browser, PAGES[1])
    wait(browser, lambda it: typed(it, "residencial_city") == "Natal")
    browser.forward()
    stands_at(browser, PAGES[2])
    wait(browser, lambda it: typed(it, "months_in_the_job") == "7")


def test_a_closed_tab_is_offered_again_and_can_be_forgotten(system: System, browser: Chrome) -> None:
    browser.get(system.url)
    person = Person(browser)
    fill(person, *ANSWERS[:2])
    before = browser.current_window_handle

    def in_a_new_tab() -> None:
        browser.switch_to.new_window("tab")
        browser.get(system.url)

    in_a_new_tab()
    offer = browser.find_element(By.CSS_SELECTOR, "[data-offer]")
    assert offer.is_displayed() and "Ana" not in offer.text
    assert not browser.find_element(By.ID, "steps").is_displayed()
    browser.find_element(By.CSS_SELECTOR, "[data-resume]").click()
    stands_at(browser, PAGES[2])
    browser.find_element(By.CSS_SELECTOR, ".draft [data-forget]").click()
    stands_at(browser, PAGES[0])
    assert typed(browser, "full_name") == ""
    assert "Ana" not in kept(browser)
    in_a_new_tab()
    assert not browser.find_element(By.CSS_SELECTOR, "[data-offer]").is_displayed()
    assert before in browser.window_handles


def test_without_a_connection_nothing_is_lost_and_the_page_stays_ours(
    system: System, browser: Chrome
) -> None:
    browser.get(system.url)
    person = Person(browser)
    for name, text in ANSWERS[0].items():
        person.answer(name, text)
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**conditions, "offline": True})
    person.tap("main button.primary[type=submit]")
    told = browser.find_element(By.CSS_SELECTOR, "[data-unreachable]")
    wait(browser, lambda it: told.is_displayed())
    assert browser.switch_to.active_element == told
    assert typed(browser, "full_name") == "Ana Lima"
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", {**conditions, "offline": False})
    person.go_on(PAGES[1])


@pytest.fixture
def without_redis() -> Iterator[Form]:
    """A form whose queue is away."""
    with form_alone(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0") as form:
        yield form


def test_what_is_not_accepted_comes_back_filled_and_says_when_to_try_again(
    without_redis: Form, browser: Chrome
) -> None:
    browser.get(without_redis.url)
    person = Person(browser)
    fill(person, *ANSWERS)
    person.tap("button[data-send]")
    wait(browser, lambda it: it.switch_to.active_element.get_attribute("role") == "alert")
    assert "Try again in 5 seconds." in browser.switch_to.active_element.text
    assert heading(browser) == PAGES[-1]
    assert "Ana Lima" in browser.find_element(By.TAG_NAME, "main").text
    assert "Ana Lima" in kept(browser)


def test_where_nothing_can_be_reached_the_page_that_says_so_is_ours(
    without_redis: Form, browser: Chrome
) -> None:
    browser.get(f"{without_redis.url}?language=pt-BR")
    wait(browser, lambda it: it.execute_script("return Boolean(navigator.serviceWorker.controller)"))
    Person(browser).answer("full_name", "Ana Lima")
    without_redis.process.kill()
    without_redis.process.wait(60)
    browser.refresh()
    wait(browser, lambda it: heading(it) == "Não foi possível conectar ao nosso site")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "pt-BR"
    assert browser.execute_script("return document.styleSheets[0].cssRules.length") > 10
    assert "Ana Lima" in kept(browser), "and what was typed is where it was"
