"""The report as one self-contained page: charts first, the table behind each; no script, nothing is fetched."""

from collections.abc import Iterator, Sequence
from html import escape

from creditrisk.counted import counted
from lifecycle.drift.report import SCORE
from lifecycle.report import charts, tables
from lifecycle.report.numbers import NOTHING, count, decimal, interval, percent, percents, with_interval
from lifecycle.report.report import Report
from lifecycle.report.style import STYLE
from lifecycle.report.tables import Table
from lifecycle.report.words import ABOUT, head, range_of


def as_html(report: Report) -> str:
    """The page."""
    scope = report.scope
    body = "".join(_body(report)).replace(" %", "\u00a0%")  # a figure is not parted from its unit
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
        f"<title>Monitor: {escape(scope.portfolio)}, {escape(scope.as_of[:10])}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield f"<header><h1>Credit-risk monitor</h1>{''.join(f'<p>{escape(told)}</p>' for told in head(report))}</header>\n"
    yield _figures(report)
    yield f"<ul class='findings'>{''.join(f'<li class={each.level}>{escape(each.text)}</li>' for each in report.findings)}</ul>\n"
    yield from _on_outcomes(report)
    yield from _on_months(report)
    yield from _on_drift(report)
    yield from _on_challenger(report)
    yield from _on_groups(report)
    yield f"<footer>{escape(range_of(report))} Intervals hold the true value 95 times of 100. What each figure means, and where it comes from, is told in docs/monitor.md.</footer>\n"


def _figures(report: Report) -> str:
    seen, over_all = report.performance, report.all_applicants
    told = [
        (count(report.counts.applications), "applications"),
        (percent(report.counts.approved / max(report.counts.applications, 1)), "approved"),
    ]
    if seen:
        told.append((percent(seen.bad_rate.value), f"bad, of {counted(seen.rows, 'known outcome')}"))
        told.append((decimal(seen.roc_auc.value), f"ROC-AUC seen, {interval(seen.roc_auc)}"))
    if over_all:
        auc = over_all.figures.roc_auc
        told.append((decimal(auc.value), f"ROC-AUC of all applicants, {interval(auc)}"))
    if report.awaited:
        told.append(
            (
                decimal(report.awaited.roc_auc.value),
                f"ROC-AUC expected of {count(report.awaited.rows)} awaited",
            )
        )
    if report.drift:
        told.append((f"{len(report.drift.alarms)} of {len(report.drift.moved)}", "distributions moved"))
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(words)}</span></div>" for value, words in told)
    return f"<div class='figures'>{cells}</div>\n"


def _section(title: str, about: str, drawn: Sequence[tuple[str, str, str]], behind: Sequence[Table]) -> str:
    """A heading, its charts (heading, chart, caption), and the tables behind them."""
    figures = "".join(
        f"<figure><h3>{escape(heading)}</h3>{chart}<figcaption>{escape(caption)}</figcaption></figure>"
        for heading, chart, caption in drawn
        if chart
    )
    shown = f"<div class='charts'>{figures}</div>" if figures else ""
    return (
        f"<section><h2>{escape(title)}</h2><p class='about'>{escape(about)}</p>{shown}"
        f"{''.join(_folded(each) for each in behind if each.rows)}</section>\n"
    )


def _folded(table: Table) -> str:
    header = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in table.header)
    rows = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in table.rows
    )
    return (
        f"<details><summary>{escape(table.title or 'The table behind it')}</summary><div class='scroll' tabindex='0'><table>"
        f"<caption>{escape(table.title)}</caption><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _on_outcomes(report: Report) -> Iterator[str]:
    if report.performance is None:
        return
    drawn = [
        ("Do the probabilities come true?", charts.calibration(report.deciles), "Ten parts of equally many applications, by score."),
        ("Does the score find the bad ones?", charts.gains(report.deciles), f"ROC-AUC {decimal(report.performance.roc_auc.value)}, KS {decimal(report.performance.ks)}."),
    ]  # fmt: skip
    behind = [tables.performance(report), tables.deciles(report), tables.models(report)]
    yield _section("Seen: outcomes that are known", ABOUT["outcomes"], drawn, behind)


def _on_months(report: Report) -> Iterator[str]:
    if not report.vintages:
        return
    drawn = [
        ("ROC-AUC by month of application", charts.roc_auc_by_month(report.vintages, report.promised), "The band holds the seen figure 95 times of 100 if the probabilities are honest."),
        ("Bad rate by month of application", charts.bad_rate_by_month(report.vintages), "Months whose applications are too young have an expectation only."),
    ]  # fmt: skip
    yield _section("Expected and seen, month by month", ABOUT["months"], drawn, [tables.vintages(report)])


def _on_drift(report: Report) -> Iterator[str]:
    drift = report.drift
    if drift is None:
        if report.drift_missing:
            yield _section("Drift", report.drift_missing, [], [])
        return
    score = next((each for each in drift.moved if each.name == SCORE), None)
    drawn = [
        ("What has moved most, recently", charts.moved_most(drift), "Bars are PSI on a logarithmic scale; the tick is what chance alone reaches. From 0.1 on a shift matters."),
        ("Week by week", charts.heat(drift), "Hold the pointer over a cell for its figure."),
        ("The score", charts.score_distribution(score) if score else "", f"PSI {decimal(score.recent.psi)}." if score else ""),
    ]  # fmt: skip
    yield _section(
        "Drift: applicants beside the training data", ABOUT["drift"], drawn, [tables.drift(report)]
    )


def _on_challenger(report: Report) -> Iterator[str]:
    duel = report.challenger
    if duel is None:
        return
    corners = [(each.name, each.bad_rate, counted(each.known, "known outcome")) for each in duel.corners]
    ranks = [
        (name, figures.roc_auc, with_interval(figures.roc_auc))
        for name, figures in (("champion", duel.champion), ("challenger", duel.challenger))
        if figures
    ]
    equal = [
        (name, told, f"{percent(told.value)} ({percents(told)})")
        for name, told in zip(("champion", "challenger"), duel.approvals, strict=True)
    ]
    drawn = [
        ("Who ranks better", charts.rates(ranks, "ROC-AUC of champion and challenger", per_cent=False), duel.verdict),
        ("Bad rate where they agree and disagree", charts.rates(corners, "Bad rate by agreement"), f"At the cut-off {duel.threshold:g}."),
        ("Bad rate of as many approved", charts.rates(equal, "Bad rate of those whom each would approve"), f"Both approve as many: the challenger below {decimal(duel.challenger_threshold)}."),
    ]  # fmt: skip
    yield _section("Champion and challenger", ABOUT["challenger"], drawn, tables.challenger(report))


def _on_groups(report: Report) -> Iterator[str]:
    drawn = [
        (
            each.label,
            charts.approvals(each),
            _ratio(each.ratio.value, each.ratio.verdict) if each.ratio else "",
        )
        for each in report.groups
        if each.groups
    ]
    if drawn:
        yield _section("Groups: who is approved", ABOUT["groups"], drawn, tables.groups(report))


def _ratio(value: float, verdict: str) -> str:
    return f"The lowest rate is {decimal(value, 2)} of the highest: {verdict}." if value == value else NOTHING
