"""In which language a page is: asked for, remembered, preferred; and what browsers and caches are told of it."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from creditrisk.portfolio.kinds import Money, Number
from creditrisk.sentence import Sentence, sentence_of
from web import language
from web.sentences import said

API = "/api/v1/applications"


def language_of(page: str) -> str:
    found = re.search('<html lang="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("preferred", "shown"),
    [
        (None, "en"), ("", "en"), ("*", "en"), ("de, fr;q=0.5", "en"), ("en-GB,en;q=0.9", "en"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"), ("pt", "pt-BR"), ("pt-PT", "pt-BR"), ("PT_br", "pt-BR"),
        ("es", "es"), ("es-419,es;q=0.9", "es"), ("es-AR", "es"), ("de,es-MX;q=0.7,en;q=0.3", "es"),
        ("en;q=0.2, pt-PT;q=0.9", "pt-BR"), ("pt;q=0, es;q=0.1", "es"), ("pt;q=0", "en"), (";;q=x,,", "en"),
    ],
)  # fmt: skip
def test_a_page_is_in_the_language_that_the_browser_likes_best(
    client: FlaskClient, preferred: str | None, shown: str
) -> None:
    headers = {} if preferred is None else {"Accept-Language": preferred}
    reply = client.get("/", headers=headers)
    assert language_of(reply.text) == shown
    assert reply.headers["Content-Language"] == shown
    assert {"Accept-Language", "Cookie"} <= set(reply.vary)


def test_a_choice_is_remembered_in_a_cookie_that_says_nothing_else(client: FlaskClient) -> None:
    chosen = client.get("/?language=es", headers={"Accept-Language": "pt"})
    assert language_of(chosen.text) == "es"
    (cookie,) = chosen.headers.getlist("Set-Cookie")
    assert cookie.startswith("language=es;")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Secure" not in cookie
    later = client.get("/", headers={"Accept-Language": "pt"})
    assert language_of(later.text) == "es" and "Set-Cookie" not in later.headers
    assert language_of(client.get("/?language=en").text) == "en"
    assert language_of(client.get("/", headers={"Accept-Language": "pt"}).text) == "en"


def test_a_cookie_of_a_page_by_https_goes_by_https_alone(client: FlaskClient) -> None:
    assert "Secure" in client.get("/?language=es", base_url="https://localhost").headers["Set-Cookie"]


@pytest.mark.parametrize("asked", ["xx", "", "../../etc/passwd", "pt_BR"])
def test_a_language_that_is_not_offered_is_not_taken(client: FlaskClient, asked: str) -> None:
    client.set_cookie("language", asked)
    reply = client.get("/", query_string={"language": asked})
    assert language_of(reply.text) == "en" and "Set-Cookie" not in reply.headers


def test_the_switch_leads_to_the_same_page_and_needs_no_script(client: FlaskClient) -> None:
    page = client.get("/nowhere/at/all").text
    switch = page.partition('<nav class="languages"')[2].partition("</nav>")[0]
    assert re.findall('href="([^"]+)"', switch) == ["/?language=pt-BR", "/?language=es"]
    assert '<span lang="en" aria-current="true">English</span>' in switch
    page = client.get("/application/01a22a7d-f9f2-74f8-b1d8-6f734d8986c7?language=es&x=1").text
    switch = page.partition('<nav class="languages"')[2].partition("</nav>")[0]
    leads = [parse_qs(urlsplit(unescape(address)).query) for address in re.findall('href="([^"]+)"', switch)]
    assert leads == [{"language": ["en"], "x": ["1"]}, {"language": ["pt-BR"], "x": ["1"]}]


@pytest.mark.parametrize("path", ["//evil.example/", "/%2F/evil.example", "/\\evil.example"])
def test_the_switch_leads_to_no_other_site(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept-Language": "es"}).text
    assert "evil.example" not in page.partition('<nav class="languages"')[2].partition("</nav>")[0]


def test_what_says_nothing_has_no_language(client: FlaskClient) -> None:
    for address in ("/healthz", "/static/style.css", "/api/v1/openapi.json"):
        reply = client.get(address, headers={"Accept-Language": "es"})
        assert "Content-Language" not in reply.headers and "Cookie" not in reply.vary


def test_a_program_is_told_what_is_wrong_in_its_language_and_by_the_same_code(
    client: FlaskClient, raw_application: dict[str, object]
) -> None:
    wrong = {**raw_application, "age": "17", "nonsense": 1}
    told = {
        asked: client.post(API, json=wrong, headers={"Accept-Language": asked} if asked else {}).json
        for asked in ("", "pt-BR", "es")
    }
    assert {answer["code"] for answer in told.values()} == {"invalid-application"}
    assert told[""]["errors"]["AGE"] == "Give a whole number from 18 to 120."
    assert told["pt-BR"]["errors"]["AGE"] == "Informe um número inteiro de 18 a 120."
    assert told["es"]["errors"]["AGE"] == "Indique un número entero de 18 a 120."
    assert told["es"]["errors"]["nonsense"] == "Este campo no existe."
    assert told["pt-BR"]["detail"] == "2 campos faltam ou não são válidos."
    assert (told[""]["title"], told["es"]["title"]) == ("Bad Request", "Petición no válida")


def test_a_decision_is_the_same_data_in_every_language(
    client: FlaskClient, raw_application: dict[str, object]
) -> None:
    english, spanish = (
        client.post(API, json=raw_application, headers={"Prefer": "wait=1", "Accept-Language": asked}).json
        for asked in ("en", "es")
    )
    assert english and spanish
    assert {**english, "id": ""} == {**spanish, "id": ""}


def test_one_thing_and_many_have_their_own_words(app: Flask) -> None:
    one, many = "One field is missing or not valid.", "%(num)d fields are missing or not valid."
    assert language.ngettext(one, many, 1) == one
    assert language.ngettext(one, many, 0) == "0 fields are missing or not valid."
    with app.test_request_context(headers={"Accept-Language": "pt"}):
        assert language.ngettext(one, many, 1) == "Falta um campo ou ele não é válido."
        assert language.ngettext(one, many, 3) == "3 campos faltam ou não são válidos."


def test_a_sentence_is_english_text_until_it_is_said(app: Flask) -> None:
    sentence = Sentence("Use at most %(count)s characters.", count=60)
    assert sentence == "Use at most 60 characters." == said(sentence)
    with app.test_request_context(headers={"Accept-Language": "es"}):
        assert said(sentence) == "Use 60 caracteres como máximo."
        assert said("of nobody's making") == "of nobody's making"


@pytest.mark.parametrize(
    ("tongue", "written"),
    [
        ("en", "Give an amount in R$ from 0 to 999,999,999."),
        ("pt", "Informe um valor em R$ de 0 a 999.999.999."),
        ("es", "Indique un importe en R$ de 0 a 999.999.999."),
    ],
)
def test_a_sentences_figures_are_written_as_its_language_does(app: Flask, tongue: str, written: str) -> None:
    with app.test_request_context(headers={"Accept-Language": tongue}):
        with pytest.raises(ValueError, match="999999999") as refused:
            Money(999_999_999).read("1000000000")
        assert said(sentence_of(refused.value)) == written


def test_a_year_is_written_as_a_year_and_a_fraction_with_the_languages_mark(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "pt"}):
        assert "1900" in said(
            Sentence("Give a whole number from %(least)s to %(most)s.", least=1900, most=2026)
        )
        with pytest.raises(ValueError, match="to 10000000") as refused:
            Number(0.5, 10_000_000.0).read("0")
        assert "0,5" in said(sentence_of(refused.value)) and "10.000.000" in said(sentence_of(refused.value))


@pytest.mark.parametrize(
    ("own", "others", "offered"),
    [
        ("en", [], ("en",)),
        ("en", ["es", "fr"], ("en", "es")),
        ("pt-BR", [], ("pt-BR",)),
        ("pt-BR", ["en"], ("en", "pt-BR")),
        ("de", [], ("en",)),
    ],
)
def test_a_page_is_never_half_in_one_language_and_half_in_another(
    monkeypatch: pytest.MonkeyPatch, own: str, others: list[str], offered: tuple[str, ...]
) -> None:
    spoken = language.active()._replace(language=own, words=dict.fromkeys(others))
    monkeypatch.setattr(language, "active", lambda: spoken)
    assert language.offered.__wrapped__() == offered
