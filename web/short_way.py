"""The short way of POST /predict: what is asked most often, and answered at once, does without Flask's machinery.

Routing, contexts, hooks and response objects are there for pages, and cost a request of this kind as much as all that it
is about. What is out of the ordinary in any way, an error, an answer that waits or is long, takes Flask's way from there
on, so that it looks as it does everywhere.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, g

from web import access_log, compression, origin, predict
from web.services import Services

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

ADDRESS = "/predict"


def install(app: Flask, services: Services) -> None:
    """Let what is posted to ADDRESS take the short way."""
    usual = app.wsgi_app

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != ADDRESS or environ["REQUEST_METHOD"] != "POST" or environ["QUERY_STRING"]:
            return usual(environ, start_response)
        started = time.perf_counter()
        request = Request(environ)
        try:
            _ = request.host  # raises BadHost
            origin.refuse_forged(request)
            found = predict.answer_to(request, services)
            told = predict.told_at_once(found)
            body = f"{app.json.dumps(told, separators=(',', ':'))}\n".encode() if told else b""
        except Exception as error:
            met = error
            return _on_flasks_way(
                app, environ, start_response, started, lambda: app.handle_user_exception(met)
            )
        if not body or len(body) >= compression.LEAST:
            return _on_flasks_way(
                app, environ, start_response, started, lambda: predict.reply(found), found.id
            )
        access_log.write("POST", ADDRESS, 200, started, found.id)
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    app.wsgi_app = answer  # type: ignore[method-assign]


def _on_flasks_way(
    app: Flask,
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    started: float,
    made: Callable[[], object],
    application_id: str = "",
) -> Iterable[bytes]:
    """Finish as Flask does, with all hooks; `made` gives what a view would return, about an application if one is known."""
    with app.request_context(environ):
        g.started = started
        if application_id:
            access_log.note(application_id)
        response: Response = app.finalize_request(made())  # type: ignore[arg-type]
        return response(environ, start_response)
