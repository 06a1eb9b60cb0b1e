"""The OpenAPI description of everything that is served."""

from functools import cache
from typing import Any

from web.idempotency import LONGEST_KEY
from web.prefer import MAX_WAIT
from web.schemas import SCHEMAS, Schema

_JSON = "application/json"
_PROBLEM = "application/problem+json"
_HTML = "text/html"
_FORM = "application/x-www-form-urlencoded"
_ANY_APPLICATION = {
    "anyOf": [{"$ref": "#/components/schemas/Application"}, {"$ref": "#/components/schemas/FormApplication"}]
}


@cache
def document(server: str) -> Schema:
    """OpenAPI 3.1 of all addresses, served under `server`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Credit risk",
            "version": "1",
            "description": "Probability of default and credit decision. There are no accounts: whoever reaches an "
            "address may use it, and whoever knows an application's id may read its answer.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "contact": {"name": "Whoever runs this service"},
        },
        "servers": [{"url": server, "description": "Where this description comes from"}],
        "security": [],
        "tags": [
            {"name": "api", "description": "Applications as JSON, version 1"},
            {"name": "predict", "description": "The first system's address"},
            {"name": "pages", "description": "The form and its answers, for people"},
            {"name": "health", "description": "For whoever watches over it"},
        ],
        "paths": _API | _PREDICT | _PAGES | _HEALTH,
        "components": {"schemas": SCHEMAS},
    }


def _header(name: str, description: str, **schema: Any) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _content(description: str, schema: str, kind: str = _JSON, **headers: str) -> Schema:
    body = {"type": "string"} if kind == _HTML else {"$ref": f"#/components/schemas/{schema}"}
    response: Schema = {"description": description, "content": {kind: {"schema": body}}}
    if headers:
        response["headers"] = {
            name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    return response


def _text(description: str, kind: str) -> Schema:
    return {"description": description, "content": {kind: {"schema": {"type": "string"}}}}


def _operation(id: str, tag: str, summary: str, description: str, responses: Schema, **more: Any) -> Schema:
    return {
        "operationId": id,
        "tags": [tag],
        "summary": summary,
        "description": description,
        **more,
        "responses": responses,
    }


def _refusals(schema: str, kind: str) -> Schema:
    reasons = {
        "400": "Fields are missing or not valid (each is named), or the body cannot be read",
        "403": "A browser sent it on behalf of another site",
        "408": "The body did not come in time",
        "409": "The Idempotency-Key was used for another application",
        "413": "The body is over 64 KiB",
        "415": "The body is of another kind, coding or charset",
        "500": "Our fault; sent again with the same Idempotency-Key, it never becomes a second application",
    }
    refusals = {status: _content(reason, schema, kind) for status, reason in reasons.items()}
    away = "Not accepted; send it again after Retry-After"
    return refusals | {"503": _content(away, schema, kind, Retry_After="Seconds after which to try again")}


_PREFER = _header(
    "Prefer",
    f"wait=SECONDS: answer when decided, or after that time ({MAX_WAIT} s at most)",
    examples=["wait=5"],
)
_ONCE = _header(
    "Idempotency-Key",
    "Sent again with the same key, an application gets its first answer: for 30 days, unless set otherwise (IDEMPOTENCY_TTL)",
    minLength=1,
    maxLength=LONGEST_KEY,
    pattern="^[ -~]+$",
)
_BY_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The application's id",
    "schema": {"type": "string", "format": "uuid"},
}
_BODY = {
    "required": True,
    "description": "One application, every field once",
    "content": {_JSON: {"schema": _ANY_APPLICATION}},
}
_LATER = {"Location": "Where the answer will be", "Retry_After": "Seconds after which to look"}

_API = {
    "/api/v1/applications": {
        "post": _operation(
            "createApplication",
            "api",
            "Send an application",
            "Once it is answered 200 or 202, it will be scored and recorded, whatever happens.",
            {
                "200": _content("Decided", "Answer", Location="Where the answer stays"),
                "202": _content("Accepted; the answer will be at Location", "Answer", **_LATER),
                **_refusals("Problem", _PROBLEM),
            },
            parameters=[_PREFER, _ONCE],
            requestBody=_BODY,
        )
    },
    "/api/v1/applications/{id}": {
        "get": _operation(
            "showApplication",
            "api",
            "Look up an answer",
            "As it stands, or as it stands after the wait that Prefer asks for.",
            {
                "200": _content("The answer as it stands", "Answer"),
                "404": _content("No application has this id", "Problem", _PROBLEM),
                "503": _content(
                    "The answer cannot be looked up now", "Problem", _PROBLEM, Retry_After="Seconds to wait"
                ),
            },
            parameters=[_BY_ID, _PREFER],
        )
    },
    "/api/v1/openapi.json": {
        "get": _operation(
            "describe",
            "api",
            "This description",
            "OpenAPI 3.1, made from the fields that are asked for.",
            {
                "200": {"description": "OpenAPI", "content": {_JSON: {"schema": {"type": "object"}}}},
                "400": _content("The request cannot be read", "Problem", _PROBLEM),
            },
        )
    },
}

_PREDICT = {
    "/predict": {
        "post": _operation(
            "predict",
            "predict",
            "Send an application and wait for its decision",
            "Every answer has the same members, null where there is nothing to say.",
            {
                "200": _content("Decided", "Prediction"),
                "202": _content("Accepted, and not to be sent again", "NoPrediction", **_LATER),
                **_refusals("NoPrediction", _JSON),
            },
            parameters=[_ONCE],
            requestBody=_BODY,
        )
    },
}

_PAGES = {
    "/": {
        "get": _operation(
            "showForm", "pages", "The form", "Empty, with a token that makes a form sent twice one application.",
            {"200": _content("The form", "", _HTML), "400": _content("The request cannot be read", "", _HTML)},
        )
    },
    "/application": {
        "post": _operation(
            "sendForm", "pages", "Send the form",
            "Under the form's names, in the charset that its Content-Type or a field `_charset_` names, else UTF-8.",
            {
                "200": _content("The decision as a page", "", _HTML),
                "202": _content("Accepted: a page that waits for the decision", "", _HTML),
                **_refusals("", _HTML),
            },
            requestBody={
                "required": True,
                "description": "The form's fields, and `submission`, the token of its page",
                "content": {_FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
            },
        ),
        "get": _operation(
            "startAgain", "pages", "Back to the form", "Where the address line stands after a refused form.",
            {
                "302": {"description": "To the form", "headers": {"Location": {"description": "The form", "schema": {"type": "string"}}}},
                "400": _content("The request cannot be read", "", _HTML),
                "default": _content("The form, to whoever follows", "", _HTML),
            },
        ),
    },
    "/application/{id}": {
        "get": _operation(
            "showAnswer", "pages", "The answer as a page", "As it stands; while it is pending, the page waits.",
            {
                "200": _content("The answer as it stands", "", _HTML),
                "404": _content("No application has this id", "", _HTML),
                "503": _content("The answer cannot be looked up now", "", _HTML),
            },
            parameters=[_BY_ID],
        )
    },
    "/static/{filename}": {
        "get": _operation(
            "showFile", "pages", "What the pages are made with", "Style, script and icon.",
            {
                "200": _text("The file", "*/*"),
                "404": _content("There is no such file", "", _HTML),
            },
            parameters=[{**_BY_ID, "name": "filename", "description": "The file's name", "schema": {"type": "string"}}],
        )
    },
}  # fmt: skip

_HEALTH = {
    "/healthz": {
        "get": _operation(
            "isAlive",
            "health",
            "The process lives",
            "Nothing else is asked.",
            {
                "200": _content("It lives", "Health"),
                "400": _content("The request cannot be read", "Problem", _PROBLEM),
            },
        )
    },
    "/readyz": {
        "get": _operation(
            "isReady",
            "health",
            "An application sent now would be accepted",
            "Redis answers.",
            {
                "200": _content("It would", "Health"),
                "400": _content("The request cannot be read", "Problem", _PROBLEM),
                "503": _content("It would not", "Health", Retry_After="Seconds to wait"),
            },
        )
    },
}
