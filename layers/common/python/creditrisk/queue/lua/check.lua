-- Find out whether applications can be stored: write something, and look at the memory that is left.
-- KEYS: queue, something to write    Returns how many wait, and whether there is room for some (0 or 1).
-- A Redis at its memory limit still takes a small write, or one that comes just after something was deleted. So there is
-- room only when a twentieth of the limit, 1 MB at most, is free. Where Redis does not let us ask for its memory, the
-- write that went through has to do.
if redis.replicate_commands then redis.replicate_commands() end
redis.call('SET', KEYS[2], 1, 'EX', 60)
local room = 1
local info = redis.pcall('INFO', 'memory')
if type(info) == 'string' then
  local used = tonumber(info:match('used_memory:(%d+)'))
  local most = tonumber(info:match('maxmemory:(%d+)'))
  if used and most and most > 0 and used + math.min(1000000, most / 20) > most then room = 0 end
end
return {redis.call('LLEN', KEYS[1]), room}
