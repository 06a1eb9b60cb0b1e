"""Chromium in front of a running system: what a person does on a page, and what they see there."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from cli.embedded_redis import free_port
from creditrisk.application import FIELDS
from tests.conftest import ROOT
from tests.machine import open_chromium

APPLICANT = {
    "full_name": "Júlia d'Ávila",
    "DNI": "00123456",
    "age": "34",
    "residencial_state": "São Paulo",
    "residencial_city": "Guarulhos",
    "residencial_zip": "071",
    "personal_monthly_income": "1200.50",
    "quant_of_dependants": "2",
    "flag_email": "Yes",
    "flag_residencial_phone": "No",
    "company": "Yes",
    "flag_professional_phone": "No",
    "months_in_the_job": "0",
    "other_incomes": "0",
    "personal_assets_value": "0",
    "quant_cars": "None",
    **dict.fromkeys(
        ("flag_visa", "flag_mastercard", "flag_diners", "flag_american_express", "flag_other_cards"), "No"
    ),
    "quant_banking_accounts": "2 or more",
    "payment_day": "10",
    "postal_address_type": "1",
    "application_submission_type": "On the web",
    "product": "1",
}
"""What must be answered, in the words of the form; what the portfolio does not ask is left out."""
_ASKED = {each.form_name for each in FIELDS.values() if each.asked}
APPLICANT = {name: answer for name, answer in APPLICANT.items() if name in _ASKED}

VERDICTS = {"0": "Approved", "1": "Declined"}
"""Prediction → what a clerk reads."""
KIND_VERDICTS = {"0": "Your application is approved", "1": "We cannot approve your application"}
"""Prediction → what an applicant reads."""


@dataclass(frozen=True)
class System:
    """A running system: the port of its form, the folder of its data, and the line it says when it is ready."""

    port: int
    data: Path
    said: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def desk(self) -> str:
        """The clerk's page."""
        return f"{self.url}clerk"

    def rows(self, name: str) -> list[dict[str, str]]:
        """The history's rows of applicants of this name."""
        file = self.data / "history" / "history.csv"
        if not file.exists():
            return []
        with file.open(newline="", encoding="utf-8") as lines:
            return [row for row in csv.DictReader(lines) if row["FULL_NAME"] == name]


@contextmanager
def serving(data: Path, **environment: str) -> Iterator[System]:
    """`creditrisk serve` on a free port, stopped at the end as by Ctrl-C."""
    port = free_port()
    command = [sys.executable, "-m", "cli", "serve", "--port", str(port), "--data", str(data)]
    ours = {name: value for name, value in os.environ.items() if name not in ("HISTORY_URL", "MODEL_STORE")}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**ours, **environment}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        system = System(port, data, process.stdout.readline())
        assert "Ready" in system.said
        assert urlopen(f"{system.url}readyz", timeout=60).status == 200
        yield system
    finally:
        process.terminate()
        assert process.wait(60) is not None


class Form(NamedTuple):
    """A form by itself."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def form_alone(**environment: str) -> Iterator[Form]:
    """The form on a free port, and nothing else of the system."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "web", "run", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )
    url = f"http://localhost:{port}/"

    def is_up() -> bool:
        with suppress(OSError), urlopen(f"{url}healthz", timeout=60) as reply:
            return bool(reply.status == 200)
        return False

    try:
        WebDriverWait(None, 60, 0.05).until(lambda _: is_up())
        yield Form(url, process)
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with serving(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture
def open_browser(tmp_path: Path) -> Iterator[Callable[..., Chrome]]:
    """Opens Chromium, with or without JavaScript; *.test is this machine, by a name that is not "localhost"."""
    opened: list[Chrome] = []

    def open_one(javascript: bool = True) -> Chrome:
        preferences = {} if javascript else {"profile.managed_default_content_settings.javascript": 2}
        flags = (
            "disable-quic", "disable-component-update", "disable-background-networking", "disable-sync",
            "window-size=1280,900", "host-resolver-rules=MAP *.test 127.0.0.1",
            f"user-data-dir={tmp_path / f'profile-{len(opened)}'}",
        )  # fmt: skip
        opened.append(open_chromium(*flags, preferences=preferences))
        return opened[-1]

    yield open_one
    for browser in opened:
        browser.quit()


@pytest.fixture
def browser(open_browser: Callable[..., Chrome]) -> Chrome:
    return open_browser()


def field(browser: Chrome, name: str) -> WebElement:
    return browser.find_element(By.ID, f"field-{name}")


def fill_in(browser: Chrome, **answers: str) -> None:
    """Type or choose each answer as a person does."""
    for name, answer in answers.items():
        control = field(browser, name)
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", control)
        if control.tag_name == "select":
            Select(control).select_by_visible_text(answer)
        elif control.get_attribute("type") == "radio":
            buttons(browser, name)[answer].click()
        else:
            control.clear()
            control.send_keys(answer)


def buttons(browser: Chrome, name: str) -> dict[str, WebElement]:
    """The buttons of a row by their words, in their order."""
    rows = browser.find_elements(By.CSS_SELECTOR, f"label:has(input[name='{name}'])")
    return {row.text: row for row in rows}


def press_assess(browser: Chrome) -> None:
    """Press the button, and wait until the next page is there in full."""
    page = browser.find_element(By.TAG_NAME, "main")

    def arrived(it: Chrome) -> bool:
        there = it.find_element(By.TAG_NAME, "main") != page
        return there and it.execute_script("return document.readyState") == "complete"

    browser.find_element(By.XPATH, "//button[text()='ASSESS']").click()
    # While one page makes way for the next, the browser knows of no element.
    WebDriverWait(browser, 120, 0.05, ignored_exceptions=[WebDriverException]).until(arrived)


def loaded(browser: Chrome) -> dict[str, int]:
    """What the page consists of: each address, and its bytes on the wire without headers.

    The browser enters a file in its account a while after the page has run it, so the account is waited for."""
    named = browser.execute_script(
        "return [...document.querySelectorAll('link[rel=stylesheet], script[src]')].map(it => it.href || it.src)"
    )

    def account(it: Chrome) -> dict[str, int] | None:
        sizes: dict[str, int] = it.execute_script(
            "return Object.fromEntries(performance.getEntries()"
            ".filter(entry => ['navigation', 'resource'].includes(entry.entryType))"
            ".map(entry => [entry.name, entry.encodedBodySize]))"
        )
        return sizes if all(map(sizes.get, [it.current_url, *named])) else None

    found = WebDriverWait(browser, 60, 0.05).until(account)
    assert found
    return found


def heading(browser: Chrome) -> str:
    return browser.find_element(By.TAG_NAME, "h1").text.replace("\n", " ")


def verdict(browser: Chrome) -> str:
    """The verdict, once it is there. While one page makes way for the next, the browser knows of no heading."""
    WebDriverWait(browser, 120, ignored_exceptions=[WebDriverException]).until(
        lambda it: heading(it) in VERDICTS.values()
    )
    return heading(browser)


def application_id(browser: Chrome) -> str:
    return browser.find_element(By.XPATH, "//dt[text()='Application']/following-sibling::dd").text


def complaints(browser: Chrome) -> list[str]:
    """What the browser's console has to say; that an answer was 400 or 403 is no complaint."""
    log: list[dict[str, str]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    entries = [entry["message"] for entry in log]
    return [entry for entry in entries if "status of 40" not in entry]
