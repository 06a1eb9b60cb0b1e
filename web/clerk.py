"""The clerk's way: one dense page with every question, the lender's own and the bureau's among them."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from creditrisk.application import FIELDS, canonical_name
from creditrisk.errors import InvalidApplication, QueueUnavailable
from creditrisk.portfolio import active
from web.ages import validated
from web.answer import page as answer_page
from web.body import read_form
from web.correcting import CORRECTS, as_typed
from web.errors import Problem, describe
from web.form import TOKEN
from web.idempotency import key_of_form
from web.sections import sections
from web.services import services

blueprint = Blueprint("clerk", __name__, url_prefix="/clerk")


@blueprint.get("")
def new() -> Response:
    """The empty form; cached as the applicant's first page is."""
    response = make_response(_page({TOKEN: _token()}))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.post("")
def assess() -> Response:
    """The decision as a page; 202 and a page that waits when it takes longer; the form again when it was not
    accepted."""
    sent = read_form(request)
    typed = {name: text for name, text in sent.items() if name not in (TOKEN, CORRECTS)}
    try:
        application = validated(typed, datetime.now(UTC).date())
        key = key_of_form(sent.get(TOKEN, ""), application)
        corrects = sent.get(CORRECTS, "")
        answer = services().submit(application, services().settings.wait_seconds, key, corrects)
    except (InvalidApplication, QueueUnavailable) as error:
        problem = describe(error)
        response = make_response(_page(sent, problem), problem.status)
        response.headers.update(problem.headers)
        return response
    return answer_page(answer, 202 if answer.status == "pending" else 200, clerk=True)


@blueprint.post("/form")
def again() -> Response:
    """The form as it was typed so far, unchecked: in another language, say."""
    return make_response(_page(read_form(request)))


@blueprint.post("/correct")
def correct() -> BaseResponse:
    """The form filled with an application on record; see `web.correcting`."""
    return make_response(_page({TOKEN: _token(), **as_typed(request, "answer.show_clerk")}))


@blueprint.get("/form", endpoint="leave_form")
@blueprint.get("/correct", endpoint="leave_correct")
def begin() -> BaseResponse:
    """Where the address line stands on a filled form: opened by hand, it leads to a new one."""
    return redirect(url_for("clerk.new"))


def _token() -> str:
    return secrets.token_urlsafe(16)


def _page(sent: Mapping[str, str], problem: Problem | None = None) -> str:
    """The form with what was sent: its token alone, where it is new."""
    typed = {name: text for name, text in sent.items() if name not in (TOKEN, CORRECTS)}
    asked = {name: field for name, field in FIELDS.items() if field.asked}
    wrong = problem.errors if problem else {}
    lists = dict.fromkeys(field.suggestions for field in asked.values() if field.suggestions)
    return render_template(
        "desk.html",
        sections=sections(typed or None, wrong),
        fields=FIELDS,
        asked=asked,
        suggestions={name: active().suggestions[name] for name in lists},
        token=sent.get(TOKEN, ""),
        token_name=TOKEN,
        carried={  # what an application on record has beside the questions stays with it
            name: text
            for name, text in typed.items()
            if (known := canonical_name(name)) and known not in asked and known not in wrong
        },
        corrects=sent.get(CORRECTS, ""),
        corrects_name=CORRECTS,
        filled=bool(typed),
        problem=problem,
    )
