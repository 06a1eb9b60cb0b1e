"""The form wakes the scorer: what boto3 sends to Lambda, over HTTP, and what a Lambda that refuses costs."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from creditrisk.errors import WakeError
from creditrisk.intake import Intake
from creditrisk.queue import ApplicationQueue
from creditrisk.settings import Settings
from creditrisk.waking import Waker
from tests.helpers import Make


@dataclass
class Lambda:
    """What was asked of it, and what it answers."""

    status: int = 202
    invoked: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)
    """Path, kind of invocation, payload."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    """A Lambda on loopback, and no other that boto3 could reach."""
    told = Lambda()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.invoked.append((self.path, self.headers["X-Amz-Invocation-Type"], json.loads(body)))
            self.send_response(told.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield told
        server.shutdown()


def test_a_wake_up_invokes_the_scorer_and_waits_for_nothing(aws: Lambda) -> None:
    Waker("credit-scorer").wake("ticket-1")
    ((path, kind, payload),) = aws.invoked
    assert path == "/2015-03-31/functions/credit-scorer/invocations"
    assert kind == "Event"
    assert payload["scorer"] == "ticket-1"


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
