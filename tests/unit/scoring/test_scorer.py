"""What is served is what was trained: exact contributions, honest reasons, and nothing from files that changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.neural_network import MLPClassifier

from creditrisk.application import FIELDS
from creditrisk.decision import decide
from creditrisk.policy.definition import simplest
from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants
from models.training.fitting import Sample, fit_deeplearning
from models.training.kinds import Kinds
from models.training.recipe import Recipe
from models.training.trees import deep_trees, trees_of
from scoring import Scorer, load, plain
from scoring.deep import DeepTrees
from scoring.errors import FileChanged, FileMissing, ManifestMissing, UnknownModel, WrongScores
from scoring.estimators import Network, bounded, probability
from scoring.loading import GOLDEN
from scoring.manifest import ENCODER, FILES, MODEL_FILES
from scoring.trees import Trees

LAYER = Settings().model_folder
ROWS = list(synthetic_applicants(200, seed=11))


@pytest.fixture(params=MODEL_FILES)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    loaded = load(LAYER, request.param)
    assert isinstance(loaded, Scorer)
    return loaded


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    shutil.copytree(LAYER, tmp_path / "layer")
    return tmp_path / "layer"


def columns_of(scorer: Scorer) -> dict[str, list[object]]:
    return {name: [row[name] for row in ROWS] for name in scorer.fields}


def noisy(rows: int = 500, columns: int = 6) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(4)
    matrix = draw.normal(size=(rows, columns))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    bad = (
        np.nan_to_num(matrix[:, 0]) + np.nan_to_num(matrix[:, 1]) ** 2 + draw.normal(size=rows) > 1
    ).astype(int)
    return matrix, bad


def test_a_calibrated_network_stretches_and_shifts_its_log_odds() -> None:
    matrix = np.random.default_rng(5).normal(size=(50, 3))
    network = Network(
        hidden=np.eye(3), hidden_bias=np.zeros(3), output=np.array([1.0, -2.0, 0.5]), output_bias=0.3,
        mean=np.zeros(3),
    )  # fmt: skip
    changed = network.calibrated(0.5, -1.25)
    assert changed.log_odds(matrix) == pytest.approx(0.5 * network.log_odds(matrix) - 1.25)
    assert network.calibrated(1.0, 0.0).log_odds(matrix) == pytest.approx(network.log_odds(matrix))


def test_trees_as_arrays_say_what_lightgbm_says_contributions_included() -> None:
    matrix, bad = noisy()
    model = LGBMClassifier(n_estimators=40, max_depth=3, num_leaves=8, min_child_samples=5, verbose=-1).fit(
        matrix, bad
    )
    trees = trees_of(model.booster_)
    assert np.allclose(trees.log_odds(matrix), model.predict(matrix, raw_score=True), rtol=0, atol=1e-9)
    log_odds, contributions = trees.explained(matrix)
    expected = model.predict(matrix, pred_contrib=True)
    assert (log_odds == trees.log_odds(matrix)).all(), "a score does not depend on being explained"
    assert np.allclose(contributions, expected[:, :-1], rtol=0, atol=1e-9)
    assert trees.base == pytest.approx(expected[0, -1], abs=1e-9)


def test_each_row_falls_into_its_leaves_whatever_is_missing_and_however_close_to_a_threshold() -> None:
    matrix, bad = noisy()
    model = LGBMClassifier(n_estimators=20, max_depth=3, num_leaves=8, min_child_samples=5, verbose=-1).fit(
        matrix, bad
    )
    trees = trees_of(model.booster_)
    nodes = trees.threshold[np.isfinite(trees.threshold)]
    rows = np.repeat(matrix[:60], 4, axis=0)
    for row, threshold in enumerate(np.resize(nodes, len(rows))):
        rows[row, row % 6] = (threshold, np.nextafter(threshold, np.inf), np.nan, np.inf)[row % 4]
    rows[0], rows[1] = np.nan, -np.inf
    expected = model.predict(rows, raw_score=True)
    assert np.allclose(trees.log_odds(rows), expected, rtol=0, atol=1e-9)
    alone = [trees.explained(row[None])[1][0] for row in rows]
    assert np.allclose(alone, model.predict(rows, pred_contrib=True)[:, :-1], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "shape",
    [{"num_leaves": 31}, {"num_leaves": 200, "min_child_samples": 2}, {"num_leaves": 2}, {"min_child_samples": 400}, {"use_missing": False}, {"zero_as_missing": False, "num_leaves": 9}],
    ids=str,
)  # fmt: skip
def test_trees_of_any_depth_say_what_lightgbm_says_contributions_included(shape: dict[str, Any]) -> None:
    matrix, bad = noisy()
    model = LGBMClassifier(**{"n_estimators": 10, "min_child_samples": 5, "verbose": -1, **shape}).fit(
        matrix, bad
    )
    trees = trees_of(model.booster_)
    rows = np.concatenate(
        [matrix, np.full((1, 6), np.nan), np.full((1, 6), -np.inf), np.full((1, 6), np.inf)]
    )
    assert np.allclose(trees.log_odds(rows), model.predict(rows, raw_score=True), rtol=0, atol=1e-9)
    log_odds, contributions = trees.explained(rows)
    expected = model.predict(rows, pred_contrib=True)
    assert (log_odds == trees.log_odds(rows)).all()
    assert np.allclose(contributions, expected[:, :-1], rtol=0, atol=1e-9)
    assert trees.base == pytest.approx(expected[0, -1], abs=1e-9)


def test_the_two_forms_of_trees_agree_and_deep_ones_are_plain_data() -> None:
    matrix, bad = noisy()
    model = LGBMClassifier(n_estimators=30, max_depth=3, num_leaves=8, min_child_samples=5, verbose=-1).fit(
        matrix, bad
    )
    shallow = trees_of(model.booster_)
    deep = deep_trees([info["tree_structure"] for info in model.booster_.dump_model()["tree_info"]])
    read = plain.loads(plain.dumps(deep), "lightgbm_model.pkl")
    assert isinstance(shallow, Trees) and isinstance(read, DeepTrees)
    for one, other in zip(shallow.explained(matrix), read.explained(matrix), strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-12)
    assert shallow.base == pytest.approx(read.base, abs=1e-12)


def test_a_leaf_that_no_row_of_the_training_data_reached_spoils_no_reason() -> None:
    """Refitted trees have such leaves."""
    split = {"split_feature": 0, "threshold": 0.0, "missing_type": "None", "default_left": True}
    below = {**split, "split_feature": 1, "internal_count": 0, "left_child": {"leaf_value": 1.0, "leaf_count": 0}, "right_child": {"leaf_value": 2.0, "leaf_count": 0}}  # fmt: skip
    root = {
        **split,
        "internal_count": 9,
        "left_child": {"leaf_value": -1.0, "leaf_count": 9},
        "right_child": below,
    }
    trees = deep_trees([root])
    log_odds, shares = trees.explained(np.array([[-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]))
    assert log_odds.tolist() == [-1, 1, 2]
    assert np.allclose(shares.sum(axis=1), log_odds - trees.base, rtol=0, atol=1e-9)
    assert trees.base == pytest.approx(-1)


def test_the_network_says_what_scikit_learn_says_on_average() -> None:
    matrix, bad = noisy()
    network = fit_deeplearning(Sample(matrix, bad, Recipe(seed=1), Kinds.free(matrix.shape[1])))
    assert isinstance(network, Network)
    inputs, bag = bounded(matrix), Recipe().deeplearning
    members = [
        MLPClassifier(**bag.settings, random_state=1 + number).fit(inputs, bad)
        for number in range(bag.networks)
    ]
    chances = [member.predict_proba(inputs)[:, 1] for member in members]
    expected = np.mean([np.log(chance / (1 - chance)) for chance in chances], axis=0)
    assert np.allclose(network.log_odds(matrix), expected, rtol=0, atol=1e-9)


def test_integrated_gradients_in_closed_form_are_the_integral(layer: Path) -> None:
    scorer = load(layer, "deeplearning")
    assert isinstance(scorer, Scorer)
    network = scorer.model
    assert isinstance(network, Network)
    inputs = bounded(scorer.matrix(columns_of(scorer)))[:5]
    _, exact = network.explained(inputs)
    gradients = np.zeros_like(inputs)
    steps = 4_000
    for step in range(steps):
        point = network.mean + (step + 0.5) / steps * (inputs - network.mean)
        gradients += (
            ((point @ network.hidden + network.hidden_bias > 0) * network.output) @ network.hidden.T / steps
        )
    assert np.allclose(exact, (inputs - network.mean) * gradients, rtol=0, atol=2e-3)


def test_contributions_add_up_to_the_log_odds(scorer: Scorer) -> None:
    contributions, base = scorer.contributions(columns_of(scorer))
    chances = np.array([score.probability for score in scorer.score(ROWS, explained=False)])
    assert np.allclose(probability(base + contributions.sum(axis=1)), chances, rtol=0, atol=1e-12)
    log_odds = np.log(chances / (1 - chances))
    assert np.allclose(base + contributions.sum(axis=1), log_odds, rtol=0, atol=1e-9)


def test_an_application_alone_is_encoded_as_among_others(scorer: Scorer) -> None:
    gaps = [name for name in scorer.fields if FIELDS[name].missing]
    rows = [*ROWS[:50], ROWS[0] | dict.fromkeys(gaps), ROWS[1] | dict.fromkeys(("RESIDENCIAL_CITY", "CITY_OF_BIRTH", "PROFESSION_CODE"), "Atlantis")]  # fmt: skip
    rows += [row | {"CITY_OF_BIRTH": row["RESIDENCIAL_CITY"], "PROFESSIONAL_CITY": None} for row in rows]
    columns = {name: [row[name] for row in rows] for name in scorer.fields}
    codes, together = scorer.encoder.codes(columns), scorer.encoder.transform(columns)
    for number, row in enumerate(rows):
        alone = {name: [row[name]] for name in scorer.fields}
        assert np.array_equal(scorer.encoder.transform(alone)[0], together[number], equal_nan=True)
        assert scorer.encoder.unseen(codes[[number]]) == [scorer.encoder.unseen(codes)[number]]


def test_one_by_one_in_batches_and_by_columns_are_the_same(scorer: Scorer) -> None:
    together = [score.probability for score in scorer.score(ROWS, explained=False)]
    alone = [scorer.score([row], explained=False)[0].probability for row in ROWS]
    assert np.allclose(alone, together, rtol=0, atol=1e-12)
    assert np.allclose(scorer.probabilities(columns_of(scorer)), together, rtol=0, atol=1e-12)


def test_a_score_is_the_same_each_time_and_explained_by_the_fields_that_the_model_uses(
    scorer: Scorer,
) -> None:
    first, again = scorer.score(ROWS), scorer.score(ROWS)
    assert first == again
    contributions, _ = scorer.contributions(columns_of(scorer))
    for score, row in zip(first, contributions, strict=True):
        assert list(score.contributions) == scorer.fields
        assert np.allclose(list(score.contributions.values()), row, rtol=0, atol=1e-12)


def test_a_score_by_columns_is_the_same_and_unasked_for_is_not_explained(scorer: Scorer) -> None:
    for explained in (True, False):
        assert scorer.score_columns(columns_of(scorer), explained) == scorer.score(ROWS, explained)
    assert not any(score.contributions for score in scorer.score(ROWS, explained=False))


def test_a_value_that_the_encoder_does_not_know_is_reported(scorer: Scorer) -> None:
    known = {
        name: levels
        for name, levels in scorer.encoder.vocabulary.items()
        if name in FIELDS and not FIELDS[name].choices
    }
    (row,) = synthetic_applicants(1, seed=1, levels=known)
    row |= {name: known[name][0] for name in known}
    assert scorer.score([row])[0].unknown == ()
    changed = row | {"RESIDENCIAL_CITY": "Atlantis", "PROFESSION_CODE": "Other"}
    assert set(scorer.score([changed])[0].unknown) == {"RESIDENCIAL_CITY", "PROFESSION_CODE"}


def test_a_reason_does_not_name_a_value_that_the_model_has_not_seen(scorer: Scorer) -> None:
    row = ROWS[0] | {"RESIDENCIAL_CITY": "Atlantis", "RESIDENCIAL_BOROUGH": "Lemuria"}
    (score,) = scorer.score([row])
    for threshold in (0.0, 1.0):
        decision = decide(score, row, simplest(threshold), scorer.name, scorer.version, "", most=99)
        for reason in decision.reasons:
            assert reason.value == (None if reason.field in score.unknown else row[reason.field])
            assert reason.value not in ("Atlantis", "Lemuria")
    assert {"RESIDENCIAL_CITY", "RESIDENCIAL_BOROUGH"} <= set(score.unknown)


def test_a_zip_scores_alike_with_its_zeros_and_without(scorer: Scorer) -> None:
    for short, whole in (("10", "010"), ("7", "007"), ("99", "099")):
        one, other = (scorer.score([ROWS[0] | {"RESIDENCIAL_ZIP_3": value}])[0] for value in (short, whole))
        assert one.probability == other.probability
        assert one.unknown == other.unknown


def test_case_accents_and_spaces_do_not_change_a_score(scorer: Scorer) -> None:
    row = ROWS[0] | {"RESIDENCIAL_CITY": "São José dos Campos"}
    other = row | {"RESIDENCIAL_CITY": "  SAO  JOSE DOS CAMPOS "}
    assert scorer.score([row], explained=False) == scorer.score([other], explained=False)


def test_who_the_applicant_is_plays_no_part(scorer: Scorer) -> None:
    assert not {"FULL_NAME", "DNI"} & set(scorer.fields)
    assert scorer.score([ROWS[0]]) == scorer.score(
        [ROWS[0] | {"FULL_NAME": "Somebody Else", "DNI": "999999"}]
    )


@pytest.mark.parametrize("name", [*FILES, GOLDEN])
def test_one_changed_byte_is_refused_before_anything_is_read(
    layer: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray((layer / name).read_bytes())
    data[len(data) // 2] ^= 1
    (layer / name).write_bytes(data)
    read: list[str] = []
    monkeypatch.setattr("scoring.plain.loads", lambda data, file: read.append(file))
    model = "deeplearning" if name == MODEL_FILES["deeplearning"] else "lightgbm"
    with pytest.raises(FileChanged, match=name.replace(".", r"\.")):
        load(layer, model)
    assert read == []


def test_missing_files_and_manifests_are_named(layer: Path) -> None:
    (layer / ENCODER).unlink()
    with pytest.raises(FileMissing, match="encoder_hot"):
        load(layer)
    (layer / "manifest.json").write_text("{}")
    with pytest.raises(ManifestMissing, match="creditrisk train"):
        load(layer)


def test_a_model_that_the_layer_lacks_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownModel, match="lightgbm, deeplearning"):
        load(LAYER, "randomforest")


def test_a_model_that_scores_otherwise_than_when_it_was_made_is_refused(layer: Path) -> None:
    golden = json.loads((layer / GOLDEN).read_text(encoding="utf-8"))
    golden[0]["lightgbm"] += 1e-6
    data = json.dumps(golden).encode()
    (layer / GOLDEN).write_bytes(data)
    manifest = json.loads((layer / "manifest.json").read_text())
    from scoring.manifest import sha256

    manifest["files"][GOLDEN]["sha256"] = sha256(data)
    (layer / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WrongScores, match="scores differently"):
        load(layer)


def test_a_challenger_scores_beside_the_champion_and_decides_nothing() -> None:
    alone, both, other = load(LAYER), load(LAYER, challenger="deeplearning"), load(LAYER, "deeplearning")
    for one, two, three in zip(alone.score(ROWS), both.score(ROWS), other.score(ROWS), strict=True):
        assert (one.probability, one.contributions) == (two.probability, two.contributions)
        assert two.challenger == three.probability
        assert one.challenger is None
