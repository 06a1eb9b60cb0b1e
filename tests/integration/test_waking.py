"""The form wakes the scorer: what boto3 sends to Lambda, over HTTP, and what a Lambda that refuses costs."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import connection

from creditrisk import waking
from creditrisk.errors import WakeError
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from creditrisk.waking import Waker
from tests.helpers import Make

TRUST = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


@dataclass
class Lambda:
    """What was asked of it, and what it answers."""

    status: int = 202
    invoked: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)
    """Path, kind of invocation, payload."""
    signatures: list[str] = field(default_factory=list)
    connections: int = 0
    hangs_up: int = 0
    """How many requests it takes without an answer, from now on."""


@contextmanager
def listening(told: Lambda, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address on loopback, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            told.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.invoked.append((self.path, self.headers["X-Amz-Invocation-Type"], json.loads(body)))
            told.signatures.append(self.headers["Authorization"])
            if told.hangs_up:
                told.hangs_up -= 1
                self.close_connection = True
                return
            self.send_response(told.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{'https' if tls else 'http'}://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["by boto3", "directly"])
def aws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    """A Lambda on loopback, and no other that could be reached: asked by boto3, and as a function of its own asks it."""
    told = Lambda()
    with listening(told) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
            monkeypatch.setenv(name, "us-east-1")
        for name in (*waking.OTHER_ADDRESSES, *TRUST, "http_proxy", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        if request.param == "directly":
            monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "credit-form")
            for client in ("boto3", "botocore.session"):
                monkeypatch.setitem(sys.modules, client, None)  # importing it fails
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield told


def test_a_wake_up_invokes_the_scorer_and_waits_for_nothing(aws: Lambda) -> None:
    Waker("credit-scorer").wake("ticket-1")
    ((path, kind, payload),) = aws.invoked
    assert path == "/2015-03-31/functions/credit-scorer/invocations"
    assert kind == "Event"
    assert payload["scorer"] == "ticket-1"


def test_a_wake_up_is_signed_and_the_next_one_takes_the_same_connection(aws: Lambda) -> None:
    waker = Waker("credit-scorer:live")
    for ticket in ("ticket-1", "ticket-2"):
        waker.wake(ticket)
    assert [payload["scorer"] for _, _, payload in aws.invoked] == ["ticket-1", "ticket-2"]
    assert {path for path, _, _ in aws.invoked} == {"/2015-03-31/functions/credit-scorer%3Alive/invocations"}
    assert all(
        "Credential=test/" in each and "/us-east-1/lambda/aws4_request" in each for each in aws.signatures
    )
    assert aws.connections == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again(aws: Lambda) -> None:
    waker = Waker("credit-scorer")
    waker.wake("ticket-1")
    aws.hangs_up = 1
    waker.wake("ticket-2")
    assert [payload["scorer"] for _, _, payload in aws.invoked] == ["ticket-1", "ticket-2", "ticket-2"]
    assert aws.connections == 2


def test_a_wake_up_goes_through_the_proxy_that_the_environment_names(
    aws: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://lambda.example")
    Waker("credit-scorer").wake("ticket-1")
    ((path, _, _),) = aws.invoked
    assert path == "http://lambda.example/2015-03-31/functions/credit-scorer/invocations"


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("variable", TRUST)
def test_a_lambda_is_believed_by_the_certificate_that_the_environment_names(
    aws: Lambda, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with listening(aws, tls) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(WakeError, match="SSLError"):
            Waker("credit-scorer").wake("ticket-1")
        assert not aws.invoked
        monkeypatch.setenv(variable, str(certificate))
        Waker("credit-scorer").wake("ticket-2")
        assert len(aws.invoked) == 1


def test_nothing_of_a_wake_up_waits_until_the_rest_is_acknowledged(
    aws: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, connect = list[socket.socket](), connection.create_connection

    def connected(*given: Any, **named: Any) -> socket.socket:
        made.append(connect(*given, **named))
        return made[-1]

    monkeypatch.setattr(connection, "create_connection", connected)
    waker = Waker("credit-scorer")  # keeps its connection
    waker.wake("ticket-1")
    assert [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in made] == [1]


def test_whom_nobody_answers_is_told_with_the_function(aws: Lambda) -> None:
    aws.hangs_up = 5
    with pytest.raises(WakeError, match="The scorer function credit-scorer cannot be invoked"):
        Waker("credit-scorer").wake("ticket-1")
    assert 1 <= len(aws.invoked) <= 2


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_wake_up_that_fails_is_told_with_the_function_and_tried_twice_at_most(
    aws: Lambda, status: int
) -> None:
    aws.status = status
    with pytest.raises(WakeError, match="The scorer function credit-scorer cannot be invoked"):
        Waker("credit-scorer").wake("ticket-1")
    assert 1 <= len(aws.invoked) <= 2, "the applicant waits meanwhile"


def test_the_first_application_wakes_a_scorer_under_a_ticket_that_counts_as_one(
    aws: Lambda, settings: Settings, make_application: Make
) -> None:
    intake = Intake.connect(replace(settings, scorer_function="credit-scorer"))
    intake.submit(make_application())
    intake.submit(make_application())
    assert len(aws.invoked) == 1, "one is on its way"


def test_without_a_function_nobody_is_woken(aws: Lambda, settings: Settings, make_application: Make) -> None:
    intake = Intake.connect(settings)
    intake.submit(make_application())
    assert intake.waker is None
    assert aws.invoked == []


def test_an_application_is_accepted_though_nobody_can_be_woken_and_the_next_one_tries_again(
    aws: Lambda, queue: ApplicationQueue, settings: Settings, make_application: Make
) -> None:
    aws.status = 403
    intake = Intake.connect(replace(settings, scorer_function="credit-scorer"))
    intake.submit(make_application())
    before = len(aws.invoked)
    aws.status = 202
    intake.submit(make_application())
    assert len(aws.invoked) == before + 1
    assert queue.waiting() == 2


def environment_of(**others: str) -> dict[str, str]:
    """What Lambda tells a function, and whatever else it is deployed with."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": "credit-form",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        **others,
    }


def test_lambdas_own_environment_is_all_that_a_wake_up_needs() -> None:
    assert waking.is_plain(environment_of())


@pytest.mark.parametrize(
    "others",
    [
        {"AWS_LAMBDA_FUNCTION_NAME": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},  # as where a snapshot is restored: they are to be asked for then
        {"AWS_REGION": "cn-north-1"},
        {"AWS_REGION": "eusc-de-east-1"},
        {"AWS_REGION": "us-isob-east-1"},
        *({name: "anything"} for name in waking.OTHER_ADDRESSES),
    ],
    ids=lambda others: "".join(others),
)
def test_whatever_is_to_be_looked_for_is_left_to_boto3(others: dict[str, str]) -> None:
    assert not waking.is_plain(environment_of(**others))
