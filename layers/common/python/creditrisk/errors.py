"""One exception per cause. The edges (HTTP, command line, Lambda) turn each into a status or an exit code."""

from collections.abc import Mapping


def one_line(text: str, most: int = 2_000) -> str:
    """A text as one line that a terminal shows as it is: what others named or wrote may hold line ends, or signs that
    move the cursor or turn the reading direction."""
    clean = "".join(
        sign if sign.isprintable() else " " if sign.isspace() else "?" for sign in text[: most + 1].strip()
    )
    return clean if len(clean) <= most else clean[: most - 1] + "…"


class CreditRiskError(Exception):
    """Anything that a person can act on; its text is one sentence fit to be shown."""


class SettingError(CreditRiskError):
    """An environment variable holds a value that the system cannot run with."""


class UnusablePortfolio(CreditRiskError):
    """A portfolio's definition cannot be used; `mistakes` are sentences, one for each thing that is wrong with it."""

    def __init__(self, message: str, mistakes: tuple[str, ...] = ()) -> None:
        self.mistakes = mistakes or (message,)
        super().__init__(message)


class UnusablePolicy(CreditRiskError):
    """A policy cannot be used; `mistakes` are sentences, one for each thing that is wrong with it."""

    def __init__(self, message: str, mistakes: tuple[str, ...] = ()) -> None:
        self.mistakes = mistakes or (message,)
        super().__init__(message)


class InvalidApplication(CreditRiskError):
    """Some fields of an application are missing, malformed or out of range.

    `errors` maps each such field's canonical name to a sentence for the applicant.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {message}" for field, message in self.errors.items()))


class NotAnApplication(CreditRiskError):
    """A job in the queue does not carry an application."""


class NotAProbability(CreditRiskError):
    """A model gave something else than a number from 0 to 1: nothing follows from it."""


class QueueUnavailable(CreditRiskError):
    """Redis does not answer, or cannot store more. Nothing was accepted, as far as one can know."""


class QueueFull(QueueUnavailable):
    """More applications are waiting than `MAX_QUEUE` allows. Nothing was accepted."""


class IdempotencyConflict(CreditRiskError):
    """The same idempotency key came with another application."""


class UnknownApplication(CreditRiskError):
    """No application has this id, neither in the queue nor in the history."""


class HistoryUnavailable(CreditRiskError):
    """The history cannot be written or read now; what was to be recorded stays in the queue."""


class HistoryOverwritten(HistoryUnavailable):
    """Something else stands where a part of the history was to be written; both stay as they are."""


class HistoryOfAnotherPortfolio(HistoryUnavailable):
    """The place where decisions are to be recorded holds those of another portfolio: they are never mixed."""


class NoHistory(CreditRiskError):
    """There is no history at this place."""


class UnreadableRow(ValueError):
    """A row of the history that records no decision; the message says what is wrong with it, and quotes nothing of it."""


class ExportNotWritten(CreditRiskError):
    """The file that a history was to be exported to cannot be written; the history itself is well."""


class ReviewRefused(CreditRiskError):
    """A review cannot be asked for or recorded so; nothing was recorded."""


class ScorerInTrouble(CreditRiskError):
    """Applications are accepted, and no scorer can decide them now."""


class UnusableFile(CreditRiskError):
    """A file of applications cannot be scored as a whole, or its result cannot be written."""


class WrongColumns(UnusableFile):
    """A table's header does not name what an application needs, names it twice, or so that it may mean either."""


class WakeError(CreditRiskError):
    """The scorer function could not be invoked."""


class UnknownRequest(CreditRiskError):
    """What the operator asked for is nothing that can be done."""
