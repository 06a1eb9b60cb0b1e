"""gunicorn's settings, and its worker: how the web app is served to a network that means no good.

    gunicorn --config python:web.serving --bind …

On gevent, a request that waits for its answer holds neither a process nor a thread. A connection of which a request is
still to come is another matter: thousands of them, each with one byte, would take every place that there is. So a
request has a deadline, header and body, and of those that are still coming MOST_AWAITED are kept: one more, and the
one that has been silent for longest is let go. Who sends what they have to say is never the one.

Not packed for Lambda, where a gateway hands over whole requests.
"""

import gc
import json
import logging
import resource
import socket
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from http import HTTPStatus
from math import inf
from typing import Any

import gevent
from gunicorn import util
from gunicorn.http import errors, parser, wsgi
from gunicorn.workers.ggevent import GeventWorker

from web.heads import Request
from web.sending import SentAtOnce

BODY_SECONDS = 10.0
"""How long the body of a request may take to come, as a whole."""
LOOK = 0.25
"""Seconds between two looks for headers that have not come in time."""
SEND_SECONDS = 10.0
"""How long a client may take to take its answer, where it is longer than SEND_BUFFER."""
MOST_AWAITED = 400
"""Most connections of one process of which a request is still to come."""
GC_THRESHOLD = 20_000
"""Objects that are made, and not freed, until the youngest are looked through for garbage: Python's own 700 are the fields
of ten applications."""
SEND_BUFFER = 256 * 1024
"""What the system holds of an answer that is not taken: more than the longest answer, so that nobody waits for it."""

wsgi_app = "web:create_app(many=True)"
workers = 2
worker_class = "web.serving.Worker"
worker_connections = 1_000
timeout = 60
graceful_timeout = 25  # a request that waits for its answer may end
keepalive = 2  # seconds until the next request of a connection, header and all; the first one has as long
forwarder_headers = ""  # none of a request's headers says where the app is mounted
loglevel = "warning"
control_socket_disable = True  # nobody commands it while it runs

_STATUS = {
    errors.LimitRequestLine: 414,
    errors.LimitRequestHeaders: 431,
    errors.ExpectationFailed: 417,
    errors.ForbiddenProxyRequest: 403,
}
"""What is no request that we can read → its status; anything else of that kind is 400."""


def on_starting(server: object) -> None:
    """A connection is a file: as many may be open as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def post_worker_init(worker: "Worker") -> None:
    """The app is there, and so is what stays as it is: make requests pay for it no more.

    What the app holds is not looked through for garbage again and again, nor are all objects each time that some hundreds
    are made. gunicorn's settings, of which a request needs two dozen, are found where an object's own attributes are. A
    line of the log needs no place in the code and no thread, as none of our lines tells them.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    worker.cfg.__dict__.update({name: setting.get() for name, setting in worker.cfg.settings.items()})
    logging._srcfile = None  # type: ignore[attr-defined]  # see Python's documentation, "Optimization" of logging
    logging.logThreads = logging.logMultiprocessing = False


wsgi.create = partial(wsgi.create, response_class=SentAtOnce)  # gunicorn has no setting for these two
parser.RequestParser.mesg_class = Request


class _Body:
    """The body of a request, which comes before the deadline or not at all: then reading raises TimeoutError.

    `read` is told when reading has ended, and says whether the connection is kept; one that is not gets no answer,
    for thousands of answers would cost what the others need.
    """

    def __init__(self, body: Any, read: Callable[[], bool]) -> None:
        self._body, self._read = body, read
        self._until = time.monotonic() + BODY_SECONDS

    @property
    def failed(self) -> bool:
        """Whether the connection is of no more use."""
        return bool(self._body.failed)

    def read(self, size: int | None = None) -> bytes:
        return self._timely(self._body.read, size)

    def readline(self, size: int | None = None) -> bytes:
        return self._timely(self._body.readline, size)

    def _timely(self, read: Callable[[int | None], bytes], size: int | None) -> bytes:
        with gevent.Timeout(max(0.001, self._until - time.monotonic()), TimeoutError):
            data = read(size)
        if not self._read():
            raise gevent.GreenletExit
        return data


class Worker(GeventWorker):  # type: ignore[misc]
    """gunicorn's worker on gevent, with deadlines, and with a log that quotes nobody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaited: dict[Any, float] = {}
        """The connections of which a request is to come → the moment (`time.monotonic`) by which its header is to be there;
        the one that has been waited for longest comes first."""
        self._let_go: set[Any] = set()

    def run(self) -> None:
        """Serve until the worker is told to stop."""
        gevent.spawn(self._keep_deadlines)
        super().run()

    def timeout_ctx(self) -> AbstractContextManager[None]:
        """No timer for each header, which gunicorn would set: one looks at all of them."""
        return nullcontext()

    def _keep_deadlines(self) -> None:
        while True:
            gevent.sleep(LOOK)
            now = time.monotonic()
            for client in [client for client, until in self._awaited.items() if until < now]:
                self._release(client)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve the requests of one connection."""
        client.settimeout(SEND_SECONDS)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._await(client)
        try:
            super(GeventWorker, self).handle(listener, client, addr)
        finally:
            self._awaited.pop(client, None)
            self._let_go.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Serve one request, whose header is there."""
        if _is_to_come(req):
            if sock in self._awaited:
                self._awaited[sock] = inf  # its body has a deadline of its own
            req.body = _Body(req.body, lambda: self._came(sock))
        else:
            self._awaited.pop(sock, None)
        try:
            super().handle_request(listener_name, req, sock, addr)
        except TimeoutError:  # the answer is not taken
            raise StopIteration from None
        if sock in self._let_go:
            raise StopIteration
        self._await(sock)

    def _came(self, client: Any) -> bool:
        """What was awaited is there, as far as it will come; returns whether the connection is kept."""
        self._awaited.pop(client, None)
        return client not in self._let_go

    def _await(self, client: Any) -> None:
        self._awaited.pop(client, None)
        self._awaited[client] = time.monotonic() + self.cfg.keepalive
        if len(self._awaited) > MOST_AWAITED:
            self._release(next(iter(self._awaited)))

    def _release(self, client: Any) -> None:
        """Wait for a connection's request no longer."""
        del self._awaited[client]
        self._let_go.add(client)
        # Its reader sees the end of the stream. On a duplicate of the socket, as gevent would raise in the reader if its
        # own were closed.
        with suppress(OSError), socket.fromfd(client.fileno(), client.family, client.type) as same:
            same.shutdown(socket.SHUT_RD)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what went wrong outside the app. A request line or a header may hold anything: the log has the kind of
        error, and its place when it is ours."""
        theirs = isinstance(exc, errors.ParseException) and not isinstance(
            exc, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName
        )
        status = (
            next((code for kind, code in _STATUS.items() if isinstance(exc, kind)), 400) if theirs else 500
        )
        line: dict[str, object] = {
            "event": "refused" if theirs else "error",
            "type": type(exc).__name__,
            "status": status,
        }
        if not theirs:
            frames = traceback.extract_tb(exc.__traceback__)[-8:]
            line["where"] = [
                f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames
            ]
        (self.log.warning if theirs else self.log.error)("%s", json.dumps(line))
        sentence = (
            "This is no request that can be read here." if theirs else "Something went wrong on our side."
        )
        with suppress(Exception):
            util.write_error(client, status, HTTPStatus(status).phrase, sentence)


def _is_to_come(req: Any) -> bool:
    """Whether a request has a body that did not come with its header, or not all of it."""
    for name, value in req.headers:
        if name == "CONTENT-LENGTH":  # gunicorn has made sure that it is a number
            return bool(int(value) > req.unreader.buf.getbuffer().nbytes)
        if name == "TRANSFER-ENCODING":
            return True
    return False
