"""`creditrisk portfolio`: a draft, its check and its table; and what every command says of a portfolio that is broken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import creditrisk
from creditrisk.portfolio import portfolio_folder, read_portfolio
from tests.lenders import consumer_loans, small_loans, write_table

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_table(tmp_path / "small loans.csv", consumer_loans(300))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(creditrisk, ["portfolio", *map(str, arguments)], catch_exceptions=True)


def new(data: Path, *more: str | Path) -> Result:
    return run("new", data, "--target", "outcome", "--bad", "bad", *more)


def test_new_drafts_into_a_folder_of_the_files_name_and_says_what_it_guessed(
    data: Path, tmp_path: Path
) -> None:
    done = new(data)
    assert done.exit_code == 0, done.output
    assert read_portfolio(tmp_path / "small loans").name == "small-loans"
    lines = done.stdout.splitlines()
    assert lines[0] == "small loans/portfolio.toml is a draft: 8 features, 1 field recorded, 0 held"
    assert any(line.startswith("customer_id: recorded, and no model may use it") for line in lines)
    assert any(line.startswith("personal_status_and_sex: looks protected (sex and marital") for line in lines)
    assert any(line.startswith("law: none, so nothing forbids") for line in lines)
    assert "creditrisk portfolio check small loans" in lines[-1]


def test_new_under_a_law_holds_what_it_forbids(data: Path, tmp_path: Path) -> None:
    done = new(data, "--law", "br", "--out", tmp_path / "deep" / "er")
    assert done.exit_code == 0, done.output
    read = read_portfolio(tmp_path / "deep" / "er")
    assert (read.law.profile, read.fields["personal_status_and_sex"].role) == ("BR", "held")
    assert "law: none" not in done.stdout


def test_new_works_before_the_portfolio_in_use_is_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTFOLIO_DIR", str(tmp_path / "loans"))
    assert new(data, "--out", tmp_path / "loans").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv", "--target", "outcome", "--bad", "bad"], "nowhere.csv cannot be read"),
        (["small loans.csv", "--target", "outcom", "--bad", "bad"], "did you mean outcome?"),
        (["small loans.csv", "--target", "outcome", "--bad", "1"], "'1' never stands in the column outcome"),
    ],
)
def test_new_tells_in_a_line_what_is_wrong_and_writes_nothing(
    arguments: list[str], said: str, data: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "portfolio", "new", *arguments],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [data]


def test_check_says_in_a_line_that_a_definition_is_well() -> None:
    shipped = read_portfolio(portfolio_folder())
    done = run("check", portfolio_folder())
    assert done.exit_code == 0
    assert (
        f"{len(shipped.fields)} fields" in done.stdout and f"fingerprint {shipped.fingerprint}" in done.stdout
    )
    assert f"law {shipped.law.profile}" in done.stdout and done.stdout.count("\n") == 1
    assert run("check").stdout == done.stdout, "without a folder it is the portfolio in use"


def test_check_tells_every_mistake_in_a_line_of_its_own(data: Path, tmp_path: Path) -> None:
    new(data, "--out", tmp_path / "loans")
    path = tmp_path / "loans" / "portfolio.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('type = "boolean"', 'type = "bool"').replace('currency = "', 'curency = "')
    path.write_text(text.replace('role = "recorded"', 'rule = "recorded"'), encoding="utf-8")
    done = run("check", tmp_path / "loans")
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 3 + ('type = "bool"' in text)
    assert any("curency is no key here; did you mean currency?" in line for line in lines)
    assert any("rule is no key here; did you mean role?" in line for line in lines)


def test_show_prints_the_fields_by_section(data: Path, tmp_path: Path) -> None:
    new(data, "--law", "US", "--out", tmp_path / "loans")
    done = run("show", tmp_path / "loans")
    assert done.exit_code == 0, done.output
    assert "\nThe applicant\n" in done.stdout
    row = next(
        line for line in done.stdout.splitlines() if line.strip().startswith("personal_status_and_sex")
    )
    assert "held" in row and "one of 4: " in row and "protected: sex, marital status" in row
    row = next(line for line in done.stdout.splitlines() if line.strip().startswith("duration_in_month"))
    assert "feature" in row and "whole number, 0 to 100 months · required · changeable" in row


def test_show_tells_programs_the_same() -> None:
    shipped = read_portfolio(portfolio_folder())
    told = json.loads(run("show", "--json").stdout)
    assert [field["name"] for field in told["fields"]] == list(shipped.fields)
    assert told["fields"][0]["role"] == "identity"
    assert {field["formName"] for field in told["fields"] if field["asked"]} == {
        field.form_name for field in shipped.fields.values() if field.asked
    }


def test_schema_prints_what_editors_read() -> None:
    assert json.loads(run("schema").stdout)["properties"]["currency"]


@pytest.mark.parametrize(
    "command",
    [["serve"], ["worker"], ["train", "x.csv"], ["score", "a.csv", "b.csv"], ["model", "show"], ["history", "export", "x.csv"],
     ["queue", "status"], ["portfolio", "show"], ["portfolio", "check"], ["reference", "x"]],
    ids=lambda command: " ".join(command[:2]),
)  # fmt: skip
def test_a_broken_portfolio_is_a_line_on_stderr_in_every_command(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "portfolio.toml").write_text("name = 'x'\ncurrency = ")
    done = subprocess.run(
        [sys.executable, "-m", "cli", *command],
        cwd=ROOT, env=os.environ | {"PORTFOLIO_DIR": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1 and "portfolio.toml is not TOML" in done.stderr


def test_check_tells_what_a_language_has_no_word_for_and_accepts_it(tmp_path: Path) -> None:
    lender = small_loans(tmp_path / "lender")
    (lender / "words").mkdir()
    (lender / "words" / "de.toml").write_text('title = "Kleinkredite"\n', encoding="utf-8")
    done = run("check", lender)
    assert done.exit_code == 0
    assert "words.de has no word for field NAME: title; the definition's own is shown" in done.stdout
    assert "in en, de," in done.stdout.splitlines()[-1]


def test_show_tells_a_languages_words_and_which_there_are() -> None:
    shown = run("show", portfolio_folder(), "--language", "pt-BR")
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert lines[0] == "Cartões de crédito (PAKDD 2010)"
    assert "  QUANT_CARS: Carros [Nenhum | Um ou mais]" in lines
    assert "  QUANT_DEPENDANTS: Dependentes Quantas pessoas vivem desta renda; 0 se não houver." in lines
    unknown = run("show", portfolio_folder(), "--language", "fr")
    assert "has no words in fr; there are en, es, pt-BR." in str(unknown.exception)
