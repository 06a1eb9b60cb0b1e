"""How an answer goes out: as gunicorn sends it, byte for byte, but in one call."""

import re
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.http import wsgi

from web.sending import SentAtOnce

TEXT = ("Content-Type", "text/plain")
ANSWERS: dict[str, tuple[str, str, list[tuple[str, Any]], list[bytes]]] = {
    "of a length": ("GET", "200 OK", [TEXT, ("Content-Length", "5")], [b"hello"]),
    "of a length in small letters": ("GET", "200 OK", [TEXT, ("content-length", "5")], [b"hello"]),
    "longer than it says": ("GET", "200 OK", [TEXT, ("Content-Length", "3")], [b"hello"]),
    "empty": ("GET", "200 OK", [TEXT, ("Content-Length", "0")], []),
    "in chunks": ("GET", "200 OK", [TEXT], [b"hello", b"", b"x"]),
    "without a body": ("HEAD", "200 OK", [TEXT, ("Content-Length", "5")], [b""]),
    "no content": ("GET", "204 No Content", [("Content-Length", "0")], []),
    "not modified": ("GET", "304 Not Modified", [TEXT], []),
    "upgraded": ("GET", "200 OK", [("connection", "upgrade"), ("upgrade", "websocket")], [b"x"]),
    "hop by hop": ("GET", "200 OK", [("Connection", "close"), ("Transfer-Encoding", "chunked")], [b"x"]),
    "two cookies": ("GET", "200 OK", [("Set-Cookie", "a=1"), TEXT, ("Set-Cookie", "b=2")], [b"x"]),
    "spaces around a value": ("GET", "200 OK", [("X", "  a\t")], [b"x"]),
    "a line feed in a value": ("GET", "200 OK", [("X", "a\r\nY: b")], [b"x"]),
    "a line feed in a name": ("GET", "200 OK", [("X\r\nZ", "a")], [b"x"]),
    "a value that is no text": ("GET", "200 OK", [("X", 1)], [b"x"]),
}


def sent(
    kind: type, method: str, status: str, headers: Sequence[tuple[str, Any]], body: list[bytes], minor: int
) -> bytes | str:
    """What goes out of an answer, without its date; or the error that keeps it in."""
    ours, theirs = socket.socketpair()
    request = SimpleNamespace(method=method, version=(1, minor), should_close=lambda: False)
    response = kind(request, ours, SimpleNamespace(protocol="http", sendfile=None, is_ssl=False))
    ours.settimeout(60)  # with one, as in gevent, the system takes a part at a time
    with ours, theirs, ThreadPoolExecutor(1) as reader:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        arrived = reader.submit(lambda: b"".join(iter(lambda: theirs.recv(1_024), b"")))
        try:
            response.start_response(status, list(headers))
            for part in body:
                response.write(part)
            response.close()
        except Exception as error:
            return repr(error)
        finally:
            ours.shutdown(socket.SHUT_WR)
        return re.sub(rb"Date: .*?\r\n", b"", arrived.result())


@pytest.mark.parametrize("minor", [1, 0], ids=["1.1", "1.0"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_goes_out_as_gunicorn_sends_it(answer: str, minor: int) -> None:
    expected = sent(wsgi.Response, *ANSWERS[answer], minor)
    for _ in range(2):  # a header that is known by then is none the better
        assert sent(SentAtOnce, *ANSWERS[answer], minor) == expected


def test_a_long_answer_to_a_slow_reader_arrives_whole() -> None:
    body = bytes(range(256)) * 20_000
    answer = ("GET", "200 OK", [TEXT, ("Content-Length", str(len(body)))], [body])
    assert sent(SentAtOnce, *answer, 1) == sent(wsgi.Response, *answer, 1)


class Calls:
    """A socket that notes what it is given."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []

    def send(self, data: bytes) -> int:
        self.calls.append(data)
        return len(data)


def test_a_small_answer_is_one_call_and_has_todays_date() -> None:
    request = SimpleNamespace(method="GET", version=(1, 1), should_close=lambda: False)
    calls = Calls()
    response = SentAtOnce(request, calls, SimpleNamespace(protocol="http"))
    response.start_response("200 OK", [TEXT, ("Content-Length", "5")])
    response.write(b"hello")
    response.close()
    (whole,) = calls.calls
    assert whole.endswith(b"\r\n\r\nhello")
    assert re.search(rb"\r\nDate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT\r\n", whole)
