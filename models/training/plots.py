"""The model card's plots, as small SVGs that are the same for the same figures."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

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


def _svg(plot: Any, log_odds: Mapping[str, Matrix], bad: Labels) -> str:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=(4.5, 4.2), layout="constrained")
        axes = figure.add_subplot()
        plot(axes, log_odds, bad)
        axes.legend(loc="lower right", frameon=False)
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
