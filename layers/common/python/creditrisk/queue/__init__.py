"""The queue between form and scorer: one RQ queue in Redis, one job per application, JSON and never pickle."""

from creditrisk.queue.claims import Claim
from creditrisk.queue.client import ApplicationQueue, connect
from creditrisk.queue.jobs import QUEUE_NAME

__all__ = ["QUEUE_NAME", "ApplicationQueue", "Claim", "connect"]
