"""What can go wrong with the processes of one machine; the message says what to do."""

from creditrisk.errors import CreditRiskError


class ChildFails(CreditRiskError):
    """A child process ends as soon as it is started."""


class NoRedisServer(CreditRiskError):
    """No redis-server is to be had, or it does not start."""


class PortTaken(CreditRiskError):
    """Something else listens where the form should."""
