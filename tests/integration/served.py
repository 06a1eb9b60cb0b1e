"""The form served by gunicorn on a real socket, as a test asks it: with requests as they are, and with attacks."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import wait_until
from cli.embedded_redis import free_port

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """The form under gunicorn."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request as it is; its status (0 without any) and what followed."""
        with self.connect() as client:
            with suppress(ConnectionError):  # refused before it was sent to its end
                client.sendall(request)
            return answer_on(client)

    def post(
        self, path: str, body: bytes, *headers: str, kind: str = "application/json"
    ) -> tuple[int, bytes]:
        head = [
            f"POST {path} HTTP/1.1",
            "Host: localhost",
            f"Content-Type: {kind}",
            "Connection: close",
            *headers,
        ]
        return self.ask("\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode("latin-1") + body)

    def get(self, path: str) -> int:
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())[0]


def answer_on(client: socket.socket) -> tuple[int, bytes]:
    answer = b""
    with suppress(ConnectionError):
        while part := client.recv(65_536):
            answer += part
    return int(answer[9:12] or 0), answer[12:]


@contextmanager
def serving(redis_url: str, folder: Path, **settings: str) -> Iterator[Served]:
    """The form, with its log in the folder, while the block runs."""
    port = free_port()
    environment = {**os.environ, "REDIS_URL": redis_url, "HISTORY_URL": str(folder / "history"), **settings}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:web.serving"]
    command += ["--bind", f"127.0.0.1:{port}", "--graceful-timeout", "1"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    made = Served(port, folder / "log", process)
    try:
        wait_until(lambda: answers(made), 60, "the form")
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(served: Served) -> bool:
    assert served.process.poll() is None, served.log.read_text()
    with suppress(OSError):
        return served.get("/healthz") == 200
    return False


def ended(clients: list[socket.socket]) -> set[socket.socket]:
    """Those of the clients whose connection the server has ended."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLIN | select.POLLRDHUP)
    by_file = {client.fileno(): client for client in clients}
    return {by_file[file] for file, event in poll.poll(0) if event & (select.POLLRDHUP | select.POLLHUP)}


HEAD = "POST /application HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
ATTACKS = {
    "one byte of a body": f"{HEAD}Content-Length: 5000\r\n\r\nf",
    "a chunk without an end": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n1388\r\nf",
    "a body after 100-continue": f"{HEAD}Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n",
    "a header without an end": f"{HEAD}X-A: b",
    "nothing at all": "",
    "answers that nobody takes": "GET /static/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2,
}

PIECES = ("Ana", "http://[::1", "null", "[", "%00", "%ff", "%c3%28", "..", "//", "\\", "\xff", "é", "\t", "🙂", "a" * 500, "0", "-1",
          "9" * 30, "1e999", "ffffffff-ffff-7fff-bfff-ffffffffffff", "utf-16", "utf-7", "gzip", "*", ";", ",", "=", '"', "wait=", "{}", "NaN",
          "application/json", "charset=", "multipart/form-data; boundary=", "bytes=0-", "?", "#", "@", ":")  # fmt: skip
HEADERS = ("Host", "Origin", "Referer", "Sec-Fetch-Site", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Prefer", "Idempotency-Key",
           "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding", "Accept-Language", "Range", "If-Range", "If-None-Match",
           "If-Modified-Since", "Cookie", "Authorization", "Upgrade", "Connection", "TE", "Trailer", "Date", "User-Agent")  # fmt: skip
PLACES = ("/", "/application", "/application/", "/predict", "/api/v1/applications", "/api/v1/applications/", "/api/v1/openapi.json",
          "/static/", "/static/style.css", "/healthz", "/readyz", "/nothing", "*", "http://localhost/", "//evil.example/")  # fmt: skip
"""What odd requests are made of."""
