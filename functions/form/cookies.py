"""Cookies of a function URL (payload format 2.0), as far as serverless-wsgi does not take and give them as AWS does.

Source: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from typing import Any


def given(event: dict[str, Any]) -> dict[str, Any]:
    """The event, with its cookies where serverless-wsgi looks for them: LocalStack leaves them among the headers."""
    if event.get("version") != "2.0" or event.get("cookies"):
        return event
    return event | {"cookies": _cookies(event["headers"], "cookie")}


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, with several cookies where AWS looks for them. serverless-wsgi makes a header of each, whose names differ
    in capital letters alone. A single one stays a header, where LocalStack looks for it, too."""
    headers = answer.get("headers", {})
    several = _cookies(headers, "set-cookie")
    if len(several) < 2:
        return answer
    others = {name: value for name, value in headers.items() if name.lower() != "set-cookie"}
    return answer | {"headers": others, "cookies": several}


def _cookies(headers: dict[str, str], name: str) -> list[str]:
    return [value for header, value in headers.items() if header.lower() == name]
