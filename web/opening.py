"""Which answers a browser may open: those that it sent, and those for which identity was given in it.

An address with an application's id is in mails, histories and logs; alone it opens nothing. The browser that sent an
application, or showed who the applicant is, holds a cookie with the ids it may open, sealed so that only a form function
can have written it (`creditrisk.seals`). Scripts cannot read it, other sites cannot have it sent, it ends with the browser
or after LASTS, and it names at most MOST applications, the latest.
"""

import time

from flask import Response, request

from creditrisk.application_id import is_application_id
from web.services import services

COOKIE = "opened"
LASTS = 12 * 3600
"""Seconds: a long day at a counter."""
MOST = 20
"""Ids of 36 characters: a cookie may have 4,096."""


def is_open(application_id: str) -> bool:
    """Whether this request's browser may open an application. Raises QueueUnavailable."""
    return application_id in _opened()


def open_for_browser(response: Response, application_id: str) -> Response:
    """The response, with which the browser may open this application too. Raises QueueUnavailable."""
    ids = [each for each in _opened() if each != application_id][-MOST + 1 :]
    text = " ".join([str(int(time.time()) + LASTS), *ids, application_id])
    response.set_cookie(
        COOKIE,
        services().intake.seal(text),
        path=request.script_root or "/",
        httponly=True,
        samesite="Lax",
        # A proxy that ends TLS need not say so; the browser does, with what it sends.
        secure=request.is_secure or request.headers.get("Origin", "").startswith("https://"),
    )
    return response


def _opened() -> list[str]:
    sealed = request.cookies.get(COOKIE)
    text = services().intake.unseal(sealed) if sealed else None
    if not text:
        return []
    until, *ids = text.split(" ")
    return [each for each in ids if is_application_id(each)] if time.time() < int(until) else []
