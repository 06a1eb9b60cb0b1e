"""Made-up tables of all sorts, and what is drafted from them."""

import csv
import io
import random
import string
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from creditrisk.portfolio import Portfolio, read_portfolio
from models.drafting.draft import draft, write
from models.table import read_table

Columns = Mapping[str, Sequence[Any]]
ROWS = 400


def outcomes(rows: int = ROWS, seed: int = 5) -> list[str]:
    """One in four is bad."""
    draw = random.Random(seed)
    return ["bad" if draw.random() < 0.25 else "good" for _ in range(rows)]


def as_csv(columns: Columns, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue()


def definition(folder: Path, columns: Columns, law: str = "none", **target: str) -> Portfolio:
    """What is drafted from a table whose column `outcome` says good or bad, read back from its file."""
    data = folder / "loans.csv"
    data.write_text(as_csv({"outcome": outcomes(), **columns}), encoding="utf-8")
    drafted = draft(read_table(data), target.get("column", "outcome"), target.get("bad", "bad"), law, "loans")
    write(drafted, folder / "loans")
    return read_portfolio(folder / "loans")


def text_of(folder: Path) -> str:
    """The definition as it was written."""
    return (folder / "loans" / "portfolio.toml").read_text(encoding="utf-8")


def refused(portfolio: Portfolio, data: Path) -> list[str]:
    """What any field says against any cell of the file that it was drafted from."""
    table = read_table(data)
    found = []
    for name, field in portfolio.fields.items():
        names = {name, *field.accepted} | (
            {name.removesuffix("_field")} if name.endswith("_field") else set()
        )
        for place, column in enumerate(table.header):
            if column not in names:
                continue
            for cell in set(table.column(place)):
                try:
                    field.parse(cell)
                except ValueError as error:
                    found.append(f"{name}: {cell!r}: {error}")
    return found  # fmt: skip


def _words(draw: random.Random) -> list[str]:
    signs = string.ascii_letters + string.digits + " _-/<>=.,;:'\"()#%&ãçéñ€|\t\n\\"
    return ["".join(draw.choices(signs, k=draw.randint(1, 14))) for _ in range(draw.randint(2, 30))]


MAKERS: tuple[Callable[[random.Random], Callable[[], Any]], ...] = (
    lambda draw: lambda: draw.randint(0, 3),
    lambda draw: lambda: draw.randint(-5, 10_000),
    lambda draw: lambda: draw.choice((-1, 0, 1, 2, 5, 8)),
    lambda draw: lambda: round(draw.gauss(0, 1e4), 2),
    lambda draw: lambda: draw.random(),
    lambda draw: lambda: draw.lognormvariate(-12, 3),
    lambda draw: lambda: draw.choice(("", "NA", "?", "unknown", str(draw.randint(1, 99)))),
    lambda draw: lambda: draw.choice(("-999", str(draw.randint(0, 90)))),
    lambda draw: lambda: f"{draw.randint(1, 9)}.{draw.randint(0, 999):03}",
    lambda draw: lambda: f"{draw.randint(1, 99)},{draw.randint(0, 99):02}",
    lambda draw: lambda: f"{draw.randint(1, 9):,}{draw.randint(100, 999)}",
    lambda draw: lambda: f"{draw.randint(0, 99_999):05}",
    lambda draw: lambda: draw.choice(("Y", "N", "")),
    lambda draw: lambda: draw.choice(("true", "false")),
    lambda draw: lambda: draw.choice(("none", "None", "car", "Car", "CAR", "house  big", "house big")),
    lambda draw: lambda: f"20{draw.randint(10, 26)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
    lambda draw: lambda: f"{draw.randint(1, 28)}/{draw.randint(1, 12)}/20{draw.randint(10, 26)}",
    lambda draw: lambda: f"R$ {draw.randint(1, 9)}.{draw.randint(100, 999)},{draw.randint(10, 99)}",
    lambda draw: lambda: f"{draw.random():.2%}",
    lambda draw: lambda: f"{draw.lognormvariate(8, 1):.1E}",
    lambda draw: lambda: "x" * draw.randint(1, 700),
    lambda draw: lambda: "",
    lambda draw: lambda: "same",
    lambda draw: lambda: draw.getrandbits(120),
    lambda draw: (lambda words: lambda: draw.choice(words))(_words(draw)),
)  # fmt: skip
"""Kinds of columns: each makes a maker of cells."""


def random_table(seed: int, rows: int = ROWS) -> dict[str, list[Any]]:
    """A table of up to fifteen columns of random kinds, under names that may collide with anything."""
    draw = random.Random(seed)
    names = ["model", "Decision", "probability", "income", "Credit Amount", "credit-amount", "credit_amount", "age", "sexo",
             "#", "a.b.c", "  x ", "Motivo da Solicitação", "2020", "reasons", "DNI", "name", "id", "date", "error", "city"]  # fmt: skip
    table = {}
    for name in draw.sample(names, draw.randint(1, 15)):
        make = draw.choice(MAKERS)(draw)
        gaps = draw.choice((0.0, 0.0, 0.2))
        table[name] = ["" if draw.random() < gaps else make() for _ in range(rows)]
    return table
