"""A request's body: one JSON object, or one form, with each field once."""

import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header

from creditrisk.sentence import Sentence
from web.refusals import UnreadableBody

MAX_BODY = 64 * 1024
"""Longest request body taken, in bytes; an application of 54 full fields is under 8 KiB, one of 300 under 48."""

MAX_FIELDS = 1_000
"""Most fields of a form that are looked at; a lender who asks 300 asks much."""

_CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "l1": "cp1252",
    "windows-1252": "cp1252", "cp1252": "cp1252", "iso-8859-15": "iso8859-15", "latin-9": "iso8859-15",
}  # fmt: skip
"""Name of a charset → Python's codec for it. What says ISO 8859-1 is read as Windows-1252, as browsers do."""


def read_json(request: Request) -> dict[str, Any]:
    """The fields in a JSON body, one value each, under the names that the sender used.

    Stricter than `json.loads`: NaN, Infinity and a key given twice are refused, for each of them would let
    two readers of one body see two different applications. Raises UnreadableBody.
    """
    kind, charset = _kind(request)
    if kind != "application/json":
        raise UnreadableBody(
            Sentence("Send the application as JSON, with the header Content-Type: application/json."), 415
        )
    told = "utf-8" if charset is None else charset.lower()
    codec = (
        None if told.startswith(("utf-8", "utf-16", "utf-32")) else _codec(told)
    )  # json.loads tells these apart by itself
    body = _read(request)
    try:
        text = body.decode(codec) if codec else body.decode(json.detect_encoding(body), "surrogatepass")
        data = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise UnreadableBody(Sentence("The body is not valid JSON.")) from None
    if not isinstance(data, dict):
        raise UnreadableBody(Sentence("The body must be one JSON object: field names with their values."))
    return data


def read_form(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body, decoded by the charset that its type, or a field `_charset_`, names,
    else as UTF-8. Raises UnreadableBody when it is another kind, other text, or repeats a field."""
    kind, said = _kind(request)
    if kind != "application/x-www-form-urlencoded":
        raise UnreadableBody(Sentence("Send the form as the form page does, form-encoded."), 415)
    codec = _codec(said) if said else None
    body = _read(request)
    if codec is None:
        field = re.search(rb"(?:^|&)_charset_=([\w.:-]*)", body)
        codec = _codec(field[1].decode()) if field and field[1] else "utf-8"
    try:
        text = body.decode(codec)
        pairs = parse_qsl(text, True, encoding=codec, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeError:
        raise UnreadableBody(
            Sentence(
                "The form's text is not in the charset that it says, or not in UTF-8 where it says none; "
                "send it as UTF-8, or name its charset in Content-Type."
            )
        ) from None
    except ValueError:
        raise UnreadableBody(
            Sentence("The form has more than %(count)s fields, which no application has.", count=MAX_FIELDS)
        ) from None
    form = _each_once(pairs)
    form.pop("_charset_", None)
    return form


def _kind(request: Request) -> tuple[str, str | None]:
    """The media type of a body, and the charset that it names, if it does."""
    return _kind_told(request.environ.get("CONTENT_TYPE", ""))


@lru_cache(maxsize=32)  # clients have few ways to say it
def _kind_told(content_type: str) -> tuple[str, str | None]:
    kind, parameters = parse_options_header(content_type)
    return kind.lower(), parameters.get("charset")


def _codec(charset: str) -> str:
    try:
        return _CHARSETS[charset.strip().lower()]
    except KeyError:
        raise UnreadableBody(
            Sentence("This charset is not read here; send the text as UTF-8."), 415
        ) from None


def _read(request: Request) -> bytes:
    """The whole body. Raises UnreadableBody when it does not come, or not as its headers say, and
    RequestEntityTooLarge past MAX_BODY, whether the sender says how long it is or sends it in chunks."""
    if request.environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise UnreadableBody(Sentence("Send the body as it is, without a Content-Encoding."), 415)
    length = request.content_length
    if length is None and not request.environ.get("wsgi.input_terminated"):
        return b""
    if length is not None and length > MAX_BODY:
        raise RequestEntityTooLarge
    wanted = MAX_BODY + 1 if length is None else length
    stream, body = request.environ["wsgi.input"], bytearray()
    try:
        while len(body) < wanted and (part := stream.read(wanted - len(body))):
            body += part
    except TimeoutError:
        raise UnreadableBody(
            Sentence("The body did not come in time; send it again, at once."), 408
        ) from None
    except Exception:  # each server has errors of its own for a connection cut and a chunk that is none
        raise UnreadableBody(
            Sentence("The body broke off, or is not chunked as HTTP has it; send it again.")
        ) from None
    if length is None and len(body) > MAX_BODY:
        raise RequestEntityTooLarge
    if length is not None and len(body) < length:
        raise UnreadableBody(Sentence("The body is shorter than its Content-Length; send it again."))
    return bytes(body)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableBody(Sentence("%(name)s is given more than once.", name=repr(twice)))
    return data


def _no_constant(name: str) -> None:
    raise UnreadableBody(Sentence("%(name)s is not a value of JSON.", name=name))


_DECODER = json.JSONDecoder(object_pairs_hook=_each_once, parse_constant=_no_constant)
