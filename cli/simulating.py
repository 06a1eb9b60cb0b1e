"""What `creditrisk policy simulate` tries a policy on, and how it shows what came of it."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditrisk.application import FIELDS, canonical_name
from creditrisk.errors import NoHistory, UnusableFile
from creditrisk.policy.definition import Policy, Worth
from creditrisk.portfolio import active
from creditrisk.settings import Settings

if TYPE_CHECKING:  # numpy is slow to import
    from lifecycle.simulation import Applicants, Figures


def tried_on(
    settings: Settings,
    policies: tuple[Policy, Policy],
    worth: Worth | None,
    since: datetime | None = None,
    scores: Path | None = None,
) -> tuple["Figures", "Figures"]:
    """What two policies do with the history, or with the rows of a file. Raises NoHistory, HistoryUnavailable, UnusableFile."""
    from lifecycle.simulation import simulate
    from models.fairness.grouping import sensitive

    groups = sensitive(FIELDS)
    needed = [*dict.fromkeys(name for policy in policies for name in policy.fields), *(field.name for field in groups)]  # fmt: skip
    fields = list(dict.fromkeys(needed))
    applicants = _of_file(scores, fields) if scores else _of_history(settings.history_url, fields, since)
    current, candidate = (simulate(policy, applicants, groups, worth) for policy in policies)
    return current, candidate


def _of_history(url: str, fields: Sequence[str], since: datetime | None) -> "Applicants":
    from creditrisk.history import open_history
    from creditrisk.outcomes import open_outcomes
    from lifecycle.cohort import read_cohort
    from lifecycle.simulation import Applicants

    cohort = read_cohort(
        open_history(url),
        open_outcomes(url),
        maturity_months=active().target.maturity_months,
        as_of=datetime.now(UTC),
        since=since,
        fields=fields,
    )
    applicants = Applicants.of(cohort, FIELDS)
    if not len(applicants):
        raise NoHistory(
            f"Nothing was decided {'since then ' if since else ''}in {url}: give rows with --scores."
        )
    return applicants


def _of_file(path: Path, fields: Sequence[str]) -> "Applicants":
    """The rows of a CSV file with `probability`, the fields, and what became of each in the target's column."""
    import numpy as np

    from lifecycle.simulation import Applicants, Coded

    target = active().target
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise UnusableFile(f"{path} cannot be read as CSV in UTF-8 ({type(error).__name__}).") from None
    place = {canonical_name(name) or name: at for at, name in enumerate(header)}
    for name in ("probability", target.column, *fields):
        if name not in place:
            raise UnusableFile(f"{path} has no column {name}; what is tried needs it.")
    columns = dict(zip(place, zip(*rows, strict=True), strict=True)) if rows else {}
    try:
        probability = np.array([float(cell) for cell in columns["probability"]])
    except (ValueError, KeyError):
        raise UnusableFile(f"{path} has a row without a probability; leave such rows out.") from None
    bad = [-1 if cell == "" else int(cell == target.bad) for cell in columns[target.column]]
    return Applicants(
        probability,
        np.array(bad, np.int8),
        np.full(len(rows), np.nan),
        np.full(len(rows), np.datetime64("NaT"), "datetime64[D]"),
        {name: Coded.of(FIELDS[name], columns[name]) for name in fields},
    )


def as_data(current: "Figures", candidate: "Figures") -> str:
    """Both as JSON."""
    return json.dumps(
        {"current": _plain(current), "candidate": _plain(candidate)}, ensure_ascii=False, indent=1
    )


def _plain(figures: "Figures") -> dict[str, Any]:
    return asdict(figures) | {"ratios": figures.ratios}


def as_text(current: "Figures", candidate: "Figures") -> str:
    """Both as a table, side by side."""
    both = (current, candidate)
    rows = [
        ("", "now", "then"),
        ("policy", *(figures.policy for figures in both)),
        ("applications", *(f"{figures.applications:,}" for figures in both)),
        *((name, *(_of(getattr(figures, name), figures.applications) for figures in both)) for name in ("approved", "referred", "declined")),
        ("  accepted at random, expected", *(f"{figures.explored:,.1f}" for figures in both)),
        *_rules(current, candidate),
        ("approved with a known outcome", *(f"{figures.known:,}" for figures in both)),
        ("  of these bad", *(_rate(figures.bad_rate) for figures in both)),
        ("bad among the approved, expected", *(_rate(figures.expected_bad_rate) for figures in both)),
        ("profit", *("–" if figures.profit is None else f"{figures.profit:,.0f} {active().currency}" for figures in both)),
        *_groups(current, candidate),
    ]  # fmt: skip
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}".rstrip() for row in rows]
    lines.append(
        "Outcomes are known of those who were given credit alone; the others' are what the scores expect."
    )
    return "\n".join(lines)


def _rules(*both: "Figures") -> list[tuple[str, str, str]]:
    names = dict.fromkeys(name for figures in both for name in figures.by_rule)
    current, candidate = both
    return [(f"  by rule {name}", *(f"{figures.by_rule.get(name, 0):,}" for figures in (current, candidate))) for name in names]  # type: ignore[misc]  # fmt: skip


def _groups(current: "Figures", candidate: "Figures") -> list[tuple[str, str, str]]:
    rows = []
    for name, shares in current.groups.items():
        if not shares:
            continue
        then = {share.name: share for share in candidate.groups[name]}
        rows.append((f"approved, by {FIELDS[name].label}", "", ""))
        rows += [
            (
                f"  {share.name} ({share.applications:,})",
                _rate(share.approved),
                _rate(then[share.name].approved),
            )
            for share in shares
        ]
    return rows


def _of(count: int, all_of_them: int) -> str:
    return f"{count:,} ({count / all_of_them:.1%})"


def _rate(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"
