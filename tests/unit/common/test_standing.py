"""Where a probability stands among those that the model was trained on."""

import json
from pathlib import Path
from typing import Any

import pytest

from creditrisk.settings import Settings
from creditrisk.standing import Standing, seen, told
from scoring.manifest import Manifest

LAYER = Settings().model_folder
VERSION = Manifest({"files": {}}).version
SCORES: dict[str, Any] = {"edges": [0.2, 0.4], "counts": [50, 30, 20], "missing": 0}


def write(layer: Path, content: object) -> Path:
    (layer / "manifest.json").write_text(json.dumps({"files": {}}))
    (layer / "reference.json").write_text(json.dumps(content))
    return layer


@pytest.mark.parametrize(
    ("probability", "percentile"),
    [(0.0, 0), (0.1, 25), (0.2, 50), (0.3, 65), (0.4, 80), (0.7, 90), (1.0, 100)],
)
def test_it_is_the_share_of_applications_that_had_a_lower_one(
    tmp_path: Path, probability: float, percentile: int
) -> None:
    known = seen(write(tmp_path, {"scores": {"lightgbm": SCORES}}))
    assert known and known.standing("lightgbm", VERSION, probability) == (percentile, 100, False)


def test_there_is_none_for_another_version_or_another_model(tmp_path: Path) -> None:
    known = seen(write(tmp_path, {"scores": {"lightgbm": SCORES}}))
    assert known and known.standing("lightgbm", "another", 0.5) is None
    assert known.standing("deeplearning", VERSION, 0.5) is None
    assert seen(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    "content",
    [
        {}, [], 7, {"scores": []}, {"scores": {"lightgbm": 7}}, {"scores": {"lightgbm": SCORES | {"counts": [50, 30]}}},
        {"scores": {"lightgbm": SCORES | {"edges": [0.4, 0.2]}}}, {"scores": {"lightgbm": SCORES | {"edges": ["x", 1]}}},
    ],
)  # fmt: skip
def test_a_distribution_that_is_none_stops_nobody(tmp_path: Path, content: object) -> None:
    assert seen(write(tmp_path, content)) is None


def test_of_the_model_that_ships_half_stand_below_the_median() -> None:
    known = seen(LAYER)
    assert known
    found = [known.standing("lightgbm", known.version, step / 200) for step in range(200)]
    shares = [each.percentile for each in found if each]
    assert len(shares) == 200 and shares == sorted(shares)
    assert shares[0] == 0 and shares[-1] == 100 and 45 <= shares[int(0.26 * 200)] <= 65


def test_an_answer_tells_it_or_does_not() -> None:
    assert told({"standing": [72, 100]}) == Standing(72, 100)
    for other in ({}, {"standing": None}, {"standing": 72}, {"standing": [72]}, {"standing": ["72", "100"]}):
        assert told(other) is None
