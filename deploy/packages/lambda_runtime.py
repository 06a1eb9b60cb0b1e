"""Runs an unpacked function as AWS Lambda does: its own runtime client, its folders, and nothing else on the path.

The client is AWS's `awslambdaric`; this is the other side, the Lambda Runtime API that it talks to:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import os
import queue
import subprocess
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

NO_ANSWER = 60.0
"""Seconds past its time-out after which a function that took nothing is taken for dead."""


@dataclass
class Invocation:
    """One event on its way to a function, and what came back: `error` tells whether it is a failure's payload."""

    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: Any = None
    error: bool = False
    taken: float | None = None
    """When the function took it (monotonic seconds): from then on its time runs, whatever its start took."""
    done: threading.Event = field(default_factory=threading.Event)

    def finish(self, answer: Any, *, error: bool) -> None:
        """Record what came back, once."""
        if not self.done.is_set():
            self.answer, self.error = answer, error
            self.done.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is killed hangs up; that is not worth a traceback."""


class LambdaRuntime:
    """One execution environment: `task` and `opt` are its /var/task and /opt; used as a context manager.

    `python` has awslambdaric and boto3 installed, as AWS's runtime has, and nothing else.
    """

    def __init__(
        self,
        python: Path,
        handler: str,
        task: Path,
        opt: Path,
        environment: dict[str, str],
        timeout: float = 30.0,
    ) -> None:
        self.timeout = timeout
        self.init_error: dict[str, Any] | None = None
        self._waiting: queue.Queue[Invocation] = queue.Queue()
        self._running: dict[str, Invocation] = {}
        self._server = _Server(("127.0.0.1", 0), self._requests())
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the function
        self._command = [str(python), "-m", "awslambdaric", handler]
        self._task = task
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(task),
            "LD_LIBRARY_PATH": f"{opt}/lib",
            "PYTHONPATH": f"{task}:{opt}/python",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": handler.split("/")[1],
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_REGION": "us-east-1",
            **environment,
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._process = subprocess.Popen(
            self._command, cwd=self._task, env=self._environment, stdout=self._log, stderr=self._log
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    @property
    def log(self) -> str:
        """What the function wrote to its log so far."""
        return os.pread(self._log.fileno(), 1_000_000, 0).decode()

    @property
    def cpu_seconds(self) -> float:
        """Processor time that the function's process has taken since it started."""
        ticks = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def invoke(self, event: object) -> Invocation:
        """Invoke the function and wait for its answer; past the time-out it is killed, as on AWS."""
        invocation = Invocation(json.dumps(event).encode())
        self._waiting.put(invocation)
        handed_in = time.monotonic()
        while not invocation.done.wait(0.02):
            if self._process.poll() is not None:
                invocation.finish({"errorMessage": "the function's process has ended"}, error=True)
            elif time.monotonic() > (
                invocation.taken + self.timeout if invocation.taken else handed_in + self.timeout + NO_ANSWER
            ):
                self._process.kill()
                invocation.finish(
                    {"errorMessage": f"Task timed out after {self.timeout:.2f} seconds"}, error=True
                )
        return invocation

    def wait_for_init_error(self, seconds: float = 20.0) -> dict[str, Any]:
        """What the function failed with before its first invocation. Raises TimeoutError when it did not fail."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError("the function started") from None
        return self.init_error or {}

    def _requests(self) -> type[BaseHTTPRequestHandler]:
        runtime = self

        class Requests(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                invocation = runtime._waiting.get()
                runtime._running[invocation.id] = invocation
                invocation.taken = time.monotonic()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.id)
                self.send_header(
                    "Lambda-Runtime-Deadline-Ms", str(int((time.time() + runtime.timeout) * 1000))
                )
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:f"
                )
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(invocation.payload)))
                self.end_headers()
                self.wfile.write(invocation.payload)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"null")
                *_, identity, kind = self.path.split("/")
                if (identity, kind) == ("init", "error"):
                    runtime.init_error = body
                else:
                    runtime._running.pop(identity).finish(body, error=kind == "error")
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *values: object) -> None:
                """Not every request is news."""

        return Requests
