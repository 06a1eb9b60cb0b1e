"""The applicant's way without scripts: page by page, nothing asked in vain, nothing lost, and a look at all of it."""

import gzip
import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from creditrisk.application import FIELDS, SECTIONS, Role
from creditrisk.errors import QueueFull, QueueUnavailable
from creditrisk.portfolio.kinds import Code
from tests.conftest import ROOT
from tests.unit.web.conftest import FakeIntake
from tests.unit.web.elements import Elements, Form
from web.pages import is_asked, pages

ASKED = {name: field for name, field in FIELDS.items() if is_asked(field)}
NONE_OF_THE_CARDS = "submission:none:cards"
CARDS = ("flag_visa", "flag_mastercard", "flag_diners", "flag_american_express", "flag_other_cards")
FIELDS_BY_FORM = {field.form_name: name for name, field in FIELDS.items()}
ANSWERS: dict[str, dict[str, str]] = {
    "applicant": {"full_name": "Ana Lima", "DNI": "123.456.789-01", "quant_of_dependants": "1", "flag_email": "1", "age": "34"},
    "residence": {
        "residencial_state": "RJ", "residencial_city": "Niterói", "flag_residencial_phone": "N", "months_in_residence": "24",
        "residencial_zip": "24020-005",
    },
    "work": {"company": "N", "flag_professional_phone": "N", "months_in_the_job": "0"},
    "income": {
        "personal_monthly_income": "1.200,5", "other_incomes": "0", "personal_assets_value": "R$ 12.000,00", "quant_cars": "0",
    },
    "cards": {"flag_visa": "1", "quant_banking_accounts": "1"},
    "product": {"payment_day": "10"},
}  # fmt: skip
"""The answers of somebody without a job, page by page."""


def walk(client: FlaskClient, until: str = "", **changes: str) -> TestResponse:
    """The page `until` as it comes to somebody who answers all pages before; all answered, the look at all of them."""
    reply = client.get("/")
    for key, answers in ANSWERS.items():
        if key == until:
            break
        form = Form(reply.text).fill(**{name: changes.get(name, text) for name, text in answers.items()})
        address, sent = form.press("Continue")
        reply = client.post(address, data=sent)
        assert reply.status_code == 200, reply.text
    return reply


def heading(reply: TestResponse) -> str:
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", reply.text)
    return str(found)


def told(reply: TestResponse) -> dict[str, str]:
    """The answers as they are shown to be looked at."""
    return dict(re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", reply.text))


def wrong(reply: TestResponse) -> dict[str, str]:
    """What the summary says of each field."""
    return dict(re.findall(r'<li><a href="#field-(\w+)">[^<]*</a>: (.*?)</li>', reply.text))


def test_twenty_questions_lead_to_a_decision(client: FlaskClient, intake: FakeIntake) -> None:
    questions = sum(len(page.items) for page in pages({}))
    print(f"{questions} questions on {len(pages({}))} pages")
    assert questions <= 20
    address, sent = Form(walk(client).text).press("Send application")
    assert client.post(address, data=sent).status_code == 200
    (application,) = intake.submitted
    assert {name: application[name] for name in ("FULL_NAME", "DNI", "AGE", "RESIDENCIAL_ZIP_3")} == {
        "FULL_NAME": "Ana Lima", "DNI": "12345678901", "AGE": 34, "RESIDENCIAL_ZIP_3": "240",
    }  # fmt: skip
    assert (application["PERSONAL_MONTHLY_INCOME"], application["PERSONAL_ASSETS_VALUE"]) == (1200.5, 12000)
    assert [application[FIELDS_BY_FORM[name]] for name in CARDS] == ["1", "0", "0", "0", "0"]


def test_what_the_channel_knows_is_recorded_and_not_asked(client: FlaskClient, intake: FakeIntake) -> None:
    known = {field.form_name: field.online for field in FIELDS.values() if field.online is not None}
    assert {
        "application_submission_type": "Web",
        "product": "1",
        "residencial_borough": "",
    }.items() <= known.items()
    address, sent = Form(walk(client).text).press("Send application")
    assert not known.keys() & sent.keys()
    client.post(address, data=sent)
    client.post(
        address, data=sent | {"application_submission_type": "Carga", "residencial_borough": "Centro"}
    )
    kept = [
        (each["APPLICATION_SUBMISSION_TYPE"], each["PRODUCT"], each["RESIDENCIAL_BOROUGH"])
        for each in intake.submitted
    ]
    assert kept == [("Web", "1", None), ("Carga", "1", "Centro")]


def test_an_applicant_is_asked_for_no_code_and_for_nothing_that_no_model_uses() -> None:
    assert {field.role for field in ASKED.values()} <= {Role.IDENTITY, Role.FEATURE, Role.HELD}
    codes = {
        name
        for name, field in ASKED.items()
        if isinstance(field.kind, Code)
        or (field.choices and all(value == words for value, words in field.choices.items()))
    }
    assert codes == {"PAYMENT_DAY", "RESIDENCIAL_ZIP_3"}  # a day of the month, and digits that one knows


def test_what_must_be_answered_is_asked_of_somebody_or_known_by_the_channel() -> None:
    assert [
        name for name, field in FIELDS.items() if not field.missing and name not in ASKED and not field.online
    ] == []


@pytest.mark.parametrize("key", ANSWERS)
def test_nothing_is_answered_in_advance(client: FlaskClient, key: str) -> None:
    form = Form(walk(client, until=key).text)
    here = {field.form_name for page in pages({}) if page.key == key for field in page.fields}
    assert here and not [name for name in here if form.sent.get(name)]
    address, sent = form.press("Continue")
    reply = client.post(address, data=sent)
    assert reply.status_code == 400
    needed = {item.id.removeprefix("field-") for page in pages({}, dict.fromkeys(FIELDS, "x")) if page.key == key
              for item in page.items if any(not field.missing for field in getattr(item, "fields", [getattr(item, "field", None)]))}  # fmt: skip
    assert set(wrong(reply)) == needed
    assert heading(reply) == SECTIONS[key]


def test_only_the_page_that_is_left_is_told_what_is_wrong_and_only_by_who_goes_on(
    client: FlaskClient,
) -> None:
    form = Form(walk(client, until="residence").text).fill(
        residencial_zip="no digits", residencial_city="Niterói"
    )
    address, sent = form.press("Continue")
    reply = client.post(address, data=sent)
    assert (reply.status_code, heading(reply)) == (400, "Residence")
    assert set(wrong(reply)) == {"residencial_state", "flag_residencial_phone", "residencial_zip"}
    assert "first three digits of the ZIP code" in wrong(reply)["residencial_zip"]
    assert 'value="no digits"' in reply.text and 'value="Niterói"' in reply.text
    assert re.search(r'role="alert" tabindex="-1" autofocus', reply.text)
    assert "<title>Error: Residence" in reply.text

    address, sent = Form(reply.text).press("Back")
    reply = client.post(address, data=sent)
    assert (reply.status_code, heading(reply), wrong(reply)) == (200, SECTIONS["applicant"], {})
    assert Form(reply.text).sent["residencial_zip"] == "no digits", "nothing typed is lost"


def test_all_answers_are_shown_as_they_were_understood(client: FlaskClient) -> None:
    reply = walk(client)
    assert heading(reply) == "Check your answers"
    answers = told(reply)
    assert len(answers) == 20
    expected = {
        "Full name": "Ana Lima", "DNI": "12345678901", "State": "Rio de Janeiro", "Monthly income": "R$\xa01,200.50",
        "Value of possessions": "R$\xa012,000.00", "Home ZIP, first three digits": "240", "E-mail address": "Yes",
        "Which of these cards do you have?": "Visa card", "Age": "34 years",
    }  # fmt: skip
    assert expected.items() <= answers.items()
    assert told(walk(client, months_in_residence=""))["Time in this residence"] == "Not given"


def test_each_answer_has_a_way_back_and_from_there_to_the_check(
    client: FlaskClient, intake: FakeIntake
) -> None:
    page = walk(client).text
    ways = re.findall(r'formaction="(/form/[^"]+)"', page)
    assert len(ways) == 20 + 1
    ids = [way.partition("#")[2] for way in ways if "#" in way]
    assert len(set(ids)) == 20
    for way in ways[:-1]:
        there = client.post(way.partition("#")[0], data=Form(page).sent)
        assert there.status_code == 200
        assert f'id="{way.partition("#")[2]}"' in there.text

    there = client.post("/form/income?change=1", data=Form(page).sent)
    form = Form(there.text).fill(personal_monthly_income="900")
    assert form.sent["payment_day"] == "10"
    address, sent = form.press("Continue")
    reply = client.post(address, data=sent)
    assert (heading(reply), told(reply)["Monthly income"]) == ("Check your answers", "R$\xa0900.00")

    address, sent = Form(there.text).fill(personal_monthly_income="a lot").press("Continue")
    reply = client.post(address, data=sent)
    assert (reply.status_code, list(wrong(reply))) == (400, ["personal_monthly_income"])
    address, sent = Form(reply.text).fill(personal_monthly_income="901").press("Continue")
    assert told(client.post(address, data=sent))["Monthly income"] == "R$\xa0901.00"


def test_cards_are_one_question_of_which_none_is_an_answer(client: FlaskClient) -> None:
    page = walk(client, until="cards").text
    assert page.count('type="checkbox"') == len(CARDS) + 1

    def left(**ticked: str) -> TestResponse:
        address, sent = Form(page).fill(quant_banking_accounts="1", **ticked).press("Continue")
        return client.post(address, data=sent)

    def kept(reply: TestResponse) -> list[str | None]:
        return [Form(reply.text).sent.get(name) for name in CARDS]

    assert kept(left(flag_diners="1", flag_visa="1")) == ["1", "0", "1", "0", "0"]
    assert kept(left(**{NONE_OF_THE_CARDS: "1"})) == ["0"] * 5
    for unclear in ({}, {NONE_OF_THE_CARDS: "1", "flag_visa": "1"}):
        reply = left(**unclear)
        assert reply.status_code == 400
        assert wrong(reply) == {"flag_visa": "Tick all that apply, or “None of these” alone."}

    nothing = Form(left(**{NONE_OF_THE_CARDS: "1"}).text)
    back = Form(client.post(nothing.press("Back")[0], data=nothing.sent).text)
    assert back.sent[NONE_OF_THE_CARDS] == "1" and not set(CARDS) & set(back.sent)


@pytest.mark.parametrize(
    "typed", ["12/05/1992", "12.5.1992", "12-05-1992", "12051992", "1992-05-12", " 12 05 1992 "]
)
def test_an_age_may_be_told_by_the_day_of_birth(client: FlaskClient, typed: str) -> None:
    today = datetime.now(UTC).date()
    years = today.year - 1992 - ((today.month, today.day) < (5, 12))
    assert told(walk(client, age=typed))["Age"] == f"{years} years"


@pytest.mark.parametrize("typed", ["31/02/1992", "12/05/2992", "5/1992", "12/05/1892", "today"])
def test_what_is_no_day_of_birth_of_an_applicant_is_no_age(client: FlaskClient, typed: str) -> None:
    address, sent = Form(client.get("/").text).fill(**ANSWERS["applicant"] | {"age": typed}).press("Continue")
    assert wrong(client.post(address, data=sent)) == {
        "age": "Give the age in years, from 18 to 120, or the date of birth: day, month and year, as in 23/11/1990."
    }


def test_both_ways_to_tell_an_age_are_named_in_front_of_a_clerk_as_well(client: FlaskClient) -> None:
    refused = client.post("/clerk", data={"age": "23/11/90", "full_name": ""})
    assert wrong(refused)["age"].endswith("or the date of birth: day, month and year, as in 23/11/1990.")
    assert wrong(refused)["full_name"] == "This field is required."
    assert wrong(client.post("/clerk", data={"age": ""}))["age"] == "This field is required."
    spoken = client.post("/clerk", data={"age": "7"}, headers={"Accept-Language": "pt-BR"})
    assert wrong(spoken)["age"].startswith("Informe a idade em anos, de 18 a 120, ou a data de nascimento")


@pytest.mark.parametrize("error", [QueueUnavailable("down"), QueueFull("full")])
def test_when_nothing_can_be_accepted_all_is_still_there_and_it_says_when_to_try_again(
    client: FlaskClient, intake: FakeIntake, error: Exception
) -> None:
    address, sent = Form(walk(client).text).press("Send application")
    intake.error = error
    reply = client.post(address, data=sent)
    assert reply.status_code == 503
    assert f"Try again in {reply.headers['Retry-After']} seconds." in reply.text
    assert Form(reply.text).press("Send application") == (address, sent), (
        "the same token, and all that was typed"
    )
    intake.error = None
    assert client.post(address, data=sent).status_code == 200


def test_an_application_with_mistakes_leads_to_the_first_page_that_has_one(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    mistakes = {
        "residencial_zip": "x",
        "payment_day": "32",
        "education_level_1": "high",
        "favourite_colour": "blue",
    }
    reply = client.post("/application", data=form | mistakes)
    assert (reply.status_code, heading(reply), intake.submitted) == (400, "Residence", [])
    assert list(wrong(reply)) == ["residencial_zip"]
    assert "<li>Education level: Choose one of: 0, 1" in reply.text
    assert "<li>favourite_colour: There is no such field" in reply.text
    assert Form(reply.text).sent["full_name"] == "Ana Souza"


def test_a_page_carries_what_was_typed_in_either_spelling_of_a_name(client: FlaskClient) -> None:
    form = Form(client.post("/form/work", data={"FULL_NAME": "Zoë <b>& co", "Residencial_Zip": "071"}).text)
    assert (form.sent["full_name"], form.sent["residencial_zip"]) == ("Zoë <b>& co", "071")


def test_no_address_has_anything_of_the_person(client: FlaskClient) -> None:
    page = walk(client).text
    for address in (*Elements(page).values("action"), *Elements(page).values("formaction")):
        assert re.fullmatch(
            r"(/application|/check\?language=[\w-]+|/form/[a-z]+(\?change=1)?(#field-\w+)?)", address
        ), address


def test_a_page_opened_by_its_address_leads_to_the_first(client: FlaskClient) -> None:
    for address in ("/check", "/application"):
        assert client.get(address).location == "/"
    reply = client.get("/form/income")
    assert (reply.status_code, heading(reply)) == (200, "Income and assets")
    assert client.get("/form/nonsense").status_code == 404
    assert client.post("/form/nonsense", data={"age": "34"}).status_code == 404


def test_every_form_has_a_token_of_its_own_which_its_pages_keep(client: FlaskClient) -> None:
    tokens = [Form(client.get("/").text).sent["submission"] for _ in range(3)]
    assert len(set(tokens)) == 3 and all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)
    first = Form(client.get("/").text)
    second = client.post("/form/work", data=first.sent)
    assert Form(second.text).sent["submission"] == first.sent["submission"]


@pytest.mark.parametrize("key", [*ANSWERS, ""])
def test_what_points_to_an_element_finds_it_and_every_control_has_a_name(
    client: FlaskClient, key: str
) -> None:
    reply = walk(client, until=key)
    replies = [reply]
    if key:
        address, sent = Form(reply.text).press("Continue")
        replies.append(client.post(address, data=sent))  # refused
        assert replies[1].status_code == 400
    for each in replies:
        elements = Elements(each.text)
        assert elements.point_to_what_is_there()
        labelled = set(elements.values("for"))
        for control in elements.all("input", "select"):
            assert control.get("type") in ("hidden", "radio", "checkbox") or control["id"] in labelled


def test_the_first_load_is_at_most_20_kb_and_asks_nobody_else(client: FlaskClient) -> None:
    takes = {"Accept-Encoding": "gzip"}
    first = client.get("/", headers=takes)
    page = gzip.decompress(first.data).decode()
    elements = Elements(page)
    files = [each["href"] for each in elements.all("link")] + [each["src"] for each in elements.all("script")]
    assert len(files) >= 4 and all(file and file.startswith("/static/") for file in files)
    sizes = {file: len(client.get(file or "", headers=takes).data) for file in files} | {"/": len(first.data)}
    print(f"the first load has {sum(sizes.values()) / 1000:.1f} kB")
    assert sum(sizes.values()) <= 20_000
    told = re.search(
        r"is ([\d.]+) kB with all\s+that it loads", (ROOT / "docs/portfolios.md").read_text("utf-8")
    )
    assert told and abs(sum(sizes.values()) - float(told[1]) * 1_000) < 500, "zlib's versions differ by less"
    assert "http" not in page.replace("http-equiv", "")


def test_an_applicant_corrects_an_answer_and_the_new_application_names_the_old(
    client: FlaskClient, app: Flask, intake: FakeIntake
) -> None:
    address, sent = Form(walk(client).text).press("Send application")
    assert client.post(address, data=sent).status_code == 200
    (first,) = intake.ids
    check = client.post("/correct", data={"application": first})
    assert check.status_code == 200 and "stays on record" in check.text
    assert told(check)["Age"] == "34 years" and told(check)["Monthly income"] == "R$\xa01,200.50"
    change = next(
        address for address in re.findall(r'formaction="([^"]+)"', check.text) if "field-age" in address
    )
    page = client.post(change.split("#")[0].replace("&amp;", "&"), data=Form(check.text).sent)
    address, sent = Form(page.text).fill(age="35").press("Continue")
    address, sent = Form(client.post(address, data=sent).text).press("Send application")
    assert client.post(address, data=sent).status_code == 200
    old, new = intake.submitted
    assert new == {**old, "AGE": 35}
    assert intake.corrects == ["", first]
    reply = app.test_client().post("/correct", data={"application": first})
    assert (reply.status_code, reply.location) == (303, f"/application/{first}"), "who asks is asked first"
