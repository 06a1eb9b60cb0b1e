"""The queue between form and scorer: an RQ queue in Redis, one job per application, JSON and never pickle.

Three sides: submission (the form's), claims (the scorer's), operator. Where one Redis does not carry it, it is made of
shards, each complete in itself.
"""

from creditrisk.queue.claim import Claim, QueueState
from creditrisk.queue.opening import open_queue
from creditrisk.queue.sharded import ApplicationQueue, ShardedQueue
from creditrisk.redis_keys import QUEUE_NAME

__all__ = ["QUEUE_NAME", "ApplicationQueue", "Claim", "QueueState", "ShardedQueue", "open_queue"]
