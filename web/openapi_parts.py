"""What the descriptions of addresses are put together from."""

from typing import Any

from web.schemas import Schema

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html"
FORM = "application/x-www-form-urlencoded"

BY_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The application's id",
    "schema": {"type": "string", "format": "uuid"},
}


def header(name: str, description: str, **schema: Any) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def content(description: str, schema: str, kind: str = JSON, **headers: str) -> Schema:
    body = {"type": "string"} if kind == HTML else {"$ref": f"#/components/schemas/{schema}"}
    response: Schema = {"description": description, "content": {kind: {"schema": body}}}
    if headers:
        response["headers"] = {
            name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    return response


def text(description: str, kind: str) -> Schema:
    return {"description": description, "content": {kind: {"schema": {"type": "string"}}}}


def operation(id: str, tag: str, summary: str, description: str, responses: Schema, **more: Any) -> Schema:
    return {
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "description": description,
        **more,
        "responses": responses,
    }


def refusals(schema: str, kind: str) -> Schema:
    reasons = {
        "400": "Fields are missing or not valid (each is named), or the body cannot be read",
        "403": "A browser sent it on behalf of another site",
        "408": "The body did not come in time",
        "409": "The Idempotency-Key was used for another application",
        "413": "The body is over 64 KiB",
        "415": "The body is of another kind, coding or charset",
        "500": "Our fault; sent again with the same Idempotency-Key, it never becomes a second application",
    }
    refusals = {status: content(reason, schema, kind) for status, reason in reasons.items()}
    away = "Not accepted; send it again after Retry-After"
    return refusals | {"503": content(away, schema, kind, Retry_After="Seconds after which to try again")}
