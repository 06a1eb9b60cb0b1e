"""Where an application stands is told to the clerk, whether the form has the model at hand or not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from flask.testing import FlaskClient

from creditrisk.intake import Intake
from creditrisk.settings import Settings
from creditrisk.standing import Standing, seen
from tests.unit.web.conftest import FakeIntake, decision_of
from web import create_app

_KNOWN = seen(Settings().model_folder)
VERSION = _KNOWN.version if _KNOWN else ""


def test_the_clerk_is_told_and_the_applicant_is_not(
    client: FlaskClient, intake: FakeIntake, form: dict[str, object]
) -> None:
    """Of what the record alone knows, by the model at hand."""
    intake.decision = decision_of(0.9, model_version=VERSION)
    assert "trained on" not in client.post("/application", data=form).text
    page = client.get(f"/clerk/application/{intake.ids[0]}").text
    found = _KNOWN and _KNOWN.standing("lightgbm", VERSION, 0.9)
    assert found and found.percentile > 97
    assert (
        f"Of the 39,984 applications that the model was trained on, {found.percentile}\xa0% had a lower"
        in page
    )


@pytest.mark.parametrize("told", [Standing(72, 1234), None])
def test_a_form_without_a_model_tells_what_the_scorer_told(
    intake: FakeIntake, form: Mapping[str, Any], tmp_path: Path, told: Standing | None
) -> None:
    """As on AWS, where the form's package has no model."""
    client = create_app(Settings(model_dir=tmp_path / "nowhere"), cast(Intake, intake)).test_client()
    intake.standing, intake.decision = told, decision_of(0.9, model_version=VERSION)
    page = client.post("/clerk", data=form).text
    assert ("Of the 1,234 applications that the model was trained on, 72\xa0% had a lower" in page) == bool(
        told
    )
    assert ("was trained on" in page) == bool(told)


def test_it_is_told_among_whom_it_stands(intake: FakeIntake, form: Mapping[str, Any], tmp_path: Path) -> None:
    client = create_app(Settings(model_dir=tmp_path / "nowhere"), cast(Intake, intake)).test_client()
    intake.standing, intake.decision = (
        Standing(72, 1234, so_far=True),
        decision_of(0.9, model_version=VERSION),
    )
    page = client.post("/clerk", data=form).text
    assert "Of the 1,234 applications that this model has scored so far, 72\xa0% had a lower" in page
    assert "was trained on" not in page
