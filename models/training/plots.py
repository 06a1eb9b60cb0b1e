"""The model card's plots, as small SVGs that are the same for the same figures."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from models.fairness.rates import FOUR_FIFTHS, Comparison
from models.fairness.report import Fairness
from models.training.arrays import Labels
from models.training.errors import PlotsUnavailable
from scoring.estimators import probability
from scoring.features import Matrix

BINS = 20
POINTS = 150
"""Points of a ROC curve; more would not be seen."""
_COLOURS = {"lightgbm": "#1f4e79", "deeplearning": "#c0562b"}
_STYLE: Any = {
    "svg.hashsalt": "model card",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
}


def require() -> None:
    """Raises PlotsUnavailable when matplotlib, which only the card needs, is not installed."""
    try:
        import matplotlib.figure  # noqa: F401  # slow, and a tool of development alone
    except ImportError:
        raise PlotsUnavailable(
            "matplotlib is not installed, so the model card cannot be drawn; `make setup` installs it with "
            "requirements/dev.txt."
        ) from None


def draw(folder: Path, log_odds: Mapping[str, Matrix], bad: Labels) -> None:
    """Write roc.svg and calibration.svg. `log_odds`: model → out-of-fold log-odds, one for each row."""
    require()
    folder.mkdir(parents=True, exist_ok=True)
    for name, plot in (("roc", _roc), ("calibration", _calibration)):
        (folder / f"{name}.svg").write_text(_svg(plot, log_odds, bad), encoding="utf-8")


def draw_groups(folder: Path, fairness: Fairness) -> bool:
    """Write groups.svg: who is approved at the last threshold, group by group. False when there is nothing to compare; then
    no such file is left."""
    require()
    shown = [each for each in fairness.comparisons if each.ratios]
    file = folder / "groups.svg"
    if not shown:
        file.unlink(missing_ok=True)
        return False
    file.write_text(_svg_of_groups(shown), encoding="utf-8")
    return True


def _svg_of_groups(shown: list[Comparison]) -> str:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    lines = [len(each.groups) for each in shown]
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.0, 0.8 * len(shown) + 0.19 * sum(lines)), layout="constrained")
        panels = figure.subplots(len(shown), squeeze=False, sharex=True, height_ratios=[n + 2 for n in lines])
        for (axes,), each in zip(panels, shown, strict=True):
            _groups(axes, each)
        approved = [group.outcomes[-1].approved for each in shown for group in each.groups]
        lowest = min([rate.low for rate in approved] + [FOUR_FIFTHS * max(rate.value for rate in approved)])
        panels[-1][0].set_xlim(max(lowest - 0.02, 0.0), 1.0)
        panels[-1][0].set_xlabel(
            "approved, with 95 % interval; left of the dashed line fails the four-fifths rule"
        )
        return _text(figure)


def _groups(axes: Any, comparison: Comparison) -> None:
    rates = [group.outcomes[-1].approved for group in comparison.groups]
    places = np.arange(len(rates))
    reach = [[rate.value - rate.low for rate in rates], [rate.high - rate.value for rate in rates]]
    axes.errorbar(
        [rate.value for rate in rates], places, xerr=reach, color=_COLOURS["lightgbm"], fmt="o", markersize=3
    )
    axes.axvline(
        FOUR_FIFTHS * max(rate.value for rate in rates), color="#888888", linewidth=0.8, linestyle="--"
    )
    names = [_short(group.name) for group in comparison.groups]
    axes.set_yticks(places, names, fontsize=7)
    axes.set(title=_plain(comparison.grouping.field.label), ylim=(len(rates) - 0.5, -0.5))


_LONGEST = 40
"""Characters of a group's name that a chart shows."""


def _short(text: str) -> str:
    return _plain(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _plain(text: str) -> str:
    """A text of the portfolio's, in which matplotlib is to read no formula."""
    return text.replace("$", r"\$")


def _svg(plot: Any, log_odds: Mapping[str, Matrix], bad: Labels) -> str:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(4.5, 4.2), layout="constrained")
        axes = figure.add_subplot()
        plot(axes, log_odds, bad)
        axes.legend(loc="lower right", frameon=False)
        return _text(figure)


def _text(figure: Any) -> str:
    """A figure as SVG, the same for the same figure."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _roc(axes: Any, log_odds: Mapping[str, Matrix], bad: Labels) -> None:
    for name, row in log_odds.items():
        false, true, _ = roc_curve(bad, row)
        at = np.linspace(0, 1, POINTS)
        axes.plot(at, np.interp(at, false, true), label=name, color=_COLOURS.get(name), linewidth=1.3)
    axes.plot([0, 1], [0, 1], color="#888888", linewidth=0.8, linestyle="--", label="chance")
    axes.set(
        xlabel="share of good clients declined",
        ylabel="share of bad clients declined",
        xlim=(0, 1),
        ylim=(0, 1),
    )


def _calibration(axes: Any, log_odds: Mapping[str, Matrix], bad: Labels) -> None:
    highest = 0.0
    for name, row in log_odds.items():
        probabilities = probability(row)
        parts = np.array_split(np.argsort(probabilities, kind="stable"), BINS)
        told = np.array([probabilities[part].mean() for part in parts])
        seen = np.array([bad[part].mean() for part in parts])
        error = [
            1.96 * np.sqrt(rate * (1 - rate) / len(part)) for rate, part in zip(seen, parts, strict=True)
        ]
        axes.errorbar(
            told, seen, error, label=name, color=_COLOURS.get(name), fmt="o", markersize=3, linewidth=0.8
        )
        highest = max(highest, float(told.max()), float((seen + error).max()))
    axes.plot([0, highest], [0, highest], color="#888888", linewidth=0.8, linestyle="--", label="honest")
    axes.set(xlabel="probability of default as told", ylabel="bad rate as seen, with 95 % interval")
