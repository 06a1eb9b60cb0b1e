"""The report's charts, each of one part of it; an empty text where there is nothing to draw."""

from collections.abc import Sequence
from math import isnan, log, nan

from lifecycle.drift.psi import MODERATE
from lifecycle.drift.report import Drift, Moved
from lifecycle.performance.estimate import Estimate
from lifecycle.performance.figures import Decile
from lifecycle.performance.groups import Treated
from lifecycle.performance.promised import Promised
from lifecycle.performance.vintages import Vintage
from lifecycle.report.numbers import percent, percents, with_interval
from lifecycle.report.svg import SIGN, WIDTH, Plot, box, dot, legend, line, picture, shortened, span, text

ROW = 17.0
"""Height of a row in charts that list things."""
MOST_ROWS = 18
"""Rows that such a chart shows; the table behind it has all."""
_STYLES = {"steady": "c0", "slight": "c1", "moved": "c2", "moved much": "c3"}


def roc_auc_by_month(vintages: Sequence[Vintage], promised: Promised | None) -> str:
    """Expected and seen ROC-AUC of each month's applications."""
    foretold = [(place, each.expected.roc_auc) for place, each in enumerate(vintages) if each.expected]
    if not any(not isnan(told.value) for _, told in foretold):
        return ""
    seen = [each.roc_auc for each in vintages]
    promise = promised.roc_auc if promised else nan
    values = [told.value for _, told in foretold] + [end for told in seen for end in told] + [promise]
    plot = Plot((-0.5, len(vintages) - 0.5), span(values, 0.1))
    plot.rows(2)
    plot.names([each.month for each in vintages])
    plot.band(foretold, "band")
    plot.path([(place, told.value) for place, told in foretold], "line soft")
    if not isnan(promise):
        plot.path([(-0.5, promise), (len(vintages) - 0.5, promise)], "line dash")
    for place, each in enumerate(vintages):
        plot.mark(place, each.roc_auc, "seen", f"{each.month}: {with_interval(each.roc_auc)}")
    entries = [("seen", "seen"), ("line soft", "expected")]
    plot.parts += legend(14, [*entries, *([] if isnan(promise) else [("line dash", "promised by training")])])
    return plot.picture("ROC-AUC by month of application, expected and seen")


def bad_rate_by_month(vintages: Sequence[Vintage]) -> str:
    """Expected and seen bad rate of each month's applications."""
    foretold = [(place, each.expected.bad_rate) for place, each in enumerate(vintages) if each.expected]
    if not foretold:
        return ""
    values = [end for _, told in foretold for end in told]
    values += [end for each in vintages if each.known for end in each.bad_rate]
    low, high = span(values, 0.05)
    plot = Plot((-0.5, len(vintages) - 0.5), (max(low, 0.0), high))
    plot.rows(None, " %", 100)
    plot.names([each.month for each in vintages])
    plot.band(foretold, "band")
    plot.path([(place, told.value) for place, told in foretold], "line soft")
    for place, each in enumerate(vintages):
        if each.known:
            told = f"{each.month}: {percent(each.bad_rate.value)} ({percents(each.bad_rate)})"
            plot.mark(place, each.bad_rate, "seen", told)
    plot.parts += legend(14, [("seen", "seen"), ("line soft", "expected")])
    return plot.picture("Bad rate by month of application, expected and seen")


def calibration(deciles: Sequence[Decile]) -> str:
    """Bad rate over mean probability, tenth by tenth; on the diagonal, the scores are honest."""
    if not deciles:
        return ""
    _, most = span([end for each in deciles for end in (each.mean_probability, each.bad_rate.high)])
    plot = Plot((0, most), (0, most))
    plot.rows(None, " %", 100)
    plot.columns(None, " %", 100)
    plot.path([(0, 0), (most, most)], "line dash")
    for each in deciles:
        plot.mark(
            each.mean_probability,
            each.bad_rate,
            "seen",
            f"told {percent(each.mean_probability)}, seen {percent(each.bad_rate.value)} ({percents(each.bad_rate)})",
        )
    plot.title("probability of default as told")
    plot.parts += legend(14, [("seen", "bad rate of a tenth, with its interval"), ("line dash", "honest")])
    return plot.picture("Bad rate by tenth of the score, beside its mean probability")


def gains(deciles: Sequence[Decile]) -> str:
    """The share of all bad applicants in the riskiest part."""
    if not deciles or isnan(deciles[-1].captured):
        return ""
    rows = sum(each.rows for each in deciles)
    upto, points = 0, [(0.0, 0.0)]
    for each in deciles:
        upto += each.rows
        points.append((upto / rows, each.captured))
    plot = Plot((0, 1), (0, 1))
    plot.rows(None, " %", 100)
    plot.columns(None, " %", 100)
    plot.path([(0, 0), (1, 1)], "line dash")
    plot.path(points, "line strong")
    for x, y in points[1:]:
        plot.parts.append(
            dot(*plot.at(x, y), "seen", f"the riskiest {percent(x, 0)} hold {percent(y)} of the bad")
        )
    plot.title("riskiest part of the applicants")
    plot.parts += legend(14, [("line strong", "of all bad ones, held by it"), ("line dash", "by chance")])
    return plot.picture("Share of all bad applicants in the riskiest part")


def score_distribution(score: Moved) -> str:
    """The shares of the score's bins in training and in the recent weeks."""
    cells = score.cells[:-1]
    most = max(max(cell.trained, cell.now) for cell in cells) * 1.1 or 1.0
    plot = Plot((-0.5, len(cells) - 0.5), (0, most))
    plot.rows(None, " %", 100)
    plot.names([cell.name.removeprefix("below ").split(" ")[0] for cell in cells])
    for place, cell in enumerate(cells):
        for aside, share, style in ((-0.4, cell.trained, "then"), (0.0, cell.now, "seen")):
            x, y = plot.at(place + aside, share)
            across = plot.at(place + aside + 0.4, 0)[0] - x
            told = f"{cell.name}: {percent(cell.trained)} in training, {percent(cell.now)} now"
            plot.parts.append(box(x, y, across, plot.at(0, 0)[1] - y, style, told))
    plot.title("score: probability of default")
    plot.parts += legend(14, [("then", "training data"), ("seen", "recent weeks")])
    return plot.picture("Distribution of the score, in training and in the recent weeks")


def moved_most(drift: Drift) -> str:
    """PSI of the recent weeks on a logarithmic scale, the largest first, beside what chance alone makes of it."""
    rows = sorted(drift.moved, key=lambda each: -each.recent.psi)[:MOST_ROWS]
    if not rows:
        return ""
    names, least = 168.0, 0.001
    most = max(1.0, *(each.recent.psi for each in rows))

    def across(value: float) -> float:
        share = (log(max(value, least)) - log(least)) / (log(most) - log(least))
        return names + share * (WIDTH - names - 52)

    parts, bottom = [], 26 + ROW * len(rows)
    for value in (0.01, 0.1, 1.0):
        parts += [line(across(value), 20, across(value), bottom, "grid"), text(across(value), 14, f"{value:g}", "middle", "tick")]  # fmt: skip
    for place, each in enumerate(rows):
        y = 26 + ROW * place
        told = f"{each.label}: PSI {each.recent.psi:.3f}, by chance up to {each.recent.limit:.3f} ({each.recent.verdict})"
        parts.append(text(names - 8, y + 11, shortened(each.label, names - 8), "end", "name"))
        parts.append(
            box(names, y + 2, across(each.recent.psi) - names, ROW - 5, _STYLES[each.recent.verdict], told)
        )
        parts.append(line(across(each.recent.limit), y + 1, across(each.recent.limit), y + ROW - 2, "limit"))
        parts.append(text(WIDTH - 4, y + 11, f"{each.recent.psi:.2f}", "end", "tick"))
    return picture(
        bottom + 4, f"What has moved most in the recent weeks; from {MODERATE:g} on it matters", parts
    )


def heat(drift: Drift) -> str:
    """Weeks across, distributions down; the darker, the further from the training data."""
    rows = sorted(drift.moved, key=lambda each: -_worst(each))[:MOST_ROWS]
    if not rows or not drift.mondays:
        return ""
    names, parts = 168.0, []
    wide = (WIDTH - names - 4) / len(drift.mondays)
    for place, each in enumerate(rows):
        y = 6 + ROW * place
        parts.append(text(names - 8, y + 12, shortened(each.label, names - 8), "end", "name"))
        for number, week in enumerate(each.weeks):
            if week:
                told = f"{each.label}, week of {drift.mondays[number]}: PSI {week.psi:.3f} ({week.verdict})"
                parts.append(box(names + number * wide, y, wide * 0.94, ROW - 2, _STYLES[week.verdict], told))
    bottom = 6 + ROW * len(rows)
    parts.append(text(names, bottom + 13, drift.mondays[0], style="tick"))
    if len(drift.mondays) > 1:
        parts.append(text(WIDTH - 4, bottom + 13, drift.mondays[-1], "end", "tick"))
    parts += legend(bottom + 34, [(style, words) for words, style in _STYLES.items()])
    return picture(bottom + 42, "Shift of every distribution from the training data, week by week", parts)


def _worst(each: Moved) -> float:
    return max((week.psi for week in each.weeks if week and week.psi > week.limit), default=0.0)


def rates(
    rows: Sequence[tuple[str, Estimate, str]],
    label: str,
    mark: float = nan,
    words: str = "",
    per_cent: bool = True,
) -> str:
    """Shares with their intervals, one a row; `mark` is drawn across all, and `words` say what it is."""
    there = [row for row in rows if not isnan(row[1].value)]
    if not there:
        return ""
    if len(there) > MOST_ROWS:  # those at both ends
        there.sort(key=lambda row: row[1].value)
        there = there[: MOST_ROWS // 2] + there[-MOST_ROWS // 2 :]
    names = min(max(SIGN * max(len(name) for name, _, _ in there) + 14, 60.0), 190.0)
    low, high = span([end for _, told, _ in there for end in told] + [mark])
    plot = Plot((max(low, 0.0), min(high, 1.0)), (0, 1), 46 + ROW * len(there), names, 22, 22, 24)
    plot.columns(None, *((" %", 100) if per_cent else ("", 1)))
    top, bottom = plot.top, plot.height - plot.bottom
    if not isnan(mark):
        x = plot.at(mark, 0)[0]
        plot.parts.append(line(x, top - 4, x, bottom, "line dash"))
        plot.parts.append(text(min(x, WIDTH - SIGN * len(words) / 2 - 4), 13, words, "middle", "key"))
    for place, (name, told, title) in enumerate(there):
        y = top + ROW * (place + 0.5)
        plot.parts.append(text(names - 8, y + 4, shortened(name, names - 8), "end", "name"))
        if not isnan(told.low):
            plot.parts.append(line(plot.at(told.low, 0)[0], y, plot.at(told.high, 0)[0], y, "reach seen"))
        plot.parts.append(dot(plot.at(told.value, 0)[0], y, "seen", title))
    return plot.picture(label)


def approvals(treated: Treated) -> str:
    """The share approved of each group; left of the mark, the four-fifths rule fails."""
    rows = []
    for group in treated.groups:
        found = group.outcomes[0].approved
        told = Estimate(found.value, found.low, found.high)
        rows.append((group.name, told, f"{group.name}: {percent(told.value)} of {found.rows:,} approved"))
    most = max((told.value for _, told, _ in rows if not isnan(told.value)), default=nan)
    return rates(rows, f"Share approved by group: {treated.label}", 0.8 * most, "four fifths of the highest")
