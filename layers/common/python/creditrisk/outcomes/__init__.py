"""What became of applications: observed later, told by the lender, recorded beside the history and never changed."""

from creditrisk.ledger import Ledger, Table, open_ledger

__all__ = ["BAD", "COLUMNS", "GOOD", "IMPORTED", "INDETERMINATE", "OUTCOMES", "open_outcomes"]

GOOD = "good"
BAD = "bad"
INDETERMINATE = "indeterminate"
"""Neither: a fraud, a cancelled card, too little use. Never counted as one of the others."""

COLUMNS = ("APPLICATION_ID", "OUTCOME", "OBSERVED_AT", "EXPOSURE", "LOSS", "ADDED_AT", "SOURCE")
"""OBSERVED_AT: when it stood so, a day or a moment (ISO 8601, UTC). EXPOSURE: what was lent, and LOSS: what of it was lost,
in the portfolio's currency; empty when not told. ADDED_AT: when it was recorded. SOURCE: the first digits of the SHA-256 of
the file that told it, or IMPORTED."""
IMPORTED = "imported"
"""The SOURCE of labels that came with a history from elsewhere: what counts as bad, and after how long, was its rule."""

OUTCOMES = Table("outcomes", COLUMNS)
"""outcomes.csv. Of several rows for an application the one with the latest OBSERVED_AT counts, and of these the last."""


def open_outcomes(history_url: str) -> Ledger:
    """The outcomes beside the history at a folder or s3://bucket/prefix; nothing is contacted yet."""
    return open_ledger(history_url, OUTCOMES)
