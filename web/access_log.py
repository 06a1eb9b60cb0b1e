"""One line of JSON for each request, without a word about the applicant."""

import json
import logging
import time
from functools import lru_cache

from flask import Flask, Response, g, has_request_context, request

from creditrisk.application_id import reference

log = logging.getLogger("creditrisk.web")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
"""The methods that are logged as they are: another one could be any word."""


def install(app: Flask) -> None:
    """Log each request when it is answered.

    The route's pattern is logged, never the path or the query, for whatever a person types there. The
    application's id opens its page, so a reference stands for it, here as in the scorer's log: `creditrisk
    reference ID` tells that of an id.
    """
    log.setLevel(app.extensions["creditrisk"].settings.log_level)
    if not log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def tell(response: Response) -> Response:
        method = request.method if request.method in METHODS else "other"
        route = request.url_rule.rule if request.url_rule else None
        write(method, route, response.status_code, g.started, g.get("application_id"))
        return response


def note(application_id: str) -> None:
    """The request that is being answered is about this application."""
    if has_request_context():
        g.application_id = application_id


def write(method: str, route: str | None, status: int, started: float, application_id: str | None) -> None:
    """Log a request that was taken up at `started`, by `time.perf_counter`."""
    if not log.isEnabledFor(logging.INFO):
        return
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    about = f', "application": "{reference(application_id)}"' if application_id else ""
    log.info(f'{_beginning(method, route, status)}, "milliseconds": {milliseconds}{about}}}')


@lru_cache(maxsize=256)  # as many kinds of requests there are, or nearly
def _beginning(method: str, route: str | None, status: int) -> str:
    """A line's JSON as far as lines have it in common, still open."""
    return json.dumps({"event": "request", "method": method, "route": route, "status": status})[:-1]
