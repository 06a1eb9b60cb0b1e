"""Where the API is explained: its documentation, and a page for each error that its `type` leads to."""

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import NotFound

blueprint = Blueprint("docs", __name__)


@blueprint.get("/api/docs")
def show() -> Response:
    """The documentation: plain HTML without a script, made from the API's own description."""
    from web.docs_page import shown  # nothing of it is needed before somebody asks

    return _kept(render_template("docs.html", **shown(request.script_root, request.url_root.rstrip("/"))))


@blueprint.get("/problems/<code>")
def problem(code: str) -> Response:
    """What an error means, and what to do about it."""
    from web.problems import explained

    found = explained(code)
    if not found:
        raise NotFound
    return _kept(render_template("problem_type.html", code=code, problem=found))


def _kept(page: str) -> Response:
    """A page that holds nobody's data: a browser may keep it, and asks whether it is still the same."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    return response
