"""`python -m tests.integration.balance_scorer`: a scorer process whose model knows one field of `tests.lenders.SMALL_LOANS`.

It drains the queue of REDIS_URL until nothing waits, and ends.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from creditrisk.settings import Settings
from functions.scorer.assembly import Assembly
from tests.integration.conftest import StubScore

FIELD = "balance.last.month"


class BalanceModel:
    """The lower the balance, from 10,000 to -10,000, the higher the probability of default, from 0 to 1."""

    name = "lightgbm"
    version = "balance"

    def score(self, applications: Sequence[Mapping[str, Any]]) -> list[StubScore]:
        """A probability each; what it added to the score is told of the one field."""
        return [
            StubScore(
                (10_000 - application[FIELD]) / 20_000,
                {FIELD: -application[FIELD] / 10_000},
            )
            for application in applications
        ]


def main() -> None:
    """Drain the queue."""
    assembly = Assembly(Settings.from_environment(), model=BalanceModel())
    with assembly.drain("balance-scorer") as drain:
        while drain.step():
            pass


if __name__ == "__main__":
    main()
