"""How a request's head is read: by gunicorn, and not anew when the same head came before.

A program that posts one application after another says the same of itself each time: what its head means is known then,
byte for byte. Only what gunicorn has taken is kept, and nothing that says who somebody is.

Not packed for Lambda, where a gateway hands over whole requests.
"""

from operator import attrgetter
from typing import Any, ClassVar

from gunicorn.http import message

KEPT = 1_024
"""Heads that are kept: those of one program differ in the length of what it sends."""
LONGEST_KEPT = 512
"""Bytes of such a head."""
ALIKE = frozenset(
    ("ACCEPT", "ACCEPT-ENCODING", "ACCEPT-LANGUAGE", "CONNECTION", "CONTENT-ENCODING", "CONTENT-LENGTH", "CONTENT-TYPE",
     "EXPECT", "HOST", "PREFER", "TRANSFER-ENCODING", "USER-AGENT", "X-FORWARDED-PROTO")
)  # fmt: skip
"""Headers that say of a program what it says each time. A head with any other one is not kept: that may tell who somebody is,
as a cookie or a forwarded address does, or come once, as a key or a trace does."""

_END = b"\r\n\r\n"
_MEANT = ("method", "uri", "path", "query", "fragment", "version", "scheme", "_expected_100_continue")
"""What gunicorn's request reads from its head, beside the headers."""
_meant = attrgetter(*_MEANT)

Headers = list[tuple[str, str]]


class Request(message.Request):  # type: ignore[misc]
    """gunicorn's request, which remembers heads of what is posted."""

    known: ClassVar[dict[tuple[bytes, Any], tuple[tuple[Any, ...], Headers]]] = {}
    """A head, and the host that sent it, which decides whether what it says of a proxy is believed → what it means."""
    headers: Headers

    def parse(self, unreader: Any) -> bytes:
        """Read the head; returns what has come of the body. Raises as gunicorn does."""
        data: bytes = unreader.read()
        end = data.find(_END, 0, LONGEST_KEPT)
        if end <= 0:
            unreader.unread(data)
            return bytes(super().parse(unreader))
        head = (data[:end], self.peer_addr[0] if isinstance(self.peer_addr, tuple) else None)
        if known := self.known.get(head):
            meant, headers = known
            self.__dict__.update(zip(_MEANT, meant, strict=True))
            self.headers = headers.copy()
            return data[end + len(_END) :]
        unreader.unread(data)
        rest = bytes(super().parse(unreader))
        if self._may_be_kept():
            if len(self.known) >= KEPT:
                del self.known[next(iter(self.known))]
            self.known[head] = _meant(self), self.headers.copy()
        return rest

    def _may_be_kept(self) -> bool:
        return (
            self.method == "POST"
            and not self.query  # in which anything may have been typed
            and not self.proxy_protocol_info  # a line before the head, for one connection
            and ALIKE.issuperset(name for name, _ in self.headers)
        )
