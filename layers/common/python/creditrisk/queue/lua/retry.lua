-- A failed application goes back into the queue, as if it had just come in.
-- KEYS: queue, failed, job, results    ARGV: id
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
redis.call('PERSIST', KEYS[3])
redis.call('HDEL', KEYS[3], 'tries', 'deaths', 'batch_limit', 'ended_at')
redis.call('HSET', KEYS[3], 'status', 'queued', 'redelivered', 1)
redis.call('DEL', KEYS[4])
redis.call('RPUSH', KEYS[1], ARGV[1])
return 1
