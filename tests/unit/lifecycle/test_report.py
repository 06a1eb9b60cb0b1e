"""What a report says first, and that every part may be missing."""

import json
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import numpy as np
import pytest

from benchmarks.monitor_truth import made_up
from creditrisk.settings import Settings
from functions.monitor.metrics import report_metrics
from lifecycle.cohort import Cohort
from lifecycle.performance.estimate import Estimate
from lifecycle.performance.promised import Promised, promised
from lifecycle.report.as_html import as_html
from lifecycle.report.as_json import as_json
from lifecycle.report.as_text import as_text
from lifecycle.report.making import Beside, make_report
from lifecycle.report.reading import mature, of_model, what_serves
from lifecycle.report.report import Report, Scope
from lifecycle.report.svg import span, ticks
from scoring.manifest import Manifest, read_manifest
from tests.unit.lifecycle.recorded import NOW, House

SCOPE = Scope("a-portfolio", "2026-06-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z", "", "", "", 12, 0.3)
PROMISED = Promised("lightgbm", "one", 9_000, 0.26, 0.65, 0.006, 0.22, 0.18, 1.0, 0.0, 0.005)


def cohort(rows: int = 6_000, explore: float = 0.0, **more: object) -> Cohort:
    """Decisions on made-up scores; those below 0.3 are accepted, and a share of the others."""
    random = np.random.default_rng(2)
    probability, bad = made_up(rows, seed=2)
    approved, explored = probability < 0.3, random.random(rows) < explore
    accepted = approved | explored
    nothing = np.full(rows, nan)
    made = {
        "ids": [str(row) for row in range(rows)],
        "received": np.datetime64("2024-01-01", "ms") + np.arange(rows) * np.timedelta64(1, "h"),
        "scored": np.full(rows, np.datetime64("NaT"), "datetime64[ms]"),
        "probability": probability, "challenger": nothing,
        "decision": np.where(accepted, 0, 1).astype(np.int8),
        "models": ["lightgbm one"], "model_codes": np.zeros(rows, np.int16),
        "policies": [""], "policy_codes": np.zeros(rows, np.int16),
        "propensity": np.where(approved, 1.0, np.where(explored, max(explore, 0.01), nan)),
        "bad": np.where(accepted, bad, -1).astype(np.int8),
        "exposure": nothing, "loss": nothing,
    }  # fmt: skip
    return Cohort(**{**made, **more})  # type: ignore[arg-type]


SERVES = Beside("lightgbm", "one", PROMISED)


def report(of: Cohort, beside: Beside = SERVES) -> Report:
    return make_report(of, np.ones(len(of), bool), SCOPE, beside)


def kept(of: Report) -> float | None:
    found: float | None = json.loads(report_metrics(of, "monitor")).get("Kept")
    return found


def said(of: Report) -> str:
    return " ".join(f"[{each.level}] {each.text}" for each in of.findings)


def test_accepted_applicants_alone_are_not_held_against_a_promise_over_all() -> None:
    text = said(report(cohort()))
    assert "[note] ROC-AUC 0." in text and "as is to be expected of accepted applicants alone" in text
    assert "[good] " in text and "can be taken at their word" in text
    assert "Declined applicants have no outcome" in text
    assert kept(report(cohort())) == 1


def test_with_some_accepted_at_random_the_promise_is_judged_over_all() -> None:
    found = report(cohort(explore=0.05))
    assert "over all applicants: as good as training promised (0.650)" in said(found)
    assert "Declined applicants" not in said(found)
    assert "all applicants" in as_text(found)


def test_scores_that_mean_nothing_are_told() -> None:
    random = np.random.default_rng(1)
    some = cohort(explore=0.05)
    shuffled = np.where(some.bad >= 0, (random.random(len(some)) < 0.45).astype(np.int8), -1).astype(np.int8)
    found = report(cohort(explore=0.05, bad=shuffled))
    text = said(found)
    assert kept(found) == 0
    assert "[bad] ROC-AUC 0." in text and "was to be expected of these very applicants" in text
    assert "[bad] 4" in text and "more than chance explains; the scores need calibrating" in text


def test_fewer_defaults_than_told_are_no_alarm() -> None:
    some = cohort()
    lucky = np.where((some.bad == 1) & (np.arange(len(some)) % 2 == 0), 0, some.bad).astype(np.int8)
    assert "[note] " in said(report(cohort(bad=lucky))) and "fewer than chance explains" in said(
        report(cohort(bad=lucky))
    )


def test_few_outcomes_and_none_are_said_so() -> None:
    few = np.full(6_000, -1, np.int8)
    few[:30] = 0
    assert "30 outcomes are known, 0 of them bad: too few" in said(report(cohort(bad=few)))
    none = report(cohort(bad=np.full(6_000, -1, np.int8)))
    assert "no outcome is known; bring outcomes with `creditrisk outcomes add FILE.csv`" in said(none)
    assert kept(none) is None and none.performance is None and none.awaited is not None
    young = make_report(cohort(), np.zeros(6_000, bool), SCOPE, Beside())
    assert "No application is old enough" in said(young)


def test_every_part_may_be_missing_in_every_shape() -> None:
    cases = [
        cohort(rows=0), cohort(rows=1), cohort(rows=40),
        cohort(received=np.full(6_000, np.datetime64("NaT"), "datetime64[ms]")),
        cohort(probability=np.full(6_000, nan)),
        cohort(challenger=made_up(6_000, 3)[0]),
        cohort(columns={"AGE": ["30"] * 6_000, "SEX": ["F", "M", ""] * 2_000, "UNKNOWN": [""] * 6_000}),
    ]  # fmt: skip
    serving = what_serves(Settings.from_environment())
    for each in cases:
        for beside in (Beside(reference_missing="There is none."), serving):
            made = report(each, beside)
            page = as_html(made)
            assert "nan" not in as_text(made) and ">nan" not in page and '"nan' not in page
            json.dumps(as_json(made), allow_nan=False)


def test_a_layer_without_distributions_has_no_drift_and_says_why() -> None:
    made = report(cohort(), Beside(reference_missing="The layer has none."))
    assert (
        made.drift is None
        and "Drift: The layer has none." in as_text(made)
        and "The layer has none." in as_html(made)
    )


def test_what_others_named_is_text_on_the_page() -> None:
    page = as_html(report(cohort(models=["<script>alert(1)</script> one"])))
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_a_layer_promises_what_its_manifest_says() -> None:
    manifest = read_manifest(Path(__file__).parents[3] / "layers" / "model" / "pickles")
    found = promised(manifest, "lightgbm")
    assert found and found.roc_auc == manifest.data["cross_validation"]["lightgbm"]["roc_auc"]
    assert found.rows == manifest.data["data"]["rows"]
    assert promised(Manifest({"files": {}}), "lightgbm") is None
    bare = promised(Manifest({"files": {}, "cross_validation": {"lightgbm": {"roc_auc": 0.7}}}), "lightgbm")
    assert (
        bare and bare.kept(Estimate(0.6, 0.58, 0.69)) is False and bare.kept(Estimate(0.6, 0.5, 0.71)) is True
    )
    assert bare.kept(Estimate(0.6)) is None and json.dumps(
        as_json(report(cohort(), Beside("", "", bare))), allow_nan=False
    )


@pytest.mark.parametrize(
    ("received", "is_mature"),
    [("2025-06-01T23:00", True), ("2025-06-02", False), ("NaT", True), ("2026-05-31", False)],
)
def test_who_came_in_long_enough_ago_is_judged(received: str, is_mature: bool) -> None:
    assert mature(np.array([received], "datetime64[ms]"), 12, NOW).tolist() == [is_mature]


@pytest.mark.parametrize(
    ("model", "rows"), [("lightgbm", 4), ("two", 3), ("lightgbm one", 1), ("deeplearning", 2)]
)
def test_a_model_is_asked_for_by_name_version_or_both(model: str, rows: int) -> None:
    six = cohort(
        rows=6, models=["lightgbm one", "lightgbm two", "deeplearning three"], model_codes=np.array([0, 1, 1, 2, 1, 2], np.int16)
    )  # fmt: skip
    found = of_model(six, model)
    assert len(found) == len(found.ids) == rows


def test_the_record_is_read_with_what_the_report_needs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from lifecycle.report.reading import read_report

    for day in range(1, 29):
        id = house.decide(datetime(2025, 3, day, tzinfo=UTC), 0.2 + day / 100, unknown=["RESIDENCIAL_CITY"])
        house.observe(id, "bad" if day % 3 == 0 else "good", "2026-05-01")
    monkeypatch.setenv("HISTORY_URL", house.url)
    found = read_report(Settings.from_environment(), NOW)
    assert found.performance and found.performance.rows == 28 and found.performance.bad == 9
    assert found.drift and found.drift.unknown == {"RESIDENCIAL_CITY": 1.0}
    assert found.drift.mondays[0] == "2025-02-24"


def test_ticks_are_round_and_within() -> None:
    assert ticks(0.55, 0.66) == pytest.approx([0.55, 0.6, 0.65]) and ticks(0, 1) == [0, 0.5, 1]
    assert ticks(0.3, 0.3) == [0.3] and span([nan]) == (0.0, 1.0)
    low, high = span([0.5, 0.5], 0.1)
    assert low < 0.45 and high > 0.55
