"""A training for a portfolio that nobody made a recipe for: settings by its size and by its data, crosses found."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from creditrisk.application import Field
from creditrisk.portfolio.kinds import Choice, Kind, Number, Text, Whole
from models.table import UnusableData
from models.training import tuning
from models.training.columns import ColumnChoice
from models.training.crosses import found_crosses
from models.training.encoding import EncoderFit, cross_fitted
from models.training.fitting import FITTERS, Sample, with_linear
from models.training.kinds import Kinds
from models.training.parts import Kept
from models.training.recipe import MANY, Recipe
from models.training.sizing import sized
from models.training.tuning import tuned
from scoring.estimators import Network, bounded
from scoring.features import features_of

Columns = dict[str, list[Any]]
Labels = NDArray[np.int64]
LETTERS = {letter: letter for letter in "abcd"}


def recipe_for(**kinds: Kind) -> Recipe:
    fields = {name: Field(name, name, "s", name, kind, missing=True) for name, kind in kinds.items()}
    features = features_of(fields)
    return Recipe(features=features, columns=ColumnChoice.of(features), ablations={})


def numbers_alone(rows: int, draw: random.Random) -> tuple[Recipe, Columns, Labels]:
    """Numbers of either sign; one is missing mostly, one always, one never changes."""
    columns: Columns = {
        "balance": [round(draw.gauss(0, 5_000), 2) for _ in range(rows)],
        "rate": [draw.random() for _ in range(rows)],
        "seldom": [draw.randrange(-9, 9) if draw.random() < 0.1 else None for _ in range(rows)],
        "never": [None] * rows,
        "same": [7] * rows,
    }
    bad = np.array([draw.random() < 0.3 + 0.4 * (value < -1_000) for value in columns["balance"]], np.int64)
    kinds = {"balance": Number(-1e6, 1e6), "rate": Number(0, 1), "seldom": Whole(-9, 9), "never": Whole(0, 9)}
    return recipe_for(**kinds, same=Whole(0, 9)), columns, bad


def texts_alone(rows: int, draw: random.Random) -> tuple[Recipe, Columns, Labels]:
    """Texts: a few values, hundreds, one for every applicant, and none."""
    columns: Columns = {
        "purpose": [draw.choice("abcd") for _ in range(rows)],
        "town": [f"town {int(draw.paretovariate(0.5)) % 300}" for _ in range(rows)],
        "note": [f"applicant {number}" for number in range(rows)],
        "empty": [None] * rows,
    }
    bad = np.array([draw.random() < 0.1 + 0.5 * (value in "ab") for value in columns["purpose"]], np.int64)
    return recipe_for(purpose=Choice(LETTERS), town=Text(), note=Text(), empty=Text()), columns, bad


@pytest.fixture(autouse=True)
def few_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind of setting some, so that a test takes seconds."""
    monkeypatch.setattr(tuning, "_TREES", {"few": ({"extra_trees": False}, (20, 40))})
    monkeypatch.setattr(tuning, "_PENALTIES", (0.003, 0.03))
    monkeypatch.setattr(tuning, "_EPOCHS", (1, 3))


@pytest.mark.parametrize("made", [numbers_alone, texts_alone])
def test_whatever_a_file_is_like_both_models_learn_what_is_in_it(made: Any) -> None:
    recipe, columns, bad = made(600, random.Random(5))
    steps: list[None] = []
    chosen = tuned(columns, bad, recipe, lambda: steps.append(None))
    assert len(steps) == tuning.TUNING_STEPS
    assert chosen.lightgbm.trees["n_estimators"] in (20, 40)
    assert chosen.lightgbm.regression_penalty in (0.003, 0.03)
    fit, train, test = EncoderFit(columns, chosen), np.arange(450), np.arange(450, 600)
    encoder, scaler, matrix = cross_fitted(fit, train, bad[train], seed=1)
    assert not {"note", "note in bands"} & {*encoder.vocabulary}  # it names applicants
    held_back = scaler.transform(fit.matrix(encoder, test))
    sample = Sample(matrix, bad[train], chosen, Kinds.of(encoder))
    for name, fitter in FITTERS.items():
        log_odds = fitter(sample).log_odds(held_back)
        assert np.isfinite(log_odds).all(), name
        assert roc_auc_score(bad[test], log_odds) > 0.6, name


def test_a_file_whose_fields_only_name_applicants_is_told() -> None:
    columns: Columns = {"note": [f"applicant {number}" for number in range(600)], "same": ["a"] * 600}
    with pytest.raises(UnusableData, match="No field tells applicants apart"):
        tuned(columns, np.arange(600) % 3 // 2, recipe_for(note=Text(), same=Choice(LETTERS)), lambda: None)


def test_the_same_applications_give_the_same_settings() -> None:
    recipe, columns, bad = texts_alone(500, random.Random(6))
    first, again = (tuned(columns, bad, recipe, lambda: None) for _ in range(2))
    assert first == again


def test_splits_that_were_tried_before_are_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, columns, bad = texts_alone(500, random.Random(6))
    first = tuned(columns, bad, recipe, lambda: None, once=Kept(tmp_path))
    assert len(list(tmp_path.iterdir())) == 10

    def never(*split: object) -> None:
        raise AssertionError("this split was tried before")

    monkeypatch.setattr(tuning, "_try", never)
    assert tuned(columns, bad, recipe, lambda: None, once=Kept(tmp_path)) == first


def test_a_portfolio_that_forbids_the_search_is_trained_by_its_recipe() -> None:
    recipe = Recipe()  # of the portfolio that ships
    assert not recipe.tuned
    assert tuned({}, np.array([], np.int64), recipe, lambda: None) is recipe


def test_a_cross_is_found_where_two_fields_say_together_what_neither_says_alone() -> None:
    draw = random.Random(8)
    rows = 3_000
    names = [f"code_{number}" for number in range(8)]
    columns: Columns = {name: [draw.choice("abcd") for _ in range(rows)] for name in names}
    either = [(a in "ab") != (b in "ab") for a, b in zip(columns["code_2"], columns["code_5"], strict=True)]
    bad = np.array([draw.random() < (0.4 if each else 0.15) for each in either], np.int64)
    recipe = recipe_for(**{name: Choice(LETTERS) for name in names})
    fit = EncoderFit(columns, recipe)
    average = np.full(rows, bad.mean())
    assert found_crosses(fit, bad, average, recipe) == {"code_2 × code_5": ("code_2", "code_5")}
    by_chance = np.array([draw.random() < 0.3 for _ in range(rows)], np.int64)
    assert found_crosses(fit, by_chance, np.full(rows, by_chance.mean()), recipe) == {}


def test_settings_follow_from_the_size_and_forty_thousand_have_those_of_the_recipe() -> None:
    recipe = recipe_for(code=Choice(LETTERS), age=Whole(18, 98))
    small, large, huge = (
        sized(recipe, np.arange(rows) % 4 == 0) for rows in (600, 40_000, 1_000_000)
    )  # fmt: skip
    assert large.encoding.smoothing == recipe.encoding.smoothing > small.encoding.smoothing
    assert large.lightgbm.trees["min_child_samples"] == recipe.lightgbm.trees["min_child_samples"]
    assert small.lightgbm.trees["min_child_samples"] < 20
    assert small.columns.one_hot == ("code",) and large.columns.one_hot == ("code", "age in bands")
    assert huge.encoding.most_one_hot < 100  # flags of a million rows would fill the memory


def test_too_few_of_an_outcome_are_told() -> None:
    bad = (np.arange(2_000) < 12).astype(np.int64)
    with pytest.raises(UnusableData, match=r"Only 12 of the rows .* at least 20"):
        sized(recipe_for(code=Choice(LETTERS)), bad)


def test_a_line_beside_the_network_is_the_blend_of_both() -> None:
    draw = np.random.default_rng(3)
    network = Network(draw.normal(size=(4, 5)), draw.normal(size=5), draw.normal(size=5), 0.3, np.zeros(4))
    line, matrix = draw.normal(size=4), draw.normal(size=(50, 4))
    both = with_linear(network, line, -0.7, 0.4)
    expected = 0.6 * network.log_odds(matrix) + 0.4 * (bounded(matrix) @ line - 0.7)
    assert np.abs(both.log_odds(matrix) - expected).max() < 1e-12


def test_a_large_file_is_cross_validated_once() -> None:
    recipe = recipe_for(x=Whole(0, 9))
    assert recipe.for_rows(MANY - 1).repeats == recipe.repeats > 1
    assert recipe.for_rows(MANY).repeats == 1
    assert recipe.for_rows(MANY).steps < recipe.steps
    by_hand = Recipe()  # of the portfolio that ships
    assert by_hand.for_rows(40_000) is by_hand
