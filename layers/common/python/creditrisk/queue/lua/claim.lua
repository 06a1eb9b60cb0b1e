-- Claim the oldest applications for one scorer: claimed and read in one step, first in, first out.
-- KEYS: queue, scorers, wip, claims    ARGV: scorer, job prefix, batch size, lease ms, started at
-- A job given back by a dead scorer says how large a batch it may be in (`batch_limit`).
-- What the scorer still holds from a claim whose reply was lost on the way goes back first.
-- Returns a flat list: id, data, tries, redelivered, ...
if redis.replicate_commands then redis.replicate_commands() end
local scorer, prefix = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local seconds = tonumber(time[1])
-- In a Redis that is out of memory only a script whose first write needs none may go on: the queue must drain all the same.
redis.call('ZREM', KEYS[2], scorer)
redis.call('ZADD', KEYS[2], seconds * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[4]), scorer)
for _, id in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do
  redis.call('ZREM', KEYS[3], id .. ':' .. scorer)
  redis.call('HSET', prefix .. id, 'status', 'queued', 'redelivered', 1)
  redis.call('LPUSH', KEYS[1], redis.call('RPOP', KEYS[4]))
end
local most, count, claimed = tonumber(ARGV[3]), 0, {}
while count < most do
  local id = redis.call('LPOP', KEYS[1])
  if not id then break end
  local job = prefix .. id
  local read = redis.call('HMGET', job, 'data', 'tries', 'redelivered', 'batch_limit')
  if redis.call('EXISTS', job) == 1 then  -- else it was deleted by hand: nothing is left to score
    most = math.min(most, tonumber(read[4] or most))
    if count >= most then
      redis.call('LPUSH', KEYS[1], id)
      break
    end
    redis.call('RPUSH', KEYS[4], id)
    redis.call('HSET', job, 'status', 'started', 'started_at', ARGV[5], 'last_heartbeat', ARGV[5], 'worker_name', scorer)
    redis.call('ZADD', KEYS[3], seconds + 86400, id .. ':' .. scorer)
    claimed[#claimed + 1] = id
    claimed[#claimed + 1] = read[1] or ''
    claimed[#claimed + 1] = read[2] or '0'
    claimed[#claimed + 1] = read[3] or '0'
    count = count + 1
  end
end
return claimed
