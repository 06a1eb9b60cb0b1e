"""The clerk's page: every field asked for once, and what a refused form keeps."""

import json
import re
from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk.application import FIELDS, SECTIONS, Role
from creditrisk.errors import QueueFull, QueueUnavailable
from creditrisk.portfolio import Source
from creditrisk.portfolio.kinds import Code
from tests.unit.web.conftest import FakeIntake
from tests.unit.web.elements import Elements, Form

ASKED = {name: field for name, field in FIELDS.items() if field.asked}


def untouched(page: str) -> dict[str, str]:
    """What a browser sends of a page where nobody answered anything."""
    sent: dict[str, str] = {}
    name = ""
    for tag, attributes in Elements(page).found:
        if tag == "select":
            name = attributes["name"] or ""
        elif tag == "option" and ("selected" in attributes or (name and name not in sent)):
            sent[name] = attributes["value"] or ""
        elif tag == "input" and (attributes["type"] != "radio" or "checked" in attributes):
            sent[attributes["name"] or ""] = attributes["value"] or ""
        if tag == "datalist":
            break
    return sent


def test_every_field_that_is_asked_stands_there_exactly_once_and_no_other(client: FlaskClient) -> None:
    controls = Elements(client.get("/clerk").text).all("input", "select")
    asked = {name for control in controls if (name := control["name"]) != "submission"}
    assert asked == {field.form_name for field in ASKED.values()}
    assert 30 < len(ASKED) < len(FIELDS)
    texts_and_lists = Counter(control["name"] for control in controls if control.get("type") != "radio")
    assert set(texts_and_lists.values()) == {1}


def test_the_applicants_sections_stand_before_the_clerks_each_in_its_order(client: FlaskClient) -> None:
    of_applicant, _, of_clerk = client.get("/clerk").text.partition("<h2>For the clerk</h2>")
    for page, heading, sources in (
        (of_applicant, "h2", {Source.APPLICANT}),
        (of_clerk, "h3", {Source.CLERK, Source.BUREAU}),
    ):
        fields = [field for field in ASKED.values() if field.source in sources]
        there = {field.section for field in fields}
        headings = re.findall(rf"<legend><{heading}>(.*?)</{heading}>", page)
        assert headings == [title for key, title in SECTIONS.items() if key in there]
        names = {control["name"] for control in Elements(page).all("input", "select")} - {"submission"}
        assert names == {field.form_name for field in fields}


def test_an_applicant_is_asked_for_no_code_and_for_nothing_that_no_model_uses() -> None:
    of_applicant = [field for field in ASKED.values() if field.source is Source.APPLICANT]
    assert {field.role for field in of_applicant} <= {Role.IDENTITY, Role.FEATURE, Role.HELD}
    codes = {
        field.name
        for field in of_applicant
        if isinstance(field.kind, Code)
        or (field.choices and all(value == words for value, words in field.choices.items()))
    }
    assert codes == {"PAYMENT_DAY", "RESIDENCIAL_ZIP_3"}  # a day of the month, and digits that one knows


def test_what_is_asked_only_of_some_says_of_whom(client: FlaskClient) -> None:
    page = client.get("/clerk").text
    (field,) = [div for div in Elements(page).all("div") if div.get("data-when") == "flag_residencial_phone"]
    assert json.loads(field["data-is"] or "") == ["Y"]
    assert re.search(
        r'id="field-residencial_phone_area_code"[^>]*aria-describedby="field-residencial_phone_area_code-when',
        page,
    )
    assert 'code-when">Only if “Home phone” is Yes.</p>' in page


def test_what_points_to_an_element_finds_it(client: FlaskClient, form: dict[str, object]) -> None:
    """Labels, descriptions, links and lists name ids that are there, once each; in a refused form as well."""
    for page in (client.get("/clerk").text, client.post("/clerk", data=form | {"age": "7"}).text):
        assert Elements(page).point_to_what_is_there()


def test_every_control_has_a_name_for_a_screen_reader(client: FlaskClient) -> None:
    elements = Elements(client.get("/clerk").text)
    labelled = set(elements.values("for"))
    for control in elements.all("input", "select"):
        if control.get("type") not in ("hidden", "radio"):
            assert control["id"] in labelled
    groups = [div for div in elements.all("div") if div.get("role") == "radiogroup"]
    assert groups
    assert all(group.get("aria-labelledby") for group in groups)


def test_only_what_may_be_left_out_says_optional(client: FlaskClient) -> None:
    page = client.get("/clerk").text
    assert page.count("optional)") == sum(field.missing for field in ASKED.values())
    assert page.count("(from the bureau, optional)") == 1


def test_the_form_offers_no_legacy_code(client: FlaskClient) -> None:
    page = client.get("/clerk").text
    assert 'name="sex" value="N"' not in page
    assert 'value="XX"' not in page


def test_a_form_that_nobody_touched_answers_nothing(client: FlaskClient, intake: FakeIntake) -> None:
    reply = client.post("/clerk", data=untouched(client.get("/clerk").text))
    assert reply.status_code == 400
    assert intake.submitted == []
    wrong = {
        field.form_name for field in FIELDS.values() if f'id="field-{field.form_name}-error"' in reply.text
    }
    assert wrong == {field.form_name for field in FIELDS.values() if not field.missing}


def test_what_is_not_asked_may_still_be_sent_and_is_named_when_it_is_wrong(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    assert not FIELDS["EDUCATION_LEVEL_1"].asked
    assert client.post("/clerk", data=form | {"education_level_1": "3"}).status_code == 200
    assert intake.submitted[0]["EDUCATION_LEVEL_1"] == "3"
    reply = client.post("/clerk", data=form | {"education_level_1": "high"})
    assert reply.status_code == 400
    assert "<li>Education level: Choose one of: 0, 1" in reply.text
    assert 'href="#field-education_level_1"' not in reply.text
    del form["education_level_1"]
    assert client.post("/clerk", data=form).status_code == 200
    assert intake.submitted[1]["EDUCATION_LEVEL_1"] is None


def test_every_page_has_a_token_of_its_own(client: FlaskClient) -> None:
    tokens = [
        re.findall(r'name="submission" value="([\w-]{22})"', client.get("/clerk").text) for _ in range(3)
    ]
    assert len({token for found in tokens for token in found}) == 3


def test_a_refused_form_names_every_wrong_field_and_keeps_what_was_typed(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    form |= {
        "full_name": "Zoë <b>& co",
        "age": "seven",
        "residencial_state": "",
        "flag_visa": "1",
        "DNI": "12",
    }
    reply = client.post("/clerk", data=form)
    assert reply.status_code == 400
    assert intake.submitted == []
    page = reply.text
    assert "3 fields need another look" in page
    for name in ("age", "residencial_state", "DNI"):
        assert f'href="#field-{name}"' in page
        assert f'id="field-{name}-error"' in page
        assert re.search(rf'id="field-{name}"[^>]*aria-invalid="true"', page)
    assert 'value="Zoë &lt;b&gt;&amp; co"' in page
    assert 'value="seven"' in page
    assert re.search(r'name="flag_visa" value="1"[^>]* checked', page)
    assert 'value="a-token-of-the-page"' in page
    assert re.search(r'role="alert" tabindex="-1" autofocus', page)
    assert "<title>Error: " in page


def test_a_refused_form_shows_the_amounts_as_they_were_understood(
    client: FlaskClient, form: dict[str, object]
) -> None:
    amounts = {
        "personal_monthly_income": "1.200,50",
        "personal_assets_value": "R$ 12.000,00",
        "other_incomes": "1.200",
    }
    page = client.post("/clerk", data=form | amounts).text
    shown = dict(re.findall(r'<output [^>]*for="field-(\w+)"[^>]*>(.*?)</output>', page))
    assert shown == {
        "personal_monthly_income": "Understood as R$\xa01,200.50",
        "personal_assets_value": "Understood as R$\xa012,000.00",
        "other_incomes": "",
    }
    assert "1 field needs another look" in page
    assert re.search(r'id="field-other_incomes-error".*thousands or for cents\? Write the amount', page)
    assert 'value="1.200"' in page


def test_a_new_form_has_understood_nothing_yet(client: FlaskClient) -> None:
    assert not re.search("<output [^>]*>[^<]", client.get("/clerk").text)


def test_a_wrong_button_row_is_marked_and_linked(client: FlaskClient, form: dict[str, object]) -> None:
    page = client.post("/clerk", data=form | {"flag_visa": "perhaps"}).text
    assert re.search(
        r'role="radiogroup"[^>]*aria-describedby="field-flag_visa-error"[^>]*aria-invalid="true"', page
    )
    assert re.search(r'type="radio" name="flag_visa" value="0" id="field-flag_visa"', page)


def test_a_field_that_does_not_exist_is_named(client: FlaskClient, form: dict[str, object]) -> None:
    reply = client.post("/clerk", data=form | {"favourite_colour": "blue"})
    assert reply.status_code == 400
    assert "favourite_colour: There is no such field" in reply.text


def test_a_field_given_twice_is_refused(client: FlaskClient, form: dict[str, object]) -> None:
    reply = client.post("/clerk", data=form | {"age": ["34", "35"]})
    assert reply.status_code == 400
    assert "more than once" in reply.text


@pytest.mark.parametrize("error", [QueueUnavailable("down"), QueueFull("full")])
def test_when_nothing_can_be_accepted_the_form_comes_back_filled_in(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object], error: Exception
) -> None:
    intake.error = error
    reply = client.post("/clerk", data=form)
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert "not received" in reply.text
    assert "send it again" in reply.text
    assert 'value="Ana Souza"' in reply.text
    assert 'value="a-token-of-the-page"' in reply.text
    intake.error = None
    assert client.post("/clerk", data=form).status_code == 200


def test_opening_the_address_of_a_refused_form_leads_to_the_form(client: FlaskClient) -> None:
    assert client.get("/application").location == "/"


def test_what_is_on_record_is_corrected_by_a_new_application_that_names_it(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    client.post("/clerk", data=form | {"education_level_1": "3"})
    (first,) = intake.ids
    page = client.post("/clerk/correct", data={"application": first})
    assert page.status_code == 200 and first in page.text
    filled = Form(page.text)
    assert (filled.sent["full_name"], filled.sent["personal_monthly_income"]) == ("Ana Souza", "1200.5")
    address, sent = filled.fill(age="35").press("ASSESS")
    assert client.post(address, data=sent | {"age": "x"}).status_code == 400
    assert client.post(address, data=sent).status_code == 200
    old, new = intake.submitted
    assert new == {**old, "AGE": 35}, "what no question asks for stays as it was recorded"
    assert intake.corrects == ["", first]


def test_what_a_browser_may_not_open_it_does_not_get_to_correct(
    client: FlaskClient, app: Flask, intake: FakeIntake, form: dict[str, object]
) -> None:
    client.post("/clerk", data=form)
    (first,) = intake.ids
    reply = app.test_client().post("/clerk/correct", data={"application": first})
    assert (reply.status_code, reply.location) == (303, f"/clerk/application/{first}")
    assert client.post("/clerk/correct", data={"application": "of-nobody"}).status_code == 404


def test_another_language_keeps_what_was_typed_on_either_way(client: FlaskClient) -> None:
    typed = {"full_name": "Zoë", "age": "seven", "submission": "tok"}
    for page in ("/clerk/form", "/form/applicant", "/form/work"):
        reply = client.post(f"{page}?language=pt-BR", data=typed)
        assert reply.status_code == 200
        assert '<html lang="pt-BR">' in reply.text
        assert {name: Form(reply.text).sent[name] for name in typed} == typed
    for address in ("/clerk/form", "/clerk/correct"):
        assert client.get(address).location == "/clerk"
