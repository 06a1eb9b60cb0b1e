"""`creditrisk monitor` and its function: from a record with outcomes to text, JSON, a page and metrics."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from click.testing import CliRunner, Result
from sklearn.metrics import brier_score_loss, roc_auc_score

from cli.monitor import monitor
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision
from creditrisk.errors import CreditRiskError
from creditrisk.history import open_history
from creditrisk.history.columns import HEADER
from creditrisk.history.records import to_line
from creditrisk.ledger import open_ledger
from creditrisk.outcomes import OUTCOMES
from functions.monitor.handler import handler
from models.synthetic import synthetic_applicants
from scoring.manifest import read_manifest
from tests.integration.models.layers import LAYER
from tests.s3_server import S3Server

ROWS = 3_000
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
MONTHS = 12


@pytest.fixture(scope="module")
def record() -> SimpleNamespace:
    """Decisions of fourteen months, some accepted at random below the cut-off, and what became of the accepted."""
    random = np.random.default_rng(11)
    probability = 1 / (1 + np.exp(-random.normal(-1.1, 0.7, ROWS)))
    version = read_manifest(LAYER).version
    approved, explored = probability < 0.35, random.random(ROWS) < 0.25
    received = [FIRST + timedelta(hours=float(hour)) for hour in np.sort(random.uniform(0, 24 * 420, ROWS))]
    lines, outcomes, became = [], [], (random.random(ROWS) < probability).astype(int)
    for place, application in enumerate(synthetic_applicants(ROWS, seed=3)):
        accepted = bool(approved[place] or explored[place])
        decision = Decision(
            float(probability[place]),
            int(probability[place] >= 0.35),
            "approved" if accepted else "declined",
            0.35,
            "lightgbm",
            version if place > 200 else "0123456789ab",
            timestamp(received[place]),
            challenger="deeplearning",
            challenger_probability=float(np.clip(probability[place] + random.normal(0, 0.05), 0.01, 0.99)),
            propensity=None if approved[place] else 0.25,
        )
        id = str(UUID(int=(7 << 76) | (2 << 62) | place))
        lines.append(to_line(Answer(id, "decided", timestamp(received[place]), application, decision)))
        if accepted:
            observed = NOW if not became[place] else received[place] + timedelta(days=40)
            word = "bad" if became[place] else "good"
            outcomes.append((id, word, timestamp(observed), "", "", timestamp(NOW), "0123456789ab"))
    return SimpleNamespace(
        lines=lines, outcomes=outcomes, probability=probability, became=became, received=received,
        accepted=approved | explored, approved=approved, version=version,
    )  # fmt: skip


@pytest.fixture
def history(record: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "history"
    folder.mkdir()
    (folder / "history.csv").write_text(HEADER + "".join(record.lines), encoding="utf-8")
    open_ledger(str(folder), OUTCOMES).append(record.outcomes)
    monkeypatch.setenv("HISTORY_URL", str(folder))
    monkeypatch.setenv("THRESHOLD", "0.35")
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(monitor, ["--as-of", f"{NOW:%Y-%m-%d}", *arguments], catch_exceptions=False)


def told(*arguments: str) -> dict[str, Any]:
    done = run("--json", *arguments)
    assert done.exit_code == 0
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def mature(record: SimpleNamespace, months: int = MONTHS) -> np.ndarray:
    """Received a year ago or longer: of those alone good and bad are both known."""
    limit = datetime(2026 - months // 12, 6, 2, tzinfo=UTC)
    return np.array([moment < limit for moment in record.received])


def test_the_figures_are_scikit_learns_on_mature_outcomes(history: Path, record: SimpleNamespace) -> None:
    found = told()
    known = record.accepted & mature(record)
    bad, score = record.became[known], record.probability[known]
    performance = found["performance"]
    assert performance["rows"] == known.sum() < record.accepted.sum() and performance["bad"] == bad.sum()
    assert performance["roc_auc"] == pytest.approx(roc_auc_score(bad, score), abs=1e-6)
    assert performance["brier"] == pytest.approx(brier_score_loss(bad, score), abs=1e-6)
    assert performance["roc_auc_interval"][0] < performance["roc_auc"] < performance["roc_auc_interval"][1]
    assert found["promised"]["roc_auc"] == pytest.approx(
        read_manifest(LAYER).data["cross_validation"]["lightgbm"]["roc_auc"]
    )
    assert (
        found["applications"]["applications"] == ROWS
        and found["applications"]["mature"] == mature(record).sum()
    )


def test_over_all_applicants_the_accepted_at_random_count_for_the_declined(
    history: Path, record: SimpleNamespace
) -> None:
    found = told()["all_applicants"]
    everyone = mature(record)
    known = everyone & record.accepted
    weight = np.where(record.approved, 1.0, 4.0)[known]
    assert found["roc_auc"] == pytest.approx(
        roc_auc_score(record.became[known], record.probability[known], sample_weight=weight), abs=1e-6
    )
    low, high = found["roc_auc_interval"]
    assert low < roc_auc_score(record.became[everyone], record.probability[everyone]) < high
    assert found["applicants"] == everyone.sum() and found["stand_for"] == weight.sum()


def test_what_is_not_mature_has_an_expectation_and_no_figure(history: Path, record: SimpleNamespace) -> None:
    found = told()
    awaited = record.accepted & ~mature(record)
    assert found["expected"]["of_awaited"]["rows"] == awaited.sum()
    assert found["expected"]["of_awaited"]["bad_rate"] == pytest.approx(record.probability[awaited].mean())
    months = {each["month"]: each for each in found["vintages"]}
    assert months["2025-02"]["known"] > 0 and months["2025-08"]["known"] == 0
    assert months["2025-08"]["bad_rate"] is None and months["2025-08"]["expected"]["roc_auc"] > 0.5
    assert told("--maturity", "0")["performance"]["rows"] > found["performance"]["rows"]


def test_a_time_and_a_model_limit_what_is_judged(history: Path, record: SimpleNamespace) -> None:
    spring = told("--since", "2025-03-01", "--until", "2025-05-01")
    inside = [
        datetime(2025, 3, 1, tzinfo=UTC) <= moment < datetime(2025, 5, 1, tzinfo=UTC)
        for moment in record.received
    ]
    assert spring["applications"]["applications"] == sum(inside)
    assert [each["month"] for each in spring["vintages"]] == ["2025-03", "2025-04"]
    elder = told("--model", "0123456789ab")
    assert elder["applications"]["applications"] == 201
    assert not any(each["name"] == "score" for each in elder["drift"]["distributions"]), (
        "another layer's scores"
    )
    assert {each["model"]: each["applications"] for each in told()["models"]} == {
        f"lightgbm {record.version}": ROWS - 201,
        "lightgbm 0123456789ab": 201,
    }


def test_made_up_applicants_are_not_those_of_the_training_data(history: Path) -> None:
    drift = told()["drift"]
    assert len(drift["alarms"]) > 5 and len(drift["weeks"]) == 61
    ages = next(each for each in drift["distributions"] if each["name"] == "AGE")
    assert ages["verdict"] == "moved much" and len(ages["by_week"]) == len(drift["weeks"])
    assert sum(cell["now"] for cell in ages["cells"]) == pytest.approx(1)


def test_the_text_says_first_what_to_know(history: Path) -> None:
    text = run().stdout
    assert text.startswith("Portfolio pakdd-2010, as of 2026-06-01\n3,000 applications from 2025-01-01 to ")
    for part in (
        "! ",
        "ROC-AUC",
        "By month of application",
        "Drift from the training data",
        "Champion and challenger",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_narrow_terminal_gets_fewer_intervals(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, run().stdout.splitlines())) <= 95


class _Page(HTMLParser):
    """What of a page would be fetched, and what would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href", "srcset", "action")]


def test_the_page_is_self_contained_charts_first(history: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run("--html", str(page))
    assert done.stdout == "" and f"The report is in {page}" in done.stderr
    text = page.read_text(encoding="utf-8")
    found = _Page(text)
    assert found.fetched == [] and "script" not in found.tags and "url(" not in text and "@import" not in text
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(pictures) >= 10
    for picture in pictures:
        assert ElementTree.fromstring(picture).get("aria-label")
        assert "nan" not in picture
    for section in text.split("<section>")[1:]:
        assert section.index("<svg") < section.index("<details>"), "charts first, the table behind"
    assert found.tags.count("details") >= 10 and found.tags.count("details") == found.tags.count("table")
    assert "0123456789ab" in text and "012345678" not in text.replace("0123456789ab", ""), "nobody's identity"


def test_both_can_be_asked_for_at_once(history: Path, tmp_path: Path) -> None:
    assert told("--html", str(tmp_path / "report.html"))["shape"] == 1
    assert (tmp_path / "report.html").exists()


def test_a_record_without_anything_to_tell_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISTORY_URL", str(tmp_path / "nothing"))
    assert "There is no application in this range." in run().stdout
    assert told()["performance"] is None and told()["drift"] is None


def test_an_unknown_model_and_a_place_that_cannot_be_written_are_told_in_one_sentence(
    history: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        CreditRiskError, match=r"No application in this range was decided by 'x'; there are: lightgbm"
    ):
        run("--model", "x")
    with pytest.raises(CreditRiskError, match=r"report\.html cannot be written .*; name another place"):
        run("--html", str(tmp_path / "nowhere" / "report.html"))


def test_the_function_writes_its_report_into_the_bucket_and_tells_cloudwatch(
    server: S3Server,
    record: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HISTORY_URL", "s3://bucket/history")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "monitor")
    open_history("s3://bucket/history").add_part("0123456789ab", record.lines)
    open_ledger("s3://bucket/history", OUTCOMES).append(record.outcomes)
    answer = handler({}, None)
    assert answer["report"] == "s3://bucket/reports/report.html" and answer["applications"] == ROWS
    written = {key for key in server.objects if key.startswith("reports/")}
    assert {"reports/report.html", "reports/report.json"} < written and len(written) == 4
    report = json.loads(server.objects["reports/report.json"])
    assert report["performance"]["roc_auc"] == answer["roc_auc"] == pytest.approx(0.66, abs=0.1)
    line = next(json.loads(each) for each in capsys.readouterr().out.splitlines() if each.startswith("{"))
    assert line["Monitor"] == "monitor" and line["RocAuc"] == pytest.approx(answer["roc_auc"], abs=1e-6)
    assert (
        line["DriftedInputs"] == len(answer["drifted"]) > 0
        and line["Known"] == report["applications"]["known"]
    )
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert (
        metrics["Namespace"] == "CreditRisk" and {each["Name"] for each in metrics["Metrics"]} <= line.keys()
    )
    again = handler(None, None)
    assert again["report"] == answer["report"], "a second run of the day writes over the first"


def test_the_function_needs_numpy_and_no_other_library() -> None:
    """Its layer has nothing else; what trains, serves and draws elsewhere is not imported."""
    script = "import sys, functions.monitor.handler; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "numpy" in found
    others = {
        "sklearn",
        "scipy",
        "lightgbm",
        "pandas",
        "flask",
        "redis",
        "rq",
        "jinja2",
        "matplotlib",
        "click",
    }
    assert others.isdisjoint(found)


def test_the_function_at_a_folder_writes_beside_it(history: Path) -> None:
    assert handler({}, None)["report"] == str(history.parent / "reports" / "report.html")
    assert json.loads((history.parent / "reports" / "report.json").read_text())["shape"] == 1


def test_the_schedules_input_limits_what_the_function_reads(history: Path, record: SimpleNamespace) -> None:
    since = datetime(2025, 6, 1, tzinfo=UTC)
    assert handler({"since": "2025-06-01"}, None)["applications"] == sum(
        each >= since for each in record.received
    )
    assert handler({"since": "2025-06-01T00:00:00Z"}, None)["applications"] < ROWS
    for wrong in ("June", 7):
        with pytest.raises(CreditRiskError, match=r'"since" must be a day such as "2025-01-01"'):
            handler({"since": wrong}, None)
