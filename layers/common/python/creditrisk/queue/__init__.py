"""The queue between form and scorer: an RQ queue in Redis, one job per application, JSON and never pickle.

It has three parts: submission, for the form; claims, for the scorer; operator. Where one Redis server is too small, the
queue is split into shards, each a complete queue of its own.
"""

from creditrisk.queue.claim import Claim, QueueState
from creditrisk.queue.opening import open_queue
from creditrisk.queue.sharded import ApplicationQueue, ShardedQueue
from creditrisk.redis_keys import QUEUE_NAME

__all__ = ["QUEUE_NAME", "ApplicationQueue", "Claim", "QueueState", "ShardedQueue", "open_queue"]
