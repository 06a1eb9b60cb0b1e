"""Where the deployed form is reached, and whether it is really there."""

import http.client
import socket
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import boto3

from localstage.commands import CommandFailed

REGION = "us-east-1"
_NAME = "credit-risk-live"  # the tag of deploy/resources/pieces.cjs, and the alias
_STACK = "credit-risk-local"
_OUTPUT = "FormLambdaFunctionUrl"
_SECONDS = 60
_AFTER_AN_UPDATE = 2.5
"""LocalStack can lose an asynchronous invocation within 2 s of a function's update."""


def form_origin(port: int) -> str:
    """What a browser calls the deployed form's site."""
    return f"http://{_NAME}.lambda-url.{REGION}.localhost:{port}"


class LoopbackConnection(http.client.HTTPConnection):
    """A connection to a name under .localhost, which is this machine whatever its resolver knows (RFC 6761)."""

    def connect(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port), self.timeout)


def connection(address: str, seconds: float = 60) -> LoopbackConnection:
    """A connection to the deployed form."""
    parts = urlsplit(address)
    return LoopbackConnection(parts.hostname or "", parts.port, timeout=seconds)


def form_address(environment: Mapping[str, str]) -> str:
    """The address that the stack's output names. Raises CommandFailed when it is not a real one."""
    client = boto3.client(
        "cloudformation",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    outputs = client.describe_stacks(StackName=_STACK)["Stacks"][0].get("Outputs", [])
    address: str = {output["OutputKey"]: output["OutputValue"] for output in outputs}.get(_OUTPUT, "unknown")
    if not (urlsplit(address).hostname or "").endswith(".localhost"):
        raise CommandFailed(f"The stack was deployed, but its form has no real address: {address!r}.")
    return address


def wait_until_it_answers(address: str) -> None:
    """Return once the deployed form says that it works. Raises CommandFailed with what it says instead."""
    time.sleep(_AFTER_AN_UPDATE)
    deadline = time.monotonic() + _SECONDS
    said = "nothing"
    while time.monotonic() < deadline:
        try:
            http_connection = connection(address)
            http_connection.request("GET", "/readyz")
            reply = http_connection.getresponse()
            body = reply.read()
            if reply.status == 200:
                return
            said = f"{reply.status} {body[:200]!r}"
        except OSError as error:
            said = str(error)
        time.sleep(0.5)
    raise CommandFailed(f"The form was deployed to {address} and does not work; GET /readyz gives: {said}")
