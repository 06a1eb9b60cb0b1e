-- How the queue stands, at one moment. Read in a script: Redis refuses MULTI, even for reading, when it is out of memory.
-- KEYS: queue, wip, failed, scorers
-- Returns waiting, claimed, living scorers, oldest id or false, failed ids.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {
  redis.call('LLEN', KEYS[1]),
  redis.call('ZCARD', KEYS[2]),
  redis.call('ZCOUNT', KEYS[4], now, '+inf'),
  redis.call('LINDEX', KEYS[1], 0),
  redis.call('ZRANGE', KEYS[3], 0, -1),
}
