"""Where a probability stands among those that the model was trained on."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from creditrisk.settings import Settings
from scoring.manifest import Manifest
from tests.unit.web.conftest import FakeIntake, decision_of
from web.standing import standing

LAYER = Settings().model_folder
VERSION = Manifest(json.loads((LAYER / "manifest.json").read_text())).version


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps({"files": {}}))
    scores = {"lightgbm": {"edges": [0.2, 0.4], "counts": [50, 30, 20], "missing": 0}}
    (tmp_path / "reference.json").write_text(json.dumps({"scores": scores}))
    return tmp_path


@pytest.mark.parametrize(
    ("probability", "percentile"),
    [(0.0, 0), (0.1, 25), (0.2, 50), (0.3, 65), (0.4, 80), (0.7, 90), (1.0, 100)],
)
def test_it_is_the_share_of_applications_that_had_a_lower_one(
    layer: Path, probability: float, percentile: int
) -> None:
    version = Manifest({"files": {}}).version
    assert standing(layer, "lightgbm", version, probability) == (percentile, 100)


def test_there_is_none_for_another_version_another_model_or_without_a_distribution(layer: Path) -> None:
    version = Manifest({"files": {}}).version
    assert standing(layer, "lightgbm", "another", 0.5) is None
    assert standing(layer, "deeplearning", version, 0.5) is None
    (layer / "reference.json").write_text("{}")
    (layer / "manifest.json").touch()
    assert standing(layer, "lightgbm", version, 0.5) is None
    assert standing(layer / "nowhere", "lightgbm", version, 0.5) is None


def test_of_the_model_that_ships_half_stand_below_the_median() -> None:
    found = [standing(LAYER, "lightgbm", VERSION, step / 200) for step in range(200)]
    shares = [each.percentile for each in found if each]
    assert len(shares) == 200 and shares == sorted(shares)
    assert shares[0] == 0 and shares[-1] == 100 and 45 <= shares[int(0.26 * 200)] <= 65


def test_the_clerk_is_told_and_the_applicant_is_not(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    intake.decision = decision_of(0.9, model_version=VERSION)
    assert "trained on" not in client.post("/application", data=form).text
    found = standing(LAYER, "lightgbm", VERSION, 0.9)
    assert found and found.percentile > 97
    page = client.get(f"/clerk/application/{intake.ids[0]}").text
    assert (
        f"Of the 39,984 applications that the model was trained on, {found.percentile}\xa0% had a lower"
        in page
    )
