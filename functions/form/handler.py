"""The Lambda entry of the web app."""

from functools import cache
from typing import Any

import serverless_wsgi
from flask import Flask

from creditrisk.init_phase import make_ahead
from functions.form import cookies
from web.app import create_app


@cache
def app() -> Flask:
    """One app for all the requests that this execution environment serves."""
    serverless_wsgi.TEXT_MIME_TYPES.append("application/problem+json")  # what is not text goes out as base64
    return create_app()


make_ahead(app)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of a function URL, or of API Gateway (REST)."""
    return cookies.told(serverless_wsgi.handle_request(app(), cookies.given(event), context))
