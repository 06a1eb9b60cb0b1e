"""The query of an address: what is no text in it spoils nothing, and what is text arrives."""

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from web import language


def ask(client: FlaskClient, path: str, query: bytes, **rest: object) -> tuple[int, str]:
    reply = client.open(path, environ_overrides={"QUERY_STRING": query.decode("latin1")}, **rest)  # type: ignore[arg-type]
    return reply.status_code, reply.text


@pytest.mark.parametrize(
    "query", [b"x=\xe9", b"language=\xe9", b"language=%E9", b"left=\xe9", b"\xff\xfe", b"%=%%e"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("POST", "/form/residence"), ("POST", "/application"), ("GET", "/clerk"), ("GET", "/nothing"),
     ("POST", "/predict"), ("GET", "/api/v1/openapi.json"), ("GET", "/static/style.css")],
)  # fmt: skip
def test_bytes_of_no_text_change_no_answer(
    client: FlaskClient, form: dict[str, object], method: str, path: str, query: bytes
) -> None:
    data = form if method == "POST" else None
    status, _ = ask(client, path, query, method=method, data=data)
    assert status == client.open(path, method=method, data=data).status_code < 500


def test_a_language_is_chosen_beside_them(client: FlaskClient) -> None:
    status, text = ask(client, "/", b"x=\xe9&language=es")
    assert status == 200
    assert 'lang="es"' in text


def test_another_language_has_the_same_address_beside(app: Flask) -> None:
    with app.test_request_context("/application/1", environ_overrides={"QUERY_STRING": "x=\xe9&y=2"}):
        assert language.switch()["es"] == "/application/1?x=%25E9&y=2&language=es"


def test_text_arrives_as_it_was_sent_encoded_or_not(app: Flask) -> None:
    for query in ("name=Niterói&a=1+2&b=%2B%26&c=/?", "name=Niter%C3%B3i&a=1+2&b=%2B%26&c=/?"):
        with app.test_request_context(environ_overrides={"QUERY_STRING": query.encode().decode("latin1")}):
            assert request.args.to_dict() == {"name": "Niterói", "a": "1 2", "b": "+&", "c": "/?"}
