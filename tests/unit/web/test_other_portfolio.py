"""Another lender's form, API and answers: made of its definition, with nothing left in them of the one that ships."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from creditrisk.application import FIELDS
from tests.conftest import ROOT
from tests.unit.web.elements import Elements

PORTFOLIO = Path(__file__).parent / "portfolio"
RIGHT = {
    "CUSTOMER": "Zoë Müller", "member_no": "00123", "born": "1990-02-28", "gender": "f", "town": "Köln",
    "home_owned": "nein", "rent": "€ 750,50", "price": "-45,60", "balance_last_month": "-1.5", "steps": "-3",
    "purpose": "car (new)", "branch": "B300", "bureau_score": "-7",
}  # fmt: skip
WRONG = RIGHT | {
    "born": "28.2.1990", "home_owned": "perhaps", "price": "-501", "balance_last_month": "-1",
    "purpose": 'so-called "repairs", other',
}  # fmt: skip
REASONS = [
    ("price", 0.4, -45.6), ("purpose", 0.3, "car (new)"), ("home owned", 0.2, "nein"), ("rent", 0.1, None),
    ("balance.last.month", 0.05, -1.5),
]  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What the web app answered at each address, and what it accepted."""

    replies: dict[str, dict[str, Any]]
    submitted: list[dict[str, Any]]

    def page(self, name: str) -> str:
        return str(self.replies[name]["text"])

    def json(self, name: str) -> Any:
        return json.loads(self.page(name))


@pytest.fixture(scope="module")
def said() -> Said:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.web.other_pages"],
        cwd=ROOT,
        env={**os.environ, "PORTFOLIO_DIR": str(PORTFOLIO)},
        input=json.dumps({"right": RIGHT, "wrong": WRONG, "reasons": REASONS}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Said(told["said"], told["submitted"])


def test_every_address_answers_as_it_does_for_what_ships(said: Said) -> None:
    assert {name: reply["status"] for name, reply in said.replies.items()} == {
        "form": 200, "refused": 400, "first page": 200, "second page": 200, "wrong page": 400, "check": 200, "answer": 200, "api": 200, "predict": 200, "refused prediction": 400, "description": 200,
    }  # fmt: skip
    assert said.submitted[0] == said.submitted[1] == said.submitted[2]
    assert said.submitted[0] == {
        "CUSTOMER": "Zoë Müller", "member.no": "00123", "born": "1990-02-28", "gender": "f", "town": "Köln",
        "home owned": "nein", "rent": 750.5, "price": -45.6, "balance.last.month": -1.5, "steps": -3,
        "purpose": "car (new)", "branch": "B300", "bureau.score": -7, "remark": None,
    }  # fmt: skip


def test_nothing_of_the_portfolio_that_ships_is_left(said: Said) -> None:
    ours = {name for field in FIELDS.values() for name in (field.name, field.form_name) if "_" in name}
    for reply in said.replies.values():
        words = set(re.findall(r"[\w$]+", reply["text"]))
        assert not words & (ours | {"DNI", "Full_name", "R$", "BRL", "cities", "Niterói"})


def test_the_code_of_the_web_app_names_no_field_of_what_ships() -> None:
    ours = {
        name
        for field in FIELDS.values()
        for name in (field.name, field.form_name)
        if "_" in name or name == "DNI"
    }
    files = [path for path in (ROOT / "web").rglob("*") if path.suffix in (".py", ".html", ".js", ".css")]
    assert len(files) > 30
    named = {path.name: set(re.findall(r"\w+", path.read_text(encoding="utf-8"))) & ours for path in files}
    assert {name: found for name, found in named.items() if found} == {"predict.py": {"FULL_NAME"}}


def test_each_kind_of_field_has_its_control(said: Said) -> None:
    elements = Elements(said.page("form"))
    controls = {each["name"]: each for each in elements.all("input", "select")}

    def asked(name: str, *attributes: str) -> list[str | None]:
        return [controls[name].get(attribute) for attribute in attributes]

    assert asked("CUSTOMER".lower(), "type", "autocomplete", "inputmode") == ["text", "name", None]
    assert asked("member_no", "type", "autocomplete", "inputmode") == ["text", "off", "numeric"]
    assert asked("born", "type", "autocomplete") == ["date", "bday"]
    assert asked("town", "list") == ["suggestions-towns"]
    assert asked("rent", "inputmode") == ["decimal"]
    for may_be_negative in ("price", "balance_last_month", "steps", "bureau_score"):
        assert asked(may_be_negative, "type", "inputmode") == ["text", None]
    assert asked("home_owned", "type") == ["radio"]
    assert "remark" not in controls
    options = [each["value"] for each in elements.all("option")]
    assert {f"B{number:03}" for number in range(1, 301)} | {"Köln", "Bad Tölz"} <= set(options)
    assert not [each for each in elements.all("input") if "checked" in each and each["value"]]


def test_the_form_stands_in_the_lenders_words_and_currency(said: Said) -> None:
    page = said.page("form")
    for words in (
        "Monthly rent", "Only if “Your home” is Rented.", "Anything &lt;below&gt; 100", "Repairs &amp; the like",
        'id="field-price-unit">€</span>', 'id="field-balance_last_month-unit">points</span>',
        "Score of the bureau <span", "(from the bureau, optional)",
    ):  # fmt: skip
        assert words in page
    assert "Of which nothing is asked" not in page
    of_applicant, _, of_clerk = page.partition("<h2>For the clerk</h2>")
    assert (
        'name="gender"' in of_applicant and 'name="branch"' in of_clerk and 'name="bureau_score"' in of_clerk
    )


def test_a_refused_form_keeps_what_was_typed_and_says_what_to_do(said: Said) -> None:
    page = said.page("refused")
    assert "Nothing was sent: 4 fields need another look" in page
    for sentence in (
        "Give a day as year, month and day, as in 2026-11-23.",
        "Give an amount in € from -500 to 90,000.",
        "Choose one of: nein, ja.",
        "This field is required.",  # -1 is no value here
    ):
        assert page.count(sentence) == 2, sentence
    controls = {each["name"]: each for each in Elements(page).all("input", "select")}
    assert (controls["born"]["type"], controls["born"]["value"]) == ("text", "28.2.1990")
    chosen = [each["value"] for each in Elements(page).all("option") if "selected" in each]
    assert 'so-called "repairs", other' in chosen and "B300" in chosen


def test_the_answer_tells_who_what_and_why_in_words(said: Said) -> None:
    page = said.page("answer")
    for words in (
        '<span class="person-name">Zoë Müller</span>', _reason("Price", "€\xa0-45.60"), _reason("What is it for?", "A new car"), _reason("Your home", "Rented"), _reason("Balance of last month", "-1.5 points"),
            "<dt>Date of birth</dt><dd>Feb 28, 1990</dd>",
        "<dt>Remark</dt><dd>Not stated</dd>",
    ):  # fmt: skip
        assert words in page
    assert page.count('class="ground"') == 4
    assert '"ground">Monthly rent<' not in page


def _reason(label: str, value: str) -> str:
    return f'<span class="ground">{label}</span> <span class="given">your answer: {value}</span>'


def test_predictions_name_the_identity_fields_as_the_definition_does(said: Said) -> None:
    members = ["Success", "CUSTOMER", "member.no", "Prediction", "Prediction_score", "Message"]
    decided, refused = said.json("predict"), said.json("refused prediction")
    assert list(decided)[:6] == list(refused)[:6] == members
    assert (decided["CUSTOMER"], decided["member.no"]) == ("ZOË MÜLLER", "00123")
    assert (refused["CUSTOMER"], refused["member.no"]) == (None, None)
    assert set(refused["errors"]) == {"born", "price", "home owned", "balance.last.month"}


def test_the_description_is_valid_and_takes_what_the_api_takes(said: Said) -> None:
    document = said.json("description")
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)

    def takes(name: str, what: Any) -> bool:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).is_valid(
            what
        )

    sent = {name: value for name, value in said.submitted[0].items() if value is not None}
    assert takes("Application", sent)
    for wrong in ({"born": "28.2.1990"}, {"home owned": "perhaps"}, {"price": -501}, {"balance.last.month": 100}, {"steps": 1.5},
                  {"branch": "B301"}, {"colour": "red"}, {"purpose": None}):  # fmt: skip
        assert not takes("Application", sent | wrong), wrong
    for right in ({"home owned": True}, {"home owned": "ja"}, {"rent": None}, {"steps": -12}, {"price": 12.5}):  # fmt: skip
        assert takes("Application", sent | right), right
    assert takes("Answer", said.json("api"))
    assert takes("Prediction", said.json("predict"))
    assert takes("NoPrediction", said.json("refused prediction"))
    properties = schemas["Application"]["properties"]
    assert properties["born"] == {"title": "Date of birth", "type": "string", "format": "date"}
    assert properties["rent"]["description"] == "In €."
    assert list(schemas["FormApplication"]["properties"])[:2] == ["customer", "member_no"]
