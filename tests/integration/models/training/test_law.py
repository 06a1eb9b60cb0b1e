"""A training keeps the law: what it forbids is left out before it begins, and what came of it is looked at afterwards."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from creditrisk.portfolio.elder import ELDER, STARTS, AgeFigures
from creditrisk.portfolio.law import PROFILES
from models.training import recipe as recipes
from models.training import train as training
from models.training.ages import figures_by_age
from models.training.train import Training, save
from scoring import lawful, load
from scoring.errors import UnlawfulModel
from tests.integration.models.training.conftest import SMALL, Train

BR, US = PROFILES["BR"], PROFILES["US"]


@pytest.fixture
def protected(monkeypatch: pytest.MonkeyPatch) -> str:
    """A field that these tests have the law protect."""
    name = "PAYMENT_DAY"
    changed = dict(FIELDS) | {name: replace(FIELDS[name], protected=("sex",))}
    for module in (recipes, lawful):
        monkeypatch.setattr(module, "FIELDS", changed)
    return name


def test_what_the_law_forbids_is_left_out_of_everything(run: Train, protected: str) -> None:
    kept = SMALL.under(BR)
    assert protected in kept.excluded and kept.law is BR
    trained = run(law=kept.law, excluded=kept.excluded)
    assert protected not in trained.encoder.fields and protected not in trained.encoder.vocabulary
    assert (trained.facts["law"], protected in trained.facts["excluded_fields"]) == ("BR", True)


def test_a_training_that_used_it_all_the_same_is_refused_by_field_and_column(
    run: Train, protected: str
) -> None:
    with pytest.raises(UnlawfulModel, match=rf"BR.*{protected} \(in "):
        run(law=BR, excluded=frozenset())


def test_a_layer_that_keeps_another_law_takes_the_place_that_it_was_made_for(
    trained: Training, protected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_force, "profile", lambda: BR)
    save(trained, tmp_path / "layer")
    with pytest.raises(UnlawfulModel, match=protected):
        load(tmp_path / "layer")


def test_the_manifest_tells_how_applicants_score_by_age(trained: Training) -> None:
    for model in trained.models:
        figures = AgeFigures.from_dict(json.loads(json.dumps(trained.facts[lawful.AGES]))[model])
        assert figures and sum(group.rows for group in figures.groups) == trained.facts["data"]["rows"]
        assert [group.start for group in figures.groups] == list(STARTS)


def test_the_figures_by_age_are_those_of_the_groups() -> None:
    ages: list[Any] = [20, 20, 61, 62, 80, None]
    scores = {"lightgbm": np.array([0.6, 0.2, 0.3, 0.1, 0.5, 0.9])}
    bad = np.array([1, 0, 0, 0, 0, 1])
    (told,) = figures_by_age({"AGE": ages}, scores, bad, FIELDS, 0.5).values()
    figures = AgeFigures.from_dict(told)
    assert figures and figures.thresholds == (0.333, 0.5)
    assert [(g.start, g.rows, round(g.mean, 3), g.approved) for g in figures.groups] == [
        (0, 2, 0.4, (0.5, 0.5)), (55, 1, 0.3, (1.0, 1.0)), (ELDER, 2, 0.3, (0.5, 0.5)),
    ]  # fmt: skip
    assert "at a threshold of 0.333 50.0% of them are approved" in figures.shortfall()
    without = {name: replace(field, protected=()) for name, field in FIELDS.items()}
    assert figures_by_age({"AGE": ages}, scores, bad, without, 0.5) == {}


def test_in_the_united_states_a_training_by_age_is_refused_where_the_elderly_score_worse(
    run: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged = {
        name: replace(field, protected=("age",) if name == "AGE" else ()) for name, field in FIELDS.items()
    }
    for module in (recipes, lawful, training):
        monkeypatch.setattr(module, "FIELDS", aged)
    worse = {"thresholds": [0.5], "groups": [{"start": start, "rows": 9, "mean": start / 100, "approved": [0.5]} for start in STARTS]}  # fmt: skip
    monkeypatch.setattr(training, "figures_by_age", lambda *_: {"lightgbm": worse, "deeplearning": worse})
    with pytest.raises(UnlawfulModel, match=r"US.*AGE .*0\.6200.*--exclude AGE"):
        run(law=US)
    better = {**worse, "groups": [{**group, "mean": 0.5} for group in worse["groups"]]}  # type: ignore[dict-item]
    monkeypatch.setattr(training, "figures_by_age", lambda *_: {"lightgbm": better, "deeplearning": better})
    assert "AGE" in run(law=US).facts["fields"]


def test_another_law_than_the_portfolios_goes_to_a_place_of_its_own(file: Path) -> None:
    other = next(name for name in PROFILES if name != in_force.profile().name)
    result = CliRunner().invoke(creditrisk, ["train", str(file), "--law", other])
    assert result.exit_code == 2 and "--out" in result.output
