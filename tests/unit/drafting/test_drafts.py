"""Whatever the table, its draft is a definition that the reader takes, and every row of the table is accepted under it."""

import re
from pathlib import Path

import pytest

from creditrisk.errors import UnusablePortfolio
from creditrisk.portfolio import Role, read_portfolio
from creditrisk.portfolio.kinds import Choice, Number, Whole
from models.drafting.draft import draft, slug, write
from models.drafting.errors import DefinitionNotWritten, DefinitionThere
from models.table import read_table
from tests.lenders import consumer_loans, write_table
from tests.machine import PORTFOLIOS
from tests.unit.drafting.lender import definition, random_table, refused, text_of


@pytest.mark.parametrize("seed", range(1, 41))
def test_every_row_of_a_random_table_is_accepted_under_its_draft(seed: int, tmp_path: Path) -> None:
    columns = random_table(seed) | {"amount": [(row * 37) % 991 for row in range(400)]}
    portfolio = definition(tmp_path, columns)
    assert refused(portfolio, tmp_path / "loans.csv") == []
    assert len(portfolio.fields) >= len(columns)
    assert "is left out" not in text_of(tmp_path)


def test_a_draft_names_its_target_and_law_and_what_a_person_should_look_at(tmp_path: Path) -> None:
    portfolio = definition(tmp_path, {"amount": [(row * 37) % 991 for row in range(400)]}, "BR")
    assert (portfolio.name, portfolio.currency, portfolio.law.profile) == ("loans", "BRL", "BR")
    assert (portfolio.target.column, portfolio.target.bad) == ("outcome", "bad")
    text = text_of(tmp_path).replace("\n# ", " ")
    assert "Every line is a guess" in text and "good (306), bad (94)" in text


def test_a_definition_that_is_there_is_left_alone(tmp_path: Path) -> None:
    data = write_table(tmp_path / "loans.csv", consumer_loans(300))
    drafted = draft(read_table(data), "outcome", "bad", "none", "loans")
    path = write(drafted, tmp_path / "new" / "folder")
    path.write_text("mine")
    with pytest.raises(DefinitionThere, match="is there already"):
        write(drafted, tmp_path / "new" / "folder")
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    data = write_table(tmp_path / "loans.csv", consumer_loans(300))
    drafted = draft(read_table(data), "outcome", "bad", "none", "loans")
    with pytest.raises(DefinitionNotWritten, match="cannot be written"):
        write(drafted, data / "folder")


def test_a_draft_that_the_reader_does_not_take_is_kept_beside_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise UnusablePortfolio("field x: it is wrong.")

    data = write_table(tmp_path / "loans.csv", consumer_loans(300))
    drafted = draft(read_table(data), "outcome", "bad", "none", "loans")
    monkeypatch.setattr("models.drafting.draft.read_portfolio", refuse)
    with pytest.raises(DefinitionNotWritten, match=re.escape("portfolio.draft needs a hand")):
        write(drafted, tmp_path / "folder")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["portfolio.draft"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("German credit.v2", "german-credit-v2"),
        ("Crédito São Paulo", "credito-sao-paulo"),
        ("貸款", "portfolio"),
    ],
)
def test_a_files_name_becomes_a_portfolios(name: str, said: str) -> None:
    assert slug(name) == said


needs_files = pytest.mark.needs("other lenders' files")


@needs_files
@pytest.mark.parametrize(
    ("file", "target", "bad"),
    [("german-credit", "creditability", "bad"), ("taiwan-cards", "default.payment.next.month", "1")],
)
def test_every_row_of_a_real_file_is_accepted_under_its_draft(
    file: str, target: str, bad: str, tmp_path: Path
) -> None:
    data = PORTFOLIOS / f"{file}.csv"
    write(draft(read_table(data), target, bad, "EU", file), tmp_path)
    portfolio = read_portfolio(tmp_path)
    assert refused(portfolio, data) == []
    assert not any(field.missing for field in portfolio.fields.values() if field.role is Role.FEATURE)


@needs_files
def test_german_credit_is_understood(tmp_path: Path) -> None:
    table = read_table(PORTFOLIOS / "german-credit.csv")
    write(draft(table, "creditability", "bad", "EU", "german"), tmp_path)
    fields = read_portfolio(tmp_path).fields
    assert {name: field.protected for name, field in fields.items() if field.protected} == {
        "personal_status_and_sex": ("sex", "marital status"), "age_in_years": ("age",), "foreign_worker": ("nationality",),
    }  # fmt: skip
    assert [name for name, field in fields.items() if field.role is Role.HELD] == [
        "personal_status_and_sex", "foreign_worker",
    ]  # fmt: skip
    assert fields["purpose"].choices["car (new)"] == "Car (new)"
    assert fields["other_debtors_or_guarantors"].parse("none") == "none"


@needs_files
def test_taiwan_cards_are_understood(tmp_path: Path) -> None:
    table = read_table(PORTFOLIOS / "taiwan-cards.csv")
    write(draft(table, "default.payment.next.month", "1", "US", "taiwan"), tmp_path)
    fields = read_portfolio(tmp_path).fields
    assert (fields["ID"].role, fields["ID"].asked) == (Role.RECORDED, False)
    assert all(isinstance(fields[name].kind, Choice) for name in ("SEX", "EDUCATION", "MARRIAGE"))
    assert fields["PAY_0"].kind == Whole(-5, 20)
    assert isinstance(fields["BILL_AMT1"].kind, Number)
    assert fields["SEX"].role is fields["MARRIAGE"].role is Role.HELD
