"""The names of all keys in Redis, said here and nowhere else.

On a plain Redis they are RQ's own, so that RQ's tools find the queue and its jobs. In a cluster all keys of one shard
carry the shard's hash tag, the part in braces, which puts them into one slot: what happens to an application is one
atomic step there, too. The tags of the first shards lie as far apart as few nodes need it, so that each node has some.
"""

from binascii import crc_hqx
from functools import cache
from itertools import count

QUEUE_NAME = "applications"

QUEUES = "rq:queues"
"""RQ's set of queues; here the shards that anything ever came into."""
SHARD_COUNTS = "creditrisk:shard-counts"
"""The numbers of shards that form functions have spread applications over, with when each was last in use."""
TROUBLE = "creditrisk:trouble"
WARNING = "creditrisk:warning"
REWRITTEN = "creditrisk:rewritten"

EXPLORED = "creditrisk:explored:"
"""Before a day: the applications of that day that have a place in the budget of random acceptance, of all shards."""

SLOTS = 16_384
_SPREAD = (0.3054, 0.9, 0.58, 0.1, 0.7, 0.42)
"""Where in the range of slots the first shards lie; the first is where its name puts it. As many shards as there are
nodes, up to six, are one on each node, when the nodes have equal parts of the slots in order."""


class Keys:
    """The keys of one shard."""

    def __init__(self, shard: int = 0, *, cluster: bool = False) -> None:
        self.shard = shard
        self.cluster = cluster
        name = self.queue_name = _tag(shard) if cluster else queue_name(shard)
        of_shard = f":{name}" if cluster or shard else ""
        of_slot = f":{name}" if cluster else ""
        self.queue = f"rq:queue:{name}"
        self.intermediate = f"{self.queue}:intermediate"
        self.wip = f"rq:wip:{name}"
        self.finished = f"rq:finished:{name}"
        self.failed = f"rq:failed:{name}"
        self.scorers = f"creditrisk:scorers{of_shard}"
        self.id_keys = f"creditrisk:id-keys{of_slot}"
        """Where the keys of ids' checks lie: key → since when, in milliseconds; see creditrisk.id_keys."""
        self.writable = f"creditrisk:writable{of_slot}"
        self._claims = f"creditrisk:claims{of_shard}:"
        self._idempotency = f"creditrisk:idempotency{of_slot}:"
        self._job = f"rq:job{of_slot}:"
        self._results = f"rq:results{of_slot}:"
        self._executions = f"rq:executions{of_slot}:"

    def job(self, application_id: str) -> str:
        """The hash that carries an application."""
        return self._job + application_id

    def results(self, application_id: str) -> str:
        """The stream on which its answer appears."""
        return self._results + application_id

    def executions(self, application_id: str) -> str:
        """What an RQ worker leaves of it that takes it by mistake."""
        return self._executions + application_id

    def claims(self, scorer: str) -> str:
        """The list of what a scorer holds."""
        return self._claims + scorer

    def idempotency(self, key: str) -> str:
        """What was accepted under an idempotency key."""
        return self._idempotency + key


def attempts_key(place: str, window: int) -> str:
    """How often somebody tried to open the applications of one place within a window of time."""
    return f"creditrisk:attempts:{place}:{window}"


def scored_key(model: str, version: str) -> str:
    """How often a version of a model has told each probability: bin → number."""
    return f"creditrisk:scored:{model}:{version}"


def queue_name(shard: int) -> str:
    """RQ's name for the queue of a shard."""
    return f"{QUEUE_NAME}-{shard}" if shard else QUEUE_NAME


def slot(tag: str) -> int:
    """The slot of a hash tag: CRC16 of what stands between the braces (Redis Cluster specification)."""
    return crc_hqx(tag.strip("{}").encode(), 0) % SLOTS


@cache
def _tag(shard: int) -> str:
    if shard == 0 or shard >= len(_SPREAD):
        return f"{{{queue_name(shard)}}}"
    wanted = int(_SPREAD[shard] * SLOTS)
    names = (f"{{{queue_name(shard)}-{number}}}" for number in count())
    return next(name for name in names if abs(slot(name) - wanted) < SLOTS // 64)
