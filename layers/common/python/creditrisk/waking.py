"""Waking the scorer function: an asynchronous invoke, which returns before the scorer has begun.

An applicant waits meanwhile. boto3 spends most of a first wake-up on the descriptions of AWS's services, from which it makes
its client; where Lambda tells a function all that a request needs, botocore's signer and connections do without them.
"""

import json
import os
import socket
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import quote

from creditrisk.errors import WakeError

CONNECT_SECONDS = 1
ANSWER_SECONDS = 2
_ACCEPTED, _IN_TROUBLE = 202, 500
OTHER_ADDRESSES = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
"""Where one of these is set, Lambda has another address."""


class _Way(Protocol):
    """How an invoke gets to Lambda."""

    def invoke(self, function: str, payload: bytes) -> None:
        """Raises WakeError, and botocore's errors."""


class Waker:
    """Invokes the Lambda function of this name, asynchronously, at the endpoint that AWS_ENDPOINT_URL may name."""

    def __init__(self, function: str) -> None:
        self.function = function

    @cached_property
    def _way(self) -> _Way:
        return _Directly(os.environ) if is_plain(os.environ) else _ByBoto()

    def wake(self, ticket: str, shard: int = 0) -> None:
        """Start a scorer for a shard under the lease `ticket`. Raises WakeError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._way.invoke(self.function, json.dumps({"scorer": ticket, "shard": shard}).encode())
        except (BotoCoreError, ClientError) as error:
            raise _refused(self.function, type(error).__name__) from error


def is_plain(environment: Mapping[str, str]) -> bool:
    """Whether this is a Lambda function whose environment tells all that a request to AWS needs, and asks for nothing
    more. The regions whose addresses do not end in amazonaws.com are left to boto3."""
    needed = ("AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    if not all(environment.get(name) for name in needed) or any(map(environment.get, OTHER_ADDRESSES)):
        return False
    region = environment["AWS_REGION"]
    return not region.startswith(("cn-", "eusc-")) and "-iso" not in region


class _Directly:
    """By botocore's signer and connections."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        from botocore.auth import SigV4Auth
        from botocore.credentials import Credentials
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        region = environment["AWS_REGION"]
        credentials = Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN"),
        )
        self._signer = SigV4Auth(credentials, "lambda", region)
        self._address = (
            environment.get("AWS_ENDPOINT_URL_LAMBDA")
            or environment.get("AWS_ENDPOINT_URL")
            or f"https://lambda.{region}.amazonaws.com"
        )
        self._session = URLLib3Session(
            verify=environment.get("AWS_CA_BUNDLE") or environment.get("REQUESTS_CA_BUNDLE") or True,
            proxies=get_environ_proxies(self._address),
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            # As boto3 does: else the payload, sent after the headers, waits until these are acknowledged, 40 ms or so.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def invoke(self, function: str, payload: bytes) -> None:
        """Try twice at most: a kept connection may have been closed at the other end, and a server may be in trouble."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        address = f"{self._address}/2015-03-31/functions/{quote(function, safe='')}/invocations"
        request = AWSRequest("POST", address, {"X-Amz-Invocation-Type": "Event"}, payload)
        self._signer.add_auth(request)
        for last in (False, True):
            try:
                status = self._session.send(request.prepare()).status_code
            except BotoCoreError:
                if last:
                    raise
            else:
                if last or status < _IN_TROUBLE:
                    break
        if status != _ACCEPTED:
            raise _refused(function, f"HTTP status {status}")


class _ByBoto:
    """By boto3, which knows all the places where credentials, certificates and addresses are to be looked for."""

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        patience = Config(
            connect_timeout=CONNECT_SECONDS, read_timeout=ANSWER_SECONDS, retries={"max_attempts": 1}
        )
        return boto3.client("lambda", config=patience)

    def invoke(self, function: str, payload: bytes) -> None:
        answer = self._client.invoke(FunctionName=function, InvocationType="Event", Payload=payload)
        answer["Payload"].read()  # else the connection is lost, and the next wake-up needs a new one


def _refused(function: str, why: str) -> WakeError:
    return WakeError(f"The scorer function {function} cannot be invoked: {why}.")
