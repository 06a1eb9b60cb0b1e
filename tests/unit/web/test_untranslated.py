"""Every page, in a language in which each text of a catalog, and each word of the portfolio, stands between marks: whatever
is a word and not between them would be English on a page of another language."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from werkzeug.exceptions import BadHost, FailedDependency

import web
from creditrisk.application import FIELDS, SECTIONS
from creditrisk.decision import Change, Reason
from creditrisk.errors import (
    HistoryUnavailable,
    IdempotencyConflict,
    QueueFull,
    QueueUnavailable,
    UnknownApplication,
)
from creditrisk.portfolio.definition import FieldWords, Words
from deploy import catalogs
from tests.unit.web.conftest import FakeIntake, decision_of
from web import formats, language, words
from web.openapi import document
from web.problems import PROBLEMS
from web.refusals import CrossOriginRequest

TEMPLATES = {path.name for path in (Path(web.__file__).parent / "templates").glob("[a-z]*.html")}
NO_PAGE = {"base.html"}
"""What no page is by itself."""
SPOKEN = ("aria-label", "alt", "placeholder", "title")
"""Attributes that are read aloud or shown; of our own, those of a script's texts are all but these."""
NOT_SPOKEN = re.compile("data-(when|is|marks|limits|here|address|answer|wait|once|step|desk|send)")
CHOSEN = {"Accept-Language": "pt"}


class Marked:
    """A catalog that says each text as it is, between marks; but for one that is in no catalog, as a text that is not
    written out in the source, where nothing finds it."""

    def __init__(self) -> None:
        texts = (message.id for message in catalogs.read("pt-BR"))
        self._known = {one for text in texts for one in ([text] if isinstance(text, str) else text)}

    def gettext(self, text: str) -> str:
        return mark(text) if text in self._known else text

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


def mark(text: str) -> str:
    return f"⟦{text}⟧"


def marked_words() -> Words:
    """The portfolio's words, each between marks."""
    fields = {
        name: FieldWords(
            mark(field.label),
            mark(field.help) if field.help else "",
            mark(field.unit) if field.unit and not field.is_money else "",
            {value: mark(said) for value, said in field.choices.items()},
        )
        for name, field in FIELDS.items()
    }
    headings = {key: mark(heading) for key, heading in SECTIONS.items()}
    return Words(sections=headings, questions=headings, fields=fields)


class Texts(HTMLParser):
    """The texts of a page: between its tags, and in attributes that a person hears or a script says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._tags: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names_itself = tag != "html" and "lang" in dict(attrs)  # the switch, in each language's own words
        if tag not in ("meta", "link", "input", "path", "circle", "rect", "line", "br", "hr", "img"):
            self._tags.append((tag, names_itself))
        self.found += [
            value for name, value in attrs
            if value and (name in SPOKEN or (name.startswith("data-") and not NOT_SPOKEN.fullmatch(name)))
        ]  # fmt: skip

    def handle_endtag(self, tag: str) -> None:
        while self._tags and self._tags.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        silent = any(tag in ("script", "style") or own for tag, own in self._tags)
        if data.strip() and not silent:
            self.found.append(data.strip())


def english(page: str, data: tuple[str, ...]) -> list[str]:
    """The texts of a page that have a word which is neither between marks nor among the `data`."""
    return [text for text in Texts(page).found if _has_word(text, data)]


def _has_word(text: str, data: tuple[str, ...]) -> bool:
    bare = text
    while (outside := re.sub("⟦[^⟦⟧]*⟧", "", bare)) != bare:
        bare = outside
    for each in sorted(data, key=len, reverse=True):
        bare = bare.replace(each, "")
    return re.search(r"[^\W\d_]{2}", bare) is not None


@pytest.fixture(autouse=True)
def _every_text_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Marked()
    monkeypatch.setattr(language, "_catalog", lambda language: catalog)
    monkeypatch.setattr(words, "_words", marked_words)


@pytest.fixture
def rendered(app: Flask) -> Iterator[list[str]]:
    """The templates that were shown, in order."""
    names: list[str] = []

    def note(sender: Flask, template: Any, context: Mapping[str, Any], **more: Any) -> None:
        names.append(template.name)

    with template_rendered.connected_to(note, app):
        yield names


def test_a_text_outside_the_catalogs_is_found() -> None:
    page = (
        '<html lang="pt-BR"><p>⟦One ⟦two⟧⟧ 3 % Ana</p><span lang="es">Español</span><p aria-label="Four">5</p>'
        '<b data-busy="⟦Six⟧" data-said="Seven">⟦Eight⟧ nine</b></html>'
    )
    assert english(page, ("Ana",)) == ["Four", "Seven", "⟦Eight⟧ nine"]


def test_no_page_has_a_word_that_is_in_no_catalog(
    client: FlaskClient, intake: FakeIntake, form: dict[str, Any], rendered: list[str]
) -> None:
    typed = {name: str(value) for name, value in form.items() if value is not None}
    wrong = {**typed, "age": "x", "personal_monthly_income": "1.200", "nonsense": "x"}
    pages = _form_pages(client, typed, wrong)
    intake.error = QueueUnavailable("x")
    pages += [client.post(address, data=typed, headers=CHOSEN).text for address in ("/application", "/clerk")]
    intake.error = None
    pages += _answers(client, intake, typed)
    codes = [*PROBLEMS, "not-found"]
    pages += [client.get(f"/problems/{code}", headers=CHOSEN).text for code in codes]
    pages += [client.get(address, headers=CHOSEN).text for address in ("/nowhere", "/offline")]
    pages += [client.put("/", headers=CHOSEN).text]
    client.get("/api/docs", headers=CHOSEN)  # see below
    data = (*_months(), *codes, *intake.ids, *(str(value) for value in typed.values() if value), *_PROPER)
    left = {text for page in pages for text in english(page, data)}
    assert left == set(), "put it into _(), then run `make words`"
    assert set(rendered) & TEMPLATES == TEMPLATES - NO_PAGE, "ask for every page here"


API = "/api/v1/applications"
CAUSES = (
    QueueUnavailable("x"), QueueFull("x"), HistoryUnavailable("x"), IdempotencyConflict("x"), UnknownApplication("x"),
    CrossOriginRequest(), RuntimeError("x"), FailedDependency("x"), BadHost("x"),
)  # fmt: skip


def test_no_sentence_of_the_api_is_in_no_catalog(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    """Each error that the API knows, with its sentences in the language that was asked for."""
    replies = [client.post(API, json=raw_application | wrong, headers=CHOSEN) for wrong in _WRONG]
    for kind, body in _UNREADABLE:
        replies.append(client.post(API, data=body, headers=CHOSEN, content_type=kind))
    replies.append(client.post(API, json={}, headers={**CHOSEN, "Idempotency-Key": "ä"}))
    replies.append(client.post(f"{API}/x/reviews", json={"words": 7}, headers=CHOSEN))
    replies += [client.get("/api/v1/x", headers=CHOSEN), client.put(API, headers=CHOSEN)]
    for intake.error in CAUSES:
        replies.append(client.post(API, json=raw_application, headers=CHOSEN))
    intake.error, intake.decision = None, None
    waiting = client.post(API, json=raw_application, headers=CHOSEN).json or {}
    replies.append(client.post(f"{API}/{waiting['id']}/reviews", json={}, headers=CHOSEN))
    assert {reply.status_code for reply in replies} == {400, 403, 404, 405, 409, 413, 415, 424, 500, 503}
    for reply in replies:
        told = reply.json or {}
        sentences = [told["title"], told["detail"], *told.get("errors", {}).values()]
        assert [each for each in sentences if _has_word(each, _OF_PROGRAMS)] == [], told["code"]


def test_the_documentation_of_the_api_has_no_word_that_is_in_no_catalog(client: FlaskClient) -> None:
    page = client.get("/api/docs", headers=CHOSEN).text
    described = document("/")
    data = (
        *described["components"]["schemas"],
        *described["paths"],
        "GET",
        "POST",
        "API",
        *_JSON_TYPES,
        *language.NAMES.values(),
    )
    # A sentence may have a link in it, or a piece of code: it is one text all the same.
    page = re.sub(
        r"<pre.*?</pre>|<th scope=\"row\">(?:<a [^>]*>)?<code>.*?</code>", "", page, flags=re.DOTALL
    )
    assert english(re.sub(r"</?(?:a|code|strong)\b[^>]*>", "", page), data) == []


_JSON_TYPES = ("string", "integer", "number", "boolean", "null", "object")


def test_what_happens_to_an_application_is_said_by_predict_in_the_language_that_was_asked_for(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    intake.decision = None
    pending = client.post("/predict", json=raw_application, headers=CHOSEN).json or {}
    refused = client.post("/predict", json={"age": 7}, headers=CHOSEN).json or {}
    assert [_has_word(each["Message"], ()) for each in (pending, refused)] == [False, False]


_WRONG: tuple[dict[str, object], ...] = (
    {"age": 7, "sex": "X", "nonsense": 1}, {"age": True}, {"age": []}, {"AGE": 34, "age": 34}, {"personal_monthly_income": "1.200"},
    {"full_name": "x" * 100}, {"DNI": "1"}, {"residencial_zip": "1234"}, {"residencial_state": "x"},
)  # fmt: skip
_UNREADABLE = (
    ("text/plain", "x"), ("application/json", "{"), ("application/json", " " * 65_537), ("application/json", "[]"),
    ("application/json", '{"age": 1, "age": 2}'), ("application/json", '{"age": NaN}'), ("application/json; charset=koi8-r", "{}"),
)  # fmt: skip
_OF_PROGRAMS = ("'age'", "NaN", "JSON", "PUT", "R$")
"""What the sentences quote."""

_PROPER = ("lightgbm", "abc1234", "R$", "UTC", "BRL", "REAIS", "nonsense", "CSV", "JSON", "PDF", "Niterói", "\xa0min",
           "LGPD", "Lei", "art.", "VI", "IV", "II", "III", "Not known to us", "PUT")  # fmt: skip
"""What is the same in every language: names, codes, currencies, units, places in a law; and what tests made up."""


SCRIPTS = sorted((Path(web.__file__).parent / "static").glob("*.js"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_words_of_its_own(script: Path) -> None:
    """What it says stands in the page, in an attribute: there it has its language."""
    code = re.sub(r"//.*|/\*[\s\S]*?\*/", "", script.read_text(encoding="utf-8"))
    texts = [found[2] for found in re.finditer(r"""(["'`])((?:(?!\1).)*)\1""", code)]
    assert [text for text in texts if re.search("[A-Z][a-z]+ [a-z]+|[a-z]+…", text)] == []


def _months() -> list[str]:
    table = formats._formats()["pt-BR"]
    return [*table.months, *table.short_months, " de "]


def _form_pages(client: FlaskClient, typed: dict[str, str], wrong: dict[str, str]) -> list[str]:
    steps = [f"/form/{key}" for key in SECTIONS]
    replies = [
        client.get("/", headers=CHOSEN),
        client.get("/clerk", headers=CHOSEN),
        *(client.post(step, data=typed, headers=CHOSEN) for step in steps),
        client.post("/check", data=typed, headers=CHOSEN),
        *(
            client.post(address, data=wrong, headers=CHOSEN)
            for address in ("/check", "/application", "/clerk")
        ),
        client.post("/application", data={"nonsense": "x"}, headers=CHOSEN),
    ]
    return [reply.text for reply in replies if reply.mimetype == "text/html"]


def _answers(client: FlaskClient, intake: FakeIntake, typed: dict[str, str]) -> list[str]:
    """Every kind of answer, to the applicant and to the clerk, with its letter; and who may not see it."""
    reasons = [Reason("AGE", 0.4, 34), Reason("RESIDENCIAL_CITY", 0.2, None)]
    changed = [Change("FLAG_EMAIL", "1"), Change("PAYMENT_DAY", "10")]
    found = []
    for decision in (
        decision_of(0.2),
        decision_of(0.7, reasons=reasons, unknown=["RESIDENCIAL_CITY"], counterfactual=changed),
        decision_of(0.7, reasons=[], rule="unknown: Not known to us", policy="abc1234"),
        decision_of(0.5, decision="referred"),
        None,
    ):
        intake.decision = decision
        for address in ("/application", "/clerk"):
            found.append(
                client.post(address, data={**typed, "submission": f"{len(intake.ids)}"}, headers=CHOSEN).text
            )
        found.append(
            client.get(f"/application/{intake.ids[-1]}/letter", headers=CHOSEN, follow_redirects=True).text
        )
        if decision and decision.decision == "declined":
            own = f"/application/{intake.ids[-1]}"
            client.post(f"{own}/review", data={"words": "Not known to us"}, headers=CHOSEN)
            found.append(client.get(own, headers=CHOSEN).text)
    intake.failure = "Not known to us"
    found += [client.post(address, data=typed, headers=CHOSEN).text for address in ("/application", "/clerk")]
    stranger = client.application.test_client()
    address = f"/application/{intake.ids[0]}"
    found += [
        stranger.get(address, headers=CHOSEN).text,
        stranger.post(address, data={}, headers=CHOSEN).text,
    ]
    return found
