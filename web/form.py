"""The form, the answer to it, and the page where an answer that takes longer is waited for."""

import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadHost
from werkzeug.wrappers import Response as BaseResponse

from creditrisk.application import FIELDS
from creditrisk.application.validation import validate
from creditrisk.decision import Answer
from creditrisk.errors import InvalidApplication, QueueUnavailable
from creditrisk.portfolio import active
from web.body import read_form
from web.errors import Problem, describe, shape
from web.idempotency import key_of_form
from web.prefer import MAX_WAIT
from web.result import Result
from web.sections import sections
from web.services import services

blueprint = Blueprint("form", __name__)

TOKEN = "submission"
"""The hidden field that tells one submission from the next; see `key_of_form`."""


@blueprint.get("/")
def new() -> Response:
    """The empty form. "no-cache" rather than "no-store": it holds nobody's data, and a browser that goes back
    to it must find the same token again, so that a resend is known for one."""
    response = make_response(_page(secrets.token_urlsafe(16)))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.post("/application")
def assess() -> Response:
    """The decision as a page; 202 and a page that waits when it takes longer; the form again when it was not
    accepted."""
    typed = read_form(request)
    token = typed.pop(TOKEN, "")
    try:
        application = validate(typed)
        key = key_of_form(token, application)
        answer = services().submit(application, services().settings.wait_seconds, key)
    except (InvalidApplication, QueueUnavailable) as error:
        problem = describe(error)
        response = make_response(_page(token, typed, problem), problem.status)
        response.headers.update(problem.headers)
        return response
    return _answer_page(answer, 202 if answer.status == "pending" else 200)


@blueprint.get("/application")
def start_again() -> BaseResponse:
    """Where the address line stands after a refused form: opened by hand, it leads to a new one."""
    return redirect(url_for("form.new"))


@blueprint.get("/application/<application_id>")
def show(application_id: str) -> Response:
    """An application's answer as it stands."""
    return _answer_page(services().answer(application_id), 200)


def _problem_page(problem: Problem) -> Response:
    if isinstance(request.routing_exception, BadHost):  # a page has links, which cannot be made
        return Response(f"{problem.detail}\n", mimetype="text/plain")
    return Response(render_template("problem.html", problem=problem))


shape(blueprint, _problem_page, "/")


def _page(token: str, typed: Mapping[str, str] | None = None, problem: Problem | None = None) -> str:
    asked = {name: field for name, field in FIELDS.items() if field.asked}
    lists = dict.fromkeys(field.suggestions for field in asked.values() if field.suggestions)
    return render_template(
        "form.html",
        sections=sections(typed, problem.errors if problem else {}),
        fields=FIELDS,
        asked=asked,
        suggestions={name: active().suggestions[name] for name in lists},
        token=token,
        token_name=TOKEN,
        problem=problem,
    )


def _answer_page(answer: Answer, status: int) -> Response:
    if answer.decision:
        page = render_template("result.html", result=Result(answer, answer.decision))
    else:
        page = render_template(f"{answer.status}.html", answer=answer, wait=MAX_WAIT)
    return make_response(page, status)
