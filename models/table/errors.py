"""Why nothing can be learned from a file."""

from creditrisk.errors import CreditRiskError


class UnusableData(CreditRiskError):
    """The file is not one that can be learned from; nothing was changed."""
