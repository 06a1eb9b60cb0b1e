"""Everything that is told of a model's fairness, in one object."""

from collections.abc import Sequence
from dataclasses import dataclass

from creditrisk.application import Field
from models.fairness.alternatives import NEAR, Trial, fairest
from models.fairness.grouping import FEWEST
from models.fairness.proxies import Proxies
from models.fairness.rates import Comparison


@dataclass(frozen=True)
class Fairness:
    """What a model does to groups at the `thresholds`; how well they are told by proxies; and the alternatives tried.

    `ungrouped` are the sensitive fields that make no groups: text, days, and those that nobody gave. `rows` are those that
    proxies and alternatives were looked for in, of the `out_of`. Without two groups large enough there are no trials.
    """

    thresholds: tuple[float, ...]
    approve_share: float
    rows: int
    out_of: int
    comparisons: tuple[Comparison, ...]
    ungrouped: tuple[Field, ...]
    proxies: tuple[Proxies, ...]
    trials: tuple[Trial, ...]
    fewest: int = FEWEST
    near: float = NEAR

    @property
    def fairest(self) -> Trial | None:
        """The alternative of nearly equal worth whose approvals are the most equal, if it is fairer than the model."""
        return fairest(self.trials)

    @property
    def targets(self) -> Sequence[str]:
        """The fields that the alternatives were judged by."""
        return list(self.trials[0].ratios) if self.trials else []

    def proxies_for(self, name: str) -> Proxies | None:
        """How well a field's groups are told."""
        return next((each for each in self.proxies if each.grouping.field.name == name), None)
