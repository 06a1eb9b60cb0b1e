"""`creditrisk policy`: shown, checked, tried on what was decided, and put into force."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk
from creditrisk.errors import NoHistory, SettingError, UnusableFile, UnusablePolicy
from creditrisk.policy.reading import read_policy
from creditrisk.portfolio import active
from lifecycle.audit import open_audit
from tests.unit.lifecycle.recorded import House, Make

Write = Callable[..., Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the policy in force lies."""
    monkeypatch.setenv("HISTORY_URL", str(tmp_path / "history"))
    monkeypatch.setenv("POLICY", str(tmp_path / "active" / "policy.toml"))
    return tmp_path / "active" / "policy.toml"


@pytest.fixture
def house(tmp_path: Path, make_application: Make) -> House:
    return House(tmp_path / "history", make_application)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(creditrisk, ["policy", *map(str, arguments)])


def test_the_threshold_is_shown_as_the_policy_that_it_is() -> None:
    assert json.loads(run("show", "--json").stdout) | {"rules": []} == {
        "policy": "threshold 0.5", "decline_from": 0.5, "refer_from": None, "rules": [], "exploration": None,
        "worth": None, "place": "",
    }  # fmt: skip
    assert "no file: the threshold is the policy" in run("show").stdout


def test_check_tells_every_mistake_in_a_line(write: Write) -> None:
    result = run("check", write())
    assert result.exit_code == 0 and "is well: cards-2026" in result.stdout
    result = run("check", write(("referFrom = 0.3", "referFrom = 0.9"), ("share = 0.03", "share = 3")))
    assert result.exit_code == 1
    assert [line.split(" ")[0] for line in result.stderr.splitlines()] == ["referFrom", "exploration.share"]


def test_what_is_activated_decides_and_the_log_says_who_did_it(
    place: Path, write: Write, tmp_path: Path
) -> None:
    assert run("activate", write(), "--as", "Rui").exit_code == 0
    first = read_policy(place)
    assert first.version.startswith("cards-2026 ")
    shown = run("show").stdout
    assert first.version in shown and "declined by rule no-income" in shown and "3.0%" in shown
    result = run("activate", write(("referFrom = 0.3", "referFrom = 0.2")), "--as", "Eva", "--json")
    assert json.loads(result.stdout)["before"] == first.version
    entries = list(open_audit(str(tmp_path / "history")).entries())
    assert [(entry.event, entry.by, entry.facts["before"]) for entry in entries] == [
        ("policy.activated", "Rui", ""),
        ("policy.activated", "Eva", first.version),
    ]
    assert sorted(path.name for path in place.parent.iterdir()) == ["policy.toml"], (
        "nothing half-written is left"
    )


def test_a_broken_policy_is_not_activated_and_one_can_take_the_place_of_a_broken_one(
    place: Path, write: Write
) -> None:
    run("activate", write(), "--as", "Rui")
    before = place.read_bytes()
    assert isinstance(
        run(
            "activate",
            write(
                ("0.4", "4"),
            ),
            "--as",
            "Rui",
        ).exception,
        UnusablePolicy,
    )
    assert place.read_bytes() == before
    place.write_text("broken")
    assert run("activate", write(), "--as", "Rui").exit_code == 0
    assert place.read_bytes() == before


def test_nothing_is_activated_beside_a_threshold(
    place: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY", "")
    monkeypatch.setenv("THRESHOLD", "0.4")
    assert isinstance(run("activate", write(), "--as", "Rui").exception, SettingError)
    assert not place.exists()


def test_a_simulation_sets_what_would_have_been_beside_what_is(
    house: House, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_URL", str(tmp_path / "history"))
    early, rich = datetime(2025, 1, 15, tzinfo=UTC), {"PERSONAL_MONTHLY_INCOME": 900, "SEX": "F"}
    house.observe(house.decide(early, 0.2, rich), "good", "2026-02-01")
    house.decide(early, 0.35, rich)
    house.decide(early, 0.45, {**rich, "SEX": "M"})
    house.decide(early, 0.1, {**rich, "PERSONAL_MONTHLY_INCOME": 100})
    told = json.loads(run("simulate", write(), "--json").stdout)
    now, then = told["current"], told["candidate"]
    assert (now["policy"], now["approved"], now["declined"], now["referred"]) == ("threshold 0.5", 4, 0, 0)
    assert (then["approved"], then["declined"], then["referred"]) == (1, 2, 1)
    assert then["by_rule"] == {"no-income": 1, "many-dependants": 0, "by-hand": 0}
    assert (then["known"], then["bad_rate"], then["profit"]) == (1, 0.0, pytest.approx(120 - 15 + 0.03 * (0.55 * 120 - 0.45 * 800)))  # fmt: skip
    assert {share["name"]: share["approved"] for share in then["groups"]["SEX"]} == {"Female": pytest.approx(1 / 3), "Male": 0}  # fmt: skip
    text = run("simulate", write()).stdout
    assert "approved" in text and "4 (100.0%)" in text and "1 (25.0%)" in text and "by rule no-income" in text
    assert isinstance(run("simulate", write(), "--since", "2099-01-01").exception, NoHistory)


def test_a_simulation_on_scored_rows_needs_no_history(
    write: Write, tmp_path: Path, make_application: Make
) -> None:
    scores = tmp_path / "scores.csv"
    target = active().target
    with scores.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*make_application(), "probability", target.column])
        for probability, label in ((0.2, "1"), (0.35, "0"), (0.9, "0")):
            values = make_application(PERSONAL_MONTHLY_INCOME=900, PRODUCT="1").values()
            rows.writerow([*("" if value is None else value for value in values), probability, label])
    then = json.loads(run("simulate", write(), "--scores", scores, "--json").stdout)["candidate"]
    assert (then["approved"], then["referred"], then["declined"]) == (1, 1, 1)
    assert (then["known"], then["bad_rate"]) == (1, 1.0)
    scores.write_text("AGE,probability\n30,0.5\n")
    assert isinstance(run("simulate", write(), "--scores", scores).exception, UnusableFile)
