"""The drain: claim a batch → score it → record it → finish it. The order is the promise.

An application is finished, and so answered, only after it is recorded. Whatever dies in between, the claim remains in
Redis and comes back to the queue when the scorer's lease runs out; a record that was written before the death is
found and its answer used, so that the history shows every application once.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from creditrisk.application import Value
from creditrisk.application_id import reference
from creditrisk.clock import timestamp
from creditrisk.decision import Answer, Decision, ScoreLike, decide, declines, ruling
from creditrisk.errors import HistoryUnavailable, NotAnApplication, QueueUnavailable
from creditrisk.history import History, Record
from creditrisk.policy.definition import Policy, simplest
from creditrisk.queue import ApplicationQueue, Claim
from creditrisk.queue.jobs import read_job
from creditrisk.queue.scored import Scored
from creditrisk.settings import Settings
from creditrisk.standing import TOLD, seen

log = logging.getLogger(__name__)


_Changes = Sequence[tuple[str, Value]]


class Model(Protocol):
    """The active model: see `scoring.Scorer`."""

    name: str
    version: str

    def score(self, applications: Sequence[Mapping[str, Any]]) -> Sequence[ScoreLike]: ...
    def counterfactuals(
        self, declined: Sequence[Mapping[str, Any]], threshold: float
    ) -> Sequence[_Changes]: ...


class _Read(NamedTuple):
    """A claimed application, read from its job."""

    claim: Claim
    application: dict[str, Value]
    received_at: str
    corrects: str = ""


class Drain:
    """Drains the queue in batches, as one scorer among any number."""

    def __init__(
        self,
        queue: ApplicationQueue,
        model: Model,
        history: History,
        settings: Settings,
        name: str,
        policy: Policy | None = None,
        scored: Scored | None = None,
    ) -> None:
        """Without a policy, the settings' threshold decides. `scored` counts what was scored, by all."""
        self.queue = queue
        self.model = model
        self.history = history
        self.settings = settings
        self.name = name
        self.policy = policy or simplest(settings.threshold)
        self.scored = scored or Scored(queue.redis)

    def step(self, will_go_on: Callable[[], bool] = lambda: True) -> int:
        """Drain one batch; returns how many applications were claimed, 0 when nothing waits.

        `will_go_on` is asked once the batch is recorded: whether another step follows at once. The next batch is claimed
        ahead only then; else it would keep what it holds from others, and leaving would give it back as redelivered.

        Raises QueueUnavailable or HistoryUnavailable; what was claimed then waits to be taken up again.
        """
        claims = self.queue.claim(self.name, self.settings.batch_size)
        if claims:
            records = self._score(self._read(claims))
            if records:
                self._finish(self._record(records), will_go_on)
        return len(claims)

    def _read(self, claims: Sequence[Claim]) -> list[_Read]:
        """The applications of the claimed jobs; a job that carries none fails at once."""
        read = []
        for claim in claims:
            try:
                read.append(_Read(claim, *read_job(claim.data)))
            except NotAnApplication as error:
                log.error("application %s: %s", reference(claim.id), error)
                self.queue.fail(self.name, claim.id, str(error), tries=1)
        return read

    def _score(self, read: Sequence[_Read]) -> list[Record]:
        """Score in one call; when that raises, one by one, so that the culprit fails alone."""
        try:
            scores = self.model.score([entry.application for entry in read])
            scored_at = timestamp()
            changes = self._counterfactuals(read, scores)
            out = self._out_of_budget(read, scores) if self.policy.exploration else set()
            return [
                self._decided(entry, score, scored_at, changes.get(place, ()), entry.claim.id not in out)
                for place, (entry, score) in enumerate(zip(read, scores, strict=True))
            ]
        except Exception as error:  # a model may raise anything
            if len(read) == 1:
                self._give_up(read[0].claim, error)
                return []
            log.warning("a batch of %d cannot be scored (%s): one by one", len(read), type(error).__name__)
            return [record for entry in read for record in self._score([entry])]

    def _counterfactuals(self, read: Sequence[_Read], scores: Sequence[ScoreLike]) -> dict[int, _Changes]:
        """Place of a declined application → what would have had it approved. No decision is lost for it: where the search
        fails, none is told."""
        declined = [
            place
            for place, score in enumerate(scores)
            if declines(score.probability, self.policy.decline_from)
        ]
        if not declined:
            return {}
        try:
            found = self.model.counterfactuals(
                [read[place].application for place in declined], self.policy.approve_below
            )
            return dict(zip(declined, found, strict=True))
        except Exception as error:  # a model may raise anything
            log.warning("no counterfactual for %d declined: %s", len(declined), type(error).__name__)
            return {}

    def _out_of_budget(self, read: Sequence[_Read], scores: Sequence[ScoreLike]) -> set[str]:
        """The applications that a place would have been drawn for, had the day's budget not been spent. No decision waits for
        Redis: without it, nobody is accepted so."""
        assert self.policy.exploration
        ruled = {
            entry.claim.id: ruling(self.policy, score.probability, entry.application, entry.claim.id)
            for entry, score in zip(read, scores, strict=True)
        }
        drawn = {id: one.accepted_at_random for id, one in ruled.items() if one.propensity is not None}
        if not drawn:
            return set()
        try:
            return drawn.keys() - self.queue.explore(drawn, self.policy.exploration.budget)
        except QueueUnavailable as error:
            log.warning("nobody is accepted at random now: %s", error)
            return set(drawn)

    def _give_up(self, claim: Claim, error: Exception) -> None:
        """Leave one application for another try, or among the failed. The error's text may quote the applicant."""
        outcome = self.queue.fail(
            self.name, claim.id, f"The model could not score it: {type(error).__name__}."
        )
        log.error("application %s: %s while scoring: %s", reference(claim.id), type(error).__name__, outcome)

    def _decided(
        self, entry: _Read, score: ScoreLike, scored_at: str, changes: _Changes, explores: bool
    ) -> Record:
        challenger = self.settings.challenger or None
        decision = decide(
            score,
            entry.application,
            self.policy,
            self.model.name,
            self.model.version,
            scored_at,
            challenger,
            counterfactual=changes,
            application_id=entry.claim.id if explores else "",
        )
        if not explores:
            decision = replace(decision, propensity=0.0)
        answer = Answer(
            entry.claim.id, "decided", entry.received_at, entry.application, decision, corrects=entry.corrects
        )
        return Record(answer, fresh=not entry.claim.redelivered)

    def _record(self, records: Sequence[Record]) -> list[Answer]:
        def held() -> Container[str]:
            # Redis alone knows: whatever this process believes of its lease, it may have stood still, or a clock been set.
            return self.queue.held(self.name)

        try:
            return self.history.append(records, held)
        except HistoryUnavailable:
            self.queue.release(self.name)
            raise

    def _finish(self, answers: Sequence[Answer], will_go_on: Callable[[], bool]) -> None:
        decisions = {answer.id: answer.decision for answer in answers if answer.decision}
        self._count(decisions.values())
        decided = {id: self._told(decision) for id, decision in decisions.items()}
        claim_next = self.settings.batch_size if will_go_on() else 0
        finished = self.queue.finish(self.name, decided, claim_next)
        if finished < len(decided):
            log.warning(
                "%d of %d applications were taken over by another scorer",
                len(decided) - finished,
                len(decided),
            )

    def _count(self, decisions: Iterable[Decision]) -> None:
        told = defaultdict[tuple[str, str], list[float]](list)
        for decision in decisions:  # one that was recorded before may be of another version
            told[decision.model, decision.model_version].append(decision.probability)
        for (model, version), probabilities in told.items():
            self.scored.add(model, version, probabilities)

    def _told(self, decision: Decision) -> dict[str, Any]:
        """A decision as the queue carries it, with where it stands."""
        whose = (decision.model, decision.model_version, decision.probability)
        stands = self.scored.standing(*whose)
        if not stands and (known := seen(self.settings.model_folder)):
            stands = known.standing(*whose)
        return {**decision.to_dict(), TOLD: stands} if stands else decision.to_dict()
