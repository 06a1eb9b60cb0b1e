"""Where an application stands goes with its answer, from the scorer, which has the model, to a form that has none."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from creditrisk.intake import Intake
from creditrisk.model_version import version_of
from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.helpers import Make
from tests.integration.conftest import StubModel


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Those of a scorer whose layer tells what its model saw."""
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "manifest.json").write_text('{"files": {}}')
    scores = {"lightgbm": {"edges": [0.2, 0.4], "counts": [50, 30, 20]}}
    (layer / "reference.json").write_text(json.dumps({"scores": scores}))
    return replace(settings, model_dir=layer)


@pytest.fixture
def model() -> StubModel:
    return StubModel(version=version_of({"files": {}}))


def test_the_answer_tells_it_and_the_record_does_not(
    intake: Intake, drain_all: Callable[[], int], make_application: Make
) -> None:
    id = intake.submit(make_application(AGE=30)).id
    assert drain_all() == 1
    answer = intake.find(id)
    assert answer.standing == (65, 100, False)
    intake.queue.redis.flushdb()
    recorded = intake._history.find(id)
    assert recorded and recorded.decision == answer.decision and recorded.standing is None


@pytest.mark.parametrize(
    "content", [None, "no JSON", '{"scores": {"lightgbm": {"edges": [0.2], "counts": [1]}}}']
)
def test_a_layer_that_does_not_tell_it_costs_no_answer(
    settings: Settings, assembly: Assembly, intake: Intake, drain_all: Callable[[], int],
    make_application: Make, content: str | None,
) -> None:  # fmt: skip
    reference = settings.model_folder / "reference.json"
    reference.unlink() if content is None else reference.write_text(content)
    id = intake.submit(make_application(AGE=31)).id
    assert drain_all() == 1
    answer = intake.find(id)
    assert (answer.status, answer.standing) == ("decided", None)
