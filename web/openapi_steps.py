"""The addresses of the form's own pages, as the OpenAPI description has them: an applicant's steps, and a clerk's desk."""

from typing import Any

from web.openapi_parts import FORM, HTML, content, operation, refusals
from web.schemas import Schema

_TYPED = {
    "required": True,
    "description": "What was typed so far, under the form's names, and `submission`, the token of the form",
    "content": {FORM: {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}},
}
_LEFT = {
    "name": "left",
    "in": "query",
    "required": False,
    "description": "The page that is left: whoever goes on is told what is wrong on it",
    "schema": {"type": "string"},
}
_KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "The page: a section's name in the portfolio",
    "schema": {"type": "string"},
}


def _page(id: str, summary: str, description: str, **more: Any) -> Schema:
    answers = refusals("", HTML)
    for status in ("409", "503"):  # nothing is accepted here
        del answers[status]
    there = {"200": content("The page", "", HTML), "404": content("There is no such page", "", HTML)}
    return operation(id, "pages", summary, description, answers | there, requestBody=_TYPED, **more)


def _first(id: str) -> Schema:
    location = {"description": "The first page", "schema": {"type": "string"}}
    return operation(
        id, "pages", "Back to the form", "Where the address line stands on a page of the form.",
        {
            "302": {"description": "To the first page", "headers": {"Location": location}},
            "400": content("The request cannot be read", "", HTML),
            "default": content("The first page, to whoever follows", "", HTML),
        },
    )  # fmt: skip


def _correction(id: str, summary: str) -> Schema:
    return operation(
        id, "pages", summary, "To be sent as a new application that names the old one.",
        {
            **{status: told for status, told in refusals("", HTML).items() if status != "409"},
            "200": content("The form", "", HTML),
            "303": {
                "description": "To the answer's page, which asks who asks",
                "headers": {"Location": {"description": "The page", "schema": {"type": "string"}}},
            },
            "404": content("No application has this number", "", HTML),
        },
        requestBody={
            "required": True,
            "description": "The application's id",
            "content": {FORM: {"schema": {"type": "object", "properties": {"application": {"type": "string"}}}}},
        },
    )  # fmt: skip


STEPS: Schema = {
    "/form/{key}": {
        "post": _page(
            "showPage", "A page of the form", "With what was typed so far, which nothing else keeps.",
            parameters=[_KEY, _LEFT],
        ),
        "get": operation(
            "showEmptyPage", "pages", "A page of the form, empty", "Where scripts run, the draft on the device fills it.",
            {
                "200": content("The page", "", HTML),
                "400": content("The request cannot be read", "", HTML),
                "404": content("There is no such page", "", HTML),
            },
            parameters=[_KEY],
        ),
    },
    "/check": {
        "post": _page(
            "checkAnswers", "All answers, before they are sent", "As they are understood, each with a way back to it.",
            parameters=[_LEFT],
        ),
        "get": _first("leaveCheck"),
    },
    "/correct": {
        "post": _correction("correctAnswers", "All answers of an application on record, to be changed"),
        "get": _first("leaveCorrection"),
    },
    "/clerk": {
        "get": operation(
            "showDesk", "pages", "The clerk's form", "All fields on one page, the lender's own among them.",
            {"200": content("The form", "", HTML), "400": content("The request cannot be read", "", HTML)},
        ),
        "post": operation(
            "sendDesk", "pages", "Send the clerk's form", "As /application takes it; the answer is a clerk's.",
            {
                "200": content("The decision as a page", "", HTML),
                "202": content("Accepted: a page that waits for the decision", "", HTML),
                **refusals("", HTML),
            },
            requestBody=_TYPED,
        ),
    },
    "/clerk/form": {
        "post": _page("showFilledDesk", "The clerk's form as it is", "With what was typed so far, unchecked."),
        "get": _first("leaveFilledDesk"),
    },
    "/clerk/correct": {
        "post": _correction("correctApplication", "The clerk's form with an application on record"),
        "get": _first("leaveDeskCorrection"),
    },
}  # fmt: skip
