"""The layer that comes with the project: as good as promised, and served as it was trained."""

import json

import numpy as np
import pytest

from creditrisk.application.validation import validate
from models.reference import Binning
from models.training.data import SOURCE_FIELDS, Data, read
from scoring import load
from scoring.manifest import read_manifest
from scoring.reference import Levels, Reference, read_reference, shares
from tests.integration.models.layers import LAYER
from tests.machine import DATA

ROWS = 1_000

with_data = pytest.mark.needs("the PAKDD 2010 file")


@pytest.mark.parametrize(("model", "least"), [("lightgbm", 0.645), ("deeplearning", 0.640)])
def test_the_cross_validated_figures_are_as_promised(model: str, least: float) -> None:
    figures = json.loads((LAYER / "manifest.json").read_text(encoding="utf-8"))["cross_validation"][model]
    assert figures["roc_auc"] >= least
    assert figures["calibration_error"] <= 0.012
    assert 0.95 <= figures["calibration_slope"] <= 1.05


@pytest.fixture(scope="module")
def data() -> Data:
    return read(DATA)


@with_data
def test_the_manifest_names_the_data(data: Data) -> None:
    facts = json.loads((LAYER / "manifest.json").read_text(encoding="utf-8"))["data"]
    assert facts["sha256"] == data.fingerprint
    assert (facts["rows"], facts["refused"]) == (len(data), data.refused)


@with_data
@pytest.mark.parametrize("model", ["lightgbm", "deeplearning"])
def test_rows_of_the_data_score_through_the_served_path_as_in_the_trainers_frame(
    model: str, data: Data
) -> None:
    scorer = load(LAYER, model)
    columns = data.take(np.arange(ROWS))
    matrix = scorer.scaler.transform(scorer.encoder.transform(columns))
    expected = scorer.model.predict_proba(matrix)[:, 1]
    identity = {"FULL_NAME": "Somebody", "DNI": "012345678"}
    sent = [
        validate(identity | {name: "" if columns[name][row] is None else str(columns[name][row]) for name in SOURCE_FIELDS})
        for row in range(ROWS)
    ]  # fmt: skip
    scores = scorer.score(sent)
    assert np.abs([score.probability for score in scores] - expected).max() <= 1e-9
    assert not any(score.unknown for score in scores)  # every value stood in the training data


@pytest.fixture(scope="module")
def reference() -> Reference:
    return read_reference(LAYER, read_manifest(LAYER))


def test_its_distributions_are_of_all_that_it_was_trained_on_and_show_nobody(reference: Reference) -> None:
    manifest = read_manifest(LAYER)
    assert reference.rows == manifest.data["data"]["rows"]
    assert list(reference.inputs) == manifest.data["fields"] and set(reference.scores) == {*manifest.models}
    for name, each in (reference.inputs | reference.scores).items():
        named = each.levels.values() if isinstance(each, Levels) else each.counts
        assert min(named) >= Binning().fewest, name
        assert not isinstance(each, Levels) or each.others == 0 or each.others >= Binning().fewest, name


@with_data
def test_its_distributions_are_those_of_the_data(data: Data, reference: Reference) -> None:
    for name, each in reference.inputs.items():
        assert each.count(data.columns[name]) == each.expected, name


@with_data
@pytest.mark.parametrize("model", ["lightgbm", "deeplearning"])
def test_its_scores_are_distributed_as_out_of_fold(model: str, data: Data, reference: Reference) -> None:
    """On rows that it learned from a model is somewhat surer: near, and not the same."""
    scorer = load(LAYER, model)
    rows = np.arange(0, len(data), 10)
    matrix = scorer.scaler.transform(scorer.encoder.transform(data.take(rows)))
    bins = reference.scores[model]
    expected, found = shares(bins.expected), shares(bins.count(scorer.model.predict_proba(matrix)[:, 1]))
    psi = sum((f - e) * np.log(f / e) for f, e in zip(found, expected, strict=True))
    assert 0 < psi < 0.1
