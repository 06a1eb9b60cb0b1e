-- Give back what a dead scorer had claimed.
-- KEYS: queue, scorers, wip, failed, claims, then of each application its job and its results
-- ARGV: scorer, tries, failure (encoded), ended at, ttl of what failed, then each id
-- A batch that a scorer died with is tried again in halves, until an application that kills scorers is alone in its batch.
-- When `tries` scorers have died with it alone, it has failed.
-- Returns whether that was done: not when the scorer lives after all, or holds something else by now.
if redis.replicate_commands then redis.replicate_commands() end
local scorer = ARGV[1]
local time = redis.call('TIME')
local lease = redis.call('ZSCORE', KEYS[2], scorer)
if not lease or tonumber(lease) > time[1] * 1000 + math.floor(time[2] / 1000) then return 0 end
local ids = redis.call('LRANGE', KEYS[5], 0, -1)
if #ids ~= #ARGV - 5 then return 0 end
for i, id in ipairs(ids) do
  if id ~= ARGV[i + 5] then return 0 end
end
local half = math.max(1, math.floor(#ids / 2))
for i = #ids, 1, -1 do
  local id, job, results = ids[i], KEYS[2 * i + 4], KEYS[2 * i + 5]
  redis.call('ZREM', KEYS[3], id .. ':' .. scorer)
  if redis.call('EXISTS', job) == 1 then
    local deaths = #ids == 1 and redis.call('HINCRBY', job, 'deaths', 1) or 0
    if deaths >= tonumber(ARGV[2]) then
      redis.call('HSET', job, 'status', 'failed', 'ended_at', ARGV[4])
      redis.call('ZADD', KEYS[4], time[1] + ARGV[5], id)
      redis.call('XADD', results, 'MAXLEN', 10, '*', 'type', 2, 'worker_name', scorer, 'exc_string', ARGV[3], 'scorer', 1)
      redis.call('EXPIRE', job, ARGV[5])
      redis.call('EXPIRE', results, ARGV[5])
    else
      redis.call('HSET', job, 'status', 'queued', 'worker_name', '', 'batch_limit', half, 'redelivered', 1)
      redis.call('LPUSH', KEYS[1], id)
    end
  end
end
redis.call('DEL', KEYS[5])
redis.call('ZREM', KEYS[2], scorer)
return 1
