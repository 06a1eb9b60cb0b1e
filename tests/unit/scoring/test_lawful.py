"""A model that breaks the law scores nothing: by a field, by a cross of it, by a column that was looked up from it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from creditrisk.application import FIELDS
from creditrisk.portfolio import in_force
from creditrisk.portfolio.elder import AgeFigures
from creditrisk.portfolio.field import Role
from creditrisk.portfolio.law import PROFILES
from creditrisk.settings import Settings
from models.store.layer import load_all, replace_layer
from scoring import Scorer, lawful, load
from scoring.errors import UnlawfulModel
from scoring.manifest import MODEL_FILES
from scoring.scorer import columns_of_fields
from tests.unit.common.test_law import figures

LAYER = Settings().model_folder
NONE, BR, US = PROFILES["none"], PROFILES["BR"], PROFILES["US"]


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LAYER, tmp_path / "pickles"))


@pytest.fixture
def protected(monkeypatch: pytest.MonkeyPatch) -> str:
    """A field that the model in the layer uses, in crosses too; in these tests the law protects it."""
    name = "PAYMENT_DAY"
    changed = dict(FIELDS) | {name: replace(FIELDS[name], protected=("sex",))}
    monkeypatch.setattr(lawful, "FIELDS", changed)
    return name


@pytest.mark.parametrize("model", MODEL_FILES)
def test_a_model_that_uses_what_the_law_forbids_is_not_loaded_and_the_field_is_named(
    layer: Path, protected: str, model: str
) -> None:
    with pytest.raises(
        UnlawfulModel, match=rf"{model} breaks the law profile BR.*{protected} \(in .*sex, Lei 12"
    ):
        load(layer, model, law=BR)
    assert load(layer, model, law=NONE).name == model


def test_a_challenger_that_breaks_the_law_is_left_out(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the United States both use age, and the figures of the champion alone allow it."""
    aged = {
        name: replace(field, protected=("age",) if name == "AGE" else ()) for name, field in FIELDS.items()
    }
    monkeypatch.setattr(lawful, "FIELDS", aged)
    _tell(layer, lightgbm=figures())
    scorer = load(layer, "lightgbm", challenger="deeplearning", law=US)
    assert scorer.challenger and "deeplearning breaks the law profile US" in scorer.challenger.trouble


def _tell(layer: Path, **ages: AgeFigures) -> None:
    """Write figures by age into a layer's manifest, by model."""
    path = layer / "manifest.json"
    told = {model: figures.to_dict() for model, figures in ages.items()}
    path.write_text(json.dumps(json.loads(path.read_text()) | {lawful.AGES: told}))


def test_the_law_in_force_holds_where_none_is_named(
    layer: Path, protected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_force, "profile", lambda: BR)
    with pytest.raises(UnlawfulModel, match=protected):
        load(layer)
    with pytest.raises(UnlawfulModel, match=protected):
        load_all(layer)


def test_a_layer_that_breaks_the_law_takes_nobodys_place(layer: Path, protected: str, tmp_path: Path) -> None:
    target = tmp_path / "active"
    with pytest.raises(UnlawfulModel, match=protected):
        replace_layer(layer, target, BR)
    assert not target.exists() and layer.is_dir()
    replace_layer(layer, target, NONE)
    assert target.is_dir()


@pytest.mark.parametrize("role", [Role.HELD, Role.RECORDED, Role.IDENTITY])
def test_a_field_that_is_no_feature_is_a_breach_without_any_law(
    layer: Path, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    changed = dict(FIELDS) | {"PAYMENT_DAY": replace(FIELDS["PAYMENT_DAY"], role=role)}
    monkeypatch.setattr(lawful, "FIELDS", changed)
    with pytest.raises(UnlawfulModel, match=r"profile none.*PAYMENT_DAY"):
        load(layer, law=NONE)


def test_every_column_of_the_model_is_traced_to_its_fields() -> None:
    scorer = load(LAYER, law=NONE)
    assert isinstance(scorer, Scorer)
    traced = columns_of_fields(scorer.encoder)
    assert sorted(traced) == scorer.fields
    assert {column for columns in traced.values() for column in columns} == set(scorer.encoder.columns)
    crosses = [lookup for lookup in scorer.encoder.lookups if len(lookup.parts) > 1]
    assert crosses
    for lookup in crosses:
        assert sum(lookup.name in columns for columns in traced.values()) >= 2


@pytest.mark.parametrize(
    ("ages", "lawful_there"),
    [(None, False), (figures(), True), (figures(elder=0.31), False), (figures(approved=0.5), False)],
)
def test_in_the_united_states_the_manifest_must_show_how_the_elderly_score(
    layer: Path, monkeypatch: pytest.MonkeyPatch, ages: AgeFigures | None, lawful_there: bool
) -> None:
    aged = {
        name: replace(field, protected=("age",) if name == "AGE" else ()) for name, field in FIELDS.items()
    }
    monkeypatch.setattr(lawful, "FIELDS", aged)
    _tell(layer, **({"lightgbm": ages} if ages else {}))
    if lawful_there:
        assert load(layer, law=US).name == "lightgbm"
    else:
        with pytest.raises(UnlawfulModel, match=r"AGE .*62 and older.*--exclude AGE"):
            load(layer, law=US)
