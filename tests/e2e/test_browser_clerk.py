"""A clerk's way in Chromium: a full file by keyboard, in few keys, with ASSESS always in reach, and a correction."""

from collections.abc import Callable

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from creditrisk.application import FIELDS
from tests.e2e.browsing import APPLICANT, System, complaints, field, fill_in
from tests.e2e.person import Person, in_words, is_decided, stands_at, wait

pytestmark = pytest.mark.needs("chromium", "redis-server")

ENTER = "\ue007"
KEYS: dict[str, str] = {
    "full_name": "Ana Lima" + ENTER, "DNI": "123456" + ENTER, "quant_of_dependants": "1" + ENTER, "flag_email": "y", "age": "34" + ENTER,
    "residencial_state": "rj", "residencial_city": "nat" + ENTER, "residencial_borough": "Centro" + ENTER, "flag_residencial_phone": "y",
    "residencial_phone_area_code": "5" + ENTER, "months_in_residence": "9" + ENTER, "residencial_zip": "230" + ENTER,
    "company": "y", "professional_state": "rj", "professional_city": "nat" + ENTER, "professional_borough": "Centro" + ENTER,
    "flag_professional_phone": "n", "months_in_the_job": "6" + ENTER,
    "personal_monthly_income": "900" + ENTER, "other_incomes": "0" + ENTER, "personal_assets_value": "0" + ENTER, "quant_cars": "n",
    "flag_visa": "y", "flag_mastercard": "n", "flag_diners": "n", "flag_american_express": "n", "flag_other_cards": "n",
    "quant_banking_accounts": "1", "payment_day": "5", "postal_address_type": "1", "residence_type": "1",
    "profession_code": "9", "occupation_type": "2", "application_submission_type": "c",
    "flag_home_address_document": "y", "flag_rg": "y", "flag_cpf": "y", "flag_income_proof": "n", "product": "2",
    "flag_acsp_record": "n",
}  # fmt: skip
"""Field → the keys that answer it and lead on to the next."""


def test_a_full_file_takes_few_keys_and_assess_is_always_in_reach(system: System, browser: Chrome) -> None:
    browser.get(system.desk)
    person = Person(browser)
    asked = [
        field.form_name
        for field in FIELDS.values()
        if field.asked and field.form_name != "professional_phone_area_code"
    ]
    assert set(KEYS) == set(asked)
    in_reach = """
        const button = document.querySelector('.actions-sticky button').getBoundingClientRect();
        const focus = document.activeElement.getBoundingClientRect();
        return button.bottom <= innerHeight && focus.top >= 0 && focus.bottom <= button.top;"""
    left = dict(KEYS)
    while left:
        name = (
            person.focused.removeprefix("field-")
            or browser.switch_to.active_element.get_attribute("name")
            or ""
        )
        assert browser.execute_script(in_reach), f"{name} or ASSESS is hidden"
        person.press(*left.pop(name))
    assert browser.switch_to.active_element.text == "ASSESS"
    person.press(Keys.ENTER)
    wait(browser, lambda it: it.find_elements(By.CSS_SELECTOR, ".page-result"))
    print(f"a full file of {len(KEYS)} fields: {person.keys} keys")
    assert person.keys <= 90
    (row,) = system.rows("Ana Lima")
    expected = {
        "RESIDENCIAL_STATE": "RJ", "RESIDENCIAL_CITY": "Natal", "PAYMENT_DAY": "5", "FLAG_VISA": "1", "FLAG_MASTERCARD": "0",
        "RESIDENCIAL_PHONE_AREA_CODE": "5", "APPLICATION_SUBMISSION_TYPE": "Carga", "PROFESSION_CODE": "9", "PRODUCT": "2",
        "QUANT_BANKING_ACCOUNTS": "1", "QUANT_CARS": "0", "FLAG_RG": "1", "FLAG_ACSP_RECORD": "N", "PROFESSIONAL_PHONE_AREA_CODE": "",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert browser.current_url == f"{system.url}clerk/application/{row['APPLICATION_ID']}"

    browser.find_element(By.XPATH, "//button[text()='Correct and send again']").click()
    stands_at(browser, "Corrected application")
    assert field(browser, "residencial_city").get_attribute("value") == "Natal"
    fill_in(browser, age="35")
    person.press(Keys.CONTROL + ENTER)
    wait(browser, lambda it: it.find_elements(By.CSS_SELECTOR, ".page-result"))
    old, new = system.rows("Ana Lima")
    own = {"AGE": "35", "CORRECTS": old["APPLICATION_ID"]}
    assert {name: new[name] for name in own} == own
    assert all(new[name] == old[name] for name in FIELDS if name != "AGE")
    assert complaints(browser) == []


@pytest.mark.parametrize(("language", "javascript"), [("pt-BR", False), ("es", True)])
def test_the_keyboard_is_enough_without_a_clerks_keys_too(
    system: System, open_browser: Callable[..., Chrome], language: str, javascript: bool
) -> None:
    browser = open_browser(javascript)
    browser.get(f"{system.desk}?language={language}")
    person = Person(browser)
    name = f"Keyed {language}"
    for form_name, text in (APPLICANT | {"full_name": name}).items():
        person.answer_by_keyboard(form_name, in_words(text, language, form_name))
    person.press_by_keyboard(".actions-sticky button", lambda: is_decided(browser))
    (row,) = system.rows(name)
    person.press_by_keyboard(
        "form.actions button[type=submit]",
        lambda: stands_at(browser, in_words("Corrected application", language)),
    )
    person.tab_to(lambda: person.focused == "field-age")
    person.press(Keys.CONTROL + "a", "3", "5")
    person.press_by_keyboard(".actions-sticky button", lambda: is_decided(browser))
    corrected = system.rows(name)[1]
    assert (row["AGE"], corrected["AGE"], corrected["CORRECTS"]) == ("34", "35", row["APPLICATION_ID"])


def test_a_reload_of_the_desk_loses_nothing_and_the_next_applicant_begins_anew(
    system: System, browser: Chrome
) -> None:
    browser.get(system.desk)
    fill_in(browser, full_name="Kept", flag_visa="Yes", residencial_state="Acre")
    browser.refresh()
    wait(browser, lambda it: field(it, "full_name").get_attribute("value") == "Kept")
    assert field(browser, "residencial_state").get_attribute("value") == "AC"
    assert browser.find_element(By.CSS_SELECTOR, "[name=flag_visa]:checked").get_attribute("value") == "1"
    browser.switch_to.new_window("tab")
    browser.get(system.desk)
    assert field(browser, "full_name").get_attribute("value") == ""
