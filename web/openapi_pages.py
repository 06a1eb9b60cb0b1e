"""The addresses of the pages, as the OpenAPI description has them."""

from web.openapi_parts import BY_ID, FORM, HTML, PROBLEM, content, operation, refusals, text
from web.schemas import Schema

_IDENTITY = {
    "required": True,
    "description": "What tells who the applicant is, under the form's names",
    "content": {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
}


def _answer(of: str, whose: str) -> Schema:
    """The two ways to see an answer: in the browser that sent it, and by identity."""
    return {
        "get": operation(
            f"show{of}Answer", "pages", f"The answer as a page, {whose}",
            "As it stands; while it is pending, the page waits. A browser that did not send the application is asked who asks.",
            {
                "200": content("The answer as it stands", "", HTML),
                "403": content("The question who asks, whether or not there is such an application", "", HTML),
                "404": content("This can be no id", "", HTML),
                "503": content("The answer cannot be looked up now", "", HTML),
            },
            parameters=[BY_ID],
        ),
        "post": operation(
            f"unlock{of}Answer", "pages", f"The answer as a page, {whose}, to who says who the applicant is",
            "Afterwards the browser may open it again, with a cookie.",
            refusals("", HTML) | {
                "200": content("The answer as it stands", "", HTML),
                "403": content("Another identity, or no such application", "", HTML),
                "404": content("This can be no id", "", HTML),
                "429": content("Too many attempts", "", HTML),
            },
            parameters=[BY_ID],
            requestBody=_IDENTITY,
        ),
    }  # fmt: skip


def _elsewhere(description: str) -> Schema:
    location = {"description": "The page", "schema": {"type": "string"}}
    return {"description": description, "headers": {"Location": location}}


def _of_opened(id: str, summary: str, kind: str) -> Schema:
    """What a browser that may open an answer gets beside it."""
    return {
        "get": operation(
            id, "pages", summary, "To a browser that may open the answer, once it is decided.",
            {
                "200": text("The file", kind),
                "303": _elsewhere("To the answer's page, which asks who asks, or waits"),
                "404": content("This can be no id", "", HTML),
                "503": content("The answer cannot be looked up now", "", HTML),
            },
            parameters=[BY_ID],
        )
    }  # fmt: skip


PAGES = {
    "/": {
        "get": operation(
            "showForm", "pages", "The form", "Empty, with a token that makes a form sent twice one application.",
            {"200": content("The form", "", HTML), "400": content("The request cannot be read", "", HTML)},
        )
    },
    "/application": {
        "post": operation(
            "sendForm", "pages", "Send the form",
            "Under the form's names, in the charset that its Content-Type or a field `_charset_` names, else UTF-8.",
            {
                "200": content("The decision as a page", "", HTML),
                "202": content("Accepted: a page that waits for the decision", "", HTML),
                **refusals("", HTML),
            },
            requestBody={
                "required": True,
                "description": "The form's fields, and `submission`, the token of its page",
                "content": {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
            },
        ),
        "get": operation(
            "startAgain", "pages", "Back to the form", "Where the address line stands after a refused form.",
            {
                "302": {"description": "To the form", "headers": {"Location": {"description": "The form", "schema": {"type": "string"}}}},
                "400": content("The request cannot be read", "", HTML),
                "default": content("The form, to whoever follows", "", HTML),
            },
        ),
    },
    "/application/{id}": _answer("", "for the applicant"),
    "/clerk/application/{id}": _answer("Clerk", "for the clerk"),
    "/application/{id}/review": {
        "post": operation(
            "sendReviewRequest", "pages", "Ask that a person look at the decision",
            "With what the applicant says to it, in `words`. Asked twice, it is one.",
            refusals("", HTML) | {
                "303": _elsewhere("Back to the answer's page"),
                "default": content("The answer's page, to whoever follows", "", HTML),
                "404": content("This can be no id", "", HTML),
            },
            parameters=[BY_ID],
            requestBody={**_IDENTITY, "description": "`words`, which may be empty"},
        )
    },
    "/application/{id}/letter": _of_opened("showLetter", "The decision as a letter", HTML),
    "/application/{id}/letter.pdf": _of_opened("getLetter", "The letter as PDF", "application/pdf"),
    "/application/{id}/data.json": _of_opened("getData", "All that is kept of the application, as JSON", "application/json"),
    "/application/{id}/data.csv": _of_opened("getTable", "The same as a table", "text/csv"),
    "/api/docs": {
        "get": operation(
            "showDocs", "pages", "The API explained", "Made from this description.",
            {"200": content("The documentation", "", HTML), "400": content("The request cannot be read", "Problem", PROBLEM)},
        )
    },
    "/problems/{code}": {
        "get": operation(
            "showProblem", "pages", "What an error means", "Where an error's `type` leads.",
            {"200": content("What it means, and what to do", "", HTML), "404": content("There is no such error", "", HTML)},
            parameters=[{**BY_ID, "name": "code", "description": "The error's code", "schema": {"type": "string"}}],
        )
    },
    "/offline": {
        "get": operation(
            "showLostConnection", "pages", "What a browser shows while it cannot reach us", "It keeps this page for then.",
            {"200": content("The page", "", HTML), "400": content("The request cannot be read", "", HTML)},
        )
    },
    "/worker.js": {
        "get": operation(
            "getWorker", "pages", "The script that shows it", "A service worker.",
            {"200": text("The script", "text/javascript"), "400": content("The request cannot be read", "", HTML)},
        )
    },
    "/static/{filename}": {
        "get": operation(
            "showFile", "pages", "What the pages are made with", "Style, script and icon.",
            {
                "200": text("The file", "*/*"),
                "404": content("There is no such file", "", HTML),
            },
            parameters=[{**BY_ID, "name": "filename", "description": "The file's name", "schema": {"type": "string"}}],
        )
    },
}  # fmt: skip
