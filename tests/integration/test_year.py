"""A year in the life of a model: in June the applicants change, the monitor tells it, retraining mends it, and of two
candidates the gates let through the one that is better.

The rows are PAKDD 2010's where that file lies beside the checkout, and made-up ones elsewhere; what changes in June is put in:
incomes rise, and from then on the old are the ones who do not pay back.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import brier_score_loss, roc_auc_score

from cli.main import creditrisk
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, decide
from creditrisk.history import Record, open_history
from creditrisk.outcomes import open_outcomes
from creditrisk.policy.definition import Exploration, Policy
from creditrisk.settings import Settings
from lifecycle.audit import open_audit, verify
from lifecycle.drift.psi import shift
from models.reference import Binning, score_bins
from models.store.versions import Store
from models.training.data import Data, read
from models.training.train import save, train
from scoring import load
from scoring.manifest import read_manifest
from tests import machine
from tests.integration.lifecycle.conftest import LIGHT, made_up

LEARNED, A_MONTH, MONTHS = 2_500, 400, 13
"""Rows that the first model learns from, applications a month, and months: a year, and the one after it."""
DRIFT = 6
"""The month in which the applicants change."""


@dataclass
class Year:
    """What happened, as the test itself kept it: of each application, in order."""

    settings: Settings
    months: list[int] = field(default_factory=list)
    probability: list[float] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)
    accepted: list[bool] = field(default_factory=list)
    propensity: list[float] = field(default_factory=list)

    def rows(self, first: int, last: int, accepted: bool = True) -> Iterator[np.ndarray[Any, Any]]:
        """Probability, outcome and weight of the applications of some months."""
        months = np.array(self.months)
        chosen = (months >= first) & (months <= last)
        if accepted:
            chosen &= np.array(self.accepted)
        yield np.array(self.probability)[chosen]
        yield np.array(self.bad)[chosen]
        yield 1 / np.array(self.propensity)[chosen]


def at(month: int, number: int) -> datetime:
    """When the `number`th application of a month (1 is January 2025) came in."""
    start = datetime(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)
    return start + timedelta(minutes=number * 27 * 24 * 60 // A_MONTH)


def the_same_id(received: datetime, number: int) -> str:
    """An id given at a moment, the same in every run: who is accepted at random follows from it."""
    draw = random.Random(number)
    rest = 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | draw.getrandbits(62)
    return str(UUID(int=int(received.timestamp() * 1000) << 80 | rest))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Applicants with their outcomes, as they are without any drift."""
    needed = LEARNED + MONTHS * A_MONTH
    if not machine.DATA.exists():
        return made_up(tmp_path_factory.mktemp("rows"), needed, seed=11)
    found = read(machine.DATA)
    return Data(found.take(np.arange(needed)), found.bad[:needed], {}, found.fingerprint)


def drifted(application: dict[str, Any], chance: float) -> tuple[dict[str, Any], int]:
    """An applicant after the change, and whether that one is bad, by a number drawn from 0 to 1."""
    income = application["PERSONAL_MONTHLY_INCOME"]
    changed = application | {"PERSONAL_MONTHLY_INCOME": None if income is None else round(income * 1.8, 2)}
    return changed, int(chance < (0.7 if application["AGE"] >= 40 else 0.12))


@pytest.fixture(scope="module")
def base(rows: Data) -> Data:
    first = np.arange(LEARNED)
    return Data(rows.take(first), rows.bad[first], {}, "base")


@pytest.fixture(scope="module")
def year(rows: Data, base: Data, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """The year as it was decided by a model that learned before it."""
    folder = tmp_path_factory.mktemp("year")
    settings = Settings(
        model_dir=folder / "active", model_store=str(folder / "store"), history_url=str(folder / "history")
    )
    save(train(base, LIGHT, lambda: None), settings.model_folder)
    made = Year(settings)
    for month in range(1, 13):
        decide_month(made, rows, month)
    return made


def decide_month(year: Year, rows: Data, month: int) -> None:
    """Decide a month's applications by the active layer, record them, and what became of those accepted."""
    first = LEARNED + (month - 1) * A_MONTH
    places = np.arange(first, first + A_MONTH)
    columns, draw = rows.take(places), np.random.default_rng(month)
    applications = [{name: values[n] for name, values in columns.items()} for n in range(A_MONTH)]
    bad = rows.bad[places].tolist()
    if month >= DRIFT:
        changed = [drifted(one, float(draw.random())) for one in applications]
        applications, bad = [one for one, _ in changed], [outcome for _, outcome in changed]
    model = load(year.settings.model_folder)
    scores = model.score(applications)
    cut = float(np.quantile([score.probability for score in scores], 0.8))
    policy = Policy("year", cut, exploration=Exploration(0.3, 1_000))
    records, outcomes = [], []
    for number, (application, score) in enumerate(zip(applications, scores, strict=True)):
        received = at(month, number)
        id = the_same_id(received, month * A_MONTH + number)
        application = application | {"FULL_NAME": "Made Up", "DNI": "000000"}
        decision = decide(score, application, policy, model.name, model.version, timestamp(received), application_id=id)  # fmt: skip
        records.append(Record(Answer(id, "decided", timestamp(received), application, decision)))
        approved = decision.decision == "approved"
        year.months.append(month)
        year.probability.append(score.probability)
        year.bad.append(bad[number])
        year.accepted.append(approved)
        year.propensity.append((decision.propensity or 1.0) if approved else np.nan)
        if approved:
            observed = (received + timedelta(days=130)).date().isoformat()
            outcome = "bad" if bad[number] else "good"
            outcomes.append((id, outcome, observed, "", "", timestamp(received), "0123456789ab"))
    open_history(year.settings.history_url).append(records, lambda: {record.answer.id for record in records})
    open_outcomes(year.settings.history_url).append(outcomes)


@pytest.fixture
def command(year: Year, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a command on the year; gives what it says as JSON."""
    monkeypatch.setenv("MODEL_DIR", str(year.settings.model_folder))
    monkeypatch.setenv("MODEL_STORE", year.settings.model_store)
    monkeypatch.setenv("HISTORY_URL", year.settings.history_url)

    def run(*words: str) -> Any:
        result = CliRunner().invoke(creditrisk, [*words, "--json"])
        if result.exception:
            raise result.exception
        return json.loads(result.stdout)

    return run


def test_before_june_nothing_is_told_and_the_figures_are_those_of_scikit_learn(
    year: Year, command: Callable[..., Any]
) -> None:
    report = command("monitor", "--until", "2025-06-01", "--as-of", "2026-06-01", "--maturity", "3")
    # The score's reference is of the cross-validation's two models, of half the rows each, and so is the calibration of the
    # one that serves, which learned from all: its log-odds spread less than half as wide (0.18 and 0.51 on PAKDD's rows). So
    # the score may lie elsewhere than its reference from the first day on; that is no drift, as from month to month it stays.
    assert set(report["drift"]["alarms"]) <= {"score"}
    (first, _, _), (later, _, _) = year.rows(1, 2, accepted=False), year.rows(3, DRIFT - 1, accepted=False)
    bins = score_bins(first, Binning(scores=10))
    assert shift(bins.expected, np.array(bins.count(later)), chance=0.001).verdict == "steady"
    probability, bad, _ = year.rows(1, DRIFT - 1)
    told = report["performance"]
    assert (told["rows"], told["bad"]) == (len(bad), int(bad.sum()))
    assert told["roc_auc"] == pytest.approx(roc_auc_score(bad, probability), abs=1e-6)
    assert told["brier"] == pytest.approx(brier_score_loss(bad, probability), abs=1e-6)


def test_from_june_on_the_monitor_tells_what_moved_and_that_the_model_fails(
    year: Year, command: Callable[..., Any]
) -> None:
    report = command("monitor", "--since", "2025-06-01", "--as-of", "2026-06-01", "--maturity", "3")
    assert "PERSONAL_MONTHLY_INCOME" in report["drift"]["alarms"]
    told = report["performance"]
    assert told["roc_auc_interval"][1] < report["promised"]["roc_auc"]
    probability, bad, weight = year.rows(DRIFT, 12)
    assert told["roc_auc"] == pytest.approx(roc_auc_score(bad, probability), abs=1e-6)
    over_all = report["all_applicants"]
    assert over_all["roc_auc"] == pytest.approx(
        roc_auc_score(bad, probability, sample_weight=weight), abs=1e-6
    )
    truth = roc_auc_score(*reversed(list(year.rows(DRIFT, 12, accepted=False))[:2]))
    low, high = over_all["roc_auc_interval"]
    assert low <= truth <= high, "of all applicants, the declined included"


def test_retraining_mends_it_and_the_gates_tell_the_candidates_apart(
    year: Year, rows: Data, base: Data, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, old = year.settings, read_manifest(year.settings.model_folder).version
    monkeypatch.setattr("models.training.recipe.Recipe", lambda **chosen: replace(LIGHT, seed=chosen["seed"]))
    seen = ("--as-of", "2026-06-01", "--maturity", "3")
    retrained = command("retrain", *seen, "--as", "ana")
    good = retrained["version"]
    assert retrained["holdout_from"] == "2025-10-01"
    assert retrained["holdout"]["lightgbm"]["roc_auc"]["low"] > 0.6

    bad_one = settings.model_folder.with_name("bad")
    save(
        train(replace(base, bad=1 - base.bad[::-1]), LIGHT, lambda: None), bad_one
    )  # outcomes of other people
    bad = Store(Path(settings.model_store)).keep(bad_one, "trained", "eve").name
    compared = command("model", "compare", good, bad, *seen)
    assert compared["advantage"]["high"] < 0
    promoted = command("model", "promote", good, *seen, "--as", "ana")
    assert promoted["active"] and promoted["before"] == old
    ranking = next(gate for gate in promoted["gates"] if gate["name"] == "ranking")
    assert ranking["figures"]["advantage"]["low"] > 0.1, "better than the old one, and no chance"
    with pytest.raises(Exception, match=rf"Version {bad} does not pass .*ranking"):
        command("model", "promote", bad, *seen, "--as", "eve")
    assert read_manifest(settings.model_folder).version == good

    decide_month(year, rows, 13)
    probability, outcome, _ = year.rows(13, 13, accepted=False)
    before, after, _ = year.rows(DRIFT, 12, accepted=False)
    assert roc_auc_score(outcome, probability) > 0.65 > roc_auc_score(after, before) + 0.1

    found = {one["version"]: one for one in command("model", "history")}
    assert set(found) == {old, good, bad} and found[good]["decided"] and not found[bad]["decided"]
    log = open_audit(settings.history_url)
    assert verify(log).number == 3
    assert [entry.event for entry in log.entries()] == ["model.retrained", "model.activated", "model.refused"]
