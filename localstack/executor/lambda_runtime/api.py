"""The Lambda Runtime API that one execution environment talks to, on a free port of loopback."""

import queue
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_VERSION = "/2018-06-01/runtime/"


class InitFailed(Exception):
    """The function could not be loaded; `payload` is the error as the runtime client reports it, in JSON."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        super().__init__(payload.decode(errors="replace"))


@dataclass(frozen=True)
class Invocation:
    """One event on its way to a function."""

    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function"
    trace_id: str = ""
    answer: "Future[tuple[bytes, bool]]" = field(default_factory=Future)
    """Its payload, and whether it is an error."""


class RuntimeApi:
    """Hands out invocations one at a time and takes their answers. `ready` is done when the function is loaded."""

    def __init__(self) -> None:
        self.ready: Future[None] = Future()
        self._work: queue.Queue[tuple[Invocation, float] | None] = queue.Queue()
        self._current: Invocation | None = None
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        serve = partial(self._server.serve_forever, poll_interval=0.05)
        threading.Thread(target=serve, name="runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is set to."""
        return f"127.0.0.1:{self._server.server_port}"

    def submit(self, invocation: Invocation, seconds: float) -> None:
        """Give the runtime client its next invocation, and this long for it; the answer comes in `invocation.answer`."""
        self._current = invocation
        self._work.put((invocation, time.time() + seconds))

    def abort(self, error: Exception) -> None:
        """The client is gone: whoever waits for it gets the error."""
        for future in (self.ready, self._current.answer if self._current else None):
            if future is not None and not future.done():
                future.set_exception(error)

    def close(self) -> None:
        """Stop serving; a client that still waits is sent away."""
        self._work.put(None)
        self._server.shutdown()
        self._server.server_close()

    # -- what the client asks for

    def next(self) -> tuple[Invocation, float] | None:
        """The next invocation and its deadline (seconds since the epoch), waiting for one; None ends the client.

        Asking for it says that the function is loaded.
        """
        if not self.ready.done():
            self.ready.set_result(None)
        return self._work.get()

    def answer(self, invocation_id: str, payload: bytes, error: bool) -> None:
        """The client's answer to an invocation. One that comes after the time-out is dropped."""
        current = self._current
        if current and current.id == invocation_id and not current.answer.done():
            current.answer.set_result((payload, error))

    def init_failed(self, payload: bytes) -> None:
        """The client could not load the function."""
        if not self.ready.done():
            self.ready.set_exception(InitFailed(payload))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed leaves its connection as it is."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # the client would wait 40 ms for the second of two writes
    api: RuntimeApi

    def log_message(self, format: str, *args: object) -> None:
        """The function's log is the only one."""

    def do_GET(self) -> None:
        work = self.api.next()
        if work is None:
            self.close_connection = True
            return
        invocation, deadline = work
        self._reply(
            200,
            invocation.payload,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
                "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            },
        )

    def do_POST(self) -> None:
        body = self._body()
        match self.path.removeprefix(_VERSION).split("/"):
            case ["init", "error"]:
                self.api.init_failed(body)
            case ["invocation", invocation_id, ("response" | "error") as kind]:
                self.api.answer(invocation_id, body, kind == "error")
        self._reply(202, b'{"status":"OK"}')

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
