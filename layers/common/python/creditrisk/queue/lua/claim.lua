-- Claim the oldest applications for one scorer, first in, first out; what they carry is read by open.lua.
-- KEYS: queue, scorers, wip, claims    ARGV: scorer, batch size, lease ms
-- What the scorer still holds from a claim whose reply was lost on the way comes first.
-- Returns how many are of such an earlier claim, then the ids.
if redis.replicate_commands then redis.replicate_commands() end
local scorer = ARGV[1]
local time = redis.call('TIME')
local seconds = tonumber(time[1])
-- In a Redis that is out of memory only a script whose first write needs none may go on: the queue must drain all the same.
redis.call('ZREM', KEYS[2], scorer)
redis.call('ZADD', KEYS[2], seconds * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3]), scorer)
local held = redis.call('LRANGE', KEYS[4], 0, -1)
local wanted = tonumber(ARGV[2]) - #held
local ids = wanted > 0 and redis.call('LPOP', KEYS[1], wanted) or {}
if #ids == 0 then return {#held, unpack(held)} end
local members = {}
for _, id in ipairs(ids) do
  members[#members + 1] = seconds + 86400
  members[#members + 1] = id .. ':' .. scorer
end
redis.call('RPUSH', KEYS[4], unpack(ids))
redis.call('ZADD', KEYS[3], unpack(members))
if #held == 0 then return {0, unpack(ids)} end
for _, id in ipairs(ids) do held[#held + 1] = id end
return {#held - #ids, unpack(held)}
