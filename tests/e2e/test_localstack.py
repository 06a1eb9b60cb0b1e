"""The real packages, deployed to LocalStack by the Serverless Framework, without Docker."""

import csv
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from benchmarks.load import wait_until
from cli.embedded_redis import free_port
from lifecycle.index.errors import NoIndex
from lifecycle.index.opening import open_database
from lifecycle.index.query import Query
from lifecycle.index.search import search
from localstage.address import connection, form_origin
from localstage.commands import is_running
from localstage.paths import Folders
from localstage.stage import Stage
from tests.e2e.local_aws import Deployment, applications, break_a_pickle, new_version, with_model

APPLICATIONS = 200
BULK_ROWS = 100_000
pytestmark = [pytest.mark.needs("sls", "LocalStack", "wheels"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return Folders(tmp_path_factory.mktemp("localstack"))


@pytest.fixture(scope="module")
def deployment(folders: Folders) -> Iterator[Deployment]:
    """The system, deployed from nothing as `make localstack` does."""
    stage = Stage.start(folders, free_port())
    try:
        yield Deployment(stage, stage.deploy())
    finally:
        Stage.stop(folders)


def submit_all(deployment: Deployment, raw: dict[str, object], count: int) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(deployment.submit, applications(raw, count)))


def recorded_ids(deployment: Deployment) -> Counter[str]:
    return Counter(row["APPLICATION_ID"] for row in deployment.recorded())


def test_the_form_opens(deployment: Deployment) -> None:
    status, page = deployment.request("GET", "/", Accept="text/html")
    assert status == 200
    assert b"<form" in page


def test_a_browser_sends_the_form_and_sees_the_decision(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    origin = deployment.address.rstrip("/")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, "Accept": "text/html"}

    def ask(method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, str, str]:
        http = connection(deployment.address)
        http.request(method, path, body, headers)
        reply = http.getresponse()
        page = reply.read().decode()
        http.close()
        return reply.status, page, reply.getheader("Set-Cookie", "").partition(";")[0]

    status, page, cookie = ask("POST", "/application", urlencode(raw_application), headers)
    assert status in (200, 202), page  # 202: a cold scorer on a busy machine; the page asks again by itself
    (path,) = set(re.findall(r"/application/[0-9a-f-]{36}", page))

    def is_decided() -> bool:
        status, page, _ = ask("GET", path, None, {"Cookie": cookie})
        assert status in (200, 202), page
        return status == 200 and "PRODUCT" in page.upper()

    wait_until(is_decided, 120, "the decision")
    assert origin == form_origin(deployment.stage.port)


def test_applications_are_answered_by_scorers_that_the_form_wakes_and_stand_in_s3_once(
    deployment: Deployment, raw_application: dict[str, object], tmp_path: Path
) -> None:
    ids = submit_all(deployment, raw_application, APPLICATIONS)
    answers = deployment.answers(ids, 60)
    assert {answer["status"] for answer in answers} == {"decided"}
    recorded = recorded_ids(deployment)
    assert [recorded[application_id] for application_id in ids] == [1] * APPLICATIONS

    exported = tmp_path / "history.csv"
    done = deployment.creditrisk(
        "history", "export", "--from", f"s3://{deployment.bucket}/history", str(exported)
    )
    assert done.returncode == 0, done.stderr
    with exported.open(newline="") as file:
        rows = {row["APPLICATION_ID"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(recorded)
    for answer in answers:
        assert float(rows[answer["id"]]["PROBABILITY"]) == answer["probability"]


def test_sls_shows_the_logs_of_a_function_with_its_reports(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    since = time.time()
    deployment.answers([deployment.submit(raw_application)], 60)
    wait_until(lambda: "REPORT" in deployment.log("form", since), 60, lambda: deployment.log("form", since))
    shown = deployment.sls("logs", "--function", "form")
    assert '"route": "/api/v1/applications"' in shown
    assert re.search(r"^END Duration: \d+\.\d\d ms .*Memory Used: [1-9]\d* MB$", shown, re.MULTILINE), shown


@pytest.mark.parametrize(
    ("function", "event"), [("scorer", "scorer/events/scheduled.json"), ("form", "form/events/form.json")]
)
def test_sls_invokes_a_function_and_shows_its_log(deployment: Deployment, function: str, event: str) -> None:
    shown = deployment.sls("invoke", "--log", "--function", function, "--path", f"functions/{event}")
    answer, _, log = shown.partition("-" * 60)
    assert '"scored": 0' in answer or '"statusCode": 200' in answer
    assert "START" in log
    assert re.search(r"^END Duration: .*Memory Used: [1-9]\d* MB$", log, re.MULTILINE), shown


def test_without_waking_the_schedule_scores_what_waits(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    deployment.set_environment("form", SCORER_FUNCTION="")
    try:
        time.sleep(3)
        ids = submit_all(deployment, raw_application, 20)
        assert all(deployment.answer(application_id)["status"] == "pending" for application_id in ids[:3])
        deployment.answers(ids, 130)
        assert '"QueueAge"' in deployment.log("scorer"), "the scheduled scorer tells how old the queue is"
    finally:
        deployment.set_environment("form", SCORER_FUNCTION="credit-risk-local-scorer:live")


def test_a_broken_pickle_is_named_in_the_log_and_scores_nothing_until_the_layer_is_whole_again(
    deployment: Deployment, raw_application: dict[str, object], tmp_path: Path
) -> None:
    deployment.redeploy(with_model(tmp_path / "broken", break_a_pickle))
    before, since = recorded_ids(deployment), time.time()
    application_id = deployment.submit(raw_application)
    wait_until(
        lambda: "lightgbm_model.pkl" in deployment.log("scorer", since),
        90,
        lambda: deployment.log("scorer", since),
    )
    assert deployment.answer(application_id)["status"] == "pending"
    assert recorded_ids(deployment) == before
    assert "manifest" in deployment.log("scorer", since)

    deployment.redeploy()
    deployment.sls("invoke", "--function", "scorer", "--path", "functions/scorer/events/scheduled.json")
    (answer,) = deployment.answers([application_id], 130)
    assert answer["status"] == "decided"


def test_a_new_model_version_takes_over_without_losing_an_application(
    deployment: Deployment, raw_application: dict[str, object], tmp_path: Path
) -> None:
    with deployment.under_load(raw_application) as ids:
        deployment.redeploy(with_model(tmp_path / "new", new_version))
        before = len(ids)
        wait_until(lambda: len(ids) > before + 2, 60, "applications after the deployment")
    versions = [answer["model_version"] for answer in deployment.answers(ids, 130)]
    assert len(set(versions)) == 2, "before and after"
    rows = deployment.recorded()
    recorded = {row["APPLICATION_ID"]: row["MODEL_VERSION"] for row in rows}
    assert [recorded[application_id] for application_id in ids] == versions
    assert len(rows) == len(recorded), "each exactly once"


def test_a_bulk_file_is_scored_by_the_distributed_map_with_its_bad_rows(
    deployment: Deployment, raw_application: dict[str, object], tmp_path: Path
) -> None:
    bulk, name = tmp_path / "bulk.csv", "autumn"
    with bulk.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(raw_application)
        for number in range(BULK_ROWS):
            age = "seventeen" if number % 1000 == 7 else str(20 + number % 60)
            writer.writerow((raw_application | {"DNI": f"{number:09}", "age": age}).values())
    client, started = deployment.client("s3"), time.monotonic()
    client.upload_file(str(bulk), deployment.bucket, f"bulk/team/{name}.CSV")
    results: list[str] = []

    def finished() -> bool:
        results.extend(
            entry["Key"]
            for entry in client.list_objects_v2(
                Bucket=deployment.bucket, Prefix=f"bulk-results/team/{name}.CSV/"
            ).get("Contents", ())
            if entry["Key"].endswith("/result.csv")
        )
        return bool(results)

    wait_until(finished, 400, lambda: deployment.log("bulk"))
    print(f"{BULK_ROWS:,} rows in {time.monotonic() - started:.0f} s")
    result = tmp_path / "result.csv"
    client.download_file(deployment.bucket, results[0], str(result))
    with result.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["DNI"] for row in rows] == [f"{number:09}" for number in range(BULK_ROWS)]
    bad = {number for number, row in enumerate(rows) if row["error"]}
    assert bad == set(range(7, BULK_ROWS, 1000))
    assert all(
        row["error"].startswith("AGE: ") and not row["probability"]
        for number, row in enumerate(rows)
        if number in bad
    )
    assert all(0 < float(row["probability"]) < 1 for number, row in enumerate(rows) if number not in bad)
    alone = deployment.answers([deployment.submit(raw_application | {"DNI": "000000000", "age": "20"})], 60)[
        0
    ]
    assert float(rows[0]["probability"]) == pytest.approx(alone["probability"], abs=1e-9)


def test_a_file_of_outcomes_is_added_and_the_monitor_reports_of_it(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    (answer,) = deployment.answers([deployment.submit(raw_application)], 60)
    client, key = deployment.client("s3"), "outcomes/team/of may.csv"
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    told = f"APPLICATION_ID;OUTCOME;OBSERVED_AT\n{answer['id']};bad;{tomorrow}\nnobody;good;{tomorrow}\n"
    client.put_object(Bucket=deployment.bucket, Key=key, Body=told.encode())

    def objects(prefix: str) -> list[str]:
        found = client.list_objects_v2(Bucket=deployment.bucket, Prefix=prefix).get("Contents", ())
        return [entry["Key"] for entry in found]

    wait_until(
        lambda: f"{key}.report.json" in objects("outcomes/team/"), 120, lambda: deployment.log("outcomes")
    )
    report = json.load(client.get_object(Bucket=deployment.bucket, Key=f"{key}.report.json")["Body"])
    assert (report["added"], report["refused"], report["problems"][0]["line"]) == (1, 1, 3)
    (added,) = objects("history-outcomes/")
    assert answer["id"] in client.get_object(Bucket=deployment.bucket, Key=added)["Body"].read().decode()
    reply = deployment.client("lambda").invoke(FunctionName="credit-risk-local-monitor", Payload=b"{}")
    made = json.load(reply["Payload"])
    assert "FunctionError" not in reply, made
    assert made["known"] == 0, "what is observed tomorrow counts from tomorrow on"
    assert {"reports/report.html", "reports/report.json"} <= set(objects("reports/"))


@pytest.mark.needs("PostgreSQL")
def test_a_postgresql_beside_it_is_kept_up_with_what_is_recorded(
    deployment: Deployment, raw_application: dict[str, object]
) -> None:
    ids = submit_all(deployment, raw_application, 3)
    deployment.answers(ids, 60)
    database = open_database(deployment.stage.environment["DATABASE_URL"], "s3://elsewhere/history")

    def indexed() -> bool:
        try:
            pages = [search(database, Query(id=application_id)) for application_id in ids]
        except NoIndex:
            return False
        return [[row.id for row in page.rows] for page in pages] == [
            [application_id] for application_id in ids
        ]

    wait_until(indexed, 240, lambda: deployment.log("indexer"))


def test_sls_remove_leaves_no_resource(deployment: Deployment) -> None:
    deployment.stage.serverless("remove")
    client = deployment.client
    left = {
        "stacks": [
            stack
            for stack in client("cloudformation").describe_stacks()["Stacks"]
            if stack["StackStatus"] != "DELETE_COMPLETE"
        ],
        "functions": client("lambda").list_functions()["Functions"],
        "layers": [
            version
            for name in ("common", "portfolio", "model", "form-deps", "scorer-deps")
            for version in client("lambda").list_layer_versions(LayerName=f"credit-risk-local-{name}")[
                "LayerVersions"
            ]
        ],
        "buckets": client("s3").list_buckets()["Buckets"],
        "rules": client("events").list_rules()["Rules"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "topics": client("sns").list_topics()["Topics"],
        "alarms": client("cloudwatch").describe_alarms()["MetricAlarms"],
        "log groups": client("logs").describe_log_groups()["logGroups"],
        "state machines": client("stepfunctions").list_state_machines()["stateMachines"],
        "roles": client("iam").list_roles()["Roles"],
    }
    assert not [kind for kind, found in left.items() if found], left


def test_taking_it_down_leaves_nothing(deployment: Deployment, folders: Folders) -> None:
    Stage.stop(folders)
    assert not folders.run.exists()
    assert not is_running(deployment.stage.server, "process_executor")
    assert not is_running(deployment.stage.redis, "redis-server")
    if database := deployment.stage.database:
        assert not is_running(database["process"], "postgres")
        assert not Path(database["folder"]).exists()
