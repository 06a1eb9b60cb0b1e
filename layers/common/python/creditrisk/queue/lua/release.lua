-- Give back, in order and to the head of the queue, all that a scorer still holds.
-- KEYS: queue, claims, wip    ARGV: scorer, job prefix
local ids = redis.call('LRANGE', KEYS[2], 0, -1)
for i = #ids, 1, -1 do
  redis.call('ZREM', KEYS[3], ids[i] .. ':' .. ARGV[1])
  redis.call('HSET', ARGV[2] .. ids[i], 'status', 'queued', 'worker_name', '', 'redelivered', 1)
  redis.call('LPUSH', KEYS[1], ids[i])
end
redis.call('DEL', KEYS[2])
return #ids
