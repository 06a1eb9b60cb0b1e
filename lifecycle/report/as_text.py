"""The report for a terminal: what to know first, then the tables."""

import textwrap
from collections.abc import Iterator

from creditrisk.counted import counted
from lifecycle.drift.psi import Verdict
from lifecycle.report import tables
from lifecycle.report.numbers import decimal, interval, percent
from lifecycle.report.report import Report
from lifecycle.report.tables import INTERVAL, Table
from lifecycle.report.words import head

_SIGNS = {"good": "✓", "note": "·", "bad": "!"}
_SHADES: dict[Verdict, str] = {"steady": "░", "slight": "▒", "moved": "▓", "moved much": "█"}
_WEEKS = 26
"""Most weeks, the last ones, that are shown as shades."""
_LABEL = 34
"""Signs of a distribution's name."""


def as_text(report: Report, width: int = 100) -> str:
    """The report as lines of about this width, without an end of line after the last."""
    return "\n".join(_lines(report, width))


def _lines(report: Report, width: int) -> Iterator[str]:
    for line in head(report):
        yield from textwrap.wrap(line, width)
    if report.findings:
        yield ""
    for each in report.findings:
        yield from textwrap.wrap(
            each.text, width, initial_indent=f"  {_SIGNS[each.level]} ", subsequent_indent="    "
        )
    if report.performance:
        yield from _titled("Performance on known outcomes", tables.performance(report), width)
    if report.awaited:
        told = report.awaited
        yield ""
        yield from textwrap.wrap(
            f"Expected of {counted(told.rows, 'accepted application')} whose outcome is awaited: ROC-AUC "
            f"{decimal(told.roc_auc.value)} ({interval(told.roc_auc)}), bad rate {percent(told.bad_rate.value)}",
            width,
        )
    if len(report.vintages) > 1:
        yield from _titled("By month of application", tables.vintages(report), width)
    if len(report.models) > 1:
        yield from _titled("By model version", tables.models(report), width)
    yield from _drift(report, width)
    for table in tables.challenger(report):
        yield from _titled(table.title, table, width)
    yield from _titled("Approvals by group", tables.treatment(report), width) if report.groups else ()


def _titled(title: str, table: Table, width: int) -> Iterator[str]:
    yield ""
    yield title
    yield from grid(table, width)


def grid(table: Table, width: int) -> Iterator[str]:
    """A table, its first column to the left and the others to the right; where there is no room for all, without intervals,
    the last one first."""
    rows = [table.header, *table.rows]
    while True:
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        intervals = [place for place, name in enumerate(rows[0]) if name == INTERVAL]
        if sum(widths) + 2 * len(widths) <= width or not intervals:
            break
        rows = [[*row[: intervals[-1]], *row[intervals[-1] + 1 :]] for row in rows]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True)]
        yield "  " + "  ".join(cells).rstrip()


def _drift(report: Report, width: int) -> Iterator[str]:
    if report.drift is None:
        if report.drift_missing:
            yield ""
            yield from textwrap.wrap(f"Drift: {report.drift_missing}", width)
        return
    moved = [each for each in report.drift.moved if each.recent.verdict != "steady" or each.alarms]
    yield ""
    yield f"Drift from the training data: {len(moved)} of {counted(len(report.drift.moved), 'distribution')} beyond chance"
    rows = []
    for each in moved:
        weeks = "".join(_SHADES[week.verdict] if week else " " for week in each.weeks[-_WEEKS:])
        rows.append(
            [
                each.label[:_LABEL],
                decimal(each.recent.psi),
                decimal(each.recent.limit),
                each.recent.verdict,
                weeks,
            ]
        )
    if rows:
        yield from grid(Table("", ["distribution", "PSI", "chance", "verdict", "weeks"], rows), width)
