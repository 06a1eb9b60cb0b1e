"""What a browser shows of us while it cannot reach us: a page that it keeps, and the script that shows it."""

from flask import Blueprint, Response, current_app, make_response, render_template

blueprint = Blueprint("offline", __name__)


@blueprint.get("/worker.js")
def worker() -> Response:
    """The service worker. It stands beside the form, since it may answer for nothing above its own address."""
    response = current_app.send_static_file("worker.js")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/offline")
def page() -> Response:
    """The page that is shown in place of any other one that cannot be reached."""
    response = make_response(render_template("offline.html"))
    response.headers["Cache-Control"] = "no-cache"
    return response
