"""Bare Redis servers on loopback, a proxy in front of one, and a cluster: what fails over, falls silent, or dies."""

import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

from benchmarks.load import wait_until
from cli.embedded_redis import find_redis_server, free_port

SLOTS = 16_384


class Server:
    """One redis-server on a port of loopback, with these options."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.folder = folder / str(self.port)
        self.folder.mkdir(parents=True)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, anew after a kill; it then has what its append-only file has."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(find_redis_server(), "--bind", "127.0.0.1", "--port", str(self.port)),
                    *("--dir", str(self.folder), "--save", "", "--repl-diskless-sync-delay", "0"),
                    *self._options,
                ],
                stdout=log,
                stderr=log,
            )
        wait_until(self.answers, 60, "a redis-server")

    @property
    def redis(self) -> Redis:
        """A plain client."""
        return Redis(port=self.port, socket_timeout=10)

    @property
    def role(self) -> str:
        """master or slave, as Redis calls them."""
        with self.redis as redis:
            return str(redis.info("replication")["role"])

    def answers(self) -> bool:
        """Whether it answers."""
        with suppress(RedisError), self.redis as redis:
            return bool(redis.ping())
        return False

    def follow(self, other: "Server | None") -> None:
        """Become the replica of another one, in step with it; a primary, when None is given."""
        with self.redis as redis:
            redis.replicaof(*(("127.0.0.1", str(other.port)) if other else ("NO", "ONE")))
            if other:
                wait_until(lambda: redis.info("replication")["master_link_status"] == "up", 60, "the replica")
                wait_until(lambda: self.port in other.replicas(), 60, "the replica in step")

    def replicas(self) -> set[int]:
        """The ports of the replicas that are in step with it."""
        with self.redis as redis:
            info = redis.info("replication")
        entries = (
            value for name, value in info.items() if name.startswith("slave") and isinstance(value, dict)
        )
        return {int(entry["port"]) for entry in entries if entry["state"] == "online"}

    def kill(self) -> None:
        """SIGKILL."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class Proxy:
    """A port that leads to a server: to another one from some moment on, while old connections stay; or to nowhere."""

    def __init__(self, server: Server) -> None:
        self.target = server
        self._lock = threading.Lock()
        self._silent: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._say = b""
        self.opened = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def black_hole(self) -> None:
        """From now on all that comes on the connections that are open goes nowhere; new ones lead to the server."""
        with self._lock:
            self._silent |= self._open

    def say(self, error: str) -> None:
        """Answer the next script with this error, as a server would."""
        with self._lock:
            self._say = f"-{error}\r\n".encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target.port))
                with self._lock:
                    self.opened += 1
                    self._open |= {client, server}
                threading.Thread(target=self._pass, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                with self._lock:
                    silent, said = source in self._silent, b""
                    if self._say and b"EVALSHA" in data:
                        said, self._say = self._say, b""
                if said:
                    source.sendall(said)
                elif not silent:
                    sink.sendall(data)
            if source not in self._silent:
                sink.shutdown(socket.SHUT_RDWR)


class Cluster:
    """Three primaries with equal parts of the slots, and one replica of each."""

    def __init__(self, folder: Path, *, replicas: bool = True) -> None:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--appendonly", "yes")
        self.servers: list[Server] = []
        for _ in range(6 if replicas else 3):
            bus = str(free_port())
            self.servers.append(Server(folder, *options, "--cluster-port", bus))
            with self.servers[-1].redis as redis:
                redis.execute_command("CONFIG", "SET", "cluster-replica-validity-factor", "0")
        try:
            self._join()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        """A REDIS_URL that names its last node."""
        return f"redis+cluster://127.0.0.1:{self.servers[-1].port}"

    def _join(self) -> None:
        ids = []
        for number, server in enumerate(self.servers):
            with server.redis as redis:
                ids.append(redis.execute_command("CLUSTER", "MYID").decode())
                if number < 3:
                    first, last = number * SLOTS // 3, (number + 1) * SLOTS // 3 - 1
                    redis.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
                for other in self.servers[:number]:
                    bus = other._options[-1]
                    redis.execute_command("CLUSTER", "MEET", "127.0.0.1", other.port, bus)
        wait_until(lambda: all(self._knows(server) for server in self.servers), 60, "the cluster")
        for number, server in enumerate(self.servers[3:]):
            with server.redis as redis:
                redis.execute_command("CLUSTER", "REPLICATE", ids[number])
        wait_until(lambda: all(self._is_whole(server) for server in self.servers), 60, "its replicas")

    def _knows(self, server: Server) -> bool:
        info = self._info(server)
        return info["cluster_known_nodes"] == str(len(self.servers))

    def _is_whole(self, server: Server) -> bool:
        with server.redis as redis:
            replication = redis.info("replication")
        linked = replication["role"] == "master" or replication["master_link_status"] == "up"
        return linked and self._info(server)["cluster_state"] == "ok"

    @staticmethod
    def _info(server: Server) -> dict[str, str]:
        with server.redis as redis:
            raw = redis.execute_command("CLUSTER", "INFO")
        if isinstance(raw, dict):
            return {str(name): str(value) for name, value in raw.items()}
        return dict(line.split(":") for line in raw.decode().splitlines())

    def primary_of(self, slot: int) -> Server:
        """The living server that has a slot, as the others tell it."""
        by_port = {server.port: server for server in self.servers}
        for server in self.servers:
            if server.answers():
                with server.redis as redis:
                    for first, last, (_, port, *_), *_ in redis.execute_command("CLUSTER", "SLOTS"):
                        if first <= slot <= last:
                            return by_port[port]
        raise LookupError(slot)

    def stop(self) -> None:
        """Kill all."""
        for server in self.servers:
            server.kill()
