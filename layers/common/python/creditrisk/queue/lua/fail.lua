-- One application could not be scored: try it again alone, or give it up after `tries` and keep it among the failed.
-- KEYS: queue, claims, wip, failed, job, results    ARGV: scorer, id, tries, failure (encoded), ended at, ttl
-- Returns 'retried', 'failed' or 'lost' (another scorer holds it by now); sent twice, the same twice.
if redis.replicate_commands then redis.replicate_commands() end
local scorer, id = ARGV[1], ARGV[2]
if redis.call('LREM', KEYS[2], 1, id) == 0 then
  local now = redis.call('HMGET', KEYS[5], 'status', 'failed_by')
  if now[2] ~= scorer then return 'lost' end
  return now[1] == 'failed' and 'failed' or now[1] == 'queued' and 'retried' or 'lost'
end
redis.call('ZREM', KEYS[3], id .. ':' .. scorer)
redis.call('HSET', KEYS[5], 'failed_by', scorer)
if redis.call('HINCRBY', KEYS[5], 'tries', 1) < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[5], 'status', 'queued', 'worker_name', '', 'batch_limit', 1)
  redis.call('RPUSH', KEYS[1], id)
  return 'retried'
end
redis.call('HSET', KEYS[5], 'status', 'failed', 'ended_at', ARGV[5])
redis.call('ZADD', KEYS[4], redis.call('TIME')[1] + ARGV[6], id)
redis.call('XADD', KEYS[6], 'MAXLEN', 10, '*', 'type', 2, 'worker_name', scorer, 'exc_string', ARGV[4], 'scorer', 1)
redis.call('EXPIRE', KEYS[5], ARGV[6])
redis.call('EXPIRE', KEYS[6], ARGV[6])
return 'failed'
