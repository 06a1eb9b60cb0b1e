"""docs/policy.md: its commands, run in their order as a reader would, who has put the page's policy beside the portfolio."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from creditrisk.application import FIELDS, Role
from creditrisk.policy.reading import read_policy
from creditrisk.portfolio import active
from lifecycle.audit import open_audit
from tests.helpers import Make
from tests.machine import ROOT
from tests.reader import run_blocks
from tests.unit.lifecycle.recorded import House

PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def referred(tmp_path: Path, make_application: Make) -> str:
    """The application that waits for a person: in a history of some decisions, with outcomes."""
    house = House(tmp_path / "history", make_application)
    start = datetime.now(UTC) - timedelta(days=800)
    for number in range(60):
        income = 300 + 20 * number
        id = house.decide(
            start + timedelta(days=number), 0.1 + number / 200, {"PERSONAL_MONTHLY_INCOME": income}
        )
        house.observe(id, "bad" if number % 4 == 0 else "good", f"{start + timedelta(days=500):%Y-%m-%d}")
    return house.decide(
        datetime.now(UTC) - timedelta(days=2), 0.3, decision="referred", rule="by-post: By post."
    )


@pytest.fixture
def here(tmp_path: Path, referred: str, make_application: Make) -> Path:
    """A folder with the page's policy, the next one, and rows that a training wrote."""
    (text,) = blocks("toml")
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    next_one = text.replace("declineFrom = 0.35", "declineFrom = 0.4").replace("cards-2026", "cards-2027")
    (tmp_path / "next.toml").write_text(next_one, encoding="utf-8")
    names = [name for name, each in FIELDS.items() if each.role is not Role.IDENTITY]
    target = active().target
    with (tmp_path / "out-of-fold.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "probability", target.column])
        for number in range(40):
            application = make_application(PERSONAL_MONTHLY_INCOME=300 + 20 * number)
            cells = ["" if application.get(name) is None else str(application[name]) for name in names]
            writer.writerow([*cells, 0.1 + number / 100, target.bad if number % 5 == 0 else "0"])
    return tmp_path


def test_every_command_does_what_the_page_says(here: Path, referred: str) -> None:
    scripts = [script.replace("APPLICATION_ID", referred) for script in blocks("bash")]
    assert len(scripts) == 2
    reviewed, tried = run_blocks(
        scripts, here, POLICY=str(here / "policy.toml"), HISTORY_URL=str(here / "history")
    )
    listed, waiting, decided = reviewed.strip().splitlines()
    assert listed.startswith(referred) and waiting == "1 waits for a person's decision"
    assert decided.startswith("approved, ")
    assert "cards-2026" in tried
    on_history, on_rows = re.findall(r"^applications +(\S+) +\1$", tried, re.MULTILINE)
    assert (on_history, on_rows) == ("61", "40")
    assert "cards-2027" in tried.strip().splitlines()[-1], "it is in force"
    assert read_policy(here / "policy.toml").version.startswith("cards-2027 ")
    events = [(entry.event, entry.by) for entry in open_audit(str(here / "history")).entries()]
    assert events == [("review.decided", "Rui Alves"), ("policy.activated", "Eva Lima")]
