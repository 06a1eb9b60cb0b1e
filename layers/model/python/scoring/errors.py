"""Why a model cannot be served: one class per cause, each with a sentence on what to do."""

from creditrisk.errors import CreditRiskError


class ModelError(CreditRiskError):
    """Something is wrong with the model's files."""


class UnknownModel(ModelError):
    """A model was named that the layer does not carry."""


class ManifestMissing(ModelError):
    """There is no manifest, or it cannot be read."""


class FileMissing(ModelError):
    """A file that the manifest lists is not there."""


class FileChanged(ModelError):
    """A file is not the one that the manifest lists."""


class UnsafePickle(ModelError):
    """A pickle asks for something that a model has no use for."""


class UnreadablePickle(ModelError):
    """A pickle is cut off, or was made by a library that this one does not understand."""


class UnreadableGraph(ModelError):
    """An ONNX graph does not load, or is not what the manifest says of it."""


class ReferenceMissing(ModelError):
    """A layer came without reference distributions."""


class UnreadableReference(ModelError):
    """A layer's reference distributions are not what this code reads."""


class LibraryMissing(ModelError):
    """A library that the files need is not installed here."""


class WrongScores(ModelError):
    """The model does not give the scores that it gave when it was made."""


class UnusableFeatures(ModelError):
    """The features table of a portfolio's definition asks for what there is not."""


class OtherPortfolio(ModelError):
    """The model was trained under another definition than the one in use."""


class UnlawfulModel(ModelError):
    """The model uses what the portfolio's law forbids, or what is not there to be scored."""
