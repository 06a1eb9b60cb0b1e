"""What LocalStack's CloudFormation lacks: an alias that is there already can be moved to another version."""

from typing import Any

from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent
from localstack.services.lambda_.resource_providers.lambda_alias import LambdaAliasProvider


def mend() -> None:
    """Give the provider its update, which is not implemented: it would make the alias anew, fail, and leave none."""
    LambdaAliasProvider.update = _update


def _update(provider: LambdaAliasProvider, request: Any) -> ProgressEvent:
    model = request.desired_state
    wanted = {name: model[name] for name in ("FunctionName", "Name", "FunctionVersion")}
    moved = request.aws_client_factory.lambda_.update_alias(**wanted)
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model | {"Id": moved["AliasArn"]})
