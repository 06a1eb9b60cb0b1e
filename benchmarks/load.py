"""A small load generator: keep-alive connections in one thread, so that the measured system gets the machine."""

import asyncio
import time
from collections.abc import Callable, Sequence
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
        head = f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
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
    """`clients` clients, each of which sends its next request when the last one is answered."""
    outcome = Outcome()
    bodies_left = iter(range(10**9))

    async def client(until: float) -> None:
        connection = _Connection(url)
        while time.perf_counter() < until:
            await _one(connection, bodies[next(bodies_left) % len(bodies)], outcome, time.perf_counter())
        connection.close()

    async def run() -> None:
        start = time.perf_counter()
        await asyncio.gather(*(client(start + seconds) for _ in range(clients)))
        outcome.seconds = time.perf_counter() - start

    asyncio.run(run())
    return outcome


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
