"""Somebody at a browser: what they ask of it is counted, and how long it would take them is reckoned."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from creditrisk.application import FIELDS, SECTIONS
from creditrisk.portfolio import active
from deploy import catalogs
from tests.e2e.browsing import field, heading
from web.language import DEFAULT

SECONDS: Mapping[str, float] = {"keys": 0.33, "taps": 1.1, "swipes": 1.1, "thoughts": 1.35, "pages": 1.0}
"""What each act of somebody with a phone takes, by the keystroke-level model: pointing, here a tap or a swipe, and a moment
of thought as in S. K. Card, T. P. Moran, A. Newell, "The keystroke-level model for user performance time with interactive
systems", Communications of the ACM 23 (7), 1980; a key as people type on phones, 36 words a minute (K. Palin and others, "How
do people type on mobile devices?", MobileHCI 2019). A page is allowed a second, whatever it takes on this machine."""

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
PAGES = (
    "Personal details",
    "Residence",
    "Work",
    "Income and assets",
    "Cards and accounts",
    "Product",
    "Check your answers",
)
ANSWERS: tuple[dict[str, str], ...] = (
    {"full_name": "Ana Lima", "DNI": "123456", "quant_of_dependants": "1", "flag_email": "Yes", "age": "34"},
    {"residencial_state": "Rio de Janeiro", "residencial_city": "Natal", "flag_residencial_phone": "No", "months_in_residence": "24",
     "residencial_zip": "230"},
    {"company": "No", "flag_professional_phone": "No", "months_in_the_job": "0"},
    {"personal_monthly_income": "1200", "other_incomes": "0", "personal_assets_value": "0", "quant_cars": "None"},
    {"flag_visa": "None of these", "quant_banking_accounts": "1"},
    {"payment_day": "10"},
)  # fmt: skip
"""What somebody without a job answers, page by page, in the words of the pages."""


@dataclass
class Effort:
    """What somebody did. A thought precedes each answer, each answer that is read again, and each button."""

    keys: int = 0
    taps: int = 0
    swipes: int = 0
    thoughts: int = 0
    pages: int = 0

    @property
    def seconds(self) -> float:
        """What a person would have taken: it follows from the counts alone, never from this machine's speed."""
        return float(sum(SECONDS[act] * count for act, count in vars(self).items()))

    def __str__(self) -> str:
        parts = " + ".join(f"{count} {act} × {SECONDS[act]} s" for act, count in vars(self).items())
        return f"{self.seconds:.0f} s = {parts}"


def wait(browser: Chrome, until: Callable[[Chrome], object]) -> None:
    """Wait for it; while one page makes way for the next, the browser knows of no element."""
    WebDriverWait(browser, 120, 0.05, ignored_exceptions=[WebDriverException]).until(until)


def stands_at(browser: Chrome, title: str) -> None:
    wait(
        browser,
        lambda it: heading(it) == title and it.execute_script("return document.readyState") == "complete",
    )


def is_decided(browser: Chrome) -> None:
    wait(browser, lambda it: it.find_elements(By.CSS_SELECTOR, ".page-result"))


class Person:
    """Somebody at a browser, with a phone's habits."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser
        self.effort = Effort()
        self.questions = 0
        """Questions that the pages which were left had put."""
        self.waited = 0.0
        """Seconds that the pages took on this machine: to be told, not to be asserted on."""

    @property
    def keys(self) -> int:
        return self.effort.keys

    @property
    def taps(self) -> int:
        return self.effort.taps

    @property
    def focused(self) -> str:
        return self.browser.switch_to.active_element.get_attribute("id") or ""

    def tap(self, css: str) -> None:
        self._tap(self.browser.find_element(By.CSS_SELECTOR, css))

    def _tap(self, element: WebElement) -> None:
        self._bring_into_view(element)
        element.click()
        self.effort.taps += 1

    def _bring_into_view(self, element: WebElement) -> None:
        """By swipes of half a screen, as many as it takes."""
        distance = self.browser.execute_script(
            "const box = arguments[0].getBoundingClientRect();"
            "return Math.max(0, box.bottom - innerHeight, -box.top) / (innerHeight / 2)",
            element,
        )
        self.effort.swipes += -int(-distance // 1)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.switch_to.active_element.send_keys(key)
            self.effort.keys += 1

    def answer(self, name: str, text: str) -> None:
        """As a person on a phone does: tap into a field that has no focus yet and type, or tap a choice."""
        self.effort.thoughts += 1
        control = field(self.browser, name)
        if control.tag_name == "select":
            self._choose(control, text)
        elif control.get_attribute("type") in ("radio", "checkbox"):
            labels = f".field:has(#field-{name}) label.button"
            choices = self.browser.find_elements(By.CSS_SELECTOR, labels)
            (choice,) = (each for each in choices if each.text == text)
            self._tap(choice)
        else:
            if control.get_attribute("value"):
                control.clear()
            if self.focused != f"field-{name}":
                self._tap(control)
            self.press(*text)

    def answer_by_keyboard(self, name: str, text: str) -> None:
        """As a person without a mouse does: Tab to the field, then type, or go from choice to choice."""
        self.tab_to(lambda: self.focused == f"field-{name}")
        kind = field(self.browser, name).get_attribute("type")
        if kind not in ("radio", "checkbox"):
            self.press(*text)
            return
        labels = f".field:has(#field-{name}) label.button"
        row = [each.text for each in self.browser.find_elements(By.CSS_SELECTOR, labels)]
        if kind == "radio":
            self.press(Keys.SPACE, *[Keys.ARROW_RIGHT] * row.index(text))
        else:
            self.press(*[Keys.TAB] * row.index(text), Keys.SPACE)

    def tab_to(self, is_there: Callable[[], bool]) -> None:
        """Press Tab until what is looked for has the focus; nobody goes around a page twice."""
        for _ in range(80):
            if is_there():
                return
            self.press(Keys.TAB)
        raise AssertionError(f"Tab does not lead there, but to {self.focused}")

    def press_by_keyboard(self, css: str, until: Callable[[], None]) -> None:
        """Tab to a button, press Enter on it, and wait until the next page is there."""
        button = self.browser.find_element(By.CSS_SELECTOR, css)
        self.tab_to(lambda: self.browser.switch_to.active_element == button)
        self.press(Keys.ENTER)
        until()

    def _choose(self, control: WebElement, text: str) -> None:
        """From a list that opens with a tap, and is as long as it is."""
        self._bring_into_view(control)
        listed = [option.text for option in Select(control).options]
        self.effort.swipes += listed.index(text) // ROWS
        self.effort.taps += 2
        Select(control).select_by_visible_text(text)

    def go_on(self, to: str) -> None:
        """Leave a page by its button."""
        asked = self.browser.find_elements(By.CSS_SELECTOR, ".questions > .field")
        questions = sum(each.is_displayed() for each in asked)
        self.leave("main button.primary[type=submit]", lambda: stands_at(self.browser, to))
        self.questions += questions

    def leave(self, button: str, until: Callable[[], None]) -> None:
        """Press a button that leads to another page, and wait until it is there."""
        self.effort.thoughts += 1
        self.tap(button)
        began = time.monotonic()
        until()
        self.waited += time.monotonic() - began
        self.effort.pages += 1

    def read(self, css: str) -> None:
        """Read something again, a thought each, swiping to where the last of it stands."""
        lines = self.browser.find_elements(By.CSS_SELECTOR, css)
        self.effort.thoughts += len(lines)
        self._bring_into_view(lines[-1])


ROWS = 8
"""How many rows of a list a phone shows at once."""


def fill(person: Person, *pages: dict[str, str], language: str = DEFAULT) -> None:
    """Answer these of ANSWERS, in the words of a language, and go on after each."""
    for page in pages:
        for name, text in page.items():
            person.answer(name, in_words(text, language, name))
        person.go_on(in_words(PAGES[ANSWERS.index(page) + 1], language))


def in_words(text: str, language: str, form_name: str = "") -> str:
    """What stands in English on a page, or as an answer to a field, as it stands there in another language; a name as it is."""
    if language == DEFAULT:
        return text
    words = active().words[language]
    for key, said in SECTIONS.items():
        if said == text:
            return words.sections[key]
    for each in FIELDS.values():
        levels = words.fields[each.name].levels or {} if each.form_name == form_name else {}
        for value, told in levels.items():
            if each.choices.get(value) == text:
                return told
    message = catalogs.read(language).get(text)
    return str(message.string) if message else text
