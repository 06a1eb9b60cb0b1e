"""Pages, scripts and styles go out compressed to whoever takes them so: a form loads in a fifth of the bytes.

Through a function URL too; an API Gateway (REST) would take what is no text for text, and can compress by itself.
"""

import gzip

from flask import Flask, Response, request

LEAST = 500
"""Bytes from which it is worth the work."""
_TYPES = ("text/", "application/json", "application/problem+json", "image/svg+xml")
_EVENT = "serverless.event"
"""In the environment of a request that came to a Lambda function: its event."""


def install(app: Flask) -> None:
    """Compress what is text, is whole, and is not small."""

    @app.after_request
    def compress(response: Response) -> Response:
        if (response.content_length or LEAST) < LEAST:
            return response  # whoever asks gets the same
        if not (response.mimetype or "").startswith(_TYPES) or _is_from_gateway():
            return response
        response.vary.add("Accept-Encoding")
        whole = response.status_code != 206 and "Content-Encoding" not in response.headers
        if not whole or request.accept_encodings["gzip"] <= 0:
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) >= LEAST:
            response.set_data(gzip.compress(body, 6, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            if etag := response.headers.get("ETag"):
                response.headers["ETag"] = f'{etag.rstrip(chr(34))}-gzip"'
        return response


def _is_from_gateway() -> bool:
    event = request.environ.get(_EVENT)
    return event is not None and event.get("version") != "2.0"
