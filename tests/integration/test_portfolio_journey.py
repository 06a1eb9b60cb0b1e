"""From a lender's file to its own form, API, scorer and record, with the commands of docs/portfolios.md."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from localstage.address import connection
from tests.e2e.chaos.house import House
from tests.e2e.chaos.stage import ROOT
from tests.lenders import consumer_loans, write_table
from tests.machine import PORTFOLIOS

ROWS = 800


@dataclass(frozen=True)
class Lender:
    """A lender's portfolio and model as the commands made them of its file."""

    data: Path
    target: str
    portfolio: Path
    environment: dict[str, str]
    said: str

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """`creditrisk …` for this lender."""
        return command(*arguments, **{**self.environment, **environment})

    def applicant(self, row: int) -> dict[str, Any]:
        """A row of the file as somebody sends it."""
        with self.data.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))[row]
        del found[self.target]
        return {"FULL_NAME": "Erika Muster", "DNI": "12345678", **found}


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    return subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
    )


def drafted(folder: Path, data: Path, target: str, bad: str) -> Lender:
    """The first two commands of docs/portfolios.md."""
    portfolio, model = folder / "portfolio", folder / "model"
    environment = {"PORTFOLIO_DIR": str(portfolio), "MODEL_DIR": str(model)}
    done = command(
        "portfolio", "new", data, "--target", target, "--bad", bad, "--law", "EU", "--out", portfolio
    )
    assert done.returncode == 0, done.stderr
    checked = command("portfolio", "check", portfolio)
    assert checked.returncode == 0, checked.stderr
    trained = command("train", data, **environment)
    assert trained.returncode == 0, trained.stderr
    return Lender(data, target, portfolio, environment, trained.stdout)


@pytest.fixture(
    scope="module",
    params=["made up", pytest.param("German credit", marks=pytest.mark.needs("other lenders' files"))],
)
def lender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lender:
    folder = tmp_path_factory.mktemp("lender")
    if request.param == "made up":
        return drafted(folder, write_table(folder / "loans.csv", consumer_loans(ROWS)), "outcome", "bad")
    return drafted(folder, PORTFOLIOS / "german-credit.csv", "creditability", "bad")


@pytest.fixture(scope="module")
def house(lender: Lender, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), **lender.environment) as house:
        yield house


def test_training_tells_how_good_both_models_are(lender: Lender) -> None:
    figures = json.loads(
        (Path(lender.environment["MODEL_DIR"]) / "manifest.json").read_text(encoding="utf-8")
    )
    for model in ("lightgbm", "deeplearning"):
        assert f"{model:<13} ROC-AUC 0." in lender.said
        assert figures["cross_validation"][model]["roc_auc"] > 0.65


def test_a_file_of_the_lender_is_scored_row_by_row(lender: Lender, tmp_path: Path) -> None:
    done = lender.run("score", lender.data, tmp_path / "scored.csv")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "scored.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with lender.data.open(encoding="utf-8", newline="") as file:
        known = [row[lender.target] for row in csv.DictReader(file)]
    assert len(rows) == len(known)
    assert {row["error"] for row in rows} == {""}
    mean = {
        what: sum(
            float(row["probability"])
            for row, each in zip(rows, known, strict=True)
            if (each == "bad") == what
        )
        / sum((each == "bad") == what for each in known)
        for what in (True, False)
    }
    assert mean[True] > mean[False] + 0.1


def test_the_api_decides_and_the_record_has_the_lenders_columns(lender: Lender, house: House) -> None:
    applicant = lender.applicant(3)
    status, body = house.post_until_answered("/api/v1/applications", applicant, Prefer="wait=20")
    assert status == 200, body
    assert body["status"] == "decided"
    with (house.folder / "data/history/history.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["APPLICATION_ID"]: row for row in csv.DictReader(file)}
    row = rows[body["id"]]
    assert float(row["PROBABILITY"]) == body["probability"]
    assert set(applicant) <= set(row)
    assert row["FULL_NAME"] == "Erika Muster"


def test_the_form_asks_what_the_lender_asks_and_answers(lender: Lender, house: House) -> None:
    fields = json.loads(lender.run("portfolio", "show", "--json").stdout)["fields"]
    http = connection(f"http://127.0.0.1:{house.port}/")
    http.request("GET", "/clerk", headers={"Accept": "text/html"})
    page = http.getresponse().read().decode()
    asked = [field for field in fields if field["asked"]]
    assert asked
    for field in asked:
        assert f'name="{field["formName"]}"' in page
    known = lender.applicant(5)
    typed = {field["formName"]: known[field["name"]] for field in asked if field["name"] in known}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    http = connection(f"http://127.0.0.1:{house.port}/")
    http.request("POST", "/application", urlencode(typed), headers)
    reply = http.getresponse()
    answer = reply.read().decode()
    assert reply.status in (200, 202), answer
    assert "Erika Muster" in answer or reply.status == 202


def test_a_bad_application_is_told_what_is_wrong_with_it(lender: Lender, house: House) -> None:
    applicant = lender.applicant(3) | {"DNI": "twelve"}
    status, body = house.post("/api/v1/applications", applicant)
    assert (status, list(body["errors"])) == (400, ["DNI"])


def test_what_ships_refuses_the_lenders_model(lender: Lender, tmp_path: Path) -> None:
    done = command("score", lender.data, tmp_path / "out.csv", MODEL_DIR=lender.environment["MODEL_DIR"])
    assert done.returncode == 1
    assert "portfolio" in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_lender_refuses_the_model_that_ships(lender: Lender, tmp_path: Path) -> None:
    done = command(
        "score", lender.data, tmp_path / "out.csv", PORTFOLIO_DIR=lender.environment["PORTFOLIO_DIR"]
    )
    assert done.returncode == 1
    assert "portfolio" in done.stderr and len(done.stderr.splitlines()) == 1
