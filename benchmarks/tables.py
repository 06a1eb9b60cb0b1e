"""Figures as a table on the screen, and in benchmarks/results/ as Markdown and JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


def machine() -> str:
    """One line on what the figures were measured with."""
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def write(
    name: str,
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    data: Mapping[str, object],
    keep: bool = True,
) -> None:
    """Print the rows, and write them to results/NAME.md with `data`, the bare figures, in results/NAME.json; without `keep`
    print them only."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (header, *rows)
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    text = f"{title}\n({machine()})\n\n" + "\n".join(lines) + "\n"
    print(text)
    if not keep:
        return
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    (RESULTS / f"{name}.json").write_text(
        json.dumps({"machine": machine(), **data}, indent=1) + "\n", encoding="utf-8"
    )
