"""How a request's head is read: as gunicorn reads it, however often the same head has come."""

from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import message
from gunicorn.http.unreader import IterUnreader

from web import heads

CONFIG = Config()
BODY = b'{"AGE": 30}'
POST = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 11\r\n"
PROXY, STRANGER = ("127.0.0.1", 5_000), ("192.0.2.1", 5_000)
HEADS = {
    "a program's": POST,
    "a browser's": f"{POST}Cookie: who=ana\r\n",
    "under a key": f"{POST}Idempotency-Key: 1\r\n",
    "by a proxy": f"{POST}X-Forwarded-For: ana\r\n",
    "traced": f"{POST}Traceparent: ana\r\n",
    "with a query": POST.replace("/predict", "/predict?name=ana"),
    "of a page": "GET / HTTP/1.1\r\nHost: localhost\r\n",
    "without headers": "POST / HTTP/1.0\r\n",
    "after an empty line": f"\r\n{POST}",
    "in chunks": "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
    "that waits for leave": f"{POST}Expect: 100-continue\r\n",
    "over TLS, a proxy says": f"{POST}X-Forwarded-Proto: https\r\n",
    "that closes": f"{POST}Connection: close\r\n",
    "the same header twice": f"{POST}X-A: 1\r\nX-A: 2\r\n",
    "a long one": f"{POST}X-A: {'a' * heads.LONGEST_KEPT}\r\n",
    "two lengths": f"{POST}Content-Length: 12\r\n",
    "a header without a colon": f"{POST}Ana\r\n",
    "a folded header": f"{POST} Ana\r\n",
    "no version": "POST /predict\r\nHost: localhost\r\n",
}
READ = ("method", "uri", "path", "query", "fragment", "version", "scheme", "headers", "trailers", "must_close", "_expected_100_continue", "proxy_protocol_info")  # fmt: skip


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    heads.Request.known.clear()
    yield
    heads.Request.known.clear()


def read(kind: Any, peer: Any, *parts: bytes) -> dict[str, Any]:
    """What a kind of request reads, with its body's reader and what is left for the next; or the error that it raises."""
    unreader = IterUnreader(parts)
    try:
        request = kind(CONFIG, unreader, peer)
    except Exception as error:
        return {"error": type(error).__name__}
    rest = unreader.buf.getvalue() + b"".join(unreader.iter or ())
    told = {name: getattr(request, name) for name in READ}
    return {**told, "body": type(request.body.reader), "closes": request.should_close(), "rest": rest}


@pytest.mark.parametrize("peer", [PROXY, STRANGER, "a socket"], ids=str)
@pytest.mark.parametrize("head", HEADS)
def test_a_head_is_read_as_gunicorn_reads_it(head: str, peer: Any) -> None:
    data = f"{HEADS[head]}\r\n".encode()
    expected = read(message.Request, peer, data + BODY)
    for _ in range(3):
        assert read(heads.Request, peer, data + BODY) == expected


def test_what_one_request_does_with_its_headers_the_next_does_not_see() -> None:
    data = f"{POST}\r\n".encode() + BODY
    for _ in range(3):
        request = heads.Request(CONFIG, IterUnreader([data]), STRANGER)
        assert len(request.headers) == 3
        request.headers.append(("X-A", "1"))


@pytest.mark.parametrize("at", range(len(POST) + 2))
def test_a_known_head_that_comes_in_two_parts_is_read_as_gunicorn_reads_it(at: int) -> None:
    data = f"{POST}\r\n".encode()
    read(heads.Request, STRANGER, data + BODY)
    parts = (data[:at], data[at:] + BODY) if at else (data + BODY,)
    assert read(heads.Request, STRANGER, *parts) == read(message.Request, STRANGER, *parts)
    assert read(heads.Request, STRANGER, data[:at]) == read(message.Request, STRANGER, data[:at])


def test_what_a_proxy_may_say_a_stranger_may_not() -> None:
    data = f"{HEADS['over TLS, a proxy says']}\r\n".encode()
    assert [read(heads.Request, peer, data)["scheme"] for peer in (PROXY, STRANGER, PROXY)] == ["https", "http", "https"]  # fmt: skip


def test_a_head_that_came_before_is_known_and_one_that_says_who_sends_is_not() -> None:
    for head in HEADS.values():
        read(heads.Request, STRANGER, f"{head}\r\n".encode() + BODY)
    kept = b"".join(head for head, _ in heads.Request.known).lower()
    assert POST.encode()[:-2].lower() in kept
    for private in (b"ana", b"cookie", b"key", b"?", b"get ", b"aaaa"):
        assert private not in kept


def test_not_more_heads_are_kept_than_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "KEPT", 3)
    for length in range(10, 20):
        read(heads.Request, STRANGER, POST.replace("11", str(length)).encode() + b"\r\n")
    assert [head[-2:] for head, _ in heads.Request.known] == [b"17", b"18", b"19"]
