"""What an operator does with the queue: see how it stands, and retry or discard what failed."""

from creditrisk.queue.claim import QueueState
from creditrisk.queue.submission import Submission
from creditrisk.redis_client import available


class Operator(Submission):
    """See, retry, discard."""

    def state(self) -> QueueState:
        """How the queue stands at one moment: each accepted, unfinished application counts once, as waiting or claimed."""
        names = self.keys
        keys = [names.queue, names.wip, names.failed, names.scorers]
        waiting, claimed, scorers, oldest, failed = self.run("state", keys, [])
        reasons = {id.decode(): self.result(id.decode()) for id in failed}
        return QueueState(
            waiting=waiting,
            claimed=claimed,
            failed={id: (r and r.failure) or "An RQ worker took it by mistake." for id, r in reasons.items()},
            oldest=oldest.decode() if oldest else None,
            scorers=scorers,
        )

    def retry(self, application_id: str) -> bool:
        """Put a failed application back into the queue; False when it is not among the failed."""
        names = self.keys
        keys = [names.queue, names.failed, names.job(application_id), names.results(application_id)]
        return bool(self.run("retry", keys, [application_id]))

    def discard(self, application_id: str) -> bool:
        """Delete a failed application; False when it is not among the failed."""
        names = self.keys
        with available():
            if not self.redis.zrem(names.failed, application_id):
                return False
            self.redis.delete(names.job(application_id), names.results(application_id))
        return True
