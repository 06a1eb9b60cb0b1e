"""How an answer goes out: gunicorn's response, made cheaper in what all answers have alike.

Not packed for Lambda, where a gateway takes whole answers.
"""

import time
from collections.abc import Iterable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi

Header = tuple[str, str]

_OF_ONE_ANSWER = frozenset(("content-length", "connection", "upgrade"))
"""Headers that tell gunicorn something of the answer that they are in."""


class SentAtOnce(wsgi.Response):  # type: ignore[misc]
    """The header waits for the first of the body, and both go out in one call of the system: the reader of a small answer
    wakes up once."""

    _header = b""
    headers_sent: bool

    def process_headers(self, headers: Iterable[Header]) -> None:
        for header in headers:
            if header[0].lower() in _OF_ONE_ANSWER:
                super().process_headers([header])
            else:
                self.headers += _checked(header)

    def send_headers(self) -> None:
        if not self.headers_sent:
            lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers)]
            self._header = util.to_bytestring("".join([*lines, "\r\n"]), "latin-1")
            self.headers_sent = True

    def default_headers(self) -> list[str]:
        connection = "upgrade" if self.upgrade else "close" if self.should_close() else "keep-alive"
        major, minor = self.req.version
        lines = [
            f"HTTP/{major}.{minor} {self.status}\r\n",
            f"Server: {self.version}\r\n",
            f"Date: {_date(int(time.time()))}\r\n",
            f"Connection: {connection}\r\n",
        ]
        return [*lines, "Transfer-Encoding: chunked\r\n"] if self.chunked else lines

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            self._send_header()
            util.write_chunk(self.sock, data)
        else:
            header, self._header = self._header, b""
            _send(self.sock, header + data)

    def sendfile(self, respiter: Any) -> bool:
        super().send_headers()
        return bool(super().sendfile(respiter))

    def close(self) -> None:
        self.send_headers()
        self._send_header()
        super().close()

    def _send_header(self) -> None:
        header, self._header = self._header, b""
        if header:
            _send(self.sock, header)


def _send(sock: Any, data: bytes) -> None:
    """What the system mostly takes at once goes without gevent's preparations for what it does not."""
    sent = sock.send(data)
    if sent < len(data):
        sock.sendall(data[sent:])


@lru_cache(maxsize=64)  # those of every answer are a dozen
def _checked(header: Header) -> tuple[Header, ...]:
    """A header as gunicorn sends it, if it does. Raises as gunicorn does for one that is none."""
    response = SimpleNamespace(headers=[], upgrade=False)
    wsgi.Response.process_headers(response, [header])
    return tuple(response.headers)


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return str(util.http_date(second))
