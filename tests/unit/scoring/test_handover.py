"""A data scientist's own pickles take the layer's place; what is unsafe, broken or of another version does not."""

import math
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from click.testing import CliRunner
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cli.main import creditrisk
from creditrisk.settings import Settings
from scoring import load
from scoring.errors import FileChanged, FileMissing, UnreadablePickle, UnsafePickle
from scoring.foreign import ForeignScorer
from scoring.foreign import frame_of as foreign_frame
from scoring.manifest import FILES, MODEL_FILES
from training.handover import check, install
from training.layer import roll_back
from training.population import population

LAYER = Settings().model_folder
NUMBERS, CODES = (
    ["AGE", "PERSONAL_MONTHLY_INCOME", "MONTHS_IN_RESIDENCE"],
    ["PAYMENT_DAY", "SEX", "RESIDENCIAL_STATE"],
)


def frame_of(rows: list[dict[str, Any]]) -> Any:
    fields = [*NUMBERS, *CODES]
    return foreign_frame({name: [row[name] for row in rows] for name in fields}, fields)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files as a data scientist makes them with scikit-learn and LightGBM alone."""
    folder = tmp_path_factory.mktemp("hand-over")
    frame = frame_of(list(population(600, seed=3)))
    encoder = ColumnTransformer(
        [("numbers", SimpleImputer(), NUMBERS), ("codes", OneHotEncoder(handle_unknown="ignore"), CODES)],
        sparse_threshold=0,
    ).fit(frame)
    matrix = encoder.transform(frame)
    scaler = StandardScaler().fit(matrix)
    bad = ((frame["AGE"] < 35) & (frame["PERSONAL_MONTHLY_INCOME"] < 600)).astype(int)
    parts = {
        "encoder_hot.pkl": encoder,
        "std_scaler.pkl": scaler,
        "lightgbm_model.pkl": LGBMClassifier(n_estimators=10, verbose=-1).fit(scaler.transform(matrix), bad),
        "deeplearning_model.pkl": MLPClassifier((4,), max_iter=200, random_state=1).fit(
            scaler.transform(matrix), bad
        ),
    }
    for name, part in parts.items():
        (folder / name).write_bytes(pickle.dumps(part))
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A layer of our own kind to be replaced."""
    shutil.copytree(LAYER, tmp_path / "pickles")
    return tmp_path / "pickles"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("model", MODEL_FILES)
def test_a_foreign_layer_scores_as_its_own_pipeline_does(foreign: Path, target: Path, model: str) -> None:
    install(foreign, target)
    parts = {name: pickle.loads((foreign / name).read_bytes()) for name in FILES}
    rows = list(population(40, seed=9))
    matrix = parts["std_scaler.pkl"].transform(parts["encoder_hot.pkl"].transform(frame_of(rows)))
    expected = parts[MODEL_FILES[model]].predict_proba(matrix)[:, 1]

    scorer = load(target, model)

    assert isinstance(scorer, ForeignScorer)
    assert np.allclose([score.probability for score in scorer.score(rows, 0)], expected, rtol=0, atol=1e-12)


def test_reasons_of_a_foreign_layer_add_up_and_name_only_fields_that_it_uses(
    foreign: Path, target: Path
) -> None:
    install(foreign, target)
    scorer = load(target, "deeplearning")
    assert isinstance(scorer, ForeignScorer)
    application = next(iter(population(1, seed=5)))
    contributions, base = scorer.contributions(application)
    (score,) = scorer.score([application])
    assert base + contributions.sum() == pytest.approx(
        np.log(score.probability / (1 - score.probability)), abs=1e-6
    )
    assert {"AGE"} < {reason.field for reason in score.reasons} <= {*NUMBERS, *CODES}
    assert scorer.score([application]) == [score]


@pytest.mark.parametrize("model", MODEL_FILES)
def test_sampled_contributions_are_near_the_exact_ones(foreign: Path, target: Path, model: str) -> None:
    """Exact Shapley values need every coalition: 64 of six fields."""
    install(foreign, target)
    scorer = load(target, model)
    assert isinstance(scorer, ForeignScorer)
    count = len(scorer.fields)
    errors = []
    for application in population(20, seed=21):
        baseline = scorer.baseline(application)
        rows = [
            {
                name: (application if coalition >> place & 1 else baseline)[name]
                for place, name in enumerate(scorer.fields)
            }
            for coalition in range(2**count)
        ]
        chances = scorer.probabilities({name: [row[name] for row in rows] for name in scorer.fields})
        value = np.log(chances / (1 - chances))
        exact = [
            sum(
                (value[coalition | 1 << place] - value[coalition])
                / (count * math.comb(count - 1, coalition.bit_count()))
                for coalition in range(2**count)
                if not coalition >> place & 1
            )
            for place in range(count)
        ]
        errors.append(np.abs(scorer.contributions(application)[0] - exact))
    assert np.max(errors) < (1e-9 if model == "lightgbm" else 0.2), "two fields work together in those trees"
    assert np.mean(errors) < 0.03


def test_a_value_that_a_foreign_encoder_never_saw_is_reported(foreign: Path, target: Path) -> None:
    install(foreign, target)
    (row,) = population(1, seed=5)
    (known, unknown) = load(target).score([row, row | {"PAYMENT_DAY": "31"}], 0)
    assert (known.unknown, unknown.unknown) == ((), ("PAYMENT_DAY",))


def test_what_was_installed_can_be_rolled_back(foreign: Path, target: Path) -> None:
    before = contents(target)
    report = install(foreign, target)
    assert not report.own
    assert load(target).version == report.version
    roll_back(target)
    assert contents(target) == before
    roll_back(target)
    assert load(target).version == report.version


def test_our_own_layer_can_be_handed_over(target: Path) -> None:
    report = check(LAYER)
    assert report.own
    assert install(LAYER, target).version == report.version


class Evil:
    """A pickle that makes a file when it is read carelessly."""

    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call, self.arguments


def test_a_pickle_that_would_run_something_is_refused_and_nothing_runs(
    foreign: Path, target: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "executed"
    folder = tmp_path / "evil"
    shutil.copytree(foreign, folder)
    before = contents(target)
    for call, argument in (
        (os.system, f"touch {trace}"),
        (eval, f"open({str(trace)!r}, 'w')"),
        (np.fromfile, str(trace)),
        (np.load, str(trace)),
    ):
        (folder / "std_scaler.pkl").write_bytes(pickle.dumps(Evil(call, argument)))
        with pytest.raises(UnsafePickle, match=r"std_scaler\.pkl is refused"):
            install(folder, target)
    assert not trace.exists()
    assert contents(target) == before
    assert not list(target.parent.glob(".pickles*"))


def test_a_truncated_pickle_is_refused(foreign: Path, target: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(foreign, folder)
    data = (folder / "lightgbm_model.pkl").read_bytes()
    (folder / "lightgbm_model.pkl").write_bytes(data[: len(data) // 2])
    before = contents(target)
    with pytest.raises(UnreadablePickle, match=r"lightgbm_model\.pkl cannot be read"):
        install(folder, target)
    assert contents(target) == before


def test_an_object_that_cannot_score_is_refused(foreign: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    shutil.copytree(foreign, folder)
    (folder / "deeplearning_model.pkl").write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(UnreadablePickle, match="predict_proba"):
        check(folder)


def test_files_of_an_incompatible_library_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(LAYER, folder)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"numpy": "2', '"numpy": "1'))
    with pytest.raises(UnreadablePickle, match=r"made with numpy 1"):
        check(folder)


def test_pickles_of_another_scikit_learn_are_refused(foreign: Path, tmp_path: Path) -> None:
    folder = tmp_path / "older"
    shutil.copytree(foreign, folder)
    scaler = pickle.loads((folder / "std_scaler.pkl").read_bytes())
    raw = pickle.dumps(scaler).replace(sklearn.__version__.encode(), b"0" + sklearn.__version__[1:].encode())
    (folder / "std_scaler.pkl").write_bytes(raw)
    with pytest.raises(UnreadablePickle, match=r"std_scaler\.pkl was made by another version"):
        check(folder)


def test_missing_and_changed_files_are_named(target: Path, tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"encoder_hot\.pkl, std_scaler\.pkl"):
        check(tmp_path / "nothing")
    (target / "std_scaler.pkl").write_bytes((target / "std_scaler.pkl").read_bytes()[:-1] + b"!")
    with pytest.raises(FileChanged, match=r"std_scaler\.pkl"):
        check(target)


def test_the_command_refuses_in_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(creditrisk, ["model", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert isinstance(result.exception, FileMissing)


def test_show_names_what_is_active() -> None:
    output = CliRunner().invoke(creditrisk, ["model", "show"]).output
    assert load(LAYER).version in output
    assert "lightgbm" in output
