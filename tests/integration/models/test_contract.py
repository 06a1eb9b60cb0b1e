"""docs/handover.md says what is so, and following it leads from a notebook to a served model."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from creditrisk.portfolio.kinds import Choice
from creditrisk.portfolio.law import PROFILES, breaches
from models.handover.check import install
from models.handover.contract import field_table, script
from models.synthetic import synthetic_applicants
from scoring import load
from tests.integration.models.conftest import bad_of, frame_of
from tests.lenders import small_loans

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "handover.md").read_text(encoding="utf-8")


def test_the_page_lists_the_fields_as_they_are() -> None:
    listed = re.search(r"<!-- fields -->\n(.*?)\n<!-- /fields -->", PAGE, re.DOTALL)
    assert listed and listed.group(1) == field_table()


def lists_of(text: str) -> dict[str, list[str]]:
    """The fields that a script takes: its lists NUMBERS and CODES."""
    found = [each for each in ast.parse(text).body if isinstance(each, ast.Assign)]
    return {
        target.id: ast.literal_eval(each.value)
        for each in found
        for target in each.targets
        if isinstance(target, ast.Name) and target.id in ("NUMBERS", "CODES")
    }


def test_the_template_goes_from_a_file_to_a_served_model(tmp_path: Path) -> None:
    """A data scientist's way, with the commands of the page; pandas reads the file, gaps are NaN."""
    written, folder = tmp_path / "handover.py", tmp_path / "folder"
    result = CliRunner().invoke(creditrisk, ["model", "template", str(written)])
    assert result.exit_code == 0, result.output
    levels = {name: list(field.choices) for name, field in FIELDS.items() if field.choices}
    rows = list(synthetic_applicants(2_000, seed=31, levels=levels))
    lists = lists_of(written.read_text())
    frame = frame_of(rows, [*lists["NUMBERS"], *lists["CODES"]])
    noise = (np.arange(len(frame)) % 9 == 0).astype(int)
    frame["TARGET_LABEL_BAD=1"] = bad_of(frame) ^ noise
    frame.to_csv(tmp_path / "training.csv", index=False)
    ran = subprocess.run(
        [sys.executable, written, tmp_path / "training.csv", folder], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    report = install(folder, tmp_path / "pickles")
    assert (report.expected, report.warnings) == (200, [])
    scores = load(tmp_path / "pickles").score(rows[:12])
    assert all(any(score.contributions.values()) for score in scores)
    assert np.std([score.probability for score in scores]) > 0.05


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_template_leaves_out_what_the_law_forbids(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law = PROFILES[profile]
    monkeypatch.setattr(in_force, "profile", lambda: law)
    lists = lists_of(script())
    taken = [*lists["NUMBERS"], *lists["CODES"]]
    assert breaches(law, taken, FIELDS) == []
    asked = {
        field.name
        for field in FIELDS.values()
        if field.asked and field.role == "feature" and (field.is_number or isinstance(field.kind, Choice))
    }
    left_out = {breach.field for breach in breaches(law, sorted(asked), FIELDS)}
    assert set(taken) == asked - left_out
    assert ("AGE" in taken) is (profile != "US"), "a hand-over has no figures by age"


MADE_UP = """
import sys, pandas as pd
from models.synthetic import synthetic_applicants
from creditrisk.portfolio import active
rows = list(synthetic_applicants(1_200, seed=5))
frame, target = pd.DataFrame(rows), active().target
first = next(name for name, field in active().fields.items() if field.is_number)
bad = frame[first].fillna(0).astype(float) > frame[first].astype(float).median()
frame.assign(**{target.column: [target.bad if each else "good" for each in bad]}).to_csv(sys.argv[1], index=False)
"""


def test_the_template_is_the_active_portfolios_own(tmp_path: Path) -> None:
    """Fields with dots, commas and quotation marks in their names, another target and gaps of its own."""
    environment = {**os.environ, "PORTFOLIO_DIR": str(small_loans(tmp_path / "portfolio"))}

    def run(*arguments: object) -> str:
        ran = subprocess.run(
            [sys.executable, *map(str, arguments)], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    made, data, folder = tmp_path / "handover.py", tmp_path / "training.csv", tmp_path / "folder"
    run("-m", "cli", "model", "template", made)
    assert lists_of(made.read_text()) == {
        "NUMBERS": ["balance.last.month", "months left"],
        "CODES": ['purpose, "as told"'],
    }
    run("-c", MADE_UP, data)
    run(made, data, folder)
    assert "expected scores: all 200 come out" in run("-m", "cli", "model", "check", folder)


@pytest.mark.parametrize("command", re.findall(r"^creditrisk (model \w+)", PAGE, re.MULTILINE))
def test_the_pages_commands_are_there(command: str) -> None:
    assert CliRunner().invoke(creditrisk, [*command.split(), "--help"]).exit_code == 0


def test_a_template_replaces_no_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("precious")
    result = CliRunner().invoke(creditrisk, ["model", "template", str(tmp_path / "mine.py")])
    assert result.exit_code == 2 and "there already" in result.output
    assert (tmp_path / "mine.py").read_text() == "precious"
