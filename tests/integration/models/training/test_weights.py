"""Rows that stand for several applicants: what a training learns is then true of all applicants, not of those at hand."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from models.reference import reference_of
from models.training.data import Data
from models.training.encoding import EncoderFit
from models.training.train import Training, train
from models.training.validation import calibration_error, calibration_of
from scoring.features import Matrix
from scoring.reference import Reference, loads, shares
from tests.integration.models.training.conftest import SMALL

LIGHT = replace(
    SMALL, deeplearning=replace(SMALL.deeplearning, networks=1), encoding=replace(SMALL.encoding, folds=2)
)


def probabilities(training: Training, columns: dict[str, list[object]], model: str) -> Matrix:
    needed = {name: columns[name] for name in training.encoder.fields}
    matrix = training.scaler.transform(training.encoder.transform(needed))
    found: Matrix = training.models[model].predict_proba(matrix)[:, 1]
    return found


@pytest.fixture(scope="module")
def chance(data: Data) -> Matrix:
    """The young, who are bad more often, were accepted one time in five."""
    return np.array([0.2 if age < 30 else 1.0 for age in data.columns["AGE"]])


@pytest.fixture(scope="module")
def accepted(data: Data, chance: Matrix) -> Data:
    rows = np.flatnonzero(np.random.default_rng(5).random(len(data)) < chance)
    return Data(data.take(rows), data.bad[rows], {}, "", weights=1 / chance[rows])


def whole_of(training: Training, data: Data) -> Iterator[float]:
    for model in training.models:
        yield float(probabilities(training, data.columns, model).mean())


def test_with_weights_the_models_are_calibrated_for_all_applicants(data: Data, accepted: Data) -> None:
    """Without the age among the fields nothing but the weights can tell the models who is missing."""
    recipe = LIGHT.without("AGE")
    truth, biased = float(data.bad.mean()), float(accepted.bad.mean())
    assert truth - biased > 0.04, "those accepted are better than all"
    weighted = train(accepted, recipe, lambda: None)
    for said in whole_of(weighted, data):
        assert abs(said - truth) < 0.025
    assert weighted.facts["data"]["bad_rate"] == pytest.approx(truth, abs=0.03)


def test_a_row_of_weight_two_counts_in_the_encoder_as_two_rows_do(data: Data) -> None:
    rows = np.arange(400)
    twice = np.concatenate([rows, rows[:100]])
    weights = np.where(rows < 100, 2.0, 1.0)
    recipe = replace(SMALL, encoding=replace(SMALL.encoding, fewest_one_hot=1, fewest_effect=1))
    of_weights = EncoderFit(data.take(rows), recipe, weights).encoder_of(rows, data.bad[rows])
    of_rows = EncoderFit(data.take(twice), recipe).encoder_of(np.arange(500), data.bad[twice])
    assert [each.name for each in of_weights.lookups] == [each.name for each in of_rows.lookups]
    for ours, theirs in zip(of_weights.lookups, of_rows.lookups, strict=True):
        effect = ours.name.startswith("effect")  # found by iteration
        np.testing.assert_allclose(
            ours.table, theirs.table, rtol=0.05 if effect else 1e-9, atol=1e-3 * effect
        )
    for one, other in zip(of_weights.chains, of_rows.chains, strict=True):
        assert one.start == pytest.approx(other.start)
        np.testing.assert_allclose(np.concatenate(one.own), np.concatenate(other.own), rtol=1e-9)


def test_weights_of_one_change_nothing(data: Data) -> None:
    few = Data(data.take(np.arange(600)), data.bad[:600], {}, "")
    plain = train(few, LIGHT, lambda: None)
    ones = train(replace(few, weights=np.ones(600)), LIGHT, lambda: None)
    for model in plain.models:
        np.testing.assert_allclose(
            probabilities(ones, few.columns, model), probabilities(plain, few.columns, model), atol=2e-3
        )
    first, second = (t.facts["cross_validation"]["lightgbm"] for t in (plain, ones))
    assert first == pytest.approx(second, abs=2e-3)


def test_figures_of_weighted_rows_are_those_of_the_rows_repeated() -> None:
    draw = np.random.default_rng(2)
    log_odds, weights = draw.normal(size=1_000), draw.integers(1, 4, 1_000)
    bad = (draw.random(1_000) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    ours = calibration_of(log_odds, bad, weights.astype(float))
    theirs = calibration_of(np.repeat(log_odds, weights), np.repeat(bad, weights))
    assert (ours.slope, ours.intercept) == pytest.approx((theirs.slope, theirs.intercept), abs=1e-4)
    assert calibration_error(log_odds, bad, np.full(1_000, 3.0)) == pytest.approx(
        calibration_error(log_odds, bad)
    )


def test_reference_distributions_are_those_of_all_applicants(data: Data, accepted: Data) -> None:
    """What comes in later is held against them: by those accepted alone, it would have moved on the first day."""
    fields = ["AGE", "RESIDENCIAL_STATE"]
    whole = reference_of(data.columns, fields, {"one": np.linspace(0, 1, len(data))})
    scores = {"one": np.linspace(0, 1, len(accepted))}
    assert accepted.weights is not None
    weighted = reference_of(accepted.columns, fields, scores, weights=accepted.weights)
    plain = reference_of(accepted.columns, fields, scores)
    rows = weighted.rows
    assert rows == round(accepted.weights.sum() ** 2 / (accepted.weights**2).sum()) < len(accepted)
    for each in (*weighted.inputs.values(), *weighted.scores.values()):
        assert sum(each.expected) == rows and min(each.expected) >= 0

    def moved(reference: Reference) -> float:
        ages = reference.inputs["AGE"]
        seen, told = (shares(counts) for counts in (ages.count(data.columns["AGE"]), ages.expected))
        return sum((one - other) * float(np.log(one / other)) for one, other in zip(seen, told, strict=True))

    assert moved(whole) < 1e-9 and moved(plain) > 0.1 > 10 * moved(weighted)
    assert loads(weighted.dumps()) == weighted
