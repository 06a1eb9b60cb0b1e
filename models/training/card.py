"""The model card: what was trained, on what, how good it is, for whom, and where it ends. Written by every training of
the project's own layer: the words stand in card.md.jinja, the figures for them are made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray

from creditrisk.application import FIELDS, Role
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
_THRESHOLD = 0.5
_TEMPLATE = Path(__file__).with_name("card.md.jinja")
_TECHNICAL = ("deterministic", "force_row_wise", "n_jobs", "verbose")


@dataclass(frozen=True)
class Subject:
    """What a card is about: a training, its data, and its models as they are served from the new layer."""

    training: Training
    data: Data
    served: Mapping[str, Scorer]


def write(path: Path, subject: Subject, ablation: Ablation | None) -> None:
    """Write the card, and its plots in a folder of the same name beside it. Raises PlotsUnavailable."""
    folder = path.with_suffix("")
    out_of_fold = subject.training.out_of_fold
    plots.draw(folder, {name: result.log_odds[0] for name, result in out_of_fold.items()}, subject.data.bad)
    figures = _figures(subject) | {"ablation": ablation, "plots": folder.name}
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
    return found


def _percent(share: float) -> str:
    """A share in words; a dash where there is none."""
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"


def _names(of: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in of) or "none"


def _settings(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items() if name not in _TECHNICAL)


def _figures(subject: Subject) -> dict[str, Any]:
    """What the template asks for, but for ablation and plots."""
    training, bad = subject.training, subject.data.bad
    used = training.facts["fields"]
    probabilities = probability(training.out_of_fold[MAIN].log_odds[0])
    thresholds = (_THRESHOLD, segments.threshold_approving(probabilities))
    groups = {
        "Sex": segments.sex_of(subject.data.columns["SEX"]),
        "Age": segments.age_band_of(subject.data.columns["AGE"]),
    }
    return {
        "main": MAIN,
        "models": list(training.models),
        "version": subject.served[MAIN].version,
        "facts": training.facts,
        "recipe": training.recipe,
        "protected": [name for name in used if FIELDS[name].protected],
        "recorded": [name for name, field in FIELDS.items() if field.role is Role.RECORDED],
        "identity": [name for name, field in FIELDS.items() if field.role is Role.IDENTITY],
        "interval": {name: _intervals(subject, name) for name in training.models},
        "deciles": segments.deciles(probabilities, bad),
        "thresholds": thresholds,
        "approve_share": segments.APPROVE_SHARE,
        "group_fields": [name for name in ("SEX", "AGE") if name in used],
        "comparisons": {
            label: segments.compare(segments.groups(of, probabilities, bad, thresholds), thresholds)
            for label, of in groups.items()
        },
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
