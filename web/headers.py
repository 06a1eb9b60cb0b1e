"""Headers that tell browsers and caches how to treat what we answer."""

from flask import Flask, Response, request

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Addresses (they hold ids) are sent to our own pages alone; with "no-referrer" browsers would hide Origin too,
    # which web.origin needs.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

NO_STORE = "no-store"
"""An answer about a person: no cache keeps it, not even the browser's own."""


def install(app: Flask) -> None:
    """Add the headers to every answer; what a view or a static file says of its own caching stays."""

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.extend(SECURITY)
        if request.endpoint != "static" and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = NO_STORE
        return response
