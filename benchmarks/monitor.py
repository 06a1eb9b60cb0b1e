"""What the monitor's figures are worth, and what they cost: `python -m benchmarks.monitor [ROWS]`.

Coverage of intervals and false alarms are simulated (benchmarks/monitor_truth.py): on the labelled file that the layer
names, where it lies in ../shared, else on made-up applicants. The cost is of a report on ROWS (1,000,000) applications.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.monitor_truth import (
    coverage,
    customary_alarms,
    expectation_coverage,
    false_alarms,
    made_up,
)
from benchmarks.tables import write
from creditrisk.settings import Settings
from lifecycle.cohort import Cohort
from lifecycle.report.as_html import as_html
from lifecycle.report.making import fields_wanted, make_report
from lifecycle.report.reading import mature, what_serves
from lifecycle.report.report import Scope
from models.synthetic import synthetic_applicants
from scoring import load

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "pakdd2010" / "modeling.txt.gz"
ROWS = 1_000_000
DRAWS, APPLICANTS = 400, 20_000
WEEKLY = (100, 1_000, 10_000)
YEARS = 20
QUICK = 20
"""How many times fewer draws and years when fewer rows are asked for: the figures then only show that it runs."""
POOL = 20_000
"""Made-up applicants that the rows of the cost are drawn from."""


def population(settings: Settings) -> tuple[str, Any, Any]:
    """What the intervals are tried on: its name, scores and outcomes."""
    if not DATA.exists():
        return ("made-up applicants", *made_up(40_000, seed=1))
    from models.training.data import read

    data = read(DATA)
    scorer = load(settings.model_folder, settings.model)
    return "PAKDD 2010", scorer.probabilities(data.columns), data.bad.astype(np.int8)


def cohort_of(rows: int, settings: Settings, seed: int = 1) -> Cohort:
    """Made-up decisions of 15 months, most with outcomes, a few percent accepted at random."""
    random = np.random.default_rng(seed)
    probability, bad = made_up(rows, seed)
    pool = list(synthetic_applicants(min(POOL, rows), seed=seed))
    picked = random.integers(len(pool), size=rows).tolist()
    beside = what_serves(settings)
    columns = {
        name: [("" if value is None else str(value)) for value in (one.get(name) for one in pool)]
        for name in fields_wanted(beside.reference)
    }
    moments = np.datetime64("2025-01-01", "ms") + np.sort(random.integers(0, 450 * 86_400_000, rows))
    approved, explored = probability < 0.3, random.random(rows) < 0.04
    accepted = approved | explored
    nothing = np.full(rows, np.nan)
    return Cohort(
        ids=[""] * rows,
        received=moments,
        scored=moments,
        probability=probability,
        challenger=np.clip(probability + random.normal(0, 0.03, rows), 0.001, 0.999),
        decision=np.where(accepted, 0, 1).astype(np.int8),
        models=[f"{beside.model} {beside.version}"],
        model_codes=np.zeros(rows, np.int16),
        policies=[""],
        policy_codes=np.zeros(rows, np.int16),
        propensity=np.where(approved, 1.0, np.where(explored, 0.04, np.nan)),
        bad=np.where(accepted, bad, -1).astype(np.int8),
        exposure=nothing,
        loss=nothing,
        columns={name: [cells[place] for place in picked] for name, cells in columns.items()},
    )


def cost(rows: int, settings: Settings) -> dict[str, float]:
    """CPU seconds of a report on so many applications that were read already, and of the page; beside them what
    scikit-learn takes for the ROC-AUC of the same rows alone, with its interval by 200 draws (bootstrap)."""
    from sklearn.metrics import roc_auc_score

    cohort, beside = cohort_of(rows, settings), what_serves(settings)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    scope = Scope("", "", now.isoformat(), "", "", "", 12, 0.3)
    start = time.process_time()
    report = make_report(cohort, mature(cohort.received, 12, now), scope, beside)
    made = time.process_time()
    as_html(report)
    drawn = time.process_time()
    known = cohort.bad >= 0
    random = np.random.default_rng(1)
    bad, score = cohort.bad[known], cohort.probability[known]
    begun = time.process_time()
    draws = 5
    for _ in range(draws):
        rows_of = random.integers(len(bad), size=len(bad))
        roc_auc_score(bad[rows_of], score[rows_of])
    usual = (time.process_time() - begun) / draws * 200
    return {"report": made - start, "page": drawn - made, "bootstrap": usual}


def main(rows: int) -> None:
    """Measure, print, and keep the figures of the full size."""
    less = 1 if rows >= ROWS else QUICK
    draws, years = DRAWS // less, YEARS // less
    settings = Settings.from_environment()
    name, probability, bad = population(settings)
    covered = coverage(probability, bad, draws, APPLICANTS)
    awaited = expectation_coverage(made_up(5_000, 2)[0], draws)
    beside = what_serves(settings)
    if beside.reference is None:
        sys.exit(beside.reference_missing)
    table = [
        (
            f"interval over all applicants holds the true ROC-AUC ({name})",
            _of(covered.weighted["roc_auc"], draws),
        ),
        ("… the true bad rate", _of(covered.weighted["bad_rate"], draws)),
        ("… the true Brier score", _of(covered.weighted["brier"], draws)),
        ("interval of the accepted alone holds the true ROC-AUC of all", _of(covered.accepted, draws)),
        ("expected range holds the ROC-AUC seen later (honest scores)", _of(awaited["roc_auc"], draws)),
    ]
    figures: dict[str, Any] = {"population": name, "draws": draws, "weighted": dict(covered.weighted)}
    figures |= {"accepted": covered.accepted, "expected": awaited, "weekly": {}}
    for weekly in WEEKLY:
        beyond, alarms = false_alarms(beside.reference, weekly, years, settings.model)
        usual = customary_alarms(beside.reference, weekly, 1, settings.model)
        figures["weekly"][weekly] = {"beyond": beyond, "alarms": alarms, "customary": usual}
        table.append((f"beyond chance a year, {weekly:,} unchanged applications a week", f"{beyond:.1f}"))
        table.append(("… alarms a year", f"{alarms:.1f}"))
        table.append(("… weeks a year that the customary PSI of 0.1 would call moved", f"{usual:,.0f}"))
    spent = cost(rows, settings)
    figures |= {"rows": rows, "cpu_seconds": {step: round(took, 2) for step, took in spent.items()}}
    table.append((f"report on {rows:,} applications, everything in it, CPU s", f"{spent['report']:.1f}"))
    table.append(("… its page, CPU s", f"{spent['page']:.2f}"))
    table.append(
        ("scikit-learn's ROC-AUC with an interval by 200 draws alone, CPU s", f"{spent['bootstrap']:.0f}")
    )
    write(
        "monitor",
        "The monitor's intervals, alarms and cost",
        ("measured", "figure"),
        table,
        figures,
        keep=rows >= ROWS,
    )


def _of(hits: int, draws: int) -> str:
    return f"{100 * hits / draws:.1f} of 100"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
