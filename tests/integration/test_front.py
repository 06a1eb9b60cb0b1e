"""nginx in front of the form, with the configuration that Compose runs: what it hands on, holds off, and answers itself."""

import json
import os
import resource
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.load import wait_until
from cli.embedded_redis import EmbeddedRedis, free_port
from tests.integration.served import ATTACKS, ROOT, Served, answer_on, serving

pytestmark = pytest.mark.needs("nginx", "openssl")

SIX = ["Success", "Full_name", "DNI", "Prediction", "Prediction_score", "Message"]


@contextmanager
def front(form_port: int, folder: Path, tls: Path | None = None) -> Iterator[Served]:
    """deploy/containers/front on this machine, in front of a form."""
    port, tls_port = free_port(), free_port()
    environment = {
        **os.environ, "FORM": f"127.0.0.1:{form_port}", "RESOLVER": "", "RUN": str(folder),
        "LISTEN": f"127.0.0.1:{port}", "LISTEN_TLS": f"127.0.0.1:{tls_port}", "TLS": str(tls or folder / "none"),
        "CONFIGURATION": str(ROOT / "deploy/containers/nginx.conf"),
    }  # fmt: skip
    subprocess.run(
        [ROOT / "deploy/containers/front", "test"], env=environment, check=True, capture_output=True
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [ROOT / "deploy/containers/front"],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: listens(port), 60, "nginx")
        yield Served(tls_port if tls else port, folder / "log", process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def behind(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        serving(redis_server.url, tmp_path_factory.mktemp("form")) as form,
        front(form.port, tmp_path_factory.mktemp("front")) as made,
    ):
        yield made


def test_pages_and_answers_come_through(behind: Served, raw_application: dict[str, object]) -> None:
    body = json.dumps(raw_application).encode()
    assert behind.get("/") == behind.get("/static/style.css") == behind.get("/readyz") == 200
    assert behind.post("/api/v1/applications", body)[0] == 202
    assert behind.post("/application", b"age=7", kind="application/x-www-form-urlencoded")[0] == 400


def test_a_form_sent_from_the_page_is_no_forgery_and_one_from_elsewhere_is(behind: Served) -> None:
    kind = "application/x-www-form-urlencoded"
    own = f"Origin: http://localhost"  # noqa: F541
    assert behind.post("/application", b"age=7", own, kind=kind)[0] == 400
    assert behind.post("/application", b"age=7", "Origin: http://evil.example", kind=kind)[0] == 403


def test_a_body_past_the_limit_gets_the_forms_own_answer(behind: Served) -> None:
    status, answer = behind.post("/predict", b" " * 200_000)
    assert status == 413
    assert b"64 KiB" in answer
    assert list(json.loads(answer.partition(b"\r\n\r\n")[2]))[:6] == SIX


@pytest.mark.parametrize(
    "attack", ["one byte of a body", "a header without an end", "a chunk without an end"]
)
def test_thousands_of_slow_clients_keep_nobody_else_from_being_answered(
    behind: Served, raw_application: dict[str, object], attack: str
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    body = json.dumps(raw_application).encode()
    with ExitStack() as open_sockets:
        for number in range(2_000):
            client = open_sockets.enter_context(behind.connect())
            client.sendall(ATTACKS[attack].encode())
            if number % 400 == 399:
                assert behind.get("/healthz") == 200
        for _ in range(10):
            assert behind.get("/") == 200
            assert behind.post("/api/v1/applications", body)[0] == 202


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A front whose form is not there."""
    with front(free_port(), tmp_path_factory.mktemp("alone")) as made:
        yield made


@pytest.mark.parametrize(
    "path", ["/", "/application", "/predict", "/api/v1/applications", "/readyz", "/healthz"]
)
def test_while_the_form_is_away_it_is_said_in_the_shape_that_the_address_speaks(
    alone: Served, path: str
) -> None:
    status, answer = alone.post(path, b"{}")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status == 503
    assert b"Retry-After: 5" in head
    if path == "/predict":
        assert list(json.loads(body))[:6] == SIX
    elif path in ("/", "/application"):
        assert b"text/html" in head
    else:
        assert json.loads(body)["status"] == 503


@pytest.mark.parametrize(
    ("asked", "language", "said"),
    [
        (b"Accept-Language: fr, pt", b"en", "Back in a moment"),
        (b"Accept-Language: pt-PT, en", b"pt-BR", "Voltamos em instantes"),
        (b"Accept-Language: ES-mx;q=0.9", b"es", "Volvemos en un momento"),
        (b"Accept-Language: es\r\nCookie: language=pt-BR", b"pt-BR", "Voltamos em instantes"),
        (b"Accept-Language: pt\r\nCookie: language=en", b"en", "Back in a moment"),
    ],
)
def test_while_the_form_is_away_it_is_said_in_the_language_of_who_asks(
    alone: Served, asked: bytes, language: bytes, said: str
) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    _status, reply = alone.ask(head + asked + b"\r\n\r\n")
    assert b'<html lang="' + language + b'">' in reply and said.encode() in reply


def test_with_a_certificate_there_is_tls_and_plain_http_leads_to_it(
    redis_server: EmbeddedRedis, tmp_path: Path
) -> None:
    tls = tmp_path / "tls"
    tls.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", tls / "privkey.pem", "-out", tls / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    for name in ("form", "front"):
        (tmp_path / name).mkdir()
    with (
        serving(redis_server.url, tmp_path / "form") as form,
        front(form.port, tmp_path / "front", tls) as made,
    ):
        trusting = ssl.create_default_context(cafile=str(tls / "fullchain.pem"))
        with made.connect() as plain, trusting.wrap_socket(plain, server_hostname="localhost") as client:
            assert client.version() in ("TLSv1.2", "TLSv1.3")
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status, answer = answer_on(client)
        assert status == 200
        assert b"Strict-Transport-Security" in answer
        plain_port = int((tmp_path / "front/plain.conf").read_text().partition("127.0.0.1:")[2].split()[0])
        with socket.create_connection(("127.0.0.1", plain_port)) as client:
            client.sendall(b"GET /application HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status, answer = answer_on(client)
        assert (status, b"https://localhost/application" in answer) == (308, True)


def test_nothing_of_a_request_stands_in_its_log(behind: Served, alone: Served) -> None:
    for served in (behind, alone):
        for request in (
            b"GET /Ana%20Souza?dni=012345678 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"Ana Souza 012345678\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"Ana" * 20_000 + b"\r\n\r\n",
        ):
            with suppress(ConnectionError):
                served.ask(request)
        log = served.log.read_text(encoding="utf-8", errors="replace")
        assert "refused" in log
        assert not [line for line in log.splitlines() if "Ana" in line or "012345678" in line]
