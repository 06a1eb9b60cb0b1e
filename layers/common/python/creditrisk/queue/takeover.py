"""From a plain Redis to a cluster: the keys that a snapshot brought along have no hash tag yet, and go into the shards."""

import logging

from creditrisk.application_id import is_application_id, shard_number
from creditrisk.queue.scripts import run
from creditrisk.queue.sharded import ShardedQueue
from creditrisk.redis_client import available
from creditrisk.redis_keys import Keys

log = logging.getLogger(__name__)


def take_over(queue: ShardedQueue) -> int:
    """Move every application that is accepted and unfinished into its shard, to be tried again if it had failed; and the
    idempotency keys. Answers stay where they are: the history has them.

    Does nothing outside a cluster. If it is interrupted, calling it again does the rest: an application leaves its old
    place only when it is in the new one. Returns how many applications were moved. Raises QueueUnavailable.
    """
    if not queue.shards[0].keys.cluster:
        return 0
    old, redis = Keys(), queue.redis
    with available():
        places = (old.queue, old.intermediate, old.wip, old.failed, old.id_keys)
        if not any(redis.exists(place) for place in places):
            return 0
        _take_keys(queue, old)
        waiting = [*redis.lrange(old.queue, 0, -1), *redis.lrange(old.intermediate, 0, -1)]
        held = [member.partition(b":")[0] for member in redis.zrange(old.wip, 0, -1)]
        ids = [id.decode() for id in (*held, *waiting, *redis.zrange(old.failed, 0, -1))]
        taken = sum(_take(queue, old, id) for id in dict.fromkeys(ids))
        redis.delete(old.wip)
        redis.delete(old.id_keys)
    if taken:
        log.warning("%d applications taken over from the names of a plain Redis", taken)
    return taken


def _take(queue: ShardedQueue, old: Keys, application_id: str) -> int:
    redis = queue.redis
    taken = 0
    if job := redis.hgetall(old.job(application_id)):
        ours = is_application_id(application_id)
        shard = queue.shards[shard_number(application_id, queue.count) if ours else 0]
        keys = [shard.keys.queue, shard.keys.job(application_id)]
        taken = run(redis, "adopt", keys, [application_id, *(part for pair in job.items() for part in pair)])
    redis.lrem(old.queue, 0, application_id)
    redis.lrem(old.intermediate, 0, application_id)
    redis.zrem(old.failed, application_id)
    redis.delete(old.job(application_id))
    redis.delete(old.results(application_id))
    return int(taken)


def _take_keys(queue: ShardedQueue, old: Keys) -> None:
    """Move the idempotency keys, each with the time that it has left, and the keys that ids are made with."""
    redis = queue.redis
    for secret, since in redis.hgetall(old.id_keys).items():
        for shard in queue.shards:
            redis.hsetnx(shard.keys.id_keys, secret, since)
    prefix = old.idempotency("")
    for name in redis.scan_iter(match=f"{prefix}*", count=1_000):
        key = name.decode().removeprefix(prefix)
        if key.startswith("{"):  # it is in a shard already
            continue
        accepted, left = redis.get(name), redis.pttl(name)
        if accepted and left > 0:
            redis.set(queue.home(key).keys.idempotency(key), accepted, px=left, nx=True)
        redis.delete(name)
