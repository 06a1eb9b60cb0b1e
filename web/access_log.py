"""One line of JSON for each request, without a word about the applicant."""

import json
import logging
import time

from flask import Flask, Response, g, request

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
    def write(response: Response) -> Response:
        if log.isEnabledFor(logging.INFO):
            log.info(json.dumps(_line(response)))
        return response


def _line(response: Response) -> dict[str, object]:
    line: dict[str, object] = {
        "event": "request",
        "method": request.method if request.method in METHODS else "other",
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.started) * 1000, 2),
    }
    if "application_id" in g:
        line["application"] = reference(g.application_id)
    return line
