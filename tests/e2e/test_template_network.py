"""The compiled template: the network, the alarms, what may be given instead, and that every parameter is explained."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.e2e.template import ROOT, Compile, of_type, sls

pytestmark = pytest.mark.needs("sls")

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
GIVEN_VPC = ("vpc=vpc-1234", "subnets=subnet-1,subnet-2")
GIVEN_REDIS = ("redis=rediss://:secret@queue.example.org:6379/0", "redisSecurityGroup=sg-1234")


def test_nothing_has_a_way_to_or_from_the_internet(prod: dict[str, Any]) -> None:
    kinds = {entry["Type"] for entry in prod.values()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"}
    assert all(not subnet.get("MapPublicIpOnLaunch") for subnet in of_type(prod, "AWS::EC2::Subnet").values())


def test_s3_and_lambda_are_reached_through_endpoints_that_allow_our_own_alone(prod: dict[str, Any]) -> None:
    endpoints = of_type(prod, "AWS::EC2::VPCEndpoint")
    assert {name: endpoint["VpcEndpointType"] for name, endpoint in endpoints.items()} == {
        "S3Endpoint": "Gateway",
        "LambdaEndpoint": "Interface",
    }
    bucket, deleting = endpoints["S3Endpoint"]["PolicyDocument"]["Statement"]
    roles = bucket["Condition"]["ArnEquals"]["aws:PrincipalArn"]
    assert [role["Fn::GetAtt"][0] for role in roles] == [
        "FormRole", "ScorerRole", "BulkRole", "MergerRole", "OutcomesRole", "MonitorRole"
    ]  # fmt: skip
    assert deleting["Condition"]["ArnEquals"]["aws:PrincipalArn"] == {"Fn::GetAtt": ["MergerRole", "Arn"]}
    assert "*" not in (*bucket["Action"], *bucket["Resource"])
    (waking,) = endpoints["LambdaEndpoint"]["PolicyDocument"]["Statement"]
    assert waking["Principal"] == {"AWS": {"Fn::GetAtt": ["FormRole", "Arn"]}}
    assert "*" not in (waking["Action"], waking["Resource"])


def test_security_groups_open_redis_between_functions_and_cache_and_nothing_inwards_else(
    prod: dict[str, Any],
) -> None:
    rules = of_type(prod, "AWS::EC2::SecurityGroupIngress")
    assert set(rules) == {"RedisFromForm", "RedisFromScorer", "RedisFromOperator"}
    for rule in rules.values():
        assert (rule["FromPort"], rule["ToPort"]) == (6379, 6379)
        assert rule["GroupId"] == {"Fn::GetAtt": ["RedisSecurityGroup", "GroupId"]}
        assert "CidrIp" not in rule
    inwards = {
        name: group.get("SecurityGroupIngress", [])
        for name, group in of_type(prod, "AWS::EC2::SecurityGroup").items()
    }
    assert {name for name, rules in inwards.items() if rules} == {"LambdaEndpointSecurityGroup"}
    for group in of_type(prod, "AWS::EC2::SecurityGroup").values():
        for rule in group["SecurityGroupEgress"]:
            assert rule["CidrIp"] == "127.0.0.1/32" or (rule["FromPort"], rule["ToPort"]) == (443, 443)


ALARMS = [
    "FormErrors",
    "FormThrottles",
    "FormTimeoutNear",
    "FormRefuses",
    "ScorerErrors",
    "ScorerThrottles",
    "ScorerTimeoutNear",
    "ScorerDeadLetters",
    "QueueAge",
    "ApplicationsFailed",
    "ChallengerOut",
    "MergerErrors",
    "RedisMemory",
    "RedisProcessor",
    "BulkFailures",
    "OutcomesErrors",
    "MonitorErrors",
    "ModelFallsShort",
    "InputsDrift",
]


@pytest.mark.parametrize("name", ALARMS)
def test_there_is_an_alarm_for_it(name: str, prod: dict[str, Any]) -> None:
    alarm = of_type(prod, "AWS::CloudWatch::Alarm")[name]
    assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
    assert len(alarm["AlarmDescription"]) > 20


def test_every_alarm_is_told_of_in_the_list_above_in_the_costs_and_on_the_dashboard(
    prod: dict[str, Any],
) -> None:
    alarms = of_type(prod, "AWS::CloudWatch::Alarm")
    assert set(alarms) == set(ALARMS)
    (dashboard,) = of_type(prod, "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = [alarm for widget in widgets for alarm in widget["properties"]["annotations"]["alarms"]]
    assert shown == [f"${{{name}.Arn}}" for name in alarms]
    metrics = sum(len(alarm["Metrics"]) - 1 if "Metrics" in alarm else 1 for alarm in alarms.values())
    assert f"{len(alarms)} alarms on {metrics} metrics at $0.10 = ${metrics / 10:.2f}" in DEPLOY


def test_every_node_of_redis_is_watched(prod: dict[str, Any], compile_template: Compile) -> None:
    three = compile_template("prod", "redisReplicas=2")["Resources"]
    for resources, nodes in ((prod, 2), (three, 3)):
        for name in ("RedisMemory", "RedisProcessor"):
            most, *metrics = of_type(resources, "AWS::CloudWatch::Alarm")[name]["Metrics"]
            watched = [metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for metric in metrics]
            assert watched == [{"Fn::Sub": f"${{Redis}}-00{number}"} for number in range(1, nodes + 1)]
            ids = ", ".join(metric["Id"] for metric in metrics)
            assert (most["Expression"], most["ReturnData"]) == (f"MAX([{ids}])", True)


def test_the_time_out_alarms_fire_before_the_time_out(prod: dict[str, Any]) -> None:
    alarms, functions = of_type(prod, "AWS::CloudWatch::Alarm"), of_type(prod, "AWS::Lambda::Function")
    for name in ("Form", "Scorer"):
        limit = functions[f"{name}LambdaFunction"]["Timeout"] * 1000
        assert 0.85 * limit < alarms[f"{name}TimeoutNear"]["Threshold"] < limit


def test_a_queue_that_nobody_measures_is_an_alarm(prod: dict[str, Any]) -> None:
    assert of_type(prod, "AWS::CloudWatch::Alarm")["QueueAge"]["TreatMissingData"] == "breaching"


def test_alarms_reach_an_address_that_is_given(compile_template: Compile) -> None:
    resources = compile_template("prod", "alarmEmail=you@example.org")["Resources"]
    (subscription,) = of_type(resources, "AWS::SNS::Subscription").values()
    assert subscription["Endpoint"] == "you@example.org"


def test_logs_are_kept_as_long_as_said_and_what_is_made_is_tagged(prod: dict[str, Any]) -> None:
    assert {group["RetentionInDays"] for group in of_type(prod, "AWS::Logs::LogGroup").values()} == {30}
    for function in of_type(prod, "AWS::Lambda::Function").values():
        tags = {tag["Key"]: tag["Value"] for tag in function["Tags"]}
        assert tags == {"service": "credit-risk", "stage": "prod", "data": "personal"}


def test_a_given_vpc_is_used_and_none_is_made(compile_template: Compile) -> None:
    resources = compile_template("prod", *GIVEN_VPC)["Resources"]
    assert not of_type(resources, "AWS::EC2::VPC")
    assert not of_type(resources, "AWS::EC2::VPCEndpoint")
    for function in of_type(resources, "AWS::Lambda::Function").values():
        assert function["VpcConfig"]["SubnetIds"] == ["subnet-1", "subnet-2"]
    assert of_type(resources, "AWS::EC2::SecurityGroup")["RedisSecurityGroup"]["VpcId"] == "vpc-1234"


def test_a_given_redis_is_used_and_none_is_made(compile_template: Compile) -> None:
    resources = compile_template("prod", *GIVEN_REDIS)["Resources"]
    assert not [entry for entry in resources.values() if entry["Type"].startswith("AWS::ElastiCache::")]
    assert not of_type(resources, "AWS::SecretsManager::Secret")
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        expected = (
            None
            if name.startswith(("Bulk", "Merger", "Outcomes", "Monitor"))
            else "rediss://:secret@queue.example.org:6379/0"
        )
        assert function["Environment"]["Variables"].get("REDIS_URL") == expected
    assert {rule["GroupId"] for rule in of_type(resources, "AWS::EC2::SecurityGroupIngress").values()} == {
        "sg-1234"
    }


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (["vpc=vpc-1234"], "give its private subnets, two at least"),
        (["vpc=none"], "with vpc=none, give one"),
        (["redis=rediss://queue.example.org"], "give its security group"),
        (["redis=queue.example.org:6379", "redisSecurityGroup=sg-1234"], 'must be "own" or a URL'),
        ([*GIVEN_REDIS, "redisSnapshot=kept"], "A snapshot fills the Redis that is made"),
        (["formAuth=IAM"], "formAuth must be NONE"),
        (["historyLockDays=30", "keepData=false"], "let keepData be true"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused_with_what_to_give(
    parameters: list[str], says: str
) -> None:
    done = sls("print", "--stage", "prod", *(f"--param={value}" for value in parameters))
    assert done.returncode == 1
    assert says in done.stdout + done.stderr


def test_docs_deploy_explains_every_parameter_with_its_default() -> None:
    parameters = yaml.safe_load((ROOT / "deploy" / "resources" / "parameters.yml").read_text())["default"]
    rows = re.findall(r"^\| `(\w+)` \| `?(.*?)`? \|", DEPLOY, re.MULTILINE)
    explained = dict(rows)
    assert set(explained) == set(parameters)
    for name, default in parameters.items():
        shown = str(default).lower() if isinstance(default, bool) else str(default) or "–"
        assert explained[name] == shown, name
