-- Give back, in order and to the head of the queue, what a scorer still holds.
-- KEYS: queue, claims, wip, then each job    ARGV: scorer, then each id    Returns how many went back.
local back = 0
for i = #ARGV, 2, -1 do
  local id = ARGV[i]
  if redis.call('LREM', KEYS[2], 1, id) == 1 then
    redis.call('ZREM', KEYS[3], id .. ':' .. ARGV[1])
    redis.call('HSET', KEYS[i + 2], 'status', 'queued', 'worker_name', '', 'redelivered', 1)
    redis.call('LPUSH', KEYS[1], id)
    back = back + 1
  end
end
return back
