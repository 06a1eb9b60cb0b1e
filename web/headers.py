"""Headers that tell browsers and caches how to treat what we answer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

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


_SECURITY = list(SECURITY.items())


def install(app: Flask) -> None:
    """Add the headers to every answer; what a view or a static file says of its own caching stays.

    Around the app, where an answer's headers are a plain list: within, each costs as much as a field of the form.
    """
    answer = app.wsgi_app

    def secured(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            told = (
                [] if any(name == "Cache-Control" for name, _ in headers) else [("Cache-Control", NO_STORE)]
            )
            return start_response(status, [*headers, *told, *_SECURITY], *rest)

        return answer(environ, start)

    app.wsgi_app = secured  # type: ignore[method-assign]
