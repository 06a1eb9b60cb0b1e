"""The compiled template of what follows a decision: files of outcomes, the index where there is a database, the monitor."""

import json
from typing import Any

import pytest

from tests.e2e.template import Compile, listed, of_type, sls, statements

pytestmark = pytest.mark.needs("sls")

GIVEN = ("databaseUrl=postgresql://me:secret@db.example.org/index", "databaseSecurityGroup=sg-5678")


def resources_of(role: dict[str, Any], action: str) -> set[str]:
    """What a role may do this to, without the bucket's own name."""
    found = [
        s["Resource"] for s in statements(role) if s["Effect"] == "Allow" and action in listed(s["Action"])
    ]
    return {str(one["Fn::Sub"]).partition("}")[2] for resource in found for one in listed(resource)}


def test_a_file_of_outcomes_is_handed_to_its_function_one_at_a_time(prod: dict[str, Any]) -> None:
    function = of_type(prod, "AWS::Lambda::Function")["OutcomesLambdaFunction"]
    assert function["ReservedConcurrentExecutions"] == 1
    assert set(function["Environment"]["Variables"]) == {"HISTORY_URL", "LOG_LEVEL"}
    rules = [
        rule
        for rule in of_type(prod, "AWS::Events::Rule").values()
        if "OutcomesLambdaFunction" in json.dumps(rule.get("Targets"))
    ]
    assert [rule["EventPattern"]["detail"]["object"] for rule in rules] == [
        {"key": [{"prefix": "outcomes/"}]}
    ]
    assert rules[0]["EventPattern"]["detail"]["bucket"] == {"name": [{"Ref": "Bucket"}]}


def test_what_follows_the_record_writes_nothing_of_it_but_its_own(prod: dict[str, Any]) -> None:
    roles = of_type(prod, "AWS::IAM::Role")
    assert "/history/*" in resources_of(roles["ScorerRole"], "s3:PutObject")
    reviews = {"/history-reviews/*", "/history-reviews-of/*"}
    assert resources_of(roles["FormRole"], "s3:PutObject") == reviews
    assert resources_of(roles["FormRole"], "s3:GetObject") == {"/history/*", *reviews}
    assert resources_of(roles["OutcomesRole"], "s3:PutObject") == {
        "/history-outcomes/*",
        "/outcomes/*.report.json",
    }
    assert resources_of(roles["MonitorRole"], "s3:PutObject") == {"/reports/*"}
    for name in ("OutcomesRole", "MonitorRole"):
        assert {"/history/*", "/history-*"} <= resources_of(roles[name], "s3:GetObject")


def test_the_monitor_reports_once_a_day_with_the_models_layer(prod: dict[str, Any]) -> None:
    rule = of_type(prod, "AWS::Events::Rule")["MonitorEventsRuleSchedule1"]
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(40 4 * * ? *)", "ENABLED")
    alarms = of_type(prod, "AWS::CloudWatch::Alarm")
    for name in ("ModelFallsShort", "InputsDrift"):
        assert alarms[name]["Namespace"] == "CreditRisk"
        assert alarms[name]["Dimensions"] == [{"Name": "Monitor", "Value": "credit-risk-prod-monitor"}]
        assert alarms[name]["TreatMissingData"] == "notBreaching"


def test_without_a_database_nothing_of_the_index_is_made(prod: dict[str, Any]) -> None:
    assert not [name for name in prod if name.startswith(("Indexer", "Database"))]


def test_a_database_of_its_own_is_closed_encrypted_and_for_the_indexer_alone(
    compile_template: Compile,
) -> None:
    resources = compile_template("prod", "databaseUrl=own")["Resources"]
    database = of_type(resources, "AWS::RDS::DBInstance")["Database"]
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False
    assert "resolve:secretsmanager" in database["MasterUserPassword"]["Fn::Sub"]
    rule = of_type(resources, "AWS::EC2::SecurityGroupIngress")["DatabaseFromIndexer"]
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": ["IndexerSecurityGroup", "GroupId"]}
    assert (rule["FromPort"], rule["ToPort"]) == (5432, 5432)
    function = of_type(resources, "AWS::Lambda::Function")["IndexerLambdaFunction"]
    url = function["Environment"]["Variables"]["DATABASE_URL"]["Fn::Sub"]
    assert url.startswith(
        "postgresql://creditrisk:{{resolve:secretsmanager:${DatabaseSecret}:SecretString:password}}@"
    )
    assert url.endswith("sslmode=require")
    others = [
        f
        for name, f in of_type(resources, "AWS::Lambda::Function").items()
        if name != "IndexerLambdaFunction"
    ]
    assert not [f for f in others if "DATABASE_URL" in f["Environment"]["Variables"]]
    endpoint = of_type(resources, "AWS::EC2::VPCEndpoint")["S3Endpoint"]["PolicyDocument"]["Statement"][0]
    assert {"Fn::GetAtt": ["IndexerRole", "Arn"]} in endpoint["Condition"]["ArnEquals"]["aws:PrincipalArn"]


def test_the_indexer_hears_of_the_record_and_looks_for_what_it_did_not_hear(
    compile_template: Compile,
) -> None:
    resources = compile_template("prod", *GIVEN)["Resources"]
    assert not of_type(resources, "AWS::RDS::DBInstance")
    function = of_type(resources, "AWS::Lambda::Function")["IndexerLambdaFunction"]
    assert function["Environment"]["Variables"]["DATABASE_URL"] == GIVEN[0].partition("=")[2]
    rules = [
        rule
        for rule in of_type(resources, "AWS::Events::Rule").values()
        if "IndexerLambdaFunction" in json.dumps(rule.get("Targets"))
    ]
    (told,) = (rule for rule in rules if "EventPattern" in rule)
    assert told["EventPattern"]["detail"]["object"] == {
        "key": [{"prefix": "history/"}, {"prefix": "history-"}]
    }
    told_as = told["Targets"][0]["InputTransformer"]["InputTemplate"].replace("<key>", "history/a.csv")
    assert json.loads(told_as)["Records"][0]["s3"]["object"]["key"] == "history/a.csv"
    (looking,) = (rule for rule in rules if "ScheduleExpression" in rule)
    assert looking["ScheduleExpression"] == "rate(5 minutes)"
    role = of_type(resources, "AWS::IAM::Role")["IndexerRole"]
    assert resources_of(role, "s3:PutObject") == set()
    assert of_type(resources, "AWS::EC2::SecurityGroupIngress")["DatabaseFromIndexer"]["GroupId"] == "sg-5678"


@pytest.mark.parametrize(
    ("parameters", "advice"),
    [
        (("databaseUrl=mysql://db",), "databaseUrl must be"),
        (("databaseUrl=postgresql://db/x",), "databaseSecurityGroup=sg-"),
        (("vpc=none", "redis=rediss://:x@y:1/0", "databaseUrl=own"), "inside a VPC only"),
    ],
)
def test_a_database_that_does_not_go_together_with_the_rest_is_refused(
    parameters: tuple[str, ...], advice: str
) -> None:
    done = sls("print", "--stage", "prod", *(f"--param={value}" for value in parameters))
    assert done.returncode == 1
    assert advice in done.stdout + done.stderr
