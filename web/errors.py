"""What goes wrong, said in words, in the shape that the address speaks; never a stack trace."""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, json, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import BadHost, HTTPException

from creditrisk.errors import (
    HistoryUnavailable,
    IdempotencyConflict,
    InvalidApplication,
    QueueFull,
    QueueUnavailable,
    ReviewRefused,
    UnknownApplication,
)
from creditrisk.sentence import Sentence, sentence_of
from web.language import DEFAULT, current, ngettext
from web.language import gettext as _
from web.origin import SAFE_METHODS
from web.refusals import CrossOriginRequest, UnreadableBody
from web.sentences import said

RETRY_AFTER = "5"
"""Seconds after which to try again when Redis is away or full."""

SENTENCES = {
    "cross-origin": Sentence(
        "This request was sent from another site, so nothing was accepted. "
        "Open the form on this site and send it from there."
    ),
    "idempotency-conflict": Sentence(
        "This Idempotency-Key was used for another application. Use a new key for a new application."
    ),
    "unknown-application": Sentence("No application has this number. Check that it is complete."),
    "queue-full": Sentence(
        "The application was not received, because too many are waiting. Please send it again in a moment."
    ),
    "queue-unavailable": Sentence(
        "The application was not received, because the queue cannot be reached. Please send it again in a moment; "
        "sending the same form again does not make a second application."
    ),
    "unavailable": Sentence(
        "The answer cannot be looked up just now. Nothing is lost; please try again in a moment."
    ),
    "internal": Sentence(
        "Something went wrong on our side. Please try again; sending the same form again does not make a second "
        "application."
    ),
}
"""What each cause is called to a program → what it says to a person."""

TITLES = {
    400: Sentence("Bad request"),
    403: Sentence("Not allowed"),
    404: Sentence("Not found"),
    405: Sentence("Method not allowed"),
    408: Sentence("Too late"),
    409: Sentence("Conflict"),
    413: Sentence("Too long"),
    415: Sentence("Unsupported media type"),
    429: Sentence("Too many requests"),
    500: Sentence("Something went wrong"),
    503: Sentence("Not available just now"),
}
"""What the usual statuses are called in other languages than English, which has the standard's own phrases."""

log = logging.getLogger("creditrisk.web")


@dataclass(frozen=True)
class Problem:
    """An error as it is shown: `code` never changes, `detail` is a sentence a person can act on, `errors`
    maps each wrong field to its sentence."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the status is called, in the page's language."""
        phrase = HTTPStatus(self.status).phrase
        return said(TITLES.get(self.status, Sentence("Not possible")) if current() != DEFAULT else phrase)

    @property
    def type(self) -> str:
        """The address of the page that explains the code, below the prefix that the app runs under."""
        return f"{request.script_root}/problems/{self.code}"

    def to_dict(self) -> dict[str, object]:
        """The members of RFC 9457, with `code` and, when fields are wrong, `errors`."""
        body: dict[str, object] = {"type": self.type, "title": self.title, "status": self.status}
        body |= {"detail": self.detail, "code": self.code}
        return body | ({"errors": dict(self.errors)} if self.errors else {})


def describe(error: Exception) -> Problem:
    """The problem that an exception stands for; one that nobody foresaw is logged and told without
    details."""
    match error:
        case InvalidApplication():
            told = {name: said(sentence) for name, sentence in error.errors.items()}
            return Problem(400, "invalid-application", _sentence(error), told)
        case UnreadableBody():
            return Problem(error.status, "unreadable-body", said(error.sentence))
        case CrossOriginRequest():
            return _problem(403, "cross-origin")
        case IdempotencyConflict():
            return _problem(409, "idempotency-conflict")
        case ReviewRefused():
            return Problem(409, "conflict", said(sentence_of(error)))
        case UnknownApplication():
            return _problem(404, "unknown-application")
        case QueueFull():
            return _problem(503, "queue-full")
        case QueueUnavailable() if request.method not in SAFE_METHODS:
            return _problem(503, "queue-unavailable")
        case QueueUnavailable() | HistoryUnavailable():
            return _problem(503, "unavailable")
        case BadHost():
            return Problem(400, "bad-host", _("The Host header of this request names no host."))
        case HTTPException():
            return _of_http(error)
    _log_unforeseen(error)
    return _problem(500, "internal")


def _problem(status: int, code: str) -> Problem:
    headers = {"Retry-After": RETRY_AFTER} if status == 503 else {}
    return Problem(status, code, said(SENTENCES[code]), headers=headers)


def _sentence(error: InvalidApplication) -> str:
    return ngettext(
        "One field is missing or not valid.", "%(num)d fields are missing or not valid.", len(error.errors)
    )


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    details = {
        404: _("There is nothing at this address."),
        405: _("%(method)s is not possible here.", method=request.method),
        413: _("The body is longer than 64 KiB, which no application needs."),
    }
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    code = HTTPStatus(status).phrase.lower().replace(" ", "-")
    return Problem(status, code, details.get(status) or usual(status, error.name), headers=headers)


def usual(status: int, name: str = "") -> str:
    """What the standard says of a status, or that it has this `name`; it says so in English alone."""
    if current() != DEFAULT:
        return _("This request cannot be answered as it stands.")
    return f"{HTTPStatus(status).description or name or HTTPStatus(status).phrase}."


def _log_unforeseen(error: Exception) -> None:
    """Type and place of the error; its message could quote what the applicant typed, and stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    log.error(json.dumps({"event": "error", "type": type(error).__name__, "where": places[-8:]}))


Shape = Callable[[Problem], Response]
"""How a problem is shown; its status and headers are added afterwards."""

_SHAPES = "creditrisk.errors"


def shape(blueprint: Blueprint, shown: Shape, *addresses: str) -> None:
    """Let a blueprint say how it shows what goes wrong at its addresses, also where it has no view, or none for the
    method; an address that ends in a slash stands for all that begin with it."""

    @blueprint.record
    def keep(state: BlueprintSetupState) -> None:
        state.app.extensions[_SHAPES] |= dict.fromkeys(addresses, shown)


def as_json(problem: Problem) -> Response:
    """The problem as programs know it (RFC 9457)."""
    return Response(json.dumps(problem.to_dict()), mimetype="application/problem+json")


def _shape_of(path: str) -> Shape:
    """The shape of the longest address that this one equals or begins with."""
    shapes: dict[str, Shape] = current_app.extensions[_SHAPES]
    here = (each for each in shapes if path == each or (each.endswith("/") and path.startswith(each)))
    return shapes[max(here, key=len)]


def install(app: Flask) -> None:
    """Answer every exception that a view lets through."""
    app.extensions[_SHAPES] = {}

    @app.errorhandler(Exception)
    def handle(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException) and (error.code or 500) < 400:
            return error
        problem = describe(error)
        response = _shape_of(request.path)(problem)
        response.status_code = problem.status
        response.headers.update(problem.headers)
        return response
