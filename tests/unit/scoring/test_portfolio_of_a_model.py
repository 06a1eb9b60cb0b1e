"""A model serves the portfolio that it was made for, and no other."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from creditrisk.portfolio import active
from creditrisk.settings import Settings
from scoring import load
from scoring.errors import OtherPortfolio
from scoring.manifest import read_manifest

LAYER = Settings().model_folder


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    shutil.copytree(LAYER, tmp_path / "layer")
    return tmp_path / "layer"


def say(layer: Path, portfolio: Any, **others: Any) -> None:
    path = layer / "manifest.json"
    facts = json.loads(path.read_text(encoding="utf-8")) | {"portfolio": portfolio} | others
    path.write_text(json.dumps(facts), encoding="utf-8")


def test_the_layer_that_ships_names_the_portfolio_that_ships() -> None:
    assert read_manifest(LAYER).data["portfolio"] == {
        "name": active().name,
        "fingerprint": active().fingerprint,
    }


def test_a_model_of_another_portfolio_is_refused_with_both_names(layer: Path) -> None:
    say(layer, {"name": "boats", "fingerprint": "0" * 12})
    with pytest.raises(
        OtherPortfolio, match=f"'boats', than the one in use, '{active().name}'; set PORTFOLIO_DIR"
    ):
        load(layer)


def test_a_model_from_before_the_definition_changed_is_refused(layer: Path) -> None:
    say(layer, {"name": active().name, "fingerprint": "0" * 12})
    with pytest.raises(OtherPortfolio, match="has changed since the model was made; train again"):
        load(layer)


def test_a_layer_from_before_layers_told_is_known_by_its_fields(layer: Path) -> None:
    before = read_manifest(layer).version
    say(layer, None)
    assert load(layer).version == before
    say(layer, None, fields=["AGE", "credit_amount"])
    with pytest.raises(OtherPortfolio, match="credit_amount"):
        load(layer)
