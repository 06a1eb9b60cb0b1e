-- A living scorer renews its lease. KEYS: scorers    ARGV: scorer, lease ms
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
redis.call('ZREM', KEYS[1], ARGV[1])  -- first, for a Redis that is out of memory: see claim.lua
redis.call('ZADD', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2]), ARGV[1])
