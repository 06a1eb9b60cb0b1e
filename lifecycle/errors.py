"""What may keep a model from being retrained, compared or promoted."""

from creditrisk.errors import CreditRiskError


class TooFewOutcomes(CreditRiskError):
    """Too few applications have an outcome that counts: nothing is learned, and nothing judged, by them."""


class PromotionRefused(CreditRiskError):
    """A version does not pass a gate; the message names the gate and gives its figures. The active one goes on."""


class NameMissing(CreditRiskError):
    """Who does something has no name that the audit log could tell."""
