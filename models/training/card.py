"""The model card: what was trained, on what, how good it is, for whom, and where it ends. Written by every training of
the project's own layer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from creditrisk.application import FIELDS, Role
from models.training import plots, segments
from models.training.ablation import Ablation
from models.training.data import Data
from models.training.fairness import fairness
from models.training.intervals import intervals
from models.training.limits import INTRODUCTION, LIMITS, RETRAIN
from models.training.markdown import percent, table
from models.training.train import Training
from models.training.tried import TRIED
from scoring import Scorer
from scoring.estimators import probability
from scoring.features import Matrix

IMPORTANCE_ROWS = 10_000
"""Applications whose contributions are averaged for the importance of the fields."""
MAIN = "lightgbm"


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
    sections = (
        f"# Model card\n\n{INTRODUCTION}",
        _identity(subject),
        _data(subject),
        _fields(subject),
        _metrics(subject, folder.name),
        _gains(subject),
        fairness(_out_of_fold(subject), subject.data, subject.training.facts["fields"], MAIN),
        _ablation(ablation, subject.served[MAIN].version),
        _importance(subject),
        _tried(),
        LIMITS,
        RETRAIN,
    )
    path.write_text("\n\n".join(section.strip() for section in sections) + "\n", encoding="utf-8")


def _out_of_fold(subject: Subject) -> Matrix:
    return probability(subject.training.out_of_fold[MAIN].log_odds[0])


def _identity(subject: Subject) -> str:
    facts, recipe = subject.training.facts, subject.training.recipe
    libraries = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    return table(
        ("", ""),
        (
            ("version", f"`{subject.served[MAIN].version}`"),
            ("trained", f"{facts['trained_at']}, in {facts['training_seconds']:.0f} s, seed {facts['seed']}"),
            ("with", f"Python {facts['python']}, {libraries}"),
            (
                "`lightgbm` (default)",
                "LightGBM trees with random thresholds, blended with a logistic regression",
            ),
            (
                "",
                f"trees: {_settings(recipe.lightgbm.trees)}; weight of the trees {recipe.lightgbm.trees_weight}; C of the regression {recipe.lightgbm.regression_penalty}",
            ),
            (
                "`deeplearning`",
                f"a bag of {recipe.deeplearning.networks} multi-layer perceptrons with one hidden layer each",
            ),
            ("", _settings(recipe.deeplearning.settings)),
        ),
        figures_from=2,
    )


def _settings(settings: Mapping[str, object]) -> str:
    technical = ("deterministic", "force_row_wise", "n_jobs", "verbose")
    return ", ".join(f"{name} {value}" for name, value in settings.items() if name not in technical)


def _data(subject: Subject) -> str:
    facts = subject.training.facts["data"]
    refused = facts["refused"]
    named = ", ".join(f"{count} for {name}" for name, count in refused.items()) or "none"
    return (
        "## Data\n\nThe modelling file of the PAKDD 2010 competition as it was published: applications for a "
        "private-label card of a Brazilian retail chain, each with what became of "
        "it: 1 for a bad client, 0 for a good one. When a client counts as bad, the publisher decided.\n\n"
        + table(
            ("", ""),
            (
                ("applications trained on", f"{facts['rows']:,}"),
                ("of them bad", percent(facts["bad_rate"])),
                ("refused, since no form would accept them", f"{sum(refused.values())} ({named})"),
                ("SHA-256 of the file's text", f"`{facts['sha256']}`"),
            ),
            figures_from=2,
        )
    )


def _fields(subject: Subject) -> str:
    used, excluded = subject.training.facts["fields"], subject.training.facts["excluded_fields"]
    recorded = [name for name, field in FIELDS.items() if field.role is Role.RECORDED]
    identity = [name for name, field in FIELDS.items() if field.role is Role.IDENTITY]
    protected = [name for name in used if FIELDS[name].protected]

    def names(of: Iterable[str]) -> str:
        return ", ".join(f"`{name}`" for name in of) or "none"

    return (
        f"## Fields\n\n{len(used)} fields make {subject.training.facts['columns']} columns: numbers, flags of levels, "
        "and figures looked up for levels and crosses of levels (bad rate, frequency, effect), fitted out of fold. "
        "Text counts without letter case, accents and length, money without cents: no trace of how the file was "
        "made is learned.\n\n"
        f"- **Used** ({len(used)}): {names(used)}\n"
        f"- **Used, and protected** ({len(protected)}): {names(protected)}\n"
        f"- **Only recorded** ({len(recorded)}), constant in the data or not known when the decision is made: {names(recorded)}\n"
        f"- **Identity**, never a feature: {names(identity)}\n"
        f"- **Left out of this training**: {names(excluded)}"
    )


def _metrics(subject: Subject, folder: str) -> str:
    validation, training = subject.training.facts["cross_validation"], subject.training
    models = list(training.models)
    reach = {
        name: intervals(
            training.out_of_fold[name].log_odds,
            subject.data.bad,
            training.recipe.seed,
            training.recipe.bootstrap_draws,
        )
        for name in models
    }

    def cell(name: str, figure: str) -> str:
        value = validation[name][figure]
        if figure not in reach[name]:
            return f"{value:.4f}"
        below, above = reach[name][figure]
        return f"{value:.4f} ({value + below:.4f} – {value + above:.4f})"

    labels = {
        "roc_auc": "ROC-AUC", "roc_auc_sd": "its standard deviation over the folds", "gini": "Gini",
        "ks": "Kolmogorov-Smirnov", "brier": "Brier score", "log_loss": "log-loss",
        "calibration_error": "expected calibration error (10 bins)", "calibration_slope": "calibration slope",
        "calibration_intercept": "calibration intercept",
    }  # fmt: skip
    rows = [(label, *(cell(name, figure) for name in models)) for figure, label in labels.items()]
    return (
        f"## Figures\n\nStratified cross-validation, {validation['folds']} folds, {validation['repeats']} repeats; "
        "encoder, scaler and models are fitted anew in every fold. In brackets the 95 % interval over "
        "the draw of the applications (bootstrap).\n\n"
        + table(("", *(f"`{name}`" for name in models)), rows)
        + f"\n\n![ROC curves, out of fold]({folder}/roc.svg) ![Calibration, out of fold]({folder}/calibration.svg)"
    )


def _gains(subject: Subject) -> str:
    rows = [
        (str(number), f"{d.rows:,}", f"{d.bads:,}", percent(d.bad_rate), percent(d.probability), percent(d.share_of_bads))
        for number, d in enumerate(segments.deciles(_out_of_fold(subject), subject.data.bad), 1)
    ]  # fmt: skip
    head = ("decile", "applications", "bad", "bad rate", "mean probability", "bad clients caught so far")
    return f"## Gains by decile\n\n`{MAIN}`, out of fold, highest risk first.\n\n" + table(head, rows)


def _ablation(ablation: Ablation | None, version: str) -> str:
    heading = "## What the protected fields are worth\n\n"
    if ablation is None:
        return heading + "Not measured yet: `creditrisk train DATA --ablation` does."
    origin = "this training" if ablation.model_version == version else f"the training of {ablation.trained_at} (version `{ablation.model_version}`)"  # fmt: skip
    rows = [
        (each.what, f"{each.roc_auc:.4f}", f"{each.lost:+.4f} ± {each.spread:.4f}")
        for each in ablation.left_out
    ]
    return (
        heading
        + f"ROC-AUC of `{MAIN}` in one cross-validation without them; all fields give {ablation.roc_auc:.4f} on "
        "the same folds (± the standard deviation of the difference over the folds). "
        f"Measured with {origin}.\n\n" + table(("left out", "ROC-AUC", "lost"), rows)
    )


def _importance(subject: Subject) -> str:
    step = max(1, len(subject.data) // IMPORTANCE_ROWS)
    columns = subject.data.take(np.arange(0, len(subject.data), step))
    mean = {}
    for name, scorer in subject.served.items():
        contributions = scorer.contributions(columns)[0]
        mean[name] = dict(zip(scorer.fields, np.abs(contributions).mean(axis=0).tolist(), strict=True))
    ranked = sorted(mean[MAIN], key=lambda field: -mean[MAIN][field])
    rows = [
        (f"`{field}`", FIELDS[field].label + (" (protected)" if FIELDS[field].protected else ""), *(f"{mean[name][field]:.4f}" for name in mean))
        for field in ranked
    ]  # fmt: skip
    return (
        "## Importance of the fields\n\nMean absolute contribution to the log-odds, by the models as served: SHAP values "
        f"for `{MAIN}`, integrated gradients for `deeplearning`; a cross is shared equally by its "
        f"fields. Over {len(columns[ranked[0]]):,} of the applications trained on, so places and other fields of many "
        "levels look somewhat more important than they are for new applicants.\n\n"
        + table(("field", "label", *(f"`{name}`" for name in mean)), rows, figures_from=2)
    )


def _tried() -> str:
    parts = [
        "## Tried, and did not help\n\nROC-AUC in 5-fold cross-validation on this data; what was kept stands beside."
    ]
    for block, rows in TRIED.items():
        parts.append(f"**{block}**\n\n" + table(("what", "ROC-AUC", "remark"), rows, figures_from=3))
    return "\n\n".join(parts)
