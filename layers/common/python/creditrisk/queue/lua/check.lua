-- Whether applications can be stored: write something, and look at what memory is left.
-- KEYS: queue, something to write    Returns how many wait, and whether there is room for some (0 or 1).
-- A Redis at its limit takes what is small, or comes just when an answer has left: a twentieth of it, 1 MB at most, is
-- to be free. Who may not ask for its memory is told that there is room: the write above went through.
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
