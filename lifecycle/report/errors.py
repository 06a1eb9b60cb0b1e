"""Why there is no report; the message says what to do."""

from creditrisk.errors import CreditRiskError


class UnknownDecider(CreditRiskError):
    """No application was decided by the model that a report was asked for."""


class ReportNotWritten(CreditRiskError):
    """The page cannot be written where it was asked for."""
