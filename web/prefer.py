"""The Prefer header of RFC 7240: how long a client is ready to wait for its answer."""

import re

from flask import Request

MAX_WAIT = 20
"""Longest wait granted, in seconds; API Gateway gives up on a request after 29."""

_WAIT = re.compile(r"""(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])""", re.IGNORECASE)


def seconds_asked(request: Request) -> int:
    """Seconds that `Prefer: wait=N` asks for, at most MAX_WAIT; 0 without it. A preference we can't read is
    ignored, as the RFC wants; of several, the first counts."""
    found = _WAIT.search(",".join(request.headers.getlist("Prefer")))
    return min(int(found[1]), MAX_WAIT) if found else 0
