"""What may be wrong with the audit log."""

from creditrisk.errors import CreditRiskError


class AuditBroken(CreditRiskError):
    """An entry is not as it was written, or is missing; the message says which one."""


class AuditUnavailable(CreditRiskError):
    """The audit log cannot be written or read now: what was to be told in it has not been done."""
