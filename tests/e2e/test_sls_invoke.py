"""`sls invoke local`: both functions from the checkout, with no network, no credentials and no built package."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lenders import small_loans

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.needs("sls")


def invoke(
    function: str, redis_url: str, history: Path, event: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run `sls invoke local`; whatever would go out to the network fails at once."""
    nowhere = "http://127.0.0.1:1"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "REDIS_URL": redis_url,
        "HISTORY_URL": str(history),
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NODE_NO_WARNINGS": "1",
        **settings,
    }
    command = [ROOT / "node_modules/.bin/sls", "invoke", "local", "-f", function]
    if event:
        command += ["-p", f"functions/{function}/events/{event}"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What the handler returned."""
    assert done.returncode == 0, done.stderr + done.stdout
    found = re.search(
        r"^\{\n.*", done.stdout, re.DOTALL | re.MULTILINE
    )  # past the lines that the handler logged
    assert found, done.stdout
    returned: dict[str, Any] = json.loads(found[0])
    return returned


def test_the_form_is_served_from_the_checkout(redis_url: str, tmp_path: Path) -> None:
    page = answer(invoke("form", redis_url, tmp_path, "form.json"))
    assert page["statusCode"] == 200
    assert "ASSESS" in page["body"].upper()


def test_the_form_of_another_portfolio_is_served_when_the_shell_names_it(
    redis_url: str, tmp_path: Path
) -> None:
    folder = str(small_loans(tmp_path / "lender"))
    page = answer(invoke("form", redis_url, tmp_path / "history", "form.json", PORTFOLIO_DIR=folder))
    assert page["statusCode"] == 200
    assert 'name="balance_last_month"' in page["body"] and "payment_day" not in page["body"]


def test_an_application_goes_from_form_to_scorer_to_history(redis_url: str, tmp_path: Path) -> None:
    accepted = answer(invoke("form", redis_url, tmp_path, "apply.json"))
    assert accepted["statusCode"] == 202
    application_id = json.loads(accepted["body"])["id"]

    assert answer(invoke("scorer", redis_url, tmp_path, "scheduled.json"))["scored"] == 1

    rows = (tmp_path / "history.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["APPLICATION_ID", application_id]


@pytest.mark.parametrize(("function", "event"), [("form", "form.json"), ("scorer", "scheduled.json")])
def test_without_a_redis_it_says_so_in_one_clear_error(function: str, event: str, tmp_path: Path) -> None:
    done = invoke(function, "redis://127.0.0.1:1/0", tmp_path, event)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "No Redis answers at 127.0.0.1:1: start one (redis-server), or set REDIS_URL." in said
    assert "Traceback" not in said
