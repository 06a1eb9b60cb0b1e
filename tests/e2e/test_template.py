"""The compiled template of every stage: what docs/deploy.md promises of functions, roles and data."""

import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.template import ARTIFACTS, ROOT, Compile, listed, of_type, sls, statements
from tests.machine import CHECKOV

FUNCTIONS = ("Form", "Scorer", "Bulk", "Operator", "Merger", "Outcomes", "Monitor")
"""Those of a stage without a database; with one, the indexer too (test_template_lifecycle)."""
STAGES = ("local", "dev", "prod")
pytestmark = pytest.mark.needs("sls")

# -- every stage


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_prints(stage: str) -> None:
    done = sls("print", "--stage", stage)
    assert done.returncode == 0, done.stderr + done.stdout
    assert set(yaml.safe_load(done.stdout)["functions"]) == {name.lower() for name in FUNCTIONS}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_clean_to_cfn_lint(stage: str, compile_template: Compile) -> None:
    # W3005: osls itself writes a DependsOn beside each role that it names.
    command = [
        Path(sys.executable).with_name("cfn-lint"),
        "--ignore-checks",
        "W3005",
        "--regions",
        "us-east-1",
        "eu-west-1",
    ]
    done = subprocess.run(
        [*command, "--template", compile_template(stage)["path"]], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("checkov")
def test_checkov_finds_nothing_but_the_explained_exceptions(compile_template: Compile) -> None:
    command = [
        CHECKOV / "bin" / "checkov",
        "--config-file",
        "deploy/resources/checkov.yml",
        "--file",
        compile_template("prod")["path"],
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_exception_of_checkov_has_its_reason() -> None:
    lines = (ROOT / "deploy" / "resources" / "checkov.yml").read_text().splitlines()
    bare = [
        line
        for above, line in itertools.pairwise(lines)
        if "- CKV" in line and not above.strip().startswith("#")
    ]
    assert not bare


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_has_what_localstack_cannot_do(stage: str, compile_template: Compile) -> None:
    kinds = {entry["Type"] for entry in compile_template(stage)["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::ApiGatewayV2::", "AWS::Scheduler::"))}
    assert "AWS::Lambda::Url" in kinds
    if stage == "local":
        assert not {kind for kind in kinds if kind.startswith(("AWS::ElastiCache::", "AWS::EC2::"))}


@pytest.mark.parametrize("command", ["package", "deploy"])
def test_without_the_packages_it_says_which_make_builds_them(command: str, tmp_path: Path) -> None:
    done = sls(command, "--stage", "prod", f"--param=packages={tmp_path}")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    # But for the indexer's, which a stage without a database goes without.
    assert f"{tmp_path}/functions/form.zip (and {len(ARTIFACTS) - 2} more) is not there" in said
    assert "run `make package PYTHON_VERSION=3.13 ARCH=x86_64` first" in said


@pytest.mark.parametrize("content", [None, b"", b"P"])
def test_one_package_that_is_missing_or_no_zip_is_named(
    content: bytes | None, packages: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(packages, tmp_path / "packages"))
    layer = folder / "layers" / "model.zip"
    layer.unlink() if content is None else layer.write_bytes(content)
    given = [f"--param={value}" for value in (f"packages={folder}", "architecture=arm64")]
    done = sls("package", "--stage", "dev", "--package", str(tmp_path / "out"), *given)
    assert done.returncode == 1
    assert (
        f"{layer} is not there: run `make package PYTHON_VERSION=3.13 ARCH=arm64`"
        in done.stdout + done.stderr
    )


# -- the functions


def test_the_functions_have_limits_and_layers(prod: dict[str, Any]) -> None:
    functions = of_type(prod, "AWS::Lambda::Function")
    assert set(functions) == {f"{name}LambdaFunction" for name in FUNCTIONS}
    for function in functions.values():
        assert function["Runtime"] == "python3.13"
        assert function["MemorySize"] >= 512
        assert len(function["VpcConfig"]["SubnetIds"]) == 2
    limits = {name.removesuffix("LambdaFunction"): entry["Timeout"] for name, entry in functions.items()}
    assert limits == {
        "Form": 29, "Scorer": 120, "Bulk": 900, "Operator": 60, "Merger": 900, "Outcomes": 900, "Monitor": 900
    }  # fmt: skip
    layers = {
        name: [re.sub(r"LambdaLayer[0-9a-f]{40}$", "", layer["Ref"]) for layer in function["Layers"]]
        for name, function in functions.items()
    }
    assert (
        layers["FormLambdaFunction"]
        == layers["OperatorLambdaFunction"]
        == layers["MergerLambdaFunction"]
        == layers["OutcomesLambdaFunction"]
        == ["Common", "Portfolio", "FormDeps"]
    )
    assert (
        layers["ScorerLambdaFunction"]
        == layers["BulkLambdaFunction"]
        == ["Common", "Portfolio", "Model", "ScorerDeps"]
    )
    assert functions["FormLambdaFunction"]["ReservedConcurrentExecutions"] == 50


def test_who_scores_does_so_in_one_thread(prod: dict[str, Any]) -> None:
    """Lambda shows two processors and gives one: threads for small products of matrices would wait for each other."""
    functions = of_type(prod, "AWS::Lambda::Function")
    for name in ("ScorerLambdaFunction", "BulkLambdaFunction"):
        assert functions[name]["Environment"]["Variables"]["OPENBLAS_NUM_THREADS"] == "1"


def test_scheduled_scorers_find_room_beside_those_that_the_form_wakes(prod: dict[str, Any]) -> None:
    """Two: a run lasts until its queue is empty, and the next minute's begins meanwhile. No alarm on throttles is false."""
    functions = of_type(prod, "AWS::Lambda::Function")
    woken = functions["FormLambdaFunction"]["Environment"]["Variables"]["MAX_SCORERS"]
    assert functions["ScorerLambdaFunction"]["ReservedConcurrentExecutions"] == int(woken) + 2


def test_the_scorer_runs_on_a_schedule_of_an_events_rule(prod: dict[str, Any]) -> None:
    rule = of_type(prod, "AWS::Events::Rule")["ScorerEventsRuleSchedule1"]
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["State"] == "ENABLED"


def test_asynchronous_invocations_that_fail_for_good_are_kept(prod: dict[str, Any]) -> None:
    configs = of_type(prod, "AWS::Lambda::EventInvokeConfig").values()
    (config,) = (config for config in configs if config["FunctionName"] == {"Ref": "ScorerLambdaFunction"})
    assert config["Qualifier"] == "live"
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    assert of_type(prod, "AWS::SQS::Queue")["DeadLetters"]["SqsManagedSseEnabled"] is True


def test_x_ray_is_off_unless_asked_for(prod: dict[str, Any], compile_template: Compile) -> None:
    for function in of_type(prod, "AWS::Lambda::Function").values():
        assert function.get("TracingConfig", {"Mode": "PassThrough"}) == {"Mode": "PassThrough"}
    may = [entry for role in of_type(prod, "AWS::IAM::Role").values() for entry in statements(role)]
    assert not [entry for entry in may if "xray" in str(entry["Action"])]


def test_who_sends_traces_may(compile_template: Compile) -> None:
    resources = compile_template("prod", "tracing=Active")["Resources"]
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["TracingConfig"] == {"Mode": "Active"}
        role = resources[function["Role"]["Fn::GetAtt"][0]]["Properties"]
        actions = {action for entry in statements(role) for action in listed(entry["Action"])}
        assert {"xray:PutTraceSegments", "xray:PutTelemetryRecords"} <= actions


# -- what each may do


def test_each_function_has_a_role_of_its_own(prod: dict[str, Any]) -> None:
    functions = of_type(prod, "AWS::Lambda::Function")
    roles = {name: function["Role"]["Fn::GetAtt"][0] for name, function in functions.items()}
    assert roles == {
        "FormLambdaFunction": "FormRole",
        "ScorerLambdaFunction": "ScorerRole",
        "BulkLambdaFunction": "BulkRole",
        "OperatorLambdaFunction": "OperatorRole",
        "MergerLambdaFunction": "MergerRole",
        "OutcomesLambdaFunction": "OutcomesRole",
        "MonitorLambdaFunction": "MonitorRole",
    }


def test_no_role_has_a_wildcard_where_aws_allows_a_name(prod: dict[str, Any]) -> None:
    for role in of_type(prod, "AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")
        for statement in statements(role):
            assert not [action for action in listed(statement["Action"]) if "*" in action], statement
            if "*" in listed(statement["Resource"]):
                assert all(action.startswith("ec2:") for action in statement["Action"]), statement


def test_a_functions_own_code_may_not_use_what_lambda_needs_for_the_vpc(prod: dict[str, Any]) -> None:
    roles = of_type(prod, "AWS::IAM::Role")
    for role in (roles[name] for name in (f"{name}Role" for name in FUNCTIONS)):
        network = [entry for entry in statements(role) if listed(entry["Action"])[0].startswith("ec2:")]
        allowed, denied = (next(s for s in network if s["Effect"] == effect) for effect in ("Allow", "Deny"))
        assert denied["Action"] == allowed["Action"]
        assert "lambda:SourceFunctionArn" in denied["Condition"]["ArnEquals"]


def test_only_the_form_wakes_scorers_and_only_the_merger_deletes(prod: dict[str, Any]) -> None:
    roles = of_type(prod, "AWS::IAM::Role")
    may = {
        name: {a for s in statements(role) if s["Effect"] == "Allow" for a in listed(s["Action"])}
        for name, role in roles.items()
    }
    assert "lambda:InvokeFunction" in may["FormRole"] - may["ScorerRole"]
    deleting = {name for name, actions in may.items() for a in actions if a.startswith("s3:Delete")}
    assert deleting == {"MergerRole"}, "which deletes what stands in a merged object"
    (merging,) = (s for s in statements(roles["MergerRole"]) if "s3:DeleteObject" in s["Action"])
    assert merging["Resource"]["Fn::Sub"].endswith("/history/*")


def test_closed_days_are_merged_once_a_day_by_one_at_a_time(prod: dict[str, Any]) -> None:
    merger = of_type(prod, "AWS::Lambda::Function")["MergerLambdaFunction"]
    assert merger["ReservedConcurrentExecutions"] == 1
    assert set(merger["Environment"]["Variables"]) == {"HISTORY_URL", "LOG_LEVEL"}
    rule = of_type(prod, "AWS::Events::Rule")["MergerEventsRuleSchedule1"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(20 3 * * ? *)", "ENABLED")


# -- what holds data


def test_the_bucket_is_closed_encrypted_versioned_and_kept(prod: dict[str, Any]) -> None:
    bucket = of_type(prod, "AWS::S3::Bucket")["Bucket"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {rule["Id"]: rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    assert "ExpirationInDays" not in rules["history"], "the history is never deleted by itself"
    assert rules["old-versions"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert prod["Bucket"]["DeletionPolicy"] == "Retain"


def test_the_bucket_is_reached_by_tls_alone(prod: dict[str, Any]) -> None:
    (statement,) = of_type(prod, "AWS::S3::BucketPolicy")["BucketPolicy"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}


def test_redis_is_encrypted_asks_for_a_password_and_has_a_second_node(prod: dict[str, Any]) -> None:
    redis = of_type(prod, "AWS::ElastiCache::ReplicationGroup")["Redis"]
    assert redis["TransitEncryptionEnabled"] is redis["AtRestEncryptionEnabled"] is True
    assert redis["MultiAZEnabled"] is redis["AutomaticFailoverEnabled"] is True
    assert "resolve:secretsmanager" in redis["AuthToken"]["Fn::Sub"]
    parameters = of_type(prod, "AWS::ElastiCache::ParameterGroup")["RedisParameters"]["Properties"]
    assert parameters["maxmemory-policy"] == "noeviction"
    assert parameters["stream-node-max-bytes"] == "256"


def test_one_node_of_redis_means_no_failover(compile_template: Compile) -> None:
    redis = of_type(compile_template("dev")["Resources"], "AWS::ElastiCache::ReplicationGroup")["Redis"]
    assert redis["MultiAZEnabled"] is redis["AutomaticFailoverEnabled"] is False


def test_the_secret_stands_nowhere_in_the_template(prod: dict[str, Any]) -> None:
    secret = of_type(prod, "AWS::SecretsManager::Secret")["RedisSecret"]
    assert secret["GenerateSecretString"]["PasswordLength"] >= 32
    functions = of_type(prod, "AWS::Lambda::Function")
    for name in (
        "BulkLambdaFunction",
        "MergerLambdaFunction",
        "OutcomesLambdaFunction",
        "MonitorLambdaFunction",
    ):
        variables = functions.pop(name)["Environment"]["Variables"]
        assert "REDIS_URL" not in variables, "they never meet the queue"
    for function in functions.values():
        url = function["Environment"]["Variables"]["REDIS_URL"]["Fn::Sub"]
        assert url.startswith("rediss://:{{resolve:secretsmanager:${RedisSecret}:")


# -- bulk files


def states(machine: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = machine["Definition"]["States"]
    return found


def test_bulk_files_are_handed_out_by_aws_own_distributed_map(prod: dict[str, Any]) -> None:
    machine = of_type(prod, "AWS::StepFunctions::StateMachine")["BulkFiles"]
    assert states(machine)["Score"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert states(machine)["Score"]["MaxConcurrency"] == 4
    rule = of_type(prod, "AWS::Events::Rule")["BulkUploads"]
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "bulk/"}]}


def test_a_bulk_file_is_scored_to_its_end_by_the_version_that_planned_it(prod: dict[str, Any]) -> None:
    machine = of_type(prod, "AWS::StepFunctions::StateMachine")["BulkFiles"]
    assert machine["DefinitionSubstitutions"] == {"Function": {"Ref": "BulkLive"}}
    piece = states(machine)["Score"]["ItemProcessor"]["States"]["ScorePiece"]
    called = [step["Parameters"] for step in (states(machine)["Plan"], piece, states(machine)["Join"])]
    assert called[0]["FunctionName"] == "${Function}"
    assert [step["FunctionName.$"] for step in called[1:]] == ["$.function"] * 2


def test_the_bulk_function_reaches_neither_the_history_nor_redis(prod: dict[str, Any]) -> None:
    resources = [str(s["Resource"]) for s in statements(of_type(prod, "AWS::IAM::Role")["BulkRole"])]
    assert not [resource for resource in resources if "history" in resource]
    groups = of_type(prod, "AWS::EC2::SecurityGroupIngress")
    assert not [rule for rule in groups.values() if "BulkSecurityGroup" in str(rule)]
