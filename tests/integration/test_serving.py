"""The form as it is served, on a real socket: slow senders and readers, requests that are none, and what is logged."""

import json
import os
import random
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from benchmarks.load import wait_until
from cli.embedded_redis import EmbeddedRedis
from tests.integration.served import (
    ATTACKS,
    HEAD,
    HEADERS,
    PIECES,
    PLACES,
    Served,
    answer_on,
    ended,
    serving,
)
from web.prefer import MAX_WAIT

SLOW = 2_000
"""Connections of an attack."""


@pytest.fixture(scope="module")
def served(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(redis_server.url, tmp_path_factory.mktemp("served")) as made:
        yield made


@pytest.mark.parametrize("attack", ATTACKS)
def test_thousands_of_slow_clients_keep_nobody_else_from_being_answered(
    served: Served, raw_application: dict[str, object], attack: str
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    body = json.dumps(raw_application).encode()
    with ExitStack() as open_sockets:
        slow = []
        for number in range(SLOW):
            client = open_sockets.enter_context(socket.socket())
            if (
                attack == "answers that nobody takes"
            ):  # elsewhere a refusal must find room, or its end is never seen
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            client.settimeout(60)
            client.connect(("127.0.0.1", served.port))
            client.sendall(ATTACKS[attack].encode())
            slow.append(client)
            if number % 200 == 199:
                assert served.get("/healthz") == 200
        for _ in range(10):
            assert served.get("/") == 200
            assert served.post("/api/v1/applications", body)[0] == 202
        if attack not in ("answers that nobody takes",):
            wait_until(
                lambda: len(ended(slow)) == SLOW, 60, "the end of the slow ones"
            )  # each has its deadline
    assert served.get("/healthz") == 200


def test_a_body_that_drips_in_is_over_at_its_deadline(served: Served) -> None:
    with served.connect() as client:
        client.sendall(f"{HEAD}Content-Length: 5000\r\n\r\n".encode())
        with suppress(ConnectionError):
            while not select.select([client], [], [], 0.2)[0]:
                client.sendall(b"a")
        assert answer_on(client)[0] == 408


def test_of_a_slow_and_honest_sender_the_application_is_taken(
    served: Served, raw_application: dict[str, object]
) -> None:
    body = json.dumps(raw_application).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    with served.connect() as client:
        for part in (head.encode(), body[:10], body[10:700], body[700:]):
            client.sendall(part)
            time.sleep(0.3)
        assert answer_on(client)[0] in (200, 202)


def test_an_answer_that_is_longer_than_what_the_client_takes_at_once_arrives_whole(served: Served) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        client.connect(("127.0.0.1", served.port))
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        time.sleep(0.3)
        status, page = answer_on(client)
    assert (status, page.rstrip()[-7:]) == (200, b"</html>")


def test_requests_of_one_connection_are_answered_in_turn(served: Served) -> None:
    with served.connect() as client:
        file = client.makefile("rb")
        for _ in range(5):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head = list(iter(file.readline, b"\r\n"))
            length = next(
                int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length")
            )
            assert (head[0].split()[1], file.read(length)) == (b"200", b'{"status":"ok"}\n')


# -- what is no request


CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
NO_REQUESTS = {
    "a chunk of no size": f"{CHUNKED}zz\r\nabc\r\n0\r\n\r\n",
    "a chunk of a size below nought": f"{CHUNKED}-5\r\nabc\r\n0\r\n\r\n",
    "a chunk that is longer than it says": f"{CHUNKED}2\r\nabcdef\r\n0\r\n\r\n",
    "a chunk of an endless size": f"{CHUNKED}{'f' * 40}\r\nabc\r\n0\r\n\r\n",
    "two codings": f"{HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": f"{HEAD}Transfer-Encoding: ana\r\n\r\n0\r\n\r\n",
    "a length and chunks": f"{HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length of letters": f"{HEAD}Content-Length: ana\r\n\r\n",
    "a length below nought": f"{HEAD}Content-Length: -1\r\n\r\n",
    "two lengths": f"{HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a line that is none": "Ana Souza 012345678\r\n\r\n",
    "a method of small letters": "get / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "another version": "GET / HTTP/7.9\r\nHost: localhost\r\n\r\n",
    "a header without a colon": "GET / HTTP/1.1\r\nAna Souza\r\n\r\n",
    "a header's name with a space": "GET / HTTP/1.1\r\nAna Souza : 012345678\r\n\r\n",
    "a folded header": "GET / HTTP/1.1\r\nHost: localhost\r\n Ana\r\n\r\n",
    "a nought in a header": "GET / HTTP/1.1\r\nHost: localhost\r\nX: Ana\0\r\n\r\n",
    "a mount point": "GET / HTTP/1.1\r\nHost: localhost\r\nSCRIPT_NAME: /Ana\r\nConnection: close\r\n\r\n",
    "a mount point with a hyphen": "GET / HTTP/1.1\r\nHost: localhost\r\nScript-Name: /Ana\r\nConnection: close\r\n\r\n",
    "a byte that is not ASCII in an address": "GET /?x=\xe9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a line too long": f"GET /{'a' * 9_000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header too long": f"GET / HTTP/1.1\r\nHost: {'a' * 70_000}\r\n\r\n",
    "too many headers": "GET / HTTP/1.1\r\n" + "X-A: b\r\n" * 1_000 + "\r\n",
    "another expectation": f"{HEAD}Expect: ana\r\nContent-Length: 1\r\n\r\na",
    "a scheme twice": "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\nConnection: close\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a proxy's line": "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("what", NO_REQUESTS)
def test_what_is_no_request_is_the_senders_error(served: Served, what: str) -> None:
    with served.connect() as client:
        with suppress(OSError):  # it may be refused before it is sent to its end
            client.sendall(NO_REQUESTS[what].encode("latin-1"))
            client.shutdown(socket.SHUT_WR)
        status = answer_on(client)[0]
    assert status < 500, status
    assert served.get("/healthz") == 200


def test_a_chunked_body_past_the_limit_is_413_on_the_wire(
    served: Served, raw_application: dict[str, Any]
) -> None:
    body = json.dumps(raw_application).encode() + b" " * 70_000
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:5_000], body[5_000:]))
    head = b"POST /api/v1/applications HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    assert served.ask(head + b"Connection: close\r\n\r\n" + chunks + b"0\r\n\r\n")[0] == 413


@pytest.mark.parametrize("address", ["/?x=%E9", "/?language=%E9", "/?%FF%FE=&%C3=%", "/nothing?x=%E9"])
def test_what_is_no_text_in_a_query_is_ignored(served: Served, address: str) -> None:
    assert served.get(address) == served.get(address.partition("?")[0])


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_put_into_a_request_the_answer_is_no_error_of_ours(
    served: Served, raw_application: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)

    def odd() -> str:
        return "".join(chance.choices(PIECES, k=chance.randint(1, 3)))

    def latin(text: str) -> bytes:
        return text.encode("utf-8") if chance.random() < 0.5 else text.encode("latin-1", "replace")

    for _ in range(60):
        path = chance.choice(PLACES) + chance.choice(("", odd(), f"?{odd()}"))
        method = chance.choice(
            ("GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "ANA")
        )
        body = chance.choice((b"", b"{", latin(odd()), json.dumps(raw_application).encode(), os.urandom(50)))
        kinds = ("application/json", "application/x-www-form-urlencoded", odd())
        lines = [f"Content-Type: {chance.choice(kinds)}", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name}: {odd()}" for name in chance.sample(HEADERS, 3)]
        chance.shuffle(lines)
        request = latin("\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])) + body
        status, answer = served.ask(request)
        assert status < 500, (status, request)
        assert b"Traceback" not in answer
    assert served.get("/healthz") == 200


def test_nothing_of_a_request_stands_in_the_log(served: Served) -> None:
    """Last in this module: whatever the tests before sent counts as well."""
    served.ask(b"GET /Ana%20Souza?dni=012345678 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    served.ask(b"ANA.SOUZA /012345678 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    served.ask(b"Ana Souza 012345678\r\n\r\n")
    log = served.log.read_text(encoding="utf-8", errors="replace")
    assert "refused" in log
    for word in ("Ana", "Souza", "ANA", "012345678", "evil", "Traceback"):
        assert word not in log, [line for line in log.splitlines() if word in line][:3]


def test_gunicorn_changes_pythons_sockets_before_anything_is_made_with_them() -> None:
    """What is imported with the settings is there before gevent's worker is: the app is not among it."""
    script = "import sys, web.serving; print(sorted({'ssl', 'flask', 'redis', 'rq'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    before = subprocess.run(
        [sys.executable, "-c", script.replace("web.serving", "gunicorn.workers.ggevent")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == before.stdout
    assert "redis" not in done.stdout and "flask" not in done.stdout


def test_a_worker_finds_gunicorns_settings_where_attributes_are_and_looks_for_garbage_less_often() -> None:
    script = """
import gc, types
import web.serving as serving
from gunicorn.config import Config
config = Config()
for name in ("workers", "keepalive", "forwarder_headers"):
    config.set(name, getattr(serving, name))
before = {name: getattr(config, name) for name in config.settings}
often = gc.get_threshold()[0]
serving.post_worker_init(types.SimpleNamespace(cfg=config))
assert before == {name: getattr(config, name) for name in config.settings}
assert vars(config)["keepalive"] == serving.keepalive
assert gc.get_freeze_count() and gc.get_threshold()[0] > often
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_who_waits_for_an_answer_has_it_before_the_server_is_stopped() -> None:
    """In a process of its own: what is imported with the settings changes Python's own sockets."""
    script = "import web.serving; print(web.serving.graceful_timeout)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) > MAX_WAIT
