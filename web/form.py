"""The applicant's way: short pages that carry along what was typed so far, a look at all of it, and the answer.

Nothing is kept here between two pages: each is a POST with everything typed so far, in fields that are not shown. An
address names a page and never a person.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from creditrisk.application import FIELDS
from creditrisk.errors import InvalidApplication, QueueUnavailable
from creditrisk.portfolio import active
from web.answer import page as answer_page
from web.body import read_form
from web.checking import checked
from web.correcting import CORRECTS, as_typed
from web.errors import Problem, describe
from web.idempotency import key_of_form
from web.pages import Page, by_form_name, errors_in, leave, pages, read
from web.services import services
from web.ticks import NONE

blueprint = Blueprint("form", __name__)

TOKEN = "submission"
"""The hidden field that tells one submission from the next; see `key_of_form`."""


@blueprint.get("/")
def new() -> Response:
    """The first page, empty. "no-cache" rather than "no-store": it holds nobody's data, and a browser that goes back
    to it must find the same token again, so that a resend is known for one."""
    return _fresh(pages({})[0])


@blueprint.post("/form/<path:key>")
def step(key: str) -> Response:
    """A page of the form. Who goes on is first told what is wrong on the page that they leave (`?left=`); who goes back
    is not."""
    typed, sending = _typed()
    left = _leave(typed)
    keys = [page.key for page in pages(typed)]
    if key not in keys:
        raise NotFound
    errors: Mapping[str, str] = {}
    if left in keys and keys.index(left) < keys.index(key):
        errors = errors_in(typed, today())
    wrong = next((page for page in pages(typed, errors) if page.key == left and page.is_wrong), None)
    if wrong:
        return make_response(_page(wrong, typed, sending, refused=True), 400)
    return make_response(_page(next(page for page in pages(typed) if page.key == key), typed, sending))


@blueprint.get("/form/<path:key>")
def empty(key: str) -> Response:
    """A page of the form, empty; where scripts run, the draft on the device fills it."""
    page = next((page for page in pages({}) if page.key == key), None)
    if page is None:
        raise NotFound
    return _fresh(page)


@blueprint.get("/check", endpoint="check_again")
@blueprint.get("/correct", endpoint="leave_correct")
@blueprint.get("/application", endpoint="start_again")
def begin() -> BaseResponse:
    """Where the address line stands after all pages: opened by hand, it leads to the first."""
    return redirect(url_for("form.new"))


@blueprint.post("/check")
def check() -> Response:
    """All answers as they are understood; the first page that needs another look, while one does."""
    typed, sending = _typed()
    _leave(typed)
    return _looked_at(typed, sending)


@blueprint.post("/correct")
def correct() -> Response:
    """All answers of an application on record, to be changed and sent as a new one; see `web.correcting`."""
    typed = as_typed(request, "answer.show")
    sending = {TOKEN: secrets.token_urlsafe(16), CORRECTS: typed.pop(CORRECTS)}
    return _looked_at(typed, sending)


@blueprint.post("/application")
def assess() -> Response:
    """The decision as a page; 202 and a page that waits when it takes longer; the form again when it was not
    accepted."""
    typed, sending = _typed()
    _leave(typed)
    try:
        application = read(typed, today())
        key = key_of_form(sending[TOKEN], application)
        answer = services().submit(application, services().settings.wait_seconds, key, sending[CORRECTS])
    except InvalidApplication as error:
        return make_response(_refused(typed, sending, describe(error).errors), 400)
    except QueueUnavailable as error:
        problem = describe(error)
        response = make_response(_check_page(typed, sending, problem), problem.status)
        response.headers.update(problem.headers)
        return response
    return answer_page(answer, 202 if answer.status == "pending" else 200)


def today() -> date:
    """The day of which an age is told."""
    return datetime.now(UTC).date()


def _fresh(page: Page) -> Response:
    """A page of which nothing is answered; see `new`."""
    response = make_response(_page(page, {}, {TOKEN: secrets.token_urlsafe(16)}))
    response.headers["Cache-Control"] = "no-cache"
    return response


def _typed() -> tuple[dict[str, str], dict[str, str]]:
    """What was typed so far, under the form's names; and what goes along with it: TOKEN and CORRECTS."""
    typed = by_form_name(read_form(request))
    return typed, {name: typed.pop(name, "") for name in (TOKEN, CORRECTS)}


def _looked_at(typed: Mapping[str, str], sending: Mapping[str, str]) -> Response:
    """All answers as they are understood; the first page that needs another look, while one does."""
    errors = errors_in(typed, today())
    if errors:
        return make_response(_refused(typed, sending, errors), 400)
    return make_response(_check_page(typed, sending))


def _leave(typed: dict[str, str]) -> str:
    """The page that is left, by its key; empty when none is."""
    left = request.args.get("left", "")
    leave(typed, left)
    return left


def _page(
    page: Page,
    typed: Mapping[str, str],
    sending: Mapping[str, str],
    *,
    refused: bool = False,
    others: Mapping[str, str] | None = None,
) -> str:
    """A page of the form as HTML. `refused` puts what is wrong in front; `others` is what is wrong and stands on no page."""
    keys = [each.key for each in pages(typed)]
    number = keys.index(page.key)
    after = keys[number + 1] if number + 1 < len(keys) else ""
    here = {field.form_name for field in page.fields}
    lists = dict.fromkeys(field.suggestions for field in page.fields if field.suggestions)
    return render_template(
        "page.html",
        page=page,
        number=number + 1,
        count=len(keys) + 1,
        before=keys[number - 1] if number else "",
        after=after,
        changing="change" in request.args or bool(refused and after and request.endpoint != "form.step"),
        carried={
            name: text
            for name, text in {**sending, **typed}.items()
            if name not in here and not name.startswith(NONE)
        },
        suggestions={name: active().suggestions[name] for name in lists},
        refused=refused,
        others=others or {},
        fields=FIELDS,
    )


def _refused(typed: Mapping[str, str], sending: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """The first page on which something is wrong. What is wrong with what stands on no page is told there, too."""
    found = pages(typed, errors)
    asked = {field.name for page in found for field in page.fields}
    others = {name: sentence for name, sentence in errors.items() if name not in asked}
    page = next((page for page in found if page.is_wrong), found[0])
    return _page(page, typed, sending, refused=True, others=others)


def _check_page(typed: Mapping[str, str], sending: Mapping[str, str], problem: Problem | None = None) -> str:
    return render_template(
        "check.html",
        pages=checked(typed, today()),
        last=pages(typed)[-1].key,
        count=len(pages(typed)) + 1,
        carried={name: text for name, text in {**sending, **typed}.items() if not name.startswith(NONE)},
        corrects=sending.get(CORRECTS),
        problem=problem,
    )
