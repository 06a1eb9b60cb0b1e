"""Whom the model declines: approval and bad rates by sex and age band, told plainly."""

from collections.abc import Sequence

from models.training import segments
from models.training.data import Data
from models.training.markdown import percent, table
from scoring.features import Matrix

_THRESHOLD = 0.5


def fairness(probabilities: Matrix, data: Data, used: Sequence[str], model: str) -> str:
    """The card's section on sexes and age bands. `probabilities` are out-of-fold probabilities of `model`, whose columns are
    made of the fields `used`."""
    bad, columns = data.bad, data.columns
    thresholds = (_THRESHOLD, segments.threshold_approving(probabilities))
    share = percent(segments.APPROVE_SHARE)
    head = ["", "applications", "bad rate", "mean probability"]
    for threshold in thresholds:
        head += [
            f"approved at {threshold:.3f}",
            f"bad rate of those at {threshold:.3f}",
            f"good clients declined at {threshold:.3f}",
        ]
    parts = [
        "## Sex and age\n",
        f"`{model}`, out of fold, at the threshold in use by default ({_THRESHOLD}) and at {thresholds[1]:.3f}, which approves {share}. "
        + _said_of(used)
        + "Groups with more bad clients are declined more often, and so are the good clients among them. Whether that "
        "may be is a question of law and policy, not of the figures: in many countries sex may not be used for credit "
        "at all, and age not in this way.\n",
    ]
    for label, of in (
        ("Sex", segments.sex_of(columns["SEX"])),
        ("Age", segments.age_band_of(columns["AGE"])),
    ):
        found = segments.groups(of, probabilities, bad, thresholds)
        parts.append(
            table([label, *head[1:]], [_group_row(group) for group in found])
            + "\n\n"
            + _verdict(found, thresholds)
            + "\n"
        )
    return "\n".join(parts)


def _said_of(fields: Sequence[str]) -> str:
    used = [f"`{name}`" for name in ("SEX", "AGE") if name in fields]
    if not used:
        return "This model uses neither `SEX` nor `AGE`; other fields may still tell of them. "
    return f"This model uses {' and '.join(used)}, directly and in crosses. "


def _group_row(group: segments.Group) -> list[str]:
    row = [group.name, f"{group.rows:,}", percent(group.bad_rate), percent(group.probability)]
    for outcome in group.outcomes:
        row += [percent(outcome.approved), percent(outcome.bad_rate), percent(outcome.good_declined)]
    return row


def _verdict(found: Sequence[segments.Group], thresholds: Sequence[float]) -> str:
    sentences = []
    for place, threshold in enumerate(thresholds):
        ratio, low, high = segments.impact_ratio(found, place)
        if low:
            verdict = "passes" if ratio >= 0.8 else "**fails**"
            sentences.append(
                f"At {threshold:.3f}, “{low}” is approved {ratio:.2f} times as often as “{high}”, which {verdict} the four-fifths rule."
            )
    if not sentences:
        return "No two groups are large enough to compare."
    gaps = {
        group.name: group.probability - group.bad_rate for group in found if group.rows >= segments.FEWEST
    }
    worst = max(gaps, key=lambda name: abs(gaps[name]))
    sentences.append(
        f"Mean probability and bad rate differ most for “{worst}”: by {100 * gaps[worst]:+.1f} percentage points."
    )
    return " ".join(sentences)
