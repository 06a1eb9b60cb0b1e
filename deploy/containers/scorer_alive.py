"""The health check of a scorer's container: its lease in Redis has not run out. Exit status 1 when it has."""

import socket
import sys

from creditrisk.redis_client import connect, is_cluster
from creditrisk.redis_keys import Keys
from creditrisk.settings import Settings

_LIVING = """
local time = redis.call('TIME')
return redis.call('ZRANGEBYSCORE', KEYS[1], (time[1] - 1) * 1000, '+inf')
"""

settings = Settings.from_environment()
redis = connect(settings.redis_url)
shards = range(settings.shards) if settings.shard is None else [settings.shard]
leases = [Keys(shard, cluster=is_cluster(settings.redis_url)).scorers for shard in shards]
living = [name.decode() for lease in leases for name in redis.eval(_LIVING, 1, lease)]
sys.exit(0 if any(name.startswith(f"{socket.gethostname()}-") for name in living) else 1)
