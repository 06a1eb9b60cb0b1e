"""README's commands, run as they are printed."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.browsing import serving
from tests.machine import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(first: str) -> str:
    """The lines of README's block of commands that begins with these words."""
    found = [text for text in re.findall(r"```bash\n(.*?)```", README, re.DOTALL) if text.startswith(first)]
    assert len(found) == 1, first
    return found[0]


def run(script: str, **environment: str) -> str:
    """What the commands print, one after the other; each must end well."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answers(printed: str) -> list[dict[str, object]]:
    """The JSON objects in it, wherever one ends and the next begins."""
    found, decoder, at = [], json.JSONDecoder(), printed.find("{")
    while at >= 0:
        answer, end = decoder.raw_decode(printed, at)
        found.append(answer)
        at = printed.find("{", end)
    return found


@pytest.mark.needs("bash", "curl", "redis-server")
def test_the_api_answers_the_curls(tmp_path: Path) -> None:
    commands = block("curl")
    assert commands.count("curl ") == 3
    with serving(tmp_path) as system:
        here = commands.replace("localhost:8080", f"localhost:{system.port}")
        predicted, decided, described = answers(run(here))
        again = answers(run(here))[1]
    assert predicted["Success"] is True
    assert predicted["Prediction"] in (0, 1)
    assert decided["status"] == "decided"
    assert again["id"] == decided["id"], "the same key is the same application"
    assert str(described["openapi"]).startswith("3.")


@pytest.mark.needs("bash", "sls")
def test_the_functions_are_invoked_from_the_checkout(redis_url: str, tmp_path: Path) -> None:
    lines = [line for line in block("make setup").splitlines() if line.startswith("npx sls invoke local")]
    assert len(lines) == 3
    printed = run("\n".join(lines), REDIS_URL=redis_url, HISTORY_URL=str(tmp_path), NODE_NO_WARNINGS="1")
    assert '"statusCode": 200' in printed
    assert '"statusCode": 202' in printed
    assert '"scored": 1' in printed
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 2
