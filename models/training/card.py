"""The model card: what was trained, on what, under which law, how good it is, for whom, and where it ends.

The words stand in card.md.jinja and fairness.md.jinja; what is to be said of one portfolio's data alone, in `notes`, in a
folder of the portfolio's name. The figures for them are made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from creditrisk.application import FIELDS, Role
from creditrisk.portfolio import active
from models.fairness.grouping import sensitive
from models.fairness.rates import Rate, Ratio
from models.fairness.report import Fairness
from models.training import plots, segments
from models.training.ablation import Ablation
from models.training.data import Data
from models.training.intervals import intervals
from models.training.train import Training
from scoring import Scorer
from scoring.estimators import probability

IMPORTANCE_ROWS = 10_000
"""Applications whose contributions are averaged for the importance of the fields."""
MAIN = "lightgbm"
_TEMPLATE = Path(__file__).with_name("card.md.jinja")
_NOTES = Path(__file__).with_name("notes")
_NOTED = ("data", "tried", "limits")
_TECHNICAL = ("deterministic", "force_row_wise", "n_jobs", "verbose")


@dataclass(frozen=True)
class Subject:
    """What a card is about: a training, its data, its models as they are served from the new layer, and its fairness."""

    training: Training
    data: Data
    served: Mapping[str, Scorer]
    fairness: Fairness


def write(path: Path, subject: Subject, ablation: Ablation | None) -> None:
    """Write the card, and its plots in a folder of the same name beside it. Raises PlotsUnavailable."""
    folder = path.with_suffix("")
    out_of_fold = subject.training.out_of_fold
    plots.draw(folder, {name: result.log_odds[0] for name, result in out_of_fold.items()}, subject.data.bad)
    chart = plots.draw_groups(folder, subject.fairness)
    figures = _figures(subject) | {"ablation": ablation, "plots": folder.name, "chart": chart}
    path.write_text(_environment().get_template(_TEMPLATE.name).render(figures), encoding="utf-8")


def _environment() -> Environment:
    """Of plain text: nothing is escaped, and what a template misspells is an error."""
    found = Environment(
        loader=FileSystemLoader(_TEMPLATE.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    found.filters |= {"percent": _percent, "number": "{:,}".format, "names": _names, "settings": _settings}
    found.filters |= {"rate": _rate, "ratio": _ratio, "cell": _cell}
    return found


def _percent(share: float) -> str:
    """A share in words; a dash where there is none."""
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"


def _names(of: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in of) or "none"


def _rate(rate: Rate) -> str:
    """A rate with its interval; a dash where there is none."""
    if np.isnan(rate.value):
        return "–"
    return f"{100 * rate.value:.1f} % ({100 * rate.low:.1f} – {100 * rate.high:.1f})"


def _ratio(ratio: Ratio) -> str:
    return f"{ratio.value:.2f} ({ratio.low:.2f} – {ratio.high:.2f})"


def _cell(text: str) -> str:
    """A text of the portfolio's in a cell of a table."""
    return text.replace("|", "\\|")


def _notes(portfolio: str) -> dict[str, str]:
    """What is said of one portfolio's data alone, and where nothing is, of any."""
    folders = (_NOTES / portfolio, _NOTES / "default")
    found = {}
    for name in _NOTED:
        files = [folder / f"{name}.md" for folder in folders if (folder / f"{name}.md").is_file()]
        found[name] = files[0].read_text(encoding="utf-8").rstrip() if files else ""
    return found


def _law(training: Training) -> dict[str, Any]:
    """The profile that the model was trained under, the portfolio's where that is another, and which sensitive fields were
    left out and which scored."""
    own = active().law.profile
    profile = training.facts.get("law", own)
    used = training.facts["fields"]
    fields = sensitive(FIELDS)
    return {
        "profile": profile,
        "differs": "" if profile == own else own,
        "left_out": [field for field in fields if field.name not in used],
        "scored": [field for field in fields if field.name in used],
    }


def _settings(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items() if name not in _TECHNICAL)


def _figures(subject: Subject) -> dict[str, Any]:
    """What the template asks for, but for ablation and plots."""
    training, bad = subject.training, subject.data.bad
    portfolio = active()
    return {
        "main": MAIN,
        "models": list(training.models),
        "version": subject.served[MAIN].version,
        "portfolio": portfolio,
        "notes": _notes(portfolio.name),
        "law": _law(training),
        "facts": training.facts,
        "recipe": training.recipe,
        "recorded": [name for name, field in FIELDS.items() if field.role is Role.RECORDED],
        "held": [name for name, field in FIELDS.items() if field.role is Role.HELD],
        "identity": [name for name, field in FIELDS.items() if field.role is Role.IDENTITY],
        "interval": {name: _intervals(subject, name) for name in training.models},
        "deciles": segments.deciles(probability(training.out_of_fold[MAIN].log_odds[0]), bad),
        "fairness": subject.fairness,
        "importance": _importance(subject),
    }


def _intervals(subject: Subject, model: str) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each of a model's figures that has one."""
    training = subject.training
    value = training.facts["cross_validation"][model]
    reach = intervals(
        training.out_of_fold[model].log_odds,
        subject.data.bad,
        training.recipe.seed,
        training.recipe.bootstrap_draws,
    )
    return {
        figure: (value[figure] + below, value[figure] + above) for figure, (below, above) in reach.items()
    }


def _importance(subject: Subject) -> dict[str, Any]:
    """Over how many `rows`, the `mean` absolute contribution by model and field, and the `fields` in its order."""
    step = max(1, len(subject.data) // IMPORTANCE_ROWS)
    rows: NDArray[np.int64] = np.arange(0, len(subject.data), step)
    columns = subject.data.take(rows)
    mean: dict[str, dict[str, float]] = {}
    for name, scorer in subject.served.items():
        contributions = scorer.contributions(columns)[0]
        mean[name] = dict(zip(scorer.fields, np.abs(contributions).mean(axis=0).tolist(), strict=True))
    ranked = sorted(mean[MAIN], key=lambda field: -mean[MAIN][field])
    return {"rows": len(rows), "mean": mean, "fields": [FIELDS[name] for name in ranked]}
