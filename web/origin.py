"""Protection from cross-site request forgery without a cookie, a token or a secret.

Another site can make a visitor's browser send our form. What it cannot do is make the browser lie about where
the request comes from: every current browser says so in Sec-Fetch-Site (on HTTPS and on localhost), and every
browser of the last ten years names the sending site in Origin when it POSTs. So an unsafe request is
taken when

1. Sec-Fetch-Site says that our own page sent it ("same-origin") or the person did, by hand ("none"); else
2. there is no such header, and Origin names the host that the request was sent to; else
3. there is neither: the sender is no browser (curl, a program), and forgery is a thing of browsers.

This is the rule of Go's http.CrossOriginProtection. The host is what the Host header says or, behind a proxy
that rewrites it, X-Forwarded-Host: a page of another site can set neither (a custom header needs our consent
by CORS, which we never give). Behind API Gateway, Host is the gateway's own name, which is also what the
browser sees. "Origin: null" matches no host and is refused; a page with `Referrer-Policy: no-referrer` would
send just that with its own form, which is why `web.headers` says `same-origin`.
"""

from urllib.parse import urlsplit

from flask import Flask, Request, request

from web.refusals import CrossOriginRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_forged(request: Request) -> bool:
    """Whether an unsafe request came from a page of another site."""
    if request.method in SAFE_METHODS:
        return False
    site = request.environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        return site not in ("same-origin", "none")
    origin = request.environ.get("HTTP_ORIGIN")
    return origin is not None and _host_of(origin) not in _own_hosts(request)


def _host_of(origin: str) -> str:
    """The host and port that an origin names; of one that is no address, ''."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _own_hosts(request: Request) -> set[str]:
    forwarded = request.headers.get("X-Forwarded-Host", "").split(",")[0]
    return {host.strip().lower() for host in (request.headers.get("Host", ""), forwarded)} - {""}


def refuse_forged(request: Request) -> None:
    """Raises CrossOriginRequest for an unsafe request from a page of another site."""
    if is_forged(request):
        raise CrossOriginRequest


def install(app: Flask) -> None:
    """Refuse forged requests before any view sees them."""

    @app.before_request
    def check() -> None:
        refuse_forged(request)
