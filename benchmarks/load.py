"""A small load generator: keep-alive connections in one thread, so that the measured system gets the machine."""

import asyncio
import itertools
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Outcome:
    """What a load met with: latencies in seconds of what was answered, and a count of each status."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0

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


class _Connection:
    """One keep-alive connection that posts JSON."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.path = parts.hostname or "", parts.port or 80, parts.path
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes) -> int:
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        assert self.reader is not None
        self.writer.write(_request(self.host, self.path, body))
        answer = await self.reader.readuntil(b"\r\n\r\n")
        lowered = answer.lower()
        length = int(lowered.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await self.reader.readexactly(length)
        if b"connection: close" in lowered:
            self.close()
        return int(answer[9:12])

    def close(self) -> None:
        if self.writer:
            self.writer.close()
            self.writer = None


def closed_loop(url: str, bodies: Sequence[bytes], clients: int, seconds: float) -> Outcome:
    """`clients` clients, each of which sends its next request when the last one is answered.

    Requests are made beforehand, and answers are only looked at for their end: where client and system share the cores,
    a request costs the client some 20 µs.
    """
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 80)
    requests = itertools.cycle([_request(parts.hostname, parts.path, body) for body in bodies])
    outcome, start = Outcome(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            _Client(address, selector).send(next(requests))
        while open_ := len(selector.get_map()):
            events = selector.select(60)
            if not events:
                outcome.statuses[0] = outcome.statuses.get(0, 0) + open_
                break
            for key, _ in events:
                client: _Client = key.data
                status = client.receive()
                if status is None:
                    continue
                now = time.perf_counter()
                outcome.latencies.append(now - client.sent_at)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
                if now - start < seconds:
                    client.send(next(requests))
                else:
                    client.close()
        outcome.seconds = time.perf_counter() - start
        for key in list(selector.get_map().values()):
            key.data.close()
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
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Send one request, whose answer is to be received."""
        self.sent_at = time.perf_counter()
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
    outcome = Outcome()
    idle: list[_Connection] = []

    async def request(number: int, due: float) -> None:
        connection = idle.pop() if idle else _Connection(url)
        await _one(connection, bodies[number % len(bodies)], outcome, due)
        idle.append(connection)

    async def run() -> None:
        start = time.perf_counter()
        tasks = []
        for number in range(int(rate * seconds)):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(request(number, due)))
        await asyncio.gather(*tasks)
        outcome.seconds = time.perf_counter() - start
        for connection in idle:
            connection.close()

    asyncio.run(run())
    return outcome


async def _one(connection: _Connection, body: bytes, outcome: Outcome, since: float) -> None:
    try:
        status = await asyncio.wait_for(connection.post(body), 60)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        connection.close()
        status = 0
    outcome.latencies.append(time.perf_counter() - since)
    outcome.statuses[status] = outcome.statuses.get(status, 0) + 1


def wait_until(holds: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    """Look every 20 ms until a condition holds. Raises TimeoutError telling what it waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what if isinstance(what, str) else what()}: not within {seconds:g} s")
        time.sleep(0.02)
