"""The whole system, as `creditrisk serve` starts it, used by a person in Chromium."""

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By

from creditrisk.application import FIELDS
from tests.conftest import ROOT
from tests.e2e.browsing import (
    APPLICANT,
    KIND_VERDICTS,
    VERDICTS,
    System,
    application_id,
    complaints,
    field,
    fill_in,
    heading,
    loaded,
    press_assess,
    serving,
    verdict,
)
from tests.e2e.person import stands_at, wait

pytestmark = pytest.mark.needs("chromium", "redis-server")


@pytest.fixture(scope="module")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that never waits, so that each form is answered with the pending page."""
    with serving(tmp_path_factory.mktemp("unhurried"), WAIT_SECONDS="0") as running:
        yield running


def test_a_person_gets_a_decision_and_the_history_has_its_row(system: System, browser: Chrome) -> None:
    browser.get(system.desk)
    fill_in(browser, **APPLICANT | {"flag_visa": "Yes"})
    press_assess(browser)

    shown = verdict(browser)
    page = browser.find_element(By.TAG_NAME, "main").text
    (row,) = system.rows("Júlia d'Ávila")
    assert row["APPLICATION_ID"] == application_id(browser)
    assert (row["DNI"], row["AGE"], row["QUANT_DEPENDANTS"], row["FLAG_VISA"]) == ("00123456", "34", "2", "1")
    assert (row["RESIDENCIAL_STATE"], row["PERSONAL_MONTHLY_INCOME"]) == ("SP", "1200.5")
    assert (row["QUANT_BANKING_ACCOUNTS"], row["APPLICATION_SUBMISSION_TYPE"]) == ("2", "Web")
    assert (row["EDUCATION_LEVEL_1"], row["SEX"], row["FLAG_RG"]) == ("", "", "")
    assert shown == VERDICTS[row["PREDICTION"]]
    assert browser.current_url == f"{system.url}clerk/application/{row['APPLICATION_ID']}"
    assert f"{float(row['PROBABILITY']) * 100:.1f} %" in page
    for word in ("Júlia d'Ávila", "DNI 00123456", row["MODEL"], row["MODEL_VERSION"]):
        assert word in page
    assert browser.find_elements(By.CSS_SELECTOR, ".reasons li")
    browser.get(f"{system.url}application/{row['APPLICATION_ID']}")
    page = browser.find_element(By.TAG_NAME, "main").text
    assert heading(browser) == KIND_VERDICTS[row["PREDICTION"]]
    assert row["PROBABILITY"] not in page and row["MODEL"] not in page
    assert browser.find_elements(By.CSS_SELECTOR, ".grounds li")
    assert complaints(browser) == []


def test_the_queue_is_where_the_system_says(system: System) -> None:
    found = re.search(r"queue at (\S+);", system.said)
    assert found, system.said
    shown = subprocess.run(
        [sys.executable, "-m", "cli", "queue"],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": found[1]},
        capture_output=True,
        text=True,
    )
    assert "scorers awake" in shown.stdout, shown.stderr


def test_errors_are_put_in_front_of_the_person_and_can_be_mended(system: System, browser: Chrome) -> None:
    browser.get(system.desk)
    fill_in(browser, **APPLICANT | {"full_name": "Mended", "age": "seven", "DNI": ""})
    press_assess(browser)

    focused = browser.switch_to.active_element
    assert focused.get_attribute("role") == "alert"
    assert "2 fields need another look" in focused.text
    focused.find_element(By.LINK_TEXT, "Age").click()
    assert browser.switch_to.active_element == field(browser, "age")
    assert field(browser, "age").get_attribute("value") == "seven"
    assert field(browser, "residencial_city").get_attribute("value") == "Guarulhos"

    fill_in(browser, age="34", DNI="00123456")
    press_assess(browser)
    verdict(browser)
    assert len(system.rows("Mended")) == 1


def test_an_amount_is_shown_as_it_will_be_understood_before_it_is_sent(
    system: System, browser: Chrome
) -> None:
    income = FIELDS["PERSONAL_MONTHLY_INCOME"]
    browser.get(system.desk)
    typed = (
        "1200", "1200,50", "1.200,50", "1.200", "1,200", "1,200.50", "R$ 1.200,00", "1.234.567", "1 200,5", "0.500", "1200.500",
        "1200.125001", "12.1250", "7", ".5", ",5", "1200.", "1200 reais", "12..3", "R$", "1e3", "-", "abc", "1.2,3", "+3", "1 2", "１２００",
        "١٬٢٠٠٫٥٠", "۱۲۰۰", "１，２００．５０", "１．２００", "R$ १२००",
    )  # fmt: skip
    for text in typed:
        fill_in(browser, personal_monthly_income=text)
        try:
            expected = f"Understood as {income.shown(income.parse(text))}"
        except ValueError as error:
            expected = str(error) if "?" in str(error) else ""
        assert field(browser, "personal_monthly_income-understood").text == expected, text
    assert complaints(browser) == []


def test_without_scripts_a_refused_form_shows_amounts_as_they_were_understood(
    system: System, open_browser: Callable[..., Chrome]
) -> None:
    browser = open_browser(javascript=False)
    browser.get(system.desk)
    fill_in(browser, **APPLICANT | {"personal_monthly_income": "1.200,50", "other_incomes": "1.200"})
    press_assess(browser)
    assert field(browser, "personal_monthly_income-understood").text == "Understood as R$ 1,200.50"
    assert "thousands or for cents?" in field(browser, "other_incomes-error").text


def test_back_and_sent_again_is_the_first_answer_and_edited_a_new_one(
    system: System, browser: Chrome
) -> None:
    browser.get(system.desk)
    fill_in(browser, **APPLICANT | {"full_name": "Twice"})
    press_assess(browser)
    verdict(browser)
    first = application_id(browser)

    browser.refresh()
    wait(browser, lambda it: application_id(it) == first)
    browser.back()
    wait(browser, lambda it: field(it, "full_name").get_attribute("value") == "Twice")
    press_assess(browser)
    verdict(browser)
    assert application_id(browser) == first
    assert len(system.rows("Twice")) == 1

    browser.back()
    wait(browser, lambda it: field(it, "full_name").get_attribute("value") == "Twice")
    fill_in(browser, age="35")
    press_assess(browser)
    verdict(browser)
    assert application_id(browser) != first
    assert [row["AGE"] for row in system.rows("Twice")] == ["34", "35"]


def test_a_double_click_is_one_application(system: System, browser: Chrome) -> None:
    browser.get(system.desk)
    fill_in(browser, **APPLICANT | {"full_name": "Double"})
    button = browser.find_element(By.XPATH, "//button[text()='ASSESS']")
    ActionChains(browser).double_click(button).perform()
    verdict(browser)
    assert len(system.rows("Double")) == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_the_waiting_page_finds_its_answer(
    unhurried: System, open_browser: Callable[..., Chrome], javascript: bool
) -> None:
    browser = open_browser(javascript)
    browser.get(unhurried.desk)
    fill_in(browser, **APPLICANT | {"full_name": f"Waiting {javascript}"})
    press_assess(browser)
    verdict(browser)
    assert application_id(browser) == unhurried.rows(f"Waiting {javascript}")[0]["APPLICATION_ID"]


def test_over_plain_http_under_another_name_the_form_is_not_taken_for_a_forgery(
    system: System, browser: Chrome
) -> None:
    """There, browsers send no Sec-Fetch-Site; Origin alone tells, and must not be hidden by our own policy."""
    browser.get(f"http://form.test:{system.port}/clerk")
    fill_in(browser, **APPLICANT | {"full_name": "Plain"})
    press_assess(browser)
    verdict(browser)


@pytest.mark.parametrize("name", ["localhost", "form.test"])
def test_a_form_on_another_site_is_refused(
    system: System, browser: Chrome, tmp_path: Path, name: str
) -> None:
    fields = "".join(f'<input name="{key}" value="x">' for key in APPLICANT)
    target = f"http://{name}:{system.port}/application"
    (tmp_path / "evil.html").write_text(
        f'<form method="post" action="{target}">{fields}<button>win</button></form>'
    )
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.get(f"http://evil.test:{server.server_port}/evil.html")
        browser.find_element(By.TAG_NAME, "button").click()
        server.shutdown()
    stands_at(browser, "Forbidden")
    assert "Open the form on this site" in browser.find_element(By.TAG_NAME, "main").text
    browser.find_element(By.LINK_TEXT, "To the form").click()
    stands_at(browser, "Personal details")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_on_a_phone_nothing_lies_beyond_the_edge(system: System, browser: Chrome) -> None:
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(system.desk)
    fill_in(browser, **APPLICANT | {"full_name": "Phone " + "W" * 54})
    for page in ("form", "refused", "result"):
        width = browser.execute_script("return document.documentElement.scrollWidth")
        assert width == 360, page
        if page == "form":
            fill_in(browser, age="7")
            press_assess(browser)
        elif page == "refused":
            fill_in(browser, age="34")
            press_assess(browser)
            verdict(browser)


def test_the_pages_ask_no_other_machine_for_anything(system: System, browser: Chrome) -> None:
    browser.get(system.desk)
    addresses = loaded(browser)
    assert len(addresses) >= 4, "the page, its style and its scripts"
    assert all(address.startswith(system.url) for address in addresses)
