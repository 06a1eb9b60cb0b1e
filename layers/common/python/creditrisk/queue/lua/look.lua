-- Find what there is to do, at one moment; entries of answers that Redis has expired are removed at once.
-- KEYS: queue, scorers, failed, finished, intermediate    ARGV: longest lease ms, most entries that are trimmed
-- Returns the dead scorers (their lease has run out by Redis' own clock), the living ones as name, ms left, ...; the
-- failed applications that have been kept long enough, those that RQ workers left in the intermediate list, and the last
-- that failed.
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREM', KEYS[4], '')  -- a first write that needs no memory: see claim.lua
local gone = math.min(redis.call('ZCOUNT', KEYS[4], '-inf', time[1]), tonumber(ARGV[2]))
if gone > 0 then redis.call('ZREMRANGEBYRANK', KEYS[4], 0, gone - 1) end
-- After the clock was set back a lease would seem to last for ever.
local latest = now + tonumber(ARGV[1])
for _, scorer in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. latest, '+inf')) do
  redis.call('ZADD', KEYS[2], latest, scorer)
end
local living = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf', 'WITHSCORES')
for i = 2, #living, 2 do living[i] = math.ceil(tonumber(living[i]) - now) end
return {
  redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now),
  living,
  redis.call('ZRANGEBYSCORE', KEYS[3], 0, time[1], 'LIMIT', 0, 1000),
  redis.call('LRANGE', KEYS[5], 0, 999),
  redis.call('ZREVRANGE', KEYS[3], 0, 99),
}
