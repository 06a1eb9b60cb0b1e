"""The ledger: what was accepted, against what the history shows and what the queue answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from creditrisk.application import Value
from creditrisk.history.records import from_line
from creditrisk.intake import Intake
from functions.scorer.drain import Model

EXACT = 1e-9


@dataclass
class Ledger:
    """What the applicants were told: accepted under an id, or refused in words."""

    accepted: dict[str, dict[str, Value]] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def accept(self, application_id: str, application: dict[str, Value]) -> None:
        with self._lock:
            self.accepted[application_id] = application

    def refuse(self, words: str) -> None:
        with self._lock:
            self.refusals[words] += 1


@dataclass(frozen=True)
class Figures:
    """What became of the applications of one scenario.

    `lost`: accepted, and not in the history. `doubled`: more than once in it. `wrong`: recorded with another score than
    the model's, or answered with another one than recorded. `unacknowledged`: in the history although its sender was
    told nothing or a refusal, because the connection broke after Redis had taken it.
    """

    accepted: int
    refused: int
    scored: int
    lost: int
    doubled: int
    wrong: int
    failed: int
    unacknowledged: int
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return (
            not (self.lost or self.doubled or self.wrong) and 0 < self.accepted == self.scored + self.failed
        )


def audit(
    ledger: Ledger,
    lines: Sequence[str],
    intake: Intake,
    model: Model,
    poisoned: Sequence[str] = (),
    note: str = "",
) -> Figures:
    """Compare the ledger with the history's raw `lines` (without the header), and with what the queue answers.

    The `poisoned` are those that are expected among the failed.
    """
    for line in lines:
        if not line.endswith("\n"):
            raise AssertionError(f"a torn line stayed in the history: {line[:60]!r}")
    recorded = {answer.id: answer for answer in map(from_line, lines)}
    times = Counter(line.partition(",")[0] for line in lines)
    expected = _scores(ledger.accepted, model)
    wrong = 0
    for application_id, application in ledger.accepted.items():
        if (answer := recorded.get(application_id)) is None or answer.decision is None:
            continue
        found = intake.find(application_id)
        right = abs(answer.decision.probability - expected[application_id]) <= EXACT
        wrong += not (right and answer.application == application and found.decision == answer.decision)
    failed = set(intake.queue.state().failed) & set(poisoned)
    return Figures(
        accepted=len(ledger.accepted),
        refused=sum(ledger.refusals.values()),
        scored=sum(1 for application_id in ledger.accepted if application_id in recorded),
        lost=len(ledger.accepted.keys() - recorded.keys() - failed),
        doubled=sum(1 for count in times.values() if count > 1),
        wrong=wrong,
        failed=len(failed),
        unacknowledged=len(recorded.keys() - ledger.accepted.keys()),
        note=note,
    )


def _scores(applications: Mapping[str, Mapping[str, Value]], model: Model) -> dict[str, float]:
    ids = list(applications)
    return (
        {
            id: score.probability
            for id, score in zip(ids, model.score([applications[id] for id in ids]), strict=True)
        }
        if ids
        else {}
    )
