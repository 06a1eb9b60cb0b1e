"""Applications as they stand in a history, for tests of what becomes of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from creditrisk.application_id import new_application_id
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, Reason
from creditrisk.history import Record, open_history
from creditrisk.history.columns import COLUMNS, HEADER
from creditrisk.history.records import csv_line
from creditrisk.outcomes import open_outcomes

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Make = Callable[..., dict[str, Any]]


def id_at(received: datetime) -> str:
    """An id given at a moment."""
    rest = UUID(new_application_id()).int & (1 << 80) - 1
    return str(UUID(int=int(received.timestamp() * 1000) << 80 | rest))


class House:
    """A history and its outcomes in a folder."""

    def __init__(self, folder: Path, make_application: Make) -> None:
        self.url = str(folder)
        self.history = open_history(self.url)
        self.outcomes = open_outcomes(self.url)
        self._make = make_application

    def decide(
        self,
        received: datetime,
        probability: float = 0.25,
        application: dict[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """Record a decided application, and return its id."""
        said: dict[str, Any] = {
            "decision": "declined" if probability >= 0.5 else "approved",
            "prediction": int(probability >= 0.5),
            "threshold": 0.5,
            "model": "lightgbm",
            "model_version": "one",
            "scored_at": timestamp(received),
            "reasons": [Reason("AGE", -0.25, 34), Reason("RESIDENCIAL_CITY", 0.1, 'a "quoted", one')],
        }
        decision = Decision(probability=probability, **(said | more))
        id = id_at(received)
        answer = Answer(id, "decided", timestamp(received), self._make(**(application or {})), decision)
        self.history.append([Record(answer)], lambda: {id})
        return id

    def bring(self, **cells: str) -> str:
        """Add a record from another system, as `history import` does; nobody knows when it came in."""
        id = id_at(datetime(1970, 1, 1, tzinfo=UTC))
        row = {
            "APPLICATION_ID": id,
            "MODEL": "imported",
            "PREDICTION": "0",
            "DECISION": "approved",
            "RECORD_VERSION": "5",
        }
        self.history.add_part(id[-12:], [csv_line([(row | cells).get(name, "") for name in COLUMNS])])
        return id

    def observe(
        self,
        id: str,
        outcome: str,
        observed: str,
        exposure: str = "",
        loss: str = "",
        source: str = "0123456789ab",
    ) -> None:
        """Record what became of an application."""
        self.outcomes.append([(id, outcome, observed, exposure, loss, "2026-01-01T00:00:00.000Z", source)])


__all__ = ["HEADER", "NOW", "House", "Make", "id_at"]
