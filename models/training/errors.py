"""Why a data file cannot be trained on."""

from creditrisk.errors import CreditRiskError


class UnusableData(CreditRiskError):
    """The file is not one that a model can be trained on; nothing was changed."""


class PlotsUnavailable(CreditRiskError):
    """What draws the model card is not installed; the layer does not need it."""


class CardNotWritten(CreditRiskError):
    """The layer was replaced, but its card could not be written."""
