"""Why a hand-over is refused: one class per cause. The words say what to change."""

from scoring.errors import ModelError


class HandoverFailed(ModelError):
    """The process that reads and converts the files failed, or used more memory or time than it may."""


class NoSandbox(ModelError):
    """This system cannot close a process, so nothing that could run code is read here."""


class WrongFiles(ModelError):
    """A file of the folder is missing, there twice, too large, or no ordinary file."""


class WrongLabels(ModelError):
    """Which of the model's classes is the bad one is not clear, or there are not two."""


class WrongShape(ModelError):
    """Encoder, scaler and model do not fit together."""


class NotConvertible(ModelError):
    """A part of the model has no exact conversion."""


class ConversionDiffers(ModelError):
    """The converted model gives other probabilities than the original."""


class UnknownLevels(ModelError):
    """The model learned levels that no applicant can give."""


class UnexpectedScores(ModelError):
    """The expected scores that came along are not those that would be served."""


class UnusableRows(ModelError):
    """The rows that came along for the reference distributions cannot be counted."""
