"""The health check of a scorer's container: its lease in Redis has not run out. Exit status 1 when it has."""

import os
import socket
import sys
from typing import Any

from redis import Redis

redis: Any = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=3)
seconds, _ = redis.time()
living = redis.zrangebyscore("creditrisk:scorers", (seconds - 1) * 1000, "+inf")
sys.exit(0 if any(name.decode().startswith(f"{socket.gethostname()}-") for name in living) else 1)
