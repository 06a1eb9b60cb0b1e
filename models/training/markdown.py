"""Pieces of Markdown for the model card."""

from collections.abc import Iterable, Sequence

import numpy as np


def table(head: Sequence[str], rows: Iterable[Sequence[str]], figures_from: int = 1) -> str:
    """A Markdown table; the columns from `figures_from` on are set flush right."""
    rule = ["---" if place < figures_from else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def percent(share: float) -> str:
    """A share in words; a dash where there is none."""
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"
