"""The query of a request, as an address can hold it (RFC 3986): in ASCII, and the rest percent-encoded."""

from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes

import flask

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

_ASCII: Final = bytes(range(128))


class Request(flask.Request):
    """A request whose query may hold any bytes: whoever reads it decodes them as UTF-8, which not all are."""

    def __init__(
        self, environ: "WSGIEnvironment", populate_request: bool = True, shallow: bool = False
    ) -> None:
        super().__init__(environ, populate_request, shallow)
        if not self.query_string.isascii():
            self.query_string = quote_from_bytes(self.query_string, _ASCII).encode()


def install(app: flask.Flask) -> None:
    """Let views, and whatever is done around them, see such requests."""
    app.request_class = Request
