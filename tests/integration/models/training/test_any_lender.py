"""A lender with fields of its own: a definition, a training under it, and a scorer of it, each in a process of its own,
since a process serves one portfolio."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.models.layers import ROOT

DEFINITION = """
name = "loans"
currency = "EUR"
identity = ["NAME"]
[target]
column = "outcome"
bad = "bad"
[law]
profile = "none"
[[section]]
name = "all"
title = "All"
"""
FIELDS: dict[str, str] = {
    "NAME": 'type = "string"\nformat = "name"',
    "months": 'type = "integer"\nconstraints = { required = true, minimum = 1, maximum = 60 }',
    "amount": 'type = "number"\nformat = "money"\nconstraints = { required = true, minimum = 0, maximum = 1000000 }',
    "balance": 'type = "number"\nconstraints = { minimum = -100000, maximum = 100000 }',
    "purpose": 'type = "string"\nlevels = { a = "Car", b = "Boat", c = "House" }',
    "town": 'type = "string"',
    "always": 'type = "string"\nlevels = { x = "X", y = "Y" }',
    "opened": 'type = "date"',
}
TRAIN = """
import random, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from models.synthetic import synthetic_applicants
from models.training import tuning
from models.training.data import Data
from models.training.recipe import DeepLearning, Recipe
from models.training.train import save, train
tuning._TREES = {"few": ({}, (30,))}
tuning._PENALTIES, tuning._EPOCHS = (0.01,), (2,)
draw, columns, bad = random.Random(2), {}, []
for applicant in synthetic_applicants(700, seed=4):
    applicant["always"] = "x"
    for name, value in applicant.items():
        columns.setdefault(name, []).append(value)
    bad.append(draw.random() < 0.15 + 0.4 * (applicant["months"] > 20) + 0.2 * (applicant["purpose"] == "a"))
recipe = Recipe(deeplearning=DeepLearning(networks=1), folds=2, repeats=1)
training = train(Data(columns, np.array(bad, int), {}, "0" * 64), recipe, lambda: None)
save(training, Path(sys.argv[1]))
"""
SCORE = """
import json, sys
from pathlib import Path
import scoring
from creditrisk.application.validation import validate
from scoring.reference import read_reference
folder = Path(sys.argv[1])
rows = [validate(row) for row in json.loads(sys.argv[2])]
scorers = [scoring.load(folder, model) for model in ("lightgbm", "deeplearning")]
scores = [scorer.score(rows) for scorer in scorers]
reference = read_reference(folder, scorers[0].manifest)
print(json.dumps({
    "probabilities": [[score.probability for score in each] for each in scores],
    "contributions": [dict(score.contributions) for score in scores[0]],
    "unknown": [list(score.unknown) for score in scores[0]],
    "fields": scorers[0].fields, "inputs": list(reference.inputs), "portfolio": scorers[0].manifest.data["portfolio"],
}))
"""
APPLICANT = {
    "NAME": "Erika Muster", "months": 6, "amount": 1200, "balance": -250.5, "purpose": "b", "town": "Ulm", "always": "x",
    "opened": "2024-02-01",
}  # fmt: skip


def run(code: str, *arguments: str | Path, portfolio: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, env={**os.environ, "PORTFOLIO_DIR": str(portfolio)}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    fields = [f'[[field]]\nname = "{name}"\nsection = "all"\n{said}\n' for name, said in FIELDS.items()]
    (folder / "portfolio.toml").write_text(DEFINITION + "\n".join(fields), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def layer(portfolio: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "pickles"
    done = run(TRAIN, folder, portfolio=portfolio)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_lender_with_other_fields_has_models_of_its_own(layer: Path, portfolio: Path) -> None:
    risky, strange = (
        {**APPLICANT, "months": 55, "purpose": "a"},
        {**APPLICANT, "purpose": None, "balance": None},
    )
    done = run(SCORE, layer, json.dumps([APPLICANT, risky, strange]), portfolio=portfolio)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    for safe, more, _ in told["probabilities"]:
        assert 0 < safe < more < 1
    assert set(told["contributions"][1]) == set(told["fields"])
    assert told["contributions"][1]["months"] > told["contributions"][0]["months"]
    assert not {"NAME", "opened", "always"} & set(told["fields"])  # identity, a day, and what never changes
    assert told["inputs"] == told["fields"]
    assert told["portfolio"]["name"] == "loans"


def test_the_portfolio_that_ships_does_not_score_with_it(layer: Path) -> None:
    done = run(SCORE, layer, "[]", portfolio=ROOT / "layers" / "portfolio")
    assert done.returncode and "made for another portfolio, 'loans'" in done.stderr
