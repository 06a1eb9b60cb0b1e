"""What the LocalStack tests do to a deployed stage: send applications, read logs, exchange a layer."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

from benchmarks.load import wait_until
from localstage.address import connection, form_address
from localstage.stage import Stage, architecture, python
from tests.e2e.template import ROOT
from tests.machine import SLS

PACKAGES = ROOT / "build" / f"{python()}-{architecture()}"


@dataclass(frozen=True)
class Deployment:
    """A deployed stage and the form's address."""

    stage: Stage
    address: str

    def client(self, service: str) -> Any:
        """A client of LocalStack."""
        environment = self.stage.environment
        return boto3.client(
            service,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def request(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """One request to the form; JSON when there is a body."""
        http = connection(self.address)
        try:
            data = None if body is None else json.dumps(body).encode()
            http.request(method, path, data, {"Content-Type": "application/json"} | headers)
            reply = http.getresponse()
            return reply.status, reply.read()
        finally:
            http.close()

    def submit(self, application: dict[str, object]) -> str:
        """Send one application; returns its id."""
        status, body = self.request("POST", "/api/v1/applications", application)
        return self._accepted(status, body)

    def submit_until_accepted(self, application: dict[str, object]) -> str:
        """Send one application as a careful client does: under a key, once more when the answer is no answer of ours."""
        key = str(uuid4())
        for _ in range(5):
            status, body = self.request(
                "POST", "/api/v1/applications", application, **{"Idempotency-Key": key}
            )
            if status < 500:
                break
            time.sleep(0.2)
        return self._accepted(status, body)

    @contextmanager
    def under_load(self, raw: dict[str, object]) -> Iterator[list[str]]:
        """Made-up applicants come in, one after the other, while the block runs; gives the ids that they get."""
        ids: list[str] = []
        ended = threading.Event()

        def send() -> None:
            for application in applications(raw, 10_000):
                if ended.is_set():
                    return
                ids.append(self.submit_until_accepted(application))
                time.sleep(0.2)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            yield ids
        finally:
            ended.set()
            sender.join()

    @staticmethod
    def _accepted(status: int, body: bytes) -> str:
        assert status in (200, 202), body
        application_id: str = json.loads(body)["id"]
        return application_id

    def answer(self, application_id: str) -> dict[str, Any]:
        """How an application stands."""
        status, body = self.request("GET", f"/api/v1/applications/{application_id}")
        assert status == 200, body
        answer: dict[str, Any] = json.loads(body)
        return answer

    def answers(self, application_ids: list[str], seconds: float) -> list[dict[str, Any]]:
        """The answers, once none is pending any more; fails when that takes longer."""
        found: dict[str, dict[str, Any]] = {}

        def all_decided() -> bool:
            missing = [application_id for application_id in application_ids if application_id not in found]
            with ThreadPoolExecutor(4) as pool:
                answers = pool.map(self.answer, missing)
            found.update((answer["id"], answer) for answer in answers if answer["status"] != "pending")
            return len(found) == len(application_ids)

        wait_until(all_decided, seconds, lambda: f"{len(application_ids) - len(found)} are still pending")
        return [found[application_id] for application_id in application_ids]

    @property
    def bucket(self) -> str:
        """The bucket of the history."""
        stack = self.client("cloudformation").describe_stacks(StackName="credit-risk-local")["Stacks"][0]
        name: str = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}["Bucket"]
        return name

    def recorded(self) -> list[dict[str, str]]:
        """Every record as it stands in S3, whoever reads would drop as a double included."""
        client, rows = self.client("s3"), []
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="history/")
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            text = client.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read().decode()
            rows += list(csv.DictReader(text.splitlines()))
        return rows

    def log(self, function: str, since: float = 0) -> str:
        """What a function wrote into its log group, since a moment (seconds)."""
        events = self.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/credit-risk-local-{function}", startTime=int(since * 1000)
        )["events"]
        return "\n".join(event["message"] for event in events)

    def set_environment(self, function: str, **changes: str) -> None:
        """Change a deployed function's environment variables, and wait until the version that is live has them."""
        name, client = f"credit-risk-local-{function}", self.client("lambda")
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables | changes}
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        version = client.publish_version(FunctionName=name)["Version"]
        client.get_waiter("published_version_active").wait(
            FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 1}
        )
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def redeploy(self, packages: Path = PACKAGES, *parameters: str) -> None:
        """Deploy these packages over what runs."""
        self.stage.deploy(package=False, parameters=(f"packages={packages}", *parameters))
        assert form_address(self.stage.environment) == self.address

    def sls(self, *arguments: str) -> str:
        """Run the Serverless Framework against this stage; returns what it prints, without colours."""
        done = subprocess.run(
            [SLS, *arguments, "--stage", "local"],
            cwd=ROOT,
            env=os.environ | self.stage.environment | {"NO_COLOR": "1", "FORCE_COLOR": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def creditrisk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this stage."""
        command = [Path(sys.executable).with_name("creditrisk"), *arguments]
        return subprocess.run(
            command, env=os.environ | self.stage.environment, capture_output=True, text=True
        )


def applications(raw: dict[str, object], count: int) -> list[dict[str, object]]:
    """Made-up applicants who differ."""
    return [raw | {"DNI": f"{number:09}", "age": str(20 + number % 60)} for number in range(count)]


def with_model(target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of the packages whose model layer's files (path in the layer → content) were changed."""
    shutil.copytree(
        PACKAGES,
        target,
        ignore=shutil.ignore_patterns(
            "*.stamp", "form", "scorer", "bulk", "operator", "common", "portfolio", "model", "*-deps"
        ),
    )
    source = PACKAGES / "layers" / "model.zip"
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    change(files)
    with zipfile.ZipFile(target / "layers" / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target


def break_a_pickle(files: dict[str, bytes]) -> None:
    """One byte of the active model is another one."""
    (name,) = [name for name in files if name.endswith("lightgbm_model.pkl")]
    content = bytearray(files[name])
    content[len(content) // 2] ^= 0xFF
    files[name] = bytes(content)


def new_version(files: dict[str, bytes]) -> None:
    """The same model with another file beside it, so another version."""
    (listed,) = [name for name in files if name.endswith("pickles/manifest.json")]
    golden = listed.replace("manifest.json", "golden_rows.json")
    files[golden] += b"\n"
    manifest = json.loads(files[listed])
    entry = manifest["files"]["golden_rows.json"]
    entry |= {"sha256": hashlib.sha256(files[golden]).hexdigest(), "bytes": len(files[golden])}
    files[listed] = json.dumps(manifest, indent=2).encode()
