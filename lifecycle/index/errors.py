"""What goes wrong with an index, each with what to do about it."""

from creditrisk.errors import CreditRiskError


class IndexUnavailable(CreditRiskError):
    """The database that holds the index cannot be reached, or refuses."""


class NoIndex(IndexUnavailable):
    """There is no index yet, or one that an earlier version of this system made."""


class RecordReplaced(CreditRiskError):
    """A file of the record is not the one that was indexed: the index has to be made anew."""


class WrongQuery(CreditRiskError):
    """A look-up asks for something that there is not."""


class AlreadyBuilding(CreditRiskError):
    """Another process is making the index anew."""
