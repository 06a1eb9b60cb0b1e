-- Take over, once, an application whose key has no hash tag into its shard: see takeover.py.
-- KEYS: queue, job    ARGV: id, then the job's hash as field, value, ...
-- Returns whether it was not there yet. It may have been scored and recorded before: so it is marked as redelivered, and
-- the scorer asks the history.
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
redis.call('HDEL', KEYS[2], 'tries', 'deaths', 'ended_at', 'exc_info')
redis.call('HSET', KEYS[2], 'status', 'queued', 'worker_name', '', 'redelivered', 1, 'batch_limit', 1)
redis.call('RPUSH', KEYS[1], ARGV[1])
return 1
