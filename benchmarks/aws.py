"""What the packaged functions ask of AWS, on loopback: Lambda, which passes a wake-up on, and S3, which takes the record."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lambda_runtime.environment import Answer, ExecutionEnvironment

_EMPTY = b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>'


class Aws:
    """Lambda and S3 at one address. S3 keeps nothing; Lambda invokes the one function that it is told of."""

    def __init__(self, address: str) -> None:
        self.scorer: ExecutionEnvironment | None = None
        self.environment = {
            "AWS_ENDPOINT_URL": address,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token" * 100,
        }
        """Where and as whom a function asks."""
        self._pool = ThreadPoolExecutor(1)
        self._last: Future[Answer] | None = None

    def wake(self, event: Any) -> None:
        """Invoke the scorer, without waiting for it."""
        assert self.scorer
        self._last = self._pool.submit(self.scorer.invoke, event)

    def settle(self) -> None:
        """Wait until the scorer that was woken has ended. Raises RuntimeError when it failed, or none was woken."""
        last, self._last = self._last, None
        if last is None:
            raise RuntimeError("No scorer was woken.")
        if (answer := last.result()).error:
            raise RuntimeError(f"The scorer: {answer.payload.decode()}\n{answer.log}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    aws: Aws

    def do_POST(self) -> None:
        """Lambda's Invoke, of the kind that waits for nothing."""
        self.aws.wake(json.loads(self._body()))
        self._reply(202)

    def do_PUT(self) -> None:
        """S3's PutObject."""
        self._body()
        self._reply(200)

    def do_GET(self) -> None:
        """S3's ListObjectsV2."""
        self._reply(200, _EMPTY)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _reply(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A function that ends leaves its connections as they are."""


@contextmanager
def aws() -> Iterator[Aws]:
    """An Aws that is served until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    handler.aws = made = Aws(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
