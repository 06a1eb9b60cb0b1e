"""Deployed to LocalStack: versions behind an alias, back to the old model after six deployments, and a bucket that
outlives its stack."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from cli.embedded_redis import free_port
from localstage.address import form_address
from localstage.paths import Folders
from localstage.stage import Stage
from tests.e2e.local_aws import Deployment, applications, new_version, with_model

DEPLOYMENTS = 6
KEEP = ("keepData=true", "rollbacks=3")
pytestmark = [pytest.mark.needs("sls", "LocalStack", "wheels"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folders = Folders(tmp_path_factory.mktemp("localstack"))
    stage = Stage.start(folders, free_port())
    try:
        yield Deployment(stage, stage.deploy(parameters=KEEP))
    finally:
        Stage.stop(folders)


def model_version(deployment: Deployment, application: dict[str, object]) -> str:
    """The model that decides now."""
    (answer,) = deployment.answers([deployment.submit_until_accepted(application)], 130)
    version: str = answer["model_version"]
    return version


def test_the_operator_asks_how_the_queue_stands(deployment: Deployment) -> None:
    shown = deployment.sls("invoke", "--function", "operator", "--data", '{"do": "state"}')
    assert '"waiting": 0' in shown and '"failed": {}' in shown


def test_after_six_deployments_rollback_brings_the_old_model_back_under_load(
    deployment: Deployment, raw_application: dict[str, object], tmp_path: Path
) -> None:
    made = [model_version(deployment, raw_application)]
    for number in range(DEPLOYMENTS):

        def change(files: dict[str, bytes], times: int = number + 1) -> None:
            for _ in range(times):
                new_version(files)

        deployment.redeploy(with_model(tmp_path / str(number), change), *KEEP)
        made.append(model_version(deployment, raw_application))
    assert len(set(made)) == DEPLOYMENTS + 1
    shown = re.findall(r"Timestamp: (\d+)", deployment.sls("deploy", "list"))
    assert 1 < len(shown) < len(made), "the first ones are gone, but not what the others have of theirs"
    timestamp, old = min(shown), made[-len(shown)]

    with deployment.under_load(raw_application) as ids:
        deployment.sls("rollback", "--timestamp", timestamp)
        assert model_version(deployment, raw_application) == old
    versions = [answer["model_version"] for answer in deployment.answers(ids, 130)]
    assert len(ids) > 1 and versions[-1] == old
    recorded = [row["APPLICATION_ID"] for row in deployment.recorded()]
    assert [recorded.count(application_id) for application_id in ids] == [1] * len(ids)


def test_what_is_live_is_the_version_published_last(deployment: Deployment) -> None:
    client = deployment.client("lambda")
    for function in ("form", "scorer", "bulk"):
        name = f"credit-risk-local-{function}"
        versions = client.list_versions_by_function(FunctionName=name)["Versions"]
        live = client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        assert live == max((entry["Version"] for entry in versions if entry["Version"] != "$LATEST"), key=int)
        assert not client.get_alias(FunctionName=name, Name="live").get("RoutingConfig", {})


def test_a_protected_stack_is_not_removed_nor_its_history_emptied(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    """Whatever the parameters say: these say that nothing is to be kept."""
    model_version(deployment, raw_application)
    before = deployment.recorded()
    stack = deployment.client("cloudformation")
    stack.update_termination_protection(StackName="credit-risk-local", EnableTerminationProtection=True)
    try:
        with pytest.raises(AssertionError, match="deletion protection is enabled"):
            deployment.sls("remove", "--param=keepData=false")
    finally:
        stack.update_termination_protection(StackName="credit-risk-local", EnableTerminationProtection=False)
    assert deployment.recorded() == before != []


def put_back(deployment: Deployment, bucket: str) -> None:
    """Delete the delete markers, as docs/operate.md says: LocalStack heeds no DeletionPolicy, and empties what it keeps."""
    client = deployment.client("s3")
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="history/"):
        for marker in page.get("DeleteMarkers", ()):
            client.delete_object(Bucket=bucket, Key=marker["Key"], VersionId=marker["VersionId"])


def test_a_new_stack_takes_over_the_bucket_of_one_that_is_gone(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    """The restore drill: the stack is removed, Redis is empty, and every answer there ever was is still given."""
    ids = [deployment.submit_until_accepted(one) for one in applications(raw_application, 10)]
    told = deployment.answers(ids, 130)
    kept, before = deployment.bucket, deployment.recorded()
    deployment.sls("remove", *(f"--param={value}" for value in KEEP))
    with Redis.from_url(deployment.stage.redis_url) as redis:
        redis.flushall()
    put_back(deployment, kept)

    address = deployment.stage.deploy(package=False, parameters=(f"bucket={kept}", *KEEP))
    restored = Deployment(deployment.stage, address)
    assert form_address(deployment.stage.environment) == address
    assert restored.bucket == kept
    assert [restored.answer(one)["probability"] for one in ids] == [one["probability"] for one in told]
    fresh = restored.submit_until_accepted(raw_application)
    restored.answers([fresh], 60)
    after = [row["APPLICATION_ID"] for row in restored.recorded()]
    assert sorted(after) == sorted([*(row["APPLICATION_ID"] for row in before), fresh])
