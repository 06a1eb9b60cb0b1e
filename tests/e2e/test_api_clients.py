"""Clients that others generate from the API's description: they compile, and what they send is decided."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from werkzeug.serving import make_server

from creditrisk.intake import Intake
from creditrisk.settings import Settings
from tests.conftest import ROOT
from tests.machine import CLIENTS
from tests.unit.web.conftest import FakeIntake
from web import create_app
from web.example import example
from web.openapi import document

TOOLS = ROOT / "node_modules" / ".bin"

CALLS = """
import json, sys
from credit_risk_client import Client
from credit_risk_client.api.api import create_application, show_application
from credit_risk_client.models import Answer, Application, Problem

address, example = sys.argv[1], json.loads(sys.argv[2])
client = Client(base_url=address)
answer = create_application.sync(client=client, body=Application.from_dict(example), prefer="wait=1")
assert isinstance(answer, Answer), answer
again = show_application.sync(answer.id, client=client)
assert isinstance(again, Answer) and again.id == answer.id
wrong = Application.from_dict(example | {"AGE": 7})
refused = create_application.sync(client=client, body=wrong)
assert isinstance(refused, Problem) and "AGE" in refused.errors.to_dict(), refused
print(again.decision.value, again.probability, again.reasons[0].field)
"""
TYPED = """
import type { paths, components } from "./api";

type Answer = components["schemas"]["Answer"];
type Sent = paths["/api/v1/applications"]["post"]["requestBody"]["content"]["application/json"];

export async function decide(address: string, application: Sent): Promise<Answer> {
  const reply = await fetch(`${address}/api/v1/applications`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "wait=5" },
    body: JSON.stringify(application),
  });
  return (await reply.json()) as Answer;
}

export const isApproved = (answer: Answer): boolean => answer.status === "decided" && answer.decision === "approved";
"""


@pytest.fixture
def description(tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document("/")))
    return file


@pytest.fixture
def address() -> Iterator[str]:
    """Where the API answers."""
    app = create_app(Settings(wait_seconds=1), cast(Intake, FakeIntake()))
    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(*command: object, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return done.stdout + done.stderr


@pytest.mark.needs("openapi-python-client")
def test_a_client_generated_for_python_sends_an_application_and_reads_its_answer(
    description: Path, address: str, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(
        '{"project_name_override": "credit-risk-client", "post_hooks": [], "content_type_overrides": '
        '{"application/pdf": "application/octet-stream", "*/*": "application/octet-stream"}}'
    )
    generate = (
        CLIENTS / "bin" / "openapi-python-client",
        "generate",
        "--path",
        description,
        "--config",
        settings,
    )
    said = run(*generate, "--fail-on-warning", folder=tmp_path)
    assert "warning" not in said.lower(), said
    package = tmp_path / "credit-risk-client"
    run(sys.executable, "-m", "compileall", "-q", package, folder=tmp_path)
    calls = (CLIENTS / "bin" / "python", "-c", CALLS, address, json.dumps(example()))
    assert run(*calls, folder=tmp_path, PYTHONPATH=str(package)).split() == ["approved", "0.234", "AGE"]


@pytest.mark.needs("sls")
def test_types_generated_for_typescript_compile_strictly_with_code_that_uses_them(
    description: Path, tmp_path: Path
) -> None:
    if not (TOOLS / "openapi-typescript").exists():
        subprocess.run(["npm", "ci"], cwd=ROOT, check=True, capture_output=True)
    run(TOOLS / "openapi-typescript", description, "--output", tmp_path / "api.d.ts", folder=tmp_path)
    (tmp_path / "use.ts").write_text(TYPED)
    strictly = (
        "--strict",
        "--noEmit",
        "--target",
        "es2022",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
    )
    run(TOOLS / "tsc", *strictly, "--lib", "es2022,dom", "use.ts", folder=tmp_path)
    (tmp_path / "use.ts").write_text(TYPED.replace('"approved"', '"aproved"'))
    with pytest.raises(AssertionError, match="no overlap"):
        run(TOOLS / "tsc", *strictly, "--lib", "es2022,dom", "use.ts", folder=tmp_path)
