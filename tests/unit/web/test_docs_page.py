"""The API's documentation, and the pages that errors lead to."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from creditrisk.application import FIELDS
from creditrisk.application.validation import validate
from tests.unit.web.conftest import FakeIntake
from web.docs_page import examples
from web.errors import SENTENCES
from web.example import example
from web.openapi import document
from web.problems import PROBLEMS


def test_the_page_tells_every_address_for_programs_every_field_and_every_error(client: FlaskClient) -> None:
    page = unescape(client.get("/api/docs").text)
    for path, methods in document("/")["paths"].items():
        for told in methods.values():
            if told["tags"] != ["pages"]:
                assert f"<code>{path}</code>" in page and told["summary"] in page
    for name in FIELDS:
        assert f"<code>{name}</code>" in page
    for code, problem in PROBLEMS.items():
        assert f"<code>{code}</code>" in page and problem.meaning in page
    anchors, links = re.findall(r' id="([^"]+)"', page), re.findall(r'href="#([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert set(links) <= set(anchors)


def test_under_a_prefix_links_and_examples_lead_there(client: FlaskClient) -> None:
    page = client.get("/api/docs", environ_overrides={"SCRIPT_NAME": "/prod"}).text
    assert 'href="/prod/problems/queue-full"' in page and 'href="/prod/api/v1/openapi.json"' in page
    assert "http://localhost/prod/api/v1/applications" in page


def test_the_example_is_an_application_that_is_accepted() -> None:
    assert validate(example())
    assert all(FIELDS[name].parse(value) is not None for name, value in example().items())


def test_the_examples_are_of_the_same_application() -> None:
    assert set(examples("http://x")) == {"curl", "python", "predict"}
    for text in examples("http://x").values():
        assert all(f'"{name}"' in text for name in example())


@pytest.mark.parametrize(
    "code", [*SENTENCES, "invalid-application", "unreadable-body", "bad-host", "method-not-allowed"]
)
def test_every_code_has_a_page(client: FlaskClient, code: str) -> None:
    reply = client.get(f"/problems/{code}")
    assert reply.status_code == 200
    assert f"<code>{code}</code>" in reply.text and "What to do" in reply.text


def test_what_is_told_of_the_api_and_its_errors_is_in_its_readers_language(client: FlaskClient) -> None:
    asked = {"Accept-Language": "es"}
    for code, said in (("conflict", "La revisión se pidió antes"), ("not-found", "No se puede responder")):
        page = client.get(f"/problems/{code}", headers=asked)
        assert '<html lang="es">' in page.text and said in page.text
        assert "language=pt-BR" in page.text
    page = client.get("/api/docs", headers=asked)
    assert '<html lang="es">' in page.text and "language=pt-BR" in page.text
    for said in (
        "Enviar una solicitud", "Ingresos mensuales. Ingresos personales regulares al mes", "De 18 a 120.", "En años.",
        "string o null", "Del solicitante: Nombre y apellidos.", "Hay demasiadas solicitudes en espera.",
        'descripción del propio servicio, <a href="/api/v1/openapi.json">openapi.json</a>',
    ):  # fmt: skip
        assert said in unescape(page.text), said
    described = client.get("/api/v1/openapi.json", headers=asked).text
    assert "Send an application" in described, "clients that are made from it are the same everywhere"


@pytest.mark.parametrize("code", ["nothing", "ok", "<script>"])
def test_what_is_no_code_has_none(client: FlaskClient, code: str) -> None:
    assert client.get(f"/problems/{code}").status_code == 404


def test_the_type_of_a_problem_opens(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, object]
) -> None:
    for prefix in ("", "/prod"):
        intake.error = RuntimeError()
        refused = client.get("/api/v1/nothing", environ_overrides={"SCRIPT_NAME": prefix})
        failed = client.post(
            "/api/v1/applications", json=raw_application, environ_overrides={"SCRIPT_NAME": prefix}
        )
        wrong = client.post("/api/v1/applications", json={}, environ_overrides={"SCRIPT_NAME": prefix})
        for reply in (refused, failed, wrong):
            assert reply.json
            assert reply.json["type"] == f"{prefix}/problems/{reply.json['code']}"
            assert client.get(reply.json["type"].removeprefix(prefix)).status_code == 200
