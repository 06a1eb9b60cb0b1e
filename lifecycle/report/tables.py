"""The report's tables, once: a terminal and a page show the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lifecycle.drift.report import SCORE, Cell, Moved
from lifecycle.performance.estimate import Estimate
from lifecycle.performance.figures import Figures
from lifecycle.report.numbers import (
    NOTHING,
    count,
    decimal,
    interval,
    percent,
    percents,
    with_interval,
)
from lifecycle.report.report import Report
from models.fairness.rates import Rate

INTERVAL = "95 % interval"
"""What a column with the ends of intervals is called."""
_SHOWN = 0.0005
"""A share below it is 0.0 % in writing."""


@dataclass(frozen=True)
class Table:
    """Rows under a header; the first column is text, the others are figures."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def performance(report: Report) -> Table:
    """The figures: as promised, as expected of these applications, as seen, and over all applicants."""
    seen, promise, ours = report.performance, report.promised, report.foretold
    over_all = report.all_applicants.figures if report.all_applicants else None
    header = ["figure", "promised", "expected", "seen", INTERVAL]
    names = ("ROC-AUC", "Gini", "KS", "Brier score", "bad rate", "calibration slope", "calibration intercept", "calibration error")  # fmt: skip
    promised = [promise.roc_auc, promise.gini, promise.ks, promise.brier, promise.bad_rate, promise.calibration_slope, promise.calibration_intercept, promise.calibration_error] if promise else []  # fmt: skip
    foretold = [ours.roc_auc.value, 2 * ours.roc_auc.value - 1, ours.ks, ours.brier.value, ours.bad_rate.value, 1.0, 0.0] if ours else []  # fmt: skip
    found, whole = list(_of(seen)), list(_of(over_all))
    if over_all:
        header += ["all applicants", INTERVAL]
    rows = []
    for place, name in enumerate(names):
        row = [name, _at(promised, place), _at(foretold, place), *_pair(found, place)]
        rows.append(row + (_pair(whole, place) if over_all else []))
    return Table("Figures", header, rows)


def _of(figures: Figures | None) -> Iterator[Estimate]:
    if figures:
        yield figures.roc_auc
        yield figures.gini
        yield Estimate(figures.ks)
        yield figures.brier
        yield figures.bad_rate
        yield figures.calibration.slope
        yield figures.calibration.intercept
        yield Estimate(figures.calibration.error)


def _at(values: Sequence[float], place: int) -> str:
    return decimal(values[place]) if place < len(values) else NOTHING


def _pair(values: Sequence[Estimate], place: int) -> list[str]:
    if place >= len(values):
        return [NOTHING, NOTHING]
    return [decimal(values[place].value), interval(values[place])]


def deciles(report: Report) -> Table:
    """The known outcomes in ten parts by risk, the riskiest first."""
    return Table(
        "Tenths by risk, the riskiest first",
        ["tenth", "probability", "applications", "bad", "expected", "bad rate", INTERVAL, "lift", "captured"],
        [
            [
                str(place),
                f"{decimal(each.least)} to {decimal(each.most)}",
                count(each.rows),
                count(each.bad),
                percent(each.mean_probability),
                percent(each.bad_rate.value),
                percents(each.bad_rate),
                decimal(each.lift, 2),
                percent(each.captured),
            ]
            for place, each in enumerate(report.deciles, 1)
        ],
    )  # fmt: skip


def vintages(report: Report) -> Table:
    """The months of application."""
    return Table(
        "Months of application",
        ["month", "applications", "approved", "known", "expected bad", "bad rate", INTERVAL, "expected ROC-AUC", "ROC-AUC", INTERVAL],
        [
            [
                each.month,
                count(each.applications),
                percent(each.approved / each.applications),
                count(each.known),
                percent(each.expected.bad_rate.value) if each.expected else NOTHING,
                percent(each.bad_rate.value) if each.known else NOTHING,
                percents(each.bad_rate),
                decimal(each.expected.roc_auc.value) if each.expected else NOTHING,
                decimal(each.roc_auc.value),
                interval(each.roc_auc),
            ]
            for each in report.vintages
        ],
    )  # fmt: skip


def drift(report: Report) -> Table:
    """Every distribution: the recent weeks, the last one, and all of them."""
    rows = []
    for each in report.drift.moved if report.drift else ():
        last = each.weeks[-1] if each.weeks else None
        rows.append(
            [
                named(each),
                each.recent.verdict,
                decimal(each.recent.psi),
                decimal(each.recent.limit),
                decimal(last.psi) if last else NOTHING,
                decimal(each.whole.psi),
                _then_and_now(each.missing),
                _then_and_now(each.others),
                _share(report.drift.unknown.get(each.name, 0.0)) if report.drift else NOTHING,
            ]
        )
    return Table(
        "Distributions, what has moved most first",
        [
            "distribution",
            "verdict",
            "recent PSI",
            "chance",
            "last week",
            "all weeks",
            "missing",
            "rare or new",
            "unknown",
        ],
        rows,
    )


def _then_and_now(cell: Cell) -> str:
    then, now = _share(cell.trained), _share(cell.now)
    return then if then == now else f"{then} → {now}"


def _share(value: float) -> str:
    return percent(value) if value >= _SHOWN else NOTHING


def named(each: Moved) -> str:
    """A distribution's name: a field's label."""
    return each.label if each.name == SCORE else f"{each.label} · {each.name}"


def models(report: Report) -> Table:
    """The model versions that decided."""
    return Table(
        "Model versions that decided",
        ["model", "applications", "known", "bad rate", "ROC-AUC", INTERVAL],
        [
            [
                each.name,
                count(each.applications),
                count(each.figures.rows) if each.figures else "0",
                percent(each.figures.bad_rate.value) if each.figures else NOTHING,
                decimal(each.figures.roc_auc.value) if each.figures else NOTHING,
                interval(each.figures.roc_auc) if each.figures else NOTHING,
            ]
            for each in report.models
        ],
    )


def challenger(report: Report) -> list[Table]:
    """Champion and challenger: their figures, and where they disagree."""
    duel = report.challenger
    if duel is None:
        return []
    ours, theirs = list(_of(duel.champion)), list(_of(duel.challenger))
    names = ("ROC-AUC", "Gini", "KS", "Brier score", "bad rate", "calibration slope", "calibration intercept", "calibration error")  # fmt: skip
    figures = [
        [
            name,
            with_interval(ours[place]) if ours else NOTHING,
            with_interval(theirs[place]) if theirs else NOTHING,
        ]
        for place, name in enumerate(names)
    ]
    figures.append(
        ["bad rate of as many approved", *(f"{percent(each.value)} ({percents(each)})" for each in duel.approvals)]
    )  # fmt: skip
    corners = [
        [
            each.name,
            count(each.applications),
            count(each.known),
            percent(each.bad_rate.value),
            percents(each.bad_rate),
        ]
        for each in duel.corners
    ]
    return [
        Table("Champion and challenger", ["figure", "champion", "challenger"], figures),
        Table(
            "Where they disagree",
            [f"at {duel.threshold:g}", "applications", "known", "bad rate", INTERVAL],
            corners,
        ),
    ]


def treatment(report: Report) -> Table:
    """The fields that groups are made of, one a row: whose approval rate is the lowest and whose the highest."""
    rows = [
        [
            each.label,
            f"{each.ratio.lowest} / {each.ratio.highest}",
            decimal(each.ratio.value, 2),
            interval(Estimate(each.ratio.value, each.ratio.low, each.ratio.high), 2),
            each.ratio.verdict.replace(" the four-fifths rule", ""),
        ]
        for each in report.groups
        if each.ratio
    ]
    return Table(
        "Approvals by group", ["field", "lowest / highest", "ratio", INTERVAL, "four-fifths rule"], rows
    )


def groups(report: Report) -> list[Table]:
    """Each field that groups are made of, one table each."""
    told = []
    for each in report.groups:
        rows = [
            [
                group.name,
                count(group.outcomes[0].approved.rows),
                percent(group.outcomes[0].approved.value),
                _ends(group.outcomes[0].approved),
                count(group.bad.rows),
                percent(group.bad.value),
                _ends(group.bad),
                percent(group.probability),
            ]
            for group in each.groups
        ]
        if rows:
            header = ["group", "applications", "approved", INTERVAL, "known", "bad rate", INTERVAL, "expected"]  # fmt: skip
            told.append(Table(each.label, header, rows))
    return told


def _ends(rate: Rate) -> str:
    return percents(Estimate(rate.value, rate.low, rate.high))
