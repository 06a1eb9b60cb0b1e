"""The steps of docs/deploy.md, run word for word on LocalStack."""

import csv
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from cli.embedded_redis import free_port
from tests.fresh import ROOT, fresh_copy

pytestmark = [
    pytest.mark.needs("bash", "make", "curl", "npm's registry", "LocalStack", "wheels"),
    pytest.mark.timeout(600),
]


def test_its_steps_lead_to_a_decision_and_leave_nothing(tmp_path: Path) -> None:
    steps = (ROOT / "docs" / "deploy.md").read_text().partition("## Steps")[2].partition("\n## ")[0]
    blocks = [
        re.sub(r"^   ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"```bash\n(.*?)```", steps, re.DOTALL)
    ]
    assert len(blocks) == 7
    script = "set -euo pipefail\n" + "\n".join(
        f"echo 'step {n}' >&2\n{block}" for n, block in enumerate(blocks)
    )
    checkout = fresh_copy(tmp_path / "project")
    for made in (".venv", ".localstack", "build"):  # not node_modules: npm deletes what others run
        (checkout / made).symlink_to(ROOT / made)
    run = tmp_path / "run"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"LOCALSTACK_FOLDER": str(run), "LOCALSTACK_PORT": str(free_port())}
    history = checkout / "build" / "history.csv"
    try:
        done = subprocess.run(
            ["bash", "-c", script], cwd=checkout, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (answer,) = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
        assert answer["status"] == "decided"
        with history.open(newline="") as file:
            assert [row["APPLICATION_ID"] for row in csv.DictReader(file)] == [answer["id"]]
    finally:
        subprocess.run([checkout / "localstack" / "down"], env=environment, check=True)
        history.unlink(missing_ok=True)
    assert not run.exists()
