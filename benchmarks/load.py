"""A small load generator: keep-alive connections in one thread, so that the measured system gets the machine."""

import itertools
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SILENCE = 60.0
"""Seconds without any answer after which no more are waited for."""


@dataclass
class Outcome:
    """What a load met with: latencies in seconds of what was answered, and a count of each status."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, status: int, number: int = 1) -> None:
        """So many requests came to this; 0 stands for no answer."""
        self.statuses[status] = self.statuses.get(status, 0) + number

    @property
    def answered(self) -> int:
        """Requests answered with 200."""
        return self.statuses.get(200, 0)

    @property
    def rate(self) -> float:
        """Answered requests per second."""
        return self.answered / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that a share (0 to 1) of the requests stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


def closed_loop(url: str, bodies: Sequence[bytes], clients: int, seconds: float) -> Outcome:
    """`clients` clients, each of which sends its next request when the last one is answered.

    Requests are made beforehand, and answers are only looked at for their end: where client and system share the cores,
    a request costs the client some 20 µs.
    """
    address, requests = _sent(url, bodies)
    outcome, start = Outcome(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            _Client(address, selector).send(next(requests))
        while open_ := len(selector.get_map()):
            events = selector.select(SILENCE)
            if not events:
                outcome.count(0, open_)
                break
            for key, _ in events:
                client: _Client = key.data
                status = client.receive()
                if status is None:
                    continue
                now = time.perf_counter()
                outcome.latencies.append(now - client.since)
                outcome.count(status)
                if now - start < seconds:
                    client.send(next(requests))
                else:
                    client.close()
        outcome.seconds = time.perf_counter() - start
        _close_all(selector)
    return outcome


def _request(host: str | None, path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class _Client:
    """One of many keep-alive connections; connected again when the server closes it."""

    def __init__(self, address: tuple[str, int], selector: selectors.BaseSelector) -> None:
        self._address, self._selector = address, selector
        self._socket: socket.socket | None = None
        self._answer = b""
        self._ends = 0
        """Where the answer that is coming in ends; 0 while that is not known."""
        self.since = 0.0
        """From when on the answer is waited for."""

    def send(self, request: bytes, since: float | None = None) -> None:
        """Send one request, whose answer is to be received, and is waited for from now on, or `since` earlier."""
        self.since = since or time.perf_counter()
        if self._socket is None:
            self._socket = socket.create_connection(self._address)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._answer, self._ends = b"", 0
        with suppress(OSError):  # what is received next says so: nothing
            self._socket.sendall(request)

    def receive(self) -> int | None:
        """Take what has come; the status once the answer is whole, 0 when it ends before, None when more is to come."""
        assert self._socket
        try:
            got = self._socket.recv(65_536)
        except OSError:
            got = b""
        if not got:
            self.close()
            return 0
        self._answer += got
        if not self._ends:
            head, found, _ = self._answer.partition(b"\r\n\r\n")
            if not found:
                return None
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._ends = len(head) + 4 + int(length)
        if len(self._answer) < self._ends:
            return None
        if b"connection: close" in self._answer[: self._ends].lower():
            self.close()
        return int(self._answer[9:12])

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._socket:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


def open_loop(url: str, bodies: Sequence[bytes], rate: float, seconds: float) -> Outcome:
    """Requests at a fixed rate, whatever the answers do; latency counts from when a request was due."""
    address, requests = _sent(url, bodies)
    outcome, start = Outcome(), time.perf_counter()
    due = deque(start + number / rate for number in range(int(rate * seconds)))
    idle: list[_Client] = []
    with selectors.DefaultSelector() as selector:
        awaited = 0
        while due or awaited:
            while due and due[0] <= time.perf_counter():
                client = idle.pop() if idle else _Client(address, selector)
                client.send(next(requests), due.popleft())
                awaited += 1
            events = selector.select(max(0.0, due[0] - time.perf_counter()) if due else SILENCE)
            if not events and not due:
                outcome.count(0, awaited)
                break
            for key, _ in events:
                client = key.data
                if client in idle:  # the server closes a connection that it has waited on for long enough
                    client.close()
                    continue
                status = client.receive()
                if status is not None:
                    awaited -= 1
                    outcome.latencies.append(time.perf_counter() - client.since)
                    outcome.count(status)
                    idle.append(client)
        outcome.seconds = time.perf_counter() - start
        _close_all(selector)
    return outcome


def _sent(url: str, bodies: Sequence[bytes]) -> tuple[tuple[str, int], Iterator[bytes]]:
    """Where to connect, and the requests, over and over."""
    parts = urlsplit(url)
    requests = [_request(parts.hostname, parts.path, body) for body in bodies]
    return (parts.hostname or "", parts.port or 80), itertools.cycle(requests)


def _close_all(selector: selectors.BaseSelector) -> None:
    for key in list(selector.get_map().values()):
        key.data.close()


def wait_until(holds: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    """Look every 20 ms until a condition holds. Raises TimeoutError telling what it waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what if isinstance(what, str) else what()}: not within {seconds:g} s")
        time.sleep(0.02)
