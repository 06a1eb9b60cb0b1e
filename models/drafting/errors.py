"""Why no definition is drafted."""

from creditrisk.errors import CreditRiskError


class DefinitionThere(CreditRiskError):
    """A definition stands where the draft was to be written; a person may have worked on it, so it stays."""


class DefinitionNotWritten(CreditRiskError):
    """The draft cannot be written where it was to be."""
