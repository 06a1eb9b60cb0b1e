"""What a body may be: one of the right length, in the charset that it says, and nothing that reads as something else."""

import io
import json
import math
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.unit.web.conftest import FakeIntake
from web.body import MAX_BODY

FORM = "application/x-www-form-urlencoded"
PATHS = ("/application", "/predict", "/api/v1/applications")


class Chunks(io.RawIOBase):
    """A body that a server hands on as it comes, and whose end the server knows."""

    def __init__(self, body: bytes, error: Exception | None = None) -> None:
        self._body, self._error = io.BytesIO(body), error

    def read(self, size: int = -1) -> bytes:
        part = self._body.read(min(size, 1000) if size > 0 else size)
        if not part and self._error:
            raise self._error
        return part


def post_chunks(client: FlaskClient, path: str, chunks: Chunks) -> Any:
    environ = {"wsgi.input": chunks, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    kind = FORM if path == "/application" else "application/json"
    return client.post(path, content_type=kind, environ_overrides=environ)


def encoded(path: str, application: dict[str, Any]) -> bytes:
    return (urlencode(application) if path == "/application" else json.dumps(application)).encode()


@pytest.mark.parametrize("path", PATHS)
def test_a_chunked_body_is_read_whole(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, Any], path: str
) -> None:
    assert post_chunks(client, path, Chunks(encoded(path, raw_application))).status_code in (200, 202)
    assert len(intake.submitted) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("beyond", [1, 10_000, 10 * MAX_BODY])
def test_a_chunked_body_past_the_limit_is_413_even_where_what_fits_is_an_application(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, Any], path: str, beyond: int
) -> None:
    body = encoded(path, raw_application)
    filler = b"&" if path == "/application" else b" "
    body += filler * (MAX_BODY - len(body) + beyond)
    assert post_chunks(client, path, Chunks(body)).status_code == 413
    assert intake.submitted == []


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("bad chunk"), 400), (OSError("cut"), 400), (TimeoutError(), 408)]
)
@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_breaks_off_or_never_ends_is_the_senders_error(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, Any], path: str, error: Exception, status: int
) -> None:  # fmt: skip
    reply = post_chunks(client, path, Chunks(encoded(path, raw_application), error))
    assert reply.status_code == status
    assert "send it again" in reply.text
    assert intake.submitted == []


@pytest.mark.parametrize("path", PATHS)
def test_a_body_shorter_than_it_says_is_no_application(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, Any], path: str
) -> None:
    body = encoded(path, raw_application)
    environ = {"wsgi.input": io.BytesIO(body[:-1]), "CONTENT_LENGTH": str(len(body))}
    kind = FORM if path == "/application" else "application/json"
    assert client.post(path, content_type=kind, environ_overrides=environ).status_code == 400
    assert intake.submitted == []


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "x-unknown", "gzip, identity"])
@pytest.mark.parametrize("path", PATHS)
def test_a_compressed_body_is_refused_as_such(
    client: FlaskClient, raw_application: dict[str, Any], path: str, coding: str
) -> None:
    kind = FORM if path == "/application" else "application/json"
    body = encoded(path, raw_application)
    reply = client.post(path, data=body, content_type=kind, headers={"Content-Encoding": coding})
    assert reply.status_code == 415
    assert "Content-Encoding" in reply.text


# -- charsets of a form


def in_charset(form: dict[str, Any], codec: str) -> bytes:
    return urlencode(form, encoding=codec).encode()


@pytest.mark.parametrize(
    ("charset", "codec", "name"),
    [
        ("ISO-8859-1", "latin-1", "José Antão"),
        ("iso-8859-1", "cp1252", "Zoë “Zo” d’Ávila"),  # what browsers send under that name
        ("windows-1252", "cp1252", "Zoë d’Ávila"),
        ('"ISO-8859-15"', "iso8859-15", "Šárka Œuvrard"),
        ("UTF-8", "utf-8", "Жанна José"),
        ("utf8", "utf-8", "José"),
        ("US-ASCII", "ascii", "Jose"),
    ],
)
def test_a_form_is_decoded_by_the_charset_that_it_says(
    client: FlaskClient, intake: FakeIntake, form: dict[str, Any], charset: str, codec: str, name: str
) -> None:
    form |= {"full_name": name, "residencial_city": "Niteroi"}
    body = in_charset(form, codec)
    reply = client.post("/application", data=body, content_type=f"{FORM}; charset={charset}")
    assert reply.status_code == 200
    assert intake.submitted[0]["FULL_NAME"] == name


def test_a_form_that_names_its_charset_in_a_field_is_decoded_by_it(
    client: FlaskClient, intake: FakeIntake, form: dict[str, Any]
) -> None:
    body = in_charset({"_charset_": "windows-1252", **form, "full_name": "José"}, "cp1252")
    assert client.post("/application", data=body, content_type=FORM).status_code == 200
    assert intake.submitted[0]["FULL_NAME"] == "José"


def test_letters_that_are_sent_without_percent_signs_are_read_too(
    client: FlaskClient, intake: FakeIntake, form: dict[str, Any]
) -> None:
    form |= {"full_name": "NAME", "residencial_city": "Santos"}
    body = urlencode(form).replace("NAME", "José")
    for codec, kind in (("utf-8", FORM), ("latin-1", f"{FORM}; charset=latin1")):
        assert client.post("/application", data=body.encode(codec), content_type=kind).status_code == 200
    assert [sent["FULL_NAME"] for sent in intake.submitted] == ["José", "José"]
    assert len(set(intake.keys)) == 1


@pytest.mark.parametrize(
    ("charset", "codec", "status"),
    [
        (None, "latin-1", 400),  # says nothing, and is no UTF-8
        ("utf-8", "latin-1", 400),
        ("us-ascii", "latin-1", 400),
        ("utf-16", "utf-16", 415),
        ("utf-7", "utf-7", 415),
        ("no-such-charset", "utf-8", 415),
        ("base64", "utf-8", 415),
        ("../../etc/passwd", "utf-8", 415),
    ],
)
def test_a_form_in_a_charset_that_is_not_the_one_it_says_is_refused(
    client: FlaskClient, intake: FakeIntake, form: dict[str, Any], charset: str | None, codec: str, status: int
) -> None:  # fmt: skip
    body = in_charset(form | {"full_name": "José Antão"}, codec)
    kind = FORM if charset is None else f'{FORM}; charset="{charset}"'
    reply = client.post("/application", data=body, content_type=kind)
    assert reply.status_code == status
    assert "UTF-8" in reply.text
    assert intake.submitted == []


def test_a_form_of_more_fields_than_there_can_be_is_refused(client: FlaskClient) -> None:
    reply = client.post("/application", data="&".join(f"a{n}=1" for n in range(2_000)), content_type=FORM)
    assert reply.status_code == 400


@pytest.mark.parametrize(
    ("charset", "codec", "status"),
    [
        ("utf-8", "utf-8", 200),
        ("iso-8859-1", "latin-1", 200),
        ("utf-16", "utf-16", 200),
        ("utf-8", "latin-1", 400),
        ("koi8-r", "utf-8", 415),
    ],
)
def test_json_too_is_decoded_by_the_charset_that_it_says(
    client: FlaskClient, intake: FakeIntake, raw_application: dict[str, Any], charset: str, codec: str, status: int
) -> None:  # fmt: skip
    body = json.dumps(raw_application | {"full_name": "José"}, ensure_ascii=False).encode(codec)
    reply = client.post("/predict", data=body, content_type=f"application/json; charset={charset}")
    assert reply.status_code == status
    assert [sent["FULL_NAME"] for sent in intake.submitted] == (["José"] if status == 200 else [])


def test_the_limit_leaves_room_for_the_longest_application(raw_application: dict[str, Any]) -> None:
    assert len(json.dumps(raw_application)) * 8 < MAX_BODY < math.inf
