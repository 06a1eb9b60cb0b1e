"""A challenger scores beside the champion; whatever is wrong with it, the champion goes on."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditrisk.settings import Settings
from models.synthetic import synthetic_applicants
from scoring import load
from scoring.manifest import sha256

LAYER = Settings().model_folder
ROWS = list(synthetic_applicants(20, seed=6))


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    shutil.copytree(LAYER, tmp_path / "pickles")
    return tmp_path / "pickles"


def test_golden_rows_that_differ_leave_the_challenger_out_and_are_told(
    layer: Path, caplog: pytest.LogCaptureFixture
) -> None:
    golden = json.loads((layer / "golden_rows.json").read_bytes())
    golden[0]["deeplearning"] += 1e-6
    data = json.dumps(golden).encode()
    (layer / "golden_rows.json").write_bytes(data)
    manifest = json.loads((layer / "manifest.json").read_bytes())
    manifest["files"]["golden_rows.json"]["sha256"] = sha256(data)
    (layer / "manifest.json").write_text(json.dumps(manifest))
    scorer = load(layer, challenger="deeplearning")
    assert scorer.challenger is not None and "differently" in scorer.challenger.trouble
    assert "deeplearning is left out" in caplog.text
    alone = load(LAYER).score(ROWS)
    assert [(s.probability, s.contributions) for s in scorer.score(ROWS)] == [
        (s.probability, s.contributions) for s in alone
    ]
    assert {score.challenger for score in scorer.score(ROWS)} == {None}


@pytest.mark.parametrize("change", ["missing", "damaged", "unknown"])
def test_a_challenger_whose_file_is_no_good_leaves_the_champion_alone(layer: Path, change: str) -> None:
    file = layer / "deeplearning_model.pkl"
    if change == "missing":
        file.unlink()
    elif change == "damaged":
        file.write_bytes(file.read_bytes()[:-1])
    scorer = load(layer, challenger="nobody" if change == "unknown" else "deeplearning")
    assert scorer.challenger is not None and scorer.challenger.trouble
    assert [s.probability for s in scorer.score(ROWS)] == [s.probability for s in load(LAYER).score(ROWS)]


class Raises:
    """A model that cannot score."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def log_odds(self, matrix: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return np.full(len(matrix), self.answer)


@pytest.mark.parametrize("answer", [ValueError("AGE 44 of somebody"), MemoryError(), float("nan")])
def test_a_challenger_that_raises_while_scoring_is_left_out_until_it_scores_again(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    scorer = load(LAYER, challenger="deeplearning")
    good = scorer.score(ROWS)
    challenger: Any = scorer.challenger
    whole = challenger._scorer.model
    challenger._scorer.model = Raises(answer)
    for _ in range(2):
        scores = scorer.score(ROWS)
        assert [(s.probability, s.contributions) for s in scores] == [
            (s.probability, s.contributions) for s in good
        ]
        assert {score.challenger for score in scores} == {None}
    assert challenger.trouble
    assert caplog.text.count("cannot score") == 1, "told once, not at every batch"
    assert "AGE 44" not in caplog.text, "an error's text may quote an applicant"
    challenger._scorer.model = whole
    assert scorer.score(ROWS) == good
    assert not challenger.trouble
