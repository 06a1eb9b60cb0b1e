"""A request's body: one JSON object, or one form, with each field once."""

import json
from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict


class UnreadableBody(Exception):
    """The body is not one that we take; its text is a sentence for the sender, `status` the HTTP status."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        self.status = status
        super().__init__(sentence)


def read_json(request: Request) -> dict[str, Any]:
    """The fields in a JSON body, one value each, under the names that the sender used.

    Stricter than `json.loads`: NaN, Infinity and a key given twice are refused, for each of them would let
    two readers of one body see two different applications. Raises UnreadableBody.
    """
    if request.mimetype != "application/json":
        raise UnreadableBody(
            "Send the application as JSON, with the header Content-Type: application/json.", 415
        )
    try:
        data = json.loads(
            request.get_data(cache=False), object_pairs_hook=_each_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise UnreadableBody("The body is not valid JSON.") from None
    if not isinstance(data, dict):
        raise UnreadableBody("The body must be one JSON object: field names with their values.")
    return data


def read_form(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body; raises UnreadableBody when it is another kind or repeats a field."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnreadableBody("Send the form as the form page does, form-encoded.", 415)
    form: MultiDict[str, str] = request.form
    for name, values in form.lists():
        if len(values) > 1:
            raise UnreadableBody(f"{name!r} is given more than once.")
    return form.to_dict()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableBody(f"{twice!r} is given more than once.")
    return data


def _no_constant(name: str) -> None:
    raise UnreadableBody(f"{name} is not a value of JSON.")
