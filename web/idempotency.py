"""Keys by which an application that is sent twice is known again."""

import hashlib
import json

from flask import Request

from creditrisk.application import Application
from creditrisk.sentence import Sentence
from web.refusals import UnreadableBody

LONGEST_KEY = 255


def key_of(request: Request) -> str | None:
    """The client's Idempotency-Key header, None without it; raises UnreadableBody for one we can't keep."""
    key: str | None = request.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise UnreadableBody(
            Sentence("Idempotency-Key must be 1 to %(most)s printable ASCII characters.", most=LONGEST_KEY)
        )
    return f"api:{key}"


def key_of_form(token: str, application: Application) -> str | None:
    """The key of a form that carries `token`: a double click or a resend has the same, an edited form another
    one."""
    if not token:
        return None
    text = json.dumps([token, *sorted(application.items())])
    return f"form:{hashlib.sha256(text.encode()).hexdigest()}"
