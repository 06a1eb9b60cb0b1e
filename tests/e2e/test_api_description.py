"""The API's description satisfies those who read such descriptions for a living: Spectral, Redocly and Ajv."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from creditrisk.application.validation import validate
from creditrisk.errors import InvalidApplication
from tests.unit.web.test_other_portfolio import PORTFOLIO
from web.openapi import document

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "node_modules/.bin"
pytestmark = pytest.mark.needs("sls")

AJV = """
const Ajv = require("ajv/dist/2020"), {schema, cases} = JSON.parse(require("fs").readFileSync(0));
const validate = new Ajv({strict: false, validateFormats: false}).compile(schema);
console.log(JSON.stringify(cases.map(one => validate(one))));
"""


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    if not (TOOLS / "spectral").exists() or not (TOOLS / "redocly").exists():
        subprocess.run(["npm", "ci"], cwd=ROOT, check=True, capture_output=True)


def lint(*command: object) -> str:
    """Run a linter; fails with what it says unless it is content."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NODE_NO_WARNINGS": "1"}
    answer = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=os.environ | quiet, capture_output=True, text=True, timeout=250
    )
    assert answer.returncode == 0, answer.stdout[-3_000:] + answer.stderr[-3_000:]
    return answer.stdout + answer.stderr


@pytest.fixture(params=["/", "/prod", "another portfolio"])
def description(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    if request.param == "another portfolio":
        said = subprocess.run(
            [sys.executable, "-c", "import json, web.openapi; print(json.dumps(web.openapi.document('/')))"],
            cwd=ROOT,
            env={**os.environ, "PORTFOLIO_DIR": str(PORTFOLIO)},
            capture_output=True,
            text=True,
            check=True,
        )
        file.write_text(said.stdout)
    else:
        file.write_text(json.dumps(document(request.param)))
    return file


def test_spectral_has_nothing_to_say(description: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text('extends: ["spectral:oas"]')
    lint(TOOLS / "spectral", "lint", "--fail-severity", "hint", "--ruleset", rules, description)


def test_redocly_has_nothing_to_say(description: Path) -> None:
    said = lint(TOOLS / "redocly", "lint", "--extends", "recommended", description)
    assert "warning" not in said.lower().replace("deprecation warning", "")


def test_what_the_description_takes_is_what_the_api_takes(raw_application: dict[str, Any]) -> None:
    described = document("/")
    schema = {"$ref": "#/components/schemas/FormApplication", "components": described["components"]}
    numbers = {"quant_of_dependants": 1, "months_in_residence": 24, "months_in_the_job": 0, "age": 34}
    amounts = {"personal_monthly_income": 1200.5, "other_incomes": 0, "personal_assets_value": 0}
    gaps = dict.fromkeys(("mate_profession_code", "education_level_2", "professional_state"))
    sent = raw_application | numbers | amounts | gaps
    codes = ("residencial_phone_area_code", "residencial_zip", "professional_zip")
    right = {name: value for name, value in sent.items() if value != ""} | dict.fromkeys(codes, 23)
    cases = [
        right,
        right | {"flag_email": True, "company": "no", "flag_visa": 0},
        right | {"favourite_colour": "blue"},
        right | {"flag_email": "perhaps"},
        right | {"age": 7},
        {name: value for name, value in right.items() if name != "sex"},
        {name: value for name, value in right.items() if name != "full_name"},
    ]
    told = lint_cases(schema, cases)
    assert told == [True, True, False, False, False, True, False]
    for case, right_one in zip(cases, told, strict=True):
        if right_one:
            validate(case)
        else:
            with pytest.raises(InvalidApplication):
                validate(case)


def lint_cases(schema: dict[str, Any], cases: list[dict[str, Any]]) -> list[bool]:
    answer = subprocess.run(
        ["node", "-e", AJV],
        cwd=ROOT,
        input=json.dumps({"schema": schema, "cases": cases}),
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts: list[bool] = json.loads(answer.stdout)
    return verdicts
