"""Waking the scorer function: an asynchronous invoke, which returns before the scorer has begun."""

import json
from functools import cached_property
from typing import Any

from creditrisk.errors import WakeError


class Waker:
    """Invokes the Lambda function of this name, asynchronously, at the endpoint that AWS_ENDPOINT_URL may name."""

    def __init__(self, function: str) -> None:
        self.function = function

    @cached_property
    def _client(self) -> Any:
        import boto3  # slow to import, and needed only where there is a function to wake
        from botocore.config import Config

        patience = Config(connect_timeout=1, read_timeout=2, retries={"max_attempts": 1})
        return boto3.client("lambda", config=patience)

    def wake(self, ticket: str, shard: int = 0) -> None:
        """Start a scorer for a shard under the lease `ticket`. Raises WakeError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.invoke(
                FunctionName=self.function,
                InvocationType="Event",
                Payload=json.dumps({"scorer": ticket, "shard": shard}).encode(),
            )
        except (BotoCoreError, ClientError) as error:
            raise WakeError(
                f"The scorer function {self.function} cannot be invoked: {type(error).__name__}."
            ) from error
