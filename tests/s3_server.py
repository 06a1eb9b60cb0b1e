"""A stand-in for S3 that speaks HTTP: put (once, too), get, list, head and delete, with the faults that a network has.

It keeps every version, as a bucket with versions does, and counts what it is asked.
"""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

from creditrisk.history.records import HEADER

Fault = Literal["500", "slow", "conflict", "cut before", "cut after", "cut within"]
"""conflict: another write of the object is under way; cut before: the connection breaks and nothing is stored; cut after:
it is stored, and the reply never comes; cut within: of what is asked for one half comes."""


WRITTEN = "2026-11-23T05:18:32.000Z"
"""When every object was written, as a listing tells."""
PAGE = 10
"""Keys in one answer to a listing: few, so that paging is used."""
MOST_DELETED = 1_000
"""Keys that one request may delete, as in S3 itself."""


class S3Server:
    """Objects in memory, under /bucket/key, at a port of the loopback interface."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.fault_always: Fault | None = None
        self.slow_seconds = 2.0
        self.faulty_requests = 0
        self.objects_read = self.listings = 0
        self.versions: dict[str, list[bytes]] = {}
        self.may_delete = True
        self.before: Callable[[str, str], None] = lambda method, key: None
        """Called with each request before it is done."""
        self._lock = threading.Lock()
        store = self

        class Handler(_Handler):
            server_store = store

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def environment(self) -> dict[str, str]:
        """What points boto3 to this server, with credentials that are none."""
        return {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self._server.server_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextmanager
    def serving(self) -> Iterator["S3Server"]:
        """Serves while the block runs."""
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def raw_lines(self) -> list[str]:
        """The lines of every object, in the order of their keys, the headers taken off."""
        lines: list[str] = []
        for key in sorted(self.objects):
            text = self.objects[key].decode()
            assert text.startswith(HEADER), "every object has the header"
            lines += text.removeprefix(HEADER).splitlines(keepends=True)
        return lines

    def next_fault(self) -> Fault | None:
        """The fault of the request at hand."""
        with self._lock:
            fault = self.fault_always or (self.faults.pop(0) if self.faults else None)
            self.faulty_requests += fault is not None
            return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_store: S3Server

    def do_PUT(self) -> None:
        body, fault = self._body(), self._fault()
        self.server_store.before("PUT", self._key())
        if fault not in ("500", "conflict", "cut before"):
            if self.headers.get("If-None-Match") == "*" and self._key() in self.server_store.objects:
                self._reply(412, _error("PreconditionFailed"))
                return
            self.server_store.objects[self._key()] = body
            self.server_store.versions.setdefault(self._key(), []).append(body)
        if fault in ("cut before", "cut after"):
            self._cut()
        elif fault == "500":
            self._reply(500, _error("InternalError"))
        elif fault == "conflict":
            self._reply(409, _error("ConditionalRequestConflict"))
        else:
            self._reply(200, b"", {"ETag": '"0"'})

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        fault = self._fault()
        self.server_store.before("LIST" if "list-type" in query else "GET", self._key())
        if fault in ("cut before", "cut after"):
            self._cut()
        elif fault == "500":
            self._reply(500, _error("InternalError"))
        elif "list-type" in query:
            self._list(query)
        elif fault == "cut within":
            self._half(self.server_store.objects[self._key()])
        elif (found := self.server_store.objects.get(self._key())) is not None:
            self.server_store.objects_read += 1
            span = self.headers.get("Range", "").removeprefix("bytes=")
            first, _, last = span.partition("-")
            self._reply(206, found[int(first) : int(last) + 1]) if span else self._reply(200, found)
        else:
            self._reply(404, _error("NoSuchKey"))

    def _fault(self) -> Fault | None:
        """The fault of this request; a slow one takes its time here."""
        fault = self.server_store.next_fault()
        if fault == "slow":
            time.sleep(self.server_store.slow_seconds)
        return fault

    def do_HEAD(self) -> None:
        """An object, or (without a key) the bucket."""
        found = self.server_store.objects.get(self._key(), None if self._key() else b"")
        if found is None:
            self._reply(404, b"")
        else:
            self._reply(200, found, {"ETag": f'"{md5(found, usedforsecurity=False).hexdigest()}"'})

    def do_POST(self) -> None:
        """Of POST requests, ?delete: many objects at once."""
        keys = [unescape(key) for key in re.findall("<Key>(.*?)</Key>", self._body().decode())]
        if len(keys) > MOST_DELETED:
            self._reply(400, _error("MalformedXML"))
            return
        refused = ""
        for key in keys:
            self.server_store.before("DELETE", key)
            if self.server_store.may_delete:
                self.server_store.objects.pop(key, None)
            else:
                refused += f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code></Error>"
        self._reply(200, f"<DeleteResult>{refused}</DeleteResult>".encode())

    def _list(self, query: dict[str, list[str]]) -> None:
        after = query.get("continuation-token", query.get("start-after", [""]))[0]
        prefix = query.get("prefix", [""])[0]
        self.server_store.listings += 1
        keys = [key for key in sorted(self.server_store.objects) if key.startswith(prefix) and key > after]
        page, more = keys[:PAGE], len(keys) > PAGE
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{WRITTEN}</LastModified>"
            f"<Size>{len(self.server_store.objects.get(key, b''))}</Size></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self._reply(
            200,
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}<KeyCount>{len(page)}</KeyCount>{entries}"
            "</ListBucketResult>".encode(),
        )

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).partition("/")[2].partition("/")[2]

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        else:
            raw = self._chunks()
        if "aws-chunked" in self.headers.get("Content-Encoding", "") or "STREAMING" in self.headers.get(
            "x-amz-content-sha256", ""
        ):
            return _unwrap(raw)
        return raw

    def _chunks(self) -> bytes:
        raw = b""
        while size := int(self.rfile.readline(), 16):
            raw += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return raw

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def _half(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self._cut()

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):  # the client has lost patience
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


def _unwrap(raw: bytes) -> bytes:
    """The body inside AWS' own chunks: size;extension, data, and trailers at the end."""
    body = b""
    while raw:
        head, _, raw = raw.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if not size:
            break
        body, raw = body + raw[:size], raw[size + 2 :]
    return body
