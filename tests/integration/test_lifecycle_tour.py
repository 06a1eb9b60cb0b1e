"""docs/lifecycle.md, run from top to bottom as a reader would; what its blocks print is what the document says of them."""

import json
import re
from pathlib import Path

import pytest

from tests.machine import ROOT
from tests.reader import run_blocks

PAGE = (ROOT / "docs/lifecycle.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.timeout(900)  # two trainings, in one fixture


def blocks() -> dict[str, list[str]]:
    """The commands of each section, in order."""
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    found = {text.splitlines()[0]: re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for text in sections}
    return {title: scripts for title, scripts in found.items() if scripts}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tour")


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, list[str]]:
    """What the blocks of each section print, run in one shell; errors stand among it."""
    scripts = [script for section in blocks().values() for script in section]
    scripts[0] += f'ln -s "$PWD" "{folder}/here"\n'
    printed = iter(run_blocks(scripts, ROOT, TMPDIR=str(folder), OPENBLAS_NUM_THREADS="1"))
    return {title: [next(printed) for _ in section] for title, section in blocks().items()}


@pytest.fixture(scope="module")
def here(said: dict[str, list[str]], folder: Path) -> Path:
    """The folder in which they ran."""
    return folder / "here"


def versions(told: str) -> list[str]:
    """The versions that begin a line."""
    return re.findall(r"^([0-9a-f]{12})  ", told, re.MULTILINE)


def test_the_tour_goes_through_every_section_that_has_commands() -> None:
    assert [
        title for title in blocks() if title.split(",")[0] not in ("A lender with a year behind it",)
    ] == [
        "Outcomes",
        "Index",
        "Monitor",
        "Policy",
        "Retrain, compare, promote, go back",
        "Audit",
    ]


def test_outcomes_are_added_once_and_what_matches_nothing_is_told(
    said: dict[str, list[str]], here: Path
) -> None:
    told, imported = said["Outcomes"]
    added = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) outcomes? added", told)]
    assert added[0] > 2_000 and added[1] == 0
    assert f"{added[0] + 2},no application of the history has this id" in told
    assert len((here / "standing.csv").read_text().splitlines()) == added[0] + 1
    assert len((here / "older.csv").read_text().splitlines()) == 801, imported


def test_the_index_finds_people_and_notices_what_it_has_not_followed(
    said: dict[str, list[str]], here: Path
) -> None:
    told, corrected = said["Index"]
    assert told.count("  declined  ") == 5 and "3,600 applications are in the index" in told
    (row,) = json.loads((here / "riskiest.json").read_text())["rows"]
    assert row["outcome"] == "bad" and row["probability"] > 0.4
    assert "1 outcome added" in corrected and "2026-02-01" in corrected
    assert corrected.count("the index is behind") == 1
    assert corrected.rstrip().endswith("3,600 applications compared")


def test_the_monitor_tells_what_happened_to_this_lender(said: dict[str, list[str]], here: Path) -> None:
    assert re.search(r"! ROC-AUC .* training promised", *said["Monitor"])
    assert (here / "report.html").read_text().lstrip().lower().startswith("<!doctype html>")
    since = json.loads((here / "since-april.json").read_text())
    assert "monthly_income" in since["drift"]["alarms"]
    assert since["performance"]["roc_auc_interval"][1] < since["promised"]["roc_auc"]
    assert since["performance"]["bad_rate_interval"][0] > since["expected"]["of_known"]["bad_rate"]
    assert since["challenger"]


def test_a_policy_is_tried_twice_and_put_into_force(said: dict[str, list[str]]) -> None:
    (told,) = said["Policy"]
    assert told.count("referred  ") >= 2 and "EUR" in told
    assert re.search(r"^applications +3,600 +3,600$", told, re.MULTILINE)
    assert re.search(r"^applications +800 +800$", told, re.MULTILINE)
    assert re.search(r"next [0-9a-f]{8} decides from now on; before: first [0-9a-f]{8}", told)
    assert told.rstrip().splitlines()[-1].startswith("worth: good 400")


def test_the_candidate_ranks_better_is_let_through_and_the_old_one_refused(
    said: dict[str, list[str]],
) -> None:
    judged, decided = said["Retrain, compare, promote, go back"]
    old, candidate = versions(judged)[:2]
    better = re.search(rf"{candidate} ranks \+\S+ \(95 % between \+", judged)
    assert better, judged
    assert f"{candidate} is proposed by ana" in decided
    assert f"{candidate} decides from now on, in place of {old}" in decided
    assert re.search(rf"Version {old} does not pass .*ranking", decided)
    assert f"refused, and {candidate} goes on" in decided
    assert versions(decided)[-4:] == [old, candidate, old, candidate]
    assert decided.rstrip().endswith("to this day, rolled back by bo")


def test_the_log_holds_all_of_it_and_shows_one_changed_byte(said: dict[str, list[str]]) -> None:
    shown, tampered = said["Audit"]
    events = re.findall(r"^ *\d+  \S+  (\S+)", shown, re.MULTILINE)
    assert [event for event in events if event.startswith("model")] == [
        f"model.{event}"
        for event in ("activated", "retrained", "proposed", "activated", "refused", "activated", "activated")
    ]
    heads = re.findall(r"the head is (\d+):", shown)
    assert int(heads[1]) == int(heads[0]) + 1
    assert re.search(r"Entry \d+ of the audit log is not what was written", tampered)
    assert tampered.rstrip().endswith("tampered with")
