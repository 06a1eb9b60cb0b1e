-- Find applications that are not where scorers put them: RQ workers on this queue, by mistake, leave them elsewhere.
-- KEYS: scorers, wip, then each scorer's claims, then the results of the last that failed
-- ARGV: how many scorers, their names, the ids of those that failed
-- Returns false when scorers have come or gone meanwhile; else how much each holds, the members of wip that nobody
-- holds, and the failed that no scorer has failed.
local count = tonumber(ARGV[1])
if redis.call('ZCARD', KEYS[1]) ~= count then return false end
local held, sizes, ours = {}, {}, 0
for i = 1, count do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i + 1]) then return false end
  sizes[i] = redis.call('LLEN', KEYS[i + 2])
  ours = ours + sizes[i]
end
local strays, unmarked = {}, {}
if redis.call('ZCARD', KEYS[2]) ~= ours then
  for i = 1, count do
    for _, id in ipairs(redis.call('LRANGE', KEYS[i + 2], 0, -1)) do held[id .. ':' .. ARGV[i + 1]] = true end
  end
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if not held[member] and #strays < 1000 then strays[#strays + 1] = member end
  end
end
for i = count + 2, #ARGV do
  local marked = false
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[i + 1], '+', '-')) do
    local fields = {}
    for j = 1, #entry[2], 2 do fields[entry[2][j]] = entry[2][j + 1] end
    if fields.type == '1' then break end
    if fields.scorer then
      marked = true
      break
    end
  end
  if not marked then unmarked[#unmarked + 1] = ARGV[i] end
end
return {sizes, strays, unmarked}
