"""Made-up lenders: tables of past applications as data scientists hand them over, with nobody's data in them."""

import csv
import random
from pathlib import Path
from typing import Any

SMALL_LOANS = """
name = "small-loans"
currency = "EUR"
identity = ["NAME"]
missingValues = ["-999"]
[target]
column = "outcome"
bad = "bad"
[law]
profile = "none"
[policy]
declineFrom = 0.3
[[section]]
name = "all"
[[field]]
name = "NAME"
section = "all"
type = "string"
format = "name"
[[field]]
name = "balance.last.month"
section = "all"
type = "number"
constraints = { required = true, minimum = -10000, maximum = 10000 }
[[field]]
name = 'purpose, "as told"'
section = "all"
type = "string"
levels = ["car (new)", "radio, TV", '"repairs"', "< 100", ">= 500"]
[[field]]
name = "months left"
section = "all"
type = "integer"
constraints = { minimum = -12, maximum = 60 }
"""
"""A definition that shares no field with the one that ships: names with dots, commas, quotation marks and spaces, levels
with comparison signs, quantities below 0."""


def small_loans(folder: Path) -> Path:
    """A folder with that definition."""
    folder.mkdir(parents=True)
    (folder / "portfolio.toml").write_text(SMALL_LOANS, encoding="utf-8")
    return folder


PURPOSES = ("car (new)", "car (used)", 'so-called "repairs", other', "radio/television", "education")
SAVINGS = ("... < 100", "100 <= ... < 500", "... >= 500", "unknown/ none")
STATUS = ("female : single", "female : married", "male : single", "male : divorced/separated")


def consumer_loans(rows: int, seed: int = 7) -> list[dict[str, Any]]:
    """Past applications of a lender whose fields are nothing like those that ship: levels with commas, quotation marks and
    comparison signs, a column's name with dots, negative numbers, gaps, an id, and `outcome` (good or bad)."""
    draw = random.Random(seed)
    table = []
    for number in range(rows):
        months = draw.choice((6, 12, 18, 24, 36, 48))
        amount = int(draw.lognormvariate(7.5, 0.8))
        savings = draw.choice(SAVINGS)
        balance = round(draw.gauss(400, 900), 2)
        age = 19 + int(draw.expovariate(1 / 16))
        risk = -1.4 + 0.03 * months - 0.0008 * balance + (savings == SAVINGS[0]) - 0.02 * (age - 35)
        bad = draw.random() < 1 / (1 + 2.718281828 ** -(risk + 0.0001 * amount))
        table.append(
            {
                "customer_id": f"C-{100_000 + number}",
                "duration_in_month": months,
                "credit_amount": amount,
                "purpose": draw.choice(PURPOSES),
                "savings": savings,
                "balance.last.month": "" if draw.random() < 0.1 else balance,
                "personal_status_and_sex": draw.choice(STATUS),
                "age_in_years": min(age, 75),
                "telephone": draw.choice(("yes", "none")),
                "outcome": "bad" if bad else "good",
            }
        )
    return table


def write_table(path: Path, table: list[dict[str, Any]]) -> Path:
    """The table as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return path
