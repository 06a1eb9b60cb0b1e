"""Why there is no training, or no model card of it."""

from creditrisk.errors import CreditRiskError


class UnusableRecipe(CreditRiskError):
    """The recipe names something that is not there, or asks for fewer folds than there can be."""


class PlotsUnavailable(CreditRiskError):
    """What draws the model card is not installed; the layer does not need it."""


class CardNotWritten(CreditRiskError):
    """The layer was replaced, but its card could not be written."""
