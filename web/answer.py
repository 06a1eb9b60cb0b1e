"""The answer to an application as pages: for the applicant, for the clerk, as a letter, to take away; and who may see it."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

from flask import Blueprint, Response, json, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import BadHost, NotFound
from werkzeug.wrappers import Response as BaseResponse

from creditrisk.application_id import is_application_id
from creditrisk.decision import Answer, Decision
from creditrisk.errors import HistoryUnavailable, QueueUnavailable, UnknownApplication
from creditrisk.reviews import Review
from creditrisk.standing import Standing, seen
from web import words
from web.body import read_form
from web.errors import Problem, shape
from web.identity import is_same, questions
from web.opening import is_open, open_for_browser
from web.prefer import MAX_WAIT
from web.result import Result
from web.services import services
from web.widgets import Widget

blueprint = Blueprint("answer", __name__)

CLERK = "/clerk"
"""What the addresses of the clerk's view begin with."""

Page = Response | BaseResponse


@blueprint.get("/application/<application_id>")
@blueprint.get(f"{CLERK}/application/<application_id>", endpoint="show_clerk")
def show(application_id: str) -> Response:
    """An application's answer as it stands, to the browser that may open it; else the question who asks."""
    _check(application_id)
    if not is_open(application_id):
        return _who_asks()
    return page(services().answer(application_id), clerk=_is_clerk())


@blueprint.post("/application/<application_id>")
@blueprint.post(f"{CLERK}/application/<application_id>", endpoint="unlock_clerk")
def unlock(application_id: str) -> Response:
    """The answer, once it is told who the applicant is. That there is no such application is answered as a wrong identity
    is, and both are counted."""
    _check(application_id)
    typed = read_form(request)
    try:
        if not services().intake.may_try(application_id):
            return _who_asks("too-often", 429)
        answer = services().answer(application_id)
    except UnknownApplication:
        return _who_asks("other")
    except QueueUnavailable as error:  # nothing was sent that would have to be sent again
        raise HistoryUnavailable("The answer cannot be looked up.") from error
    if not is_same(answer.application, typed):
        return _who_asks("other")
    return page(answer, clerk=_is_clerk())


def page(answer: Answer, status: int = 200, *, clerk: bool = False) -> Response:
    """An answer as a page, which its browser may open again."""
    if result := _result(answer, clerk):
        html = render_template("clerk.html" if clerk else "answer.html", result=result)
    else:
        html = render_template(
            f"{answer.status}.html", answer=answer, wait=MAX_WAIT, clerk=clerk, lender=words.lender()
        )
    response = make_response(html, status)
    with suppress(QueueUnavailable):  # what was accepted is told all the same
        open_for_browser(response, answer.id)
    return response


def _opened(view: Callable[[Result], Page]) -> Callable[[str], Page]:
    """A view of a decided application; who may not open it, or comes before the decision, is led to its page."""

    @wraps(view)
    def guarded(application_id: str) -> Page:
        _check(application_id)
        result = _result(services().answer(application_id)) if is_open(application_id) else None
        if result is None:
            return redirect(url_for("answer.show", application_id=application_id), 303)
        return view(result)

    return guarded


@blueprint.post("/application/<application_id>/review")
@_opened
def ask_review(result: Result) -> Page:
    """Ask that a person look at the decision; with what the applicant says to it, in `words`. Asked twice, it is one."""
    words = read_form(request).get("words", "")
    services().intake.ask_review(result.answer.id, words)
    return redirect(url_for("answer.show", application_id=result.answer.id, _anchor="review"), 303)


@blueprint.get("/application/<application_id>/letter")
@_opened
def letter(result: Result) -> Page:
    """The decision as a letter, to read and to print."""
    from web.letter import letter as written  # few ask for it: it costs no cold start

    return make_response(render_template("letter.html", letter=written(result), id=result.answer.id))


@blueprint.get("/application/<application_id>/letter.pdf")
@_opened
def letter_pdf(result: Result) -> Page:
    """The same as PDF."""
    from web.letter import letter as written
    from web.lettering import can_spell
    from web.pdf import pdf

    return _file(pdf(written(result, can_spell)), "letter.pdf", "application/pdf")


@blueprint.get("/application/<application_id>/data.json")
@_opened
def data_json(result: Result) -> Page:
    """All that is kept of an application, for its applicant."""
    from web.record import as_data

    return _file(json.dumps(as_data(result.answer), indent=2).encode(), "data.json", "application/json")


@blueprint.get("/application/<application_id>/data.csv")
@_opened
def data_csv(result: Result) -> Page:
    """The same as a table."""
    from web.record import as_table

    return _file(as_table(result.answer).encode(), "data.csv", "text/csv")


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        content, content_type=kind if kind == "application/pdf" else f"{kind}; charset=utf-8", headers=headers
    )


def _result(answer: Answer, clerk: bool = False) -> Result | None:
    """A decided application for its pages; None for one that is not decided."""
    if not (decision := answer.decision):
        return None
    reviews: list[Review] = []
    with suppress(HistoryUnavailable):  # the decision is told all the same
        reviews = services().intake.reviews(answer.id)
    return Result(answer, decision, _standing(answer, decision) if clerk else None, reviews)


def _standing(answer: Answer, decision: Decision) -> Standing | None:
    """Where it stands as its scorer told; as the record does not, what the model at hand tells, where there is one."""
    known = None if answer.standing else seen(services().settings.model_folder)
    found = known and known.standing(decision.model, decision.model_version, decision.probability)
    return answer.standing or found


def _is_clerk() -> bool:
    """Whether this request is for the clerk's view."""
    return request.path.startswith(f"{CLERK}/")


def _check(application_id: str) -> None:
    """Raises NotFound for what cannot be an id: that tells nothing about those that can."""
    if not is_application_id(application_id):
        raise NotFound


def _who_asks(trouble: str = "", status: int = 403) -> Response:
    asked = [Widget(field, "") for field in questions()]
    return make_response(render_template("identity.html", asked=asked, trouble=trouble), status)


def _problem_page(problem: Problem) -> Response:
    if isinstance(request.routing_exception, BadHost):  # a page has links, which cannot be made
        return Response(f"{problem.detail}\n", mimetype="text/plain")
    return Response(render_template("problem.html", problem=problem))


shape(blueprint, _problem_page, "/")
