"""A data scientist's own files take the layer's place, as plain data; what is broken or of another version does not."""

import json
import math
import os
import pickle
import pickletools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from click.testing import CliRunner

from cli.main import creditrisk
from creditrisk.decision import decide
from creditrisk.policy.definition import simplest
from models.handover.check import check, install
from models.handover.errors import WrongFiles
from models.handover.learned import Learned
from models.handover.learned import frame_of as given_frame
from models.store.layer import roll_back
from models.synthetic import synthetic_applicants
from scoring import load, plain
from scoring.errors import (
    FileChanged,
    FileMissing,
    ManifestMissing,
    UnknownModel,
    UnreadablePickle,
    UnsafePickle,
    WrongScores,
)
from scoring.foreign import ForeignScorer
from scoring.inputs import Input
from scoring.manifest import FILES, GRAPH_FILES, MODEL_FILES, read_manifest, sha256
from tests.integration.models.conftest import CODES, NUMBERS, frame_of
from tests.integration.models.layers import LAYER, contents


@pytest.mark.parametrize("model", MODEL_FILES)
def test_a_foreign_layer_scores_as_its_own_pipeline_does(foreign: Path, target: Path, model: str) -> None:
    install(foreign, target)
    parts = {name: pickle.loads((foreign / name).read_bytes()) for name in FILES}
    rows = list(synthetic_applicants(40, seed=9))
    matrix = parts["std_scaler.pkl"].transform(parts["encoder_hot.pkl"].transform(frame_of(rows)))
    expected = parts[MODEL_FILES[model]].predict_proba(matrix)[:, 1]

    scorer = load(target, model)

    assert isinstance(scorer, ForeignScorer)
    assert np.allclose(
        [score.probability for score in scorer.score(rows, explained=False)], expected, rtol=0, atol=1e-6
    )
    assert not list(target.glob("*.pkl")), "no pickle is served"
    assert {*GRAPH_FILES.values()} <= {path.name for path in target.iterdir()}


def test_reasons_of_a_foreign_layer_add_up_and_name_only_fields_that_it_uses(
    foreign: Path, target: Path
) -> None:
    install(foreign, target)
    scorer = load(target, "deeplearning")
    assert isinstance(scorer, ForeignScorer)
    application = next(iter(synthetic_applicants(1, seed=5)))
    contributions, base = scorer.contributions(application)
    (score,) = scorer.score([application])
    assert base + contributions.sum() == pytest.approx(
        np.log(score.probability / (1 - score.probability)), abs=1e-6
    )
    assert score.contributions == dict(zip(scorer.fields, contributions.tolist(), strict=True))
    assert {"AGE"} < score.contributions.keys() <= {*NUMBERS, *CODES}
    assert scorer.score([application]) == [score]


@pytest.mark.parametrize("model", MODEL_FILES)
def test_sampled_contributions_are_near_the_exact_ones(foreign: Path, target: Path, model: str) -> None:
    """Exact Shapley values need every coalition: 64 of six fields."""
    install(foreign, target)
    scorer = load(target, model)
    assert isinstance(scorer, ForeignScorer)
    count = len(scorer.fields)
    errors = []
    for application in synthetic_applicants(20, seed=21):
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
    (row,) = synthetic_applicants(1, seed=5)
    (known, unknown) = load(target).score([row, row | {"PAYMENT_DAY": "31"}], explained=False)
    assert (known.unknown, unknown.unknown) == ((), ("PAYMENT_DAY",))


@pytest.mark.parametrize("learned", [["10", "230"], ["010", "230"], [10, 230], [10.0, 230.0]])
def test_a_zip_is_the_level_that_was_learned_with_its_zeros_and_without(learned: list[Any]) -> None:
    entry = Learned("RESIDENCIAL_ZIP_3", "RESIDENCIAL_ZIP_3")
    entry.add(learned)
    frame = given_frame([entry], {"RESIDENCIAL_ZIP_3": ["010", "10", "230"]})
    assert list(frame["RESIDENCIAL_ZIP_3"]) == [learned[0], *learned]
    asked = Input.from_dict(entry.to_input().to_dict())
    assert asked.read(["010", "10", "230", "011"]) == [0, 0, 1, 3]
    assert [asked.unknown(value) for value in ("010", "10", "011")] == [False, False, True]


def test_a_foreign_layer_reports_the_values_that_it_never_saw_so_that_no_reason_names_them(
    foreign: Path, target: Path
) -> None:
    install(foreign, target)
    row = next(iter(synthetic_applicants(1, seed=5))) | dict.fromkeys(CODES, "never seen")
    (score,) = load(target, "deeplearning").score([row])
    assert set(score.unknown) == set(CODES)
    told = [
        reason
        for threshold in (0.0, 1.0)
        for reason in decide(score, row, simplest(threshold), "deeplearning", "v", "", most=99).reasons
    ]
    assert told and not {reason.field for reason in told} & set(CODES)


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


def test_a_truncated_pickle_is_refused(foreign: Path, target: Path, copy_of: Callable[[Path], Path]) -> None:
    folder = copy_of(foreign)
    data = (folder / "lightgbm_model.pkl").read_bytes()
    (folder / "lightgbm_model.pkl").write_bytes(data[: len(data) // 2])
    before = contents(target)
    with pytest.raises(UnreadablePickle, match=r"lightgbm_model\.pkl cannot be read"):
        install(folder, target)
    assert contents(target) == before
    assert not list(target.parent.glob(".pickles*"))


def test_an_object_that_cannot_score_is_refused(foreign: Path, copy_of: Callable[[Path], Path]) -> None:
    folder = copy_of(foreign)
    (folder / "deeplearning_model.pkl").write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(UnreadablePickle, match="predict_proba"):
        check(folder)


def test_pickles_of_another_scikit_learn_are_refused_in_a_whole_sentence(
    foreign: Path, copy_of: Callable[[Path], Path]
) -> None:
    folder = copy_of(foreign)
    scaler = pickle.loads((folder / "std_scaler.pkl").read_bytes())
    raw = pickle.dumps(scaler).replace(sklearn.__version__.encode(), b"0" + sklearn.__version__[1:].encode())
    (folder / "std_scaler.pkl").write_bytes(raw)
    with pytest.raises(
        UnreadablePickle, match=r"std_scaler\.pkl was made by another version.*0\.\d+.*ONNX\.$"
    ):
        check(folder)


def test_one_model_is_enough(foreign: Path, target: Path, copy_of: Callable[[Path], Path]) -> None:
    folder = copy_of(foreign)
    (folder / "deeplearning_model.pkl").unlink()
    install(folder, target)
    assert read_manifest(target).models == ["lightgbm"]
    with pytest.raises(UnknownModel, match="set MODEL=lightgbm"):
        load(target, "deeplearning")
    assert load(target, "lightgbm", challenger="deeplearning").challenger.trouble  # type: ignore[union-attr]


def test_what_a_layer_holds_names_no_class_and_no_function(target: Path) -> None:
    for name in FILES:
        opcodes = {opcode.name for opcode, _, _ in pickletools.genops((target / name).read_bytes())}
        assert not opcodes & {
            "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4",
            "PERSID", "BINPERSID",
        }  # fmt: skip


def test_a_layer_of_before_is_read_and_written_anew_as_plain_data(tmp_path: Path) -> None:
    """Layers used to be pickles of our own classes."""
    folder = tmp_path / "old"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(pickle.dumps(plain.loads((LAYER / name).read_bytes(), name)))
    shutil.copytree(LAYER, tmp_path / "pickles")
    report = install(folder, tmp_path / "pickles")
    assert report.own
    rows = list(synthetic_applicants(50, seed=4))
    new, old = load(tmp_path / "pickles"), load(LAYER)
    assert [s.probability for s in new.score(rows)] == [s.probability for s in old.score(rows)]
    assert (tmp_path / "pickles" / FILES[0]).read_bytes() == (LAYER / FILES[0]).read_bytes()


def test_a_served_file_that_names_something_is_refused(target: Path) -> None:
    for thing in (os.system, Path("x"), np.float64(1)):
        with pytest.raises(UnsafePickle, match="plain data alone"):
            plain.loads(pickle.dumps(thing), "std_scaler.pkl")


@pytest.mark.parametrize(("off", "served"), [(1e-8, True), (1e-4, False)])
def test_a_graph_that_scores_otherwise_than_when_it_was_made_is_refused(
    foreign: Path, target: Path, off: float, served: bool
) -> None:
    """By more than single precision does: another processor adds up in another order."""
    install(foreign, target)
    golden = json.loads((target / "golden_rows.json").read_bytes())
    golden[0]["lightgbm"] += off
    data = json.dumps(golden).encode()
    manifest = json.loads((target / "manifest.json").read_bytes())
    manifest["files"]["golden_rows.json"]["sha256"] = sha256(data)
    (target / "golden_rows.json").write_bytes(data)
    (target / "manifest.json").write_text(json.dumps(manifest))
    if served:
        assert load(target).name == "lightgbm"
    else:
        with pytest.raises(WrongScores, match="scores differently"):
            load(target)


@pytest.mark.parametrize("golden", [b"[]", b"{}", b"[1]", b"[" * 100_000, b"\xff", b'[{"application": {}}]'])
def test_a_layer_without_golden_rows_is_refused(target: Path, golden: bytes) -> None:
    manifest = json.loads((target / "manifest.json").read_bytes())
    manifest["files"]["golden_rows.json"]["sha256"] = sha256(golden)
    (target / "golden_rows.json").write_bytes(golden)
    (target / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WrongScores, match="golden rows"):
        load(target)


@pytest.mark.parametrize(
    "manifest",
    [
        b"[" * 100_000,
        b'{"files": []}',
        b'{"files": {"../x": {"sha256": "0"}}}',
        b'{"files": {"a": 1}}',
        b'{"files": {"a": {}}}',
        b"\x00",
    ],
)
def test_a_manifest_that_is_none_is_refused(target: Path, manifest: bytes) -> None:
    (target / "manifest.json").write_bytes(manifest)
    with pytest.raises(ManifestMissing, match="is not a manifest"):
        load(target)


def test_links_pipes_and_folders_are_no_files_of_a_hand_over(
    foreign: Path, copy_of: Callable[[Path], Path]
) -> None:
    folder = copy_of(foreign)
    file = folder / "std_scaler.pkl"
    file.unlink()
    for make, remove in (
        (lambda: file.symlink_to("/etc/passwd"), file.unlink),
        (lambda: os.mkfifo(file), file.unlink),
        (file.mkdir, file.rmdir),
    ):
        make()
        with pytest.raises(WrongFiles, match=r"std_scaler\.pkl"):
            check(folder)
        remove()


def test_a_pipe_in_a_served_layer_is_told_and_not_waited_for(target: Path) -> None:
    (target / "std_scaler.pkl").unlink()
    os.mkfifo(target / "std_scaler.pkl")
    with pytest.raises(FileMissing, match="not an ordinary file"):
        load(target)


def test_one_file_twice_is_refused(foreign: Path, copy_of: Callable[[Path], Path]) -> None:
    folder = copy_of(foreign)
    shutil.copy(folder / "lightgbm_model.pkl", folder / "lightgbm_model.onnx")
    with pytest.raises(WrongFiles, match=r"lightgbm_model\.onnx, lightgbm_model\.pkl; hand over one"):
        check(folder)


def test_missing_and_changed_files_are_named(target: Path, tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="cannot be read"):
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


@pytest.mark.parametrize("golden", [b"[]", b"{", b"[" * 100_000, b"[1]"])
def test_golden_rows_that_are_none_are_refused_whatever_lies_beside_them(
    foreign: Path, copy_of: Callable[[Path], Path], golden: bytes
) -> None:
    folder = copy_of(foreign)
    (folder / "golden_rows.json").write_bytes(golden)
    with pytest.raises(WrongScores, match="holds no golden rows"):
        check(folder)


def test_what_is_made_anew_is_said_to_be_left_alone(foreign: Path, copy_of: Callable[[Path], Path]) -> None:
    folder = copy_of(foreign)
    (folder / "golden_rows.json").write_text('[{"application": {}}]')
    (folder / "notebook.ipynb").write_text("{}")
    assert check(folder).left_alone == ["notebook.ipynb", "golden_rows.json"]
