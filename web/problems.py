"""What each error means, and what helps: its `type` leads to a page that says so, in its reader's language, for a program may
show that link to the person who uses it."""

from http import HTTPStatus
from typing import NamedTuple

from creditrisk.sentence import Sentence
from web.errors import usual


class Explained(NamedTuple):
    """An error for those who write programs: its status, what it means, and what helps; the two are sentences, which a page says
    in its language."""

    status: int
    meaning: str
    remedy: str


PROBLEMS = {
    "invalid-application": Explained(
        400,
        Sentence(
            "The body was read, but one or more fields are missing, of another type or outside their limits. Nothing was "
            "accepted."
        ),
        Sentence(
            "`errors` maps each such field to a sentence about it. Correct them and send the application again."
        ),
    ),
    "unreadable-body": Explained(
        400,
        Sentence(
            "The body is no single JSON object in the charset it says, names a field twice, or an Idempotency-Key cannot be "
            "kept. The status tells which: 400, 408 (it came too slowly) or 415 (another kind, coding or charset)."
        ),
        Sentence(
            "`detail` says what is wrong. Send one JSON object as UTF-8, with Content-Type: application/json."
        ),
    ),
    "bad-host": Explained(
        400,
        Sentence("The Host header names no host."),
        Sentence("Send the name that the service is reached by."),
    ),
    "cross-origin": Explained(
        403,
        Sentence("A browser sent the request on behalf of a page of another site."),
        Sentence("Call the API from a program, or from a page of the same origin."),
    ),
    "unknown-application": Explained(
        404,
        Sentence(
            "No application has this id. Either it was never given, or the application is no longer kept."
        ),
        Sentence("Check that the id is complete: 36 characters, as `id` and Location told it."),
    ),
    "idempotency-conflict": Explained(
        409,
        Sentence("The Idempotency-Key was used for another application."),
        Sentence(
            "Use a new key for each application, and the same one only to send the same application again."
        ),
    ),
    "conflict": Explained(
        409,
        Sentence("A review was asked for before there is a decision on the application."),
        Sentence("Ask again once its `status` is `decided`."),
    ),
    "queue-full": Explained(
        503,
        Sentence("Too many applications are waiting. This one was not accepted."),
        Sentence("Send it again after Retry-After seconds, with the same Idempotency-Key."),
    ),
    "queue-unavailable": Explained(
        503,
        Sentence("The queue cannot be reached. Whether the application was accepted cannot be told."),
        Sentence(
            "Send it again after Retry-After seconds with the same Idempotency-Key: it never becomes a second "
            "application."
        ),
    ),
    "unavailable": Explained(
        503,
        Sentence("The answer cannot be looked up at the moment. Nothing is lost."),
        Sentence("Ask again after Retry-After seconds."),
    ),
    "internal": Explained(
        500,
        Sentence("Something went wrong on the service's side that nobody foresaw."),
        Sentence(
            "Send the request again with the same Idempotency-Key. If it happens again, tell whoever runs the service when "
            "it did."
        ),
    ),
}
"""Code → what it means. Other codes are the phrases of HTTP statuses."""

_BY_STATUS = {
    status.phrase.lower().replace(" ", "-"): status
    for status in HTTPStatus
    if status >= HTTPStatus.BAD_REQUEST
}


def explained(code: str) -> Explained | None:
    """What a code means; None for none of ours."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    if status := _BY_STATUS.get(code):
        told = Sentence("`detail` says what is the matter with this request.")
        return Explained(status, usual(status), told)
    return None
