"""The API's OpenAPI description, made from the fields themselves."""

from functools import cache
from typing import Any

from creditrisk.application import FIELDS, Field
from creditrisk.application.kinds import Digits, Zip3
from web.idempotency import LONGEST_KEY

_JSON = "application/json"
_PROBLEM = "application/problem+json"


def schema_of(field: Field) -> dict[str, Any]:
    """JSON Schema of one field, in its canonical spelling and value."""
    schema: dict[str, Any] = {"title": field.label}
    if field.help:
        schema["description"] = field.help
    if field.choices:
        return schema | {"type": "string", "enum": [*field.choices, *([None] if field.missing else [])]} | (
            {"type": ["string", "null"]} if field.missing else {}
        )  # fmt: skip
    if isinstance(field.kind, Zip3):  # 010 is no number of JSON's
        return schema | {"type": ["string", "integer"], "pattern": "^([0-9]{1,3}|[0-9]{5}-?[0-9]{3})$"}
    kind = "number" if field.unit == "R$" else "integer" if field.limits else "string"
    schema["type"] = [kind, "null"] if field.missing else kind
    if field.limits:
        schema["minimum"], schema["maximum"] = field.limits
    elif isinstance(field.kind, Digits):
        schema["pattern"] = f"^[0-9]{{{field.kind.shortest},{field.kind.longest}}}$"
    elif field.longest:
        schema |= {"minLength": 0 if field.missing else 1, "maxLength": field.longest}
    return schema


@cache
def document(server: str) -> dict[str, Any]:
    """OpenAPI 3.1 of `/api/v1`, served under `server`."""
    application = {
        "type": "object",
        "required": [name for name, field in FIELDS.items() if not field.missing],
        "properties": {name: schema_of(field) for name, field in FIELDS.items()},
        "description": "The lower-case names of the form are accepted as well.",
    }
    prefer = _header("Prefer", "wait=SECONDS: answer when decided, or after that time")
    once = _header(
        "Idempotency-Key",
        "Sent again with the same key, an application gets its first answer: for 30 days, unless set otherwise (IDEMPOTENCY_TTL)",
    )
    once["schema"] |= {"minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[ -~]+$"}
    body = {"required": True, "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Application"}}}}
    refusals = {
        "400": _content("Fields are missing or not valid; each is named", "Problem", _PROBLEM),
        "409": _content("The key was used for another application", "Problem", _PROBLEM),
        "413": _content("The body is over 64 KiB", "Problem", _PROBLEM),
        "415": _content("The body is not JSON", "Problem", _PROBLEM),
        "503": _content("Not accepted; send it again after Retry-After", "Problem", _PROBLEM),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Credit risk",
            "version": "1",
            "description": "Probability of default and credit decision.",
        },
        "servers": [{"url": server}],
        "paths": {
            "/api/v1/applications": {
                "post": {
                    "operationId": "createApplication",
                    "summary": "Send an application",
                    "parameters": [prefer, once],
                    "requestBody": body,
                    "responses": {
                        "200": _content("Decided", "Answer"),
                        "202": _content("Accepted; the answer will be at Location", "Answer"),
                        **refusals,
                    },
                }
            },
            "/api/v1/applications/{id}": {
                "get": {
                    "operationId": "showApplication",
                    "summary": "Look up an answer",
                    "parameters": [
                        {
                            "name": "id",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "format": "uuid"},
                        },
                        prefer,
                    ],
                    "responses": {
                        "200": _content("The answer as it stands", "Answer"),
                        "404": _content("No application has this id", "Problem", _PROBLEM),
                        "503": _content("The answer cannot be looked up now", "Problem", _PROBLEM),
                    },
                }
            },
        },
        "components": {
            "schemas": {"Application": application, "Answer": _ANSWER, "Problem": _PROBLEM_SCHEMA}
        },
    }


def _header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


def _content(description: str, schema: str, kind: str = _JSON) -> dict[str, Any]:
    return {
        "description": description,
        "content": {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_REASON = {
    "type": "object",
    "properties": {
        "field": {"type": "string"},
        "contribution": {"type": "number", "description": "In log-odds; above 0 raises the risk"},
        "text": {"type": "string"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["id", "status", "received_at"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": {"enum": ["pending", "decided", "failed"]},
        "received_at": {"type": "string", "format": "date-time"},
        "failure": {"type": "string", "description": "Why it could not be scored, when it failed"},
        "probability": {**_SHARE, "description": "Of default"},
        "prediction": {"enum": [0, 1], "description": "1: bad client"},
        "decision": {"enum": ["approved", "declined"]},
        "threshold": _SHARE,
        "model": {"type": "string"},
        "model_version": {"type": "string"},
        "scored_at": {"type": "string", "format": "date-time"},
        "reasons": {"type": "array", "items": _REASON},
        "unknown": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Fields with a value new to the model; no reason names such a value",
        },
    },
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
