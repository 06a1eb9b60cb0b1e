"""docs/handover.md says what is so, and following it leads from a notebook to a served model."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application import FIELDS
from models.handover.check import install
from models.handover.contract import TEMPLATE, field_table
from models.synthetic import synthetic_applicants
from scoring import load
from tests.integration.models.conftest import bad_of, frame_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "handover.md").read_text(encoding="utf-8")


def test_the_page_lists_the_fields_as_they_are() -> None:
    listed = re.search(r"<!-- fields -->\n(.*?)\n<!-- /fields -->", PAGE, re.DOTALL)
    assert listed and listed.group(1) == field_table()


def test_the_template_goes_from_a_file_to_a_served_model(tmp_path: Path) -> None:
    """A data scientist's way, with the commands of the page; pandas reads the file, gaps are NaN."""
    script, folder = tmp_path / "handover.py", tmp_path / "folder"
    result = CliRunner().invoke(creditrisk, ["model", "template", str(script)])
    assert result.exit_code == 0, result.output
    assert script.read_bytes() == TEMPLATE.read_bytes()
    states = {"RESIDENCIAL_STATE": list(FIELDS["RESIDENCIAL_STATE"].choices)}
    rows = list(synthetic_applicants(2_000, seed=31, levels=states))
    names = re.findall(r'"([A-Z_]{3,})"', script.read_text().partition("training, folder")[0])
    frame = frame_of(rows, [name for name in names if name != "TARGET_LABEL_BAD"])
    noise = (np.arange(len(frame)) % 9 == 0).astype(int)
    frame.assign(TARGET_LABEL_BAD=bad_of(frame) ^ noise).to_csv(tmp_path / "training.csv", index=False)
    ran = subprocess.run(
        [sys.executable, script, tmp_path / "training.csv", folder], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    report = install(folder, tmp_path / "pickles")
    assert (report.expected, report.warnings) == (200, [])
    scores = load(tmp_path / "pickles").score(rows[:50])
    assert all(any(score.contributions.values()) for score in scores)
    assert np.std([score.probability for score in scores]) > 0.05


@pytest.mark.parametrize("command", re.findall(r"^creditrisk (model \w+)", PAGE, re.MULTILINE))
def test_the_pages_commands_are_there(command: str) -> None:
    assert CliRunner().invoke(creditrisk, [*command.split(), "--help"]).exit_code == 0


def test_a_template_replaces_no_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("precious")
    result = CliRunner().invoke(creditrisk, ["model", "template", str(tmp_path / "mine.py")])
    assert result.exit_code == 2 and "there already" in result.output
    assert (tmp_path / "mine.py").read_text() == "precious"
