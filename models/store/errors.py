"""What may be wrong with the store of versions."""

from creditrisk.errors import CreditRiskError


class UnknownVersion(CreditRiskError):
    """The store has no such version, or several that begin so."""


class StoreUnavailable(CreditRiskError):
    """The store of versions cannot be written or read; no layer was changed."""


class AlreadyUnderWay(CreditRiskError):
    """Another process is at the same work."""
