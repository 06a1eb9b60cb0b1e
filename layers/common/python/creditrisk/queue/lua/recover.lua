-- Give back what dead scorers had claimed: a scorer is dead when its lease has run out by Redis' own clock.
-- KEYS: queue, scorers, wip, failed    ARGV: claims prefix, job prefix, results prefix, longest lease ms, tries,
--       failure (encoded), ended at, ttl of what failed
-- A batch that died is tried again in halves, until what kills a scorer stands alone; alone, it has `tries` deaths.
-- Returns in how many milliseconds the next lease of a scorer that holds something can run out, at most a minute.
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- After the clock was set back a lease would seem to last for ever.
local latest = now + tonumber(ARGV[4])
for _, scorer in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. latest, '+inf')) do
  redis.call('ZADD', KEYS[2], latest, scorer)
end
for _, scorer in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  local claims = ARGV[1] .. scorer
  local ids = redis.call('LRANGE', claims, 0, -1)
  local half = math.max(1, math.floor(#ids / 2))
  for i = #ids, 1, -1 do
    local id = ids[i]
    local job = ARGV[2] .. id
    redis.call('ZREM', KEYS[3], id .. ':' .. scorer)
    if redis.call('EXISTS', job) == 1 then
      local deaths = #ids == 1 and redis.call('HINCRBY', job, 'deaths', 1) or 0
      if deaths >= tonumber(ARGV[5]) then
        redis.call('HSET', job, 'status', 'failed', 'ended_at', ARGV[7])
        redis.call('ZADD', KEYS[4], time[1] + ARGV[8], id)
        redis.call('XADD', ARGV[3] .. id, 'MAXLEN', 10, '*', 'type', 2, 'worker_name', scorer, 'exc_string', ARGV[6], 'scorer', 1)
        redis.call('EXPIRE', job, ARGV[8])
        redis.call('EXPIRE', ARGV[3] .. id, ARGV[8])
      else
        redis.call('HSET', job, 'status', 'queued', 'worker_name', '', 'batch_limit', half, 'redelivered', 1)
        redis.call('LPUSH', KEYS[1], id)
      end
    end
  end
  redis.call('DEL', claims)
  redis.call('ZREM', KEYS[2], scorer)
end
local soonest = now + 60000
for _, scorer in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', ARGV[1] .. scorer) == 1 then
    soonest = math.min(soonest, tonumber(redis.call('ZSCORE', KEYS[2], scorer)))
  end
end
return soonest - now + 20
