"""The compiled template: versions behind an alias, the canary, and what a new stack may take over from an old one."""

from typing import Any

import pytest
import yaml

from tests.e2e.template import Compile, listed, of_type, sls, statements

pytestmark = pytest.mark.needs("sls")
VERSIONED = ("Form", "Scorer", "Bulk")


# -- versions behind an alias


def test_each_deployment_publishes_a_version_and_moves_the_alias_to_it(prod: dict[str, Any]) -> None:
    aliases = of_type(prod, "AWS::Lambda::Alias")
    assert set(aliases) == {f"{name}Live" for name in VERSIONED}
    for name, alias in aliases.items():
        assert alias["Name"] == "live"
        version = alias["FunctionVersion"]["Fn::GetAtt"][0]
        function = prod[version]["Properties"]["FunctionName"]["Ref"]
        assert (prod[version]["Type"], function) == (
            "AWS::Lambda::Version",
            name.replace("Live", "LambdaFunction"),
        )


def test_whoever_calls_a_function_calls_its_alias(prod: dict[str, Any]) -> None:
    (url,) = of_type(prod, "AWS::Lambda::Url").values()
    assert url["TargetFunctionArn"]["Fn::Join"][1] == [{"Fn::GetAtt": ["FormLambdaFunction", "Arn"]}, "live"]
    form = of_type(prod, "AWS::Lambda::Function")["FormLambdaFunction"]
    assert form["Environment"]["Variables"]["SCORER_FUNCTION"] == "credit-risk-prod-scorer:live"
    (waking,) = (s for s in statements(prod["FormRole"]["Properties"]) if s["Sid"] == "WakeTheScorer")
    assert waking["Resource"]["Fn::Sub"].endswith("function:credit-risk-prod-scorer:live")
    (target,) = of_type(prod, "AWS::Events::Rule")["ScorerEventsRuleSchedule1"]["Targets"]
    assert target["Arn"]["Fn::Join"][1] == [{"Fn::GetAtt": ["ScorerLambdaFunction", "Arn"]}, "live"]


def test_what_an_old_version_stands_on_is_kept(prod: dict[str, Any]) -> None:
    kept = {name for name, entry in prod.items() if entry["Type"].startswith("AWS::Lambda::Layer")}
    assert len(kept) == 6
    assert {prod[name]["DeletionPolicy"] for name in kept} == {"Retain"}
    named = {layer["Ref"] for f in of_type(prod, "AWS::Lambda::Function").values() for layer in f["Layers"]}
    assert named == kept
    versions = [entry for entry in prod.values() if entry["Type"] == "AWS::Lambda::Version"]
    assert {entry["DeletionPolicy"] for entry in versions} == {"Retain"}


def test_a_new_version_takes_a_tenth_first_and_an_alarm_takes_it_back(prod: dict[str, Any]) -> None:
    groups = of_type(prod, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {"FormCanary", "ScorerCanary"}
    alarms = of_type(prod, "AWS::CloudWatch::Alarm")
    for name, group in groups.items():
        update = prod[name.replace("Canary", "Live")]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update == {"ApplicationName": {"Ref": "Canary"}, "DeploymentGroupName": {"Ref": name}}
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        watched = [entry["Name"]["Ref"] for entry in group["AlarmConfiguration"]["Alarms"]]
        assert watched and set(watched) <= set(alarms)
    assert {"Ref": "ScorerErrors"} in [
        entry["Name"] for entry in groups["ScorerCanary"]["AlarmConfiguration"]["Alarms"]
    ]


def test_without_a_canary_the_alias_moves_at_once(compile_template: Compile) -> None:
    resources = compile_template("dev")["Resources"]
    assert not [entry for entry in resources.values() if entry["Type"].startswith("AWS::CodeDeploy::")]
    assert all("UpdatePolicy" not in resources[f"{name}Live"] for name in VERSIONED)


# -- the operator's function


def test_the_operators_function_may_do_nothing_on_aws_but_write_its_log(prod: dict[str, Any]) -> None:
    allowed = [s for s in statements(prod["OperatorRole"]["Properties"]) if s["Effect"] == "Allow"]
    assert {a for s in allowed for a in listed(s["Action"]) if not a.startswith("ec2:")} == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    (out,) = prod["OperatorSecurityGroup"]["Properties"]["SecurityGroupEgress"]
    assert out["CidrIp"] == "127.0.0.1/32"
    assert prod["OperatorToRedis"]["Properties"]["DestinationSecurityGroupId"]


def test_nothing_but_iam_leads_to_the_operators_function(prod: dict[str, Any]) -> None:
    (policy,) = of_type(prod, "AWS::IAM::ManagedPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": ["OperatorLambdaFunction", "Arn"]}
    permissions = of_type(prod, "AWS::Lambda::Permission").values()
    assert not [entry for entry in permissions if "Operator" in str(entry["FunctionName"])]


# -- what holds data


def test_what_holds_data_is_safe_from_a_mistake(compile_template: Compile) -> None:
    resources = compile_template("prod")["Resources"]
    for name in ("Bucket", "Redis"):
        policies = {resources[name][key] for key in ("DeletionPolicy", "UpdateReplacePolicy")}
        assert policies == {"Retain" if name == "Bucket" else "Snapshot"}


@pytest.mark.parametrize(("stage", "safe"), [("prod", True), ("dev", False), ("local", False)])
def test_a_stage_that_keeps_its_data_is_protected_from_being_deleted_or_replaced(
    stage: str, safe: bool
) -> None:
    done = sls("print", "--stage", stage)
    assert done.returncode == 0, done.stderr + done.stdout
    provider = yaml.safe_load(done.stdout)["provider"]
    assert bool(provider.get("deletionProtection")) is safe
    denied = [entry for entry in provider.get("stackPolicy") or [] if entry["Effect"] == "Deny"]
    assert [entry["Action"] for entry in denied] == [["Update:Replace", "Update:Delete"]] * safe
    for entry in denied:
        kinds = entry["Condition"]["StringEquals"]["ResourceType"]
        assert {"AWS::S3::Bucket", "AWS::ElastiCache::ReplicationGroup"} <= set(kinds)


def test_a_kept_bucket_and_a_kept_snapshot_fill_a_new_stack(compile_template: Compile) -> None:
    resources = compile_template("prod", "bucket=kept-history", "redisSnapshot=kept-queue")["Resources"]
    assert "Bucket" not in resources
    assert of_type(resources, "AWS::S3::BucketPolicy")["BucketPolicy"]["Bucket"] == "kept-history"
    redis = of_type(resources, "AWS::ElastiCache::ReplicationGroup")["Redis"]
    assert redis["SnapshotName"] == "kept-queue"
    for name in ("Form", "Scorer"):
        variables = resources[f"{name}LambdaFunction"]["Properties"]["Environment"]["Variables"]
        assert variables["HISTORY_URL"] in (
            "s3://kept-history/history",
            {"Fn::Sub": "s3://kept-history/history"},
        )
    written = [
        s["Resource"]
        for s in statements(resources["ScorerRole"]["Properties"])
        if s["Sid"] == "WriteTheHistory"
    ]
    assert written == [{"Fn::Sub": "arn:${AWS::Partition}:s3:::kept-history/history/*"}]


def test_a_locked_history_cannot_be_changed_for_as_long_as_said(
    prod: dict[str, Any], compile_template: Compile
) -> None:
    assert prod["Bucket"]["Properties"].get("ObjectLockEnabled") in (None, False)
    bucket = compile_template("prod", "historyLockDays=750")["Resources"]["Bucket"]["Properties"]
    assert bucket["ObjectLockEnabled"] is True
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "GOVERNANCE", "Days": 750}


def test_the_form_may_be_for_those_alone_who_sign_with_iam(
    prod: dict[str, Any], compile_template: Compile
) -> None:
    def auth(resources: dict[str, Any]) -> tuple[str, list[str]]:
        (url,) = of_type(resources, "AWS::Lambda::Url").values()
        public = [
            entry["Principal"]
            for entry in of_type(resources, "AWS::Lambda::Permission").values()
            if entry["Principal"] == "*"
        ]
        return url["AuthType"], public

    assert auth(prod) == ("NONE", ["*", "*"])
    assert auth(compile_template("prod", "formAuth=AWS_IAM")["Resources"]) == ("AWS_IAM", [])
