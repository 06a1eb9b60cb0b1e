-- Take back what RQ workers took that work on this queue by mistake.
-- KEYS: queue, scorers, wip, failed, intermediate, each scorer's claims, then of each application its job, its results
--       and its executions
-- ARGV: how many scorers, their names, result ttl, then of each application its id and its member of wip, or ''
-- Such a worker cannot score. When it dies it leaves an application in the intermediate list or in wip, else among the
-- failed. Whatever it does later to one that was taken back is undone in the same way.
-- Returns how many applications wait again; -1 when scorers have come or gone meanwhile.
if redis.replicate_commands then redis.replicate_commands() end
local count = tonumber(ARGV[1])
if redis.call('ZCARD', KEYS[2]) ~= count then return -1 end
local held = {}
for i = 1, count do
  if not redis.call('ZSCORE', KEYS[2], ARGV[i + 1]) then return -1 end
  for _, id in ipairs(redis.call('LRANGE', KEYS[i + 5], 0, -1)) do
    held[id], held[id .. ':' .. ARGV[i + 1]] = true, true
  end
end
redis.call('ZREM', KEYS[4], '')  -- a first write that needs no memory: see claim.lua

-- What a scorer said of an application: 'finished', 'failed' or nil.
local function said(results)
  for _, entry in ipairs(redis.call('XREVRANGE', results, '+', '-')) do
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    if fields.type == '1' then return 'finished' end
    if fields.scorer then return 'failed' end
  end
end

local taken, key = 0, count + 6
for i = count + 3, #ARGV, 2 do
  local id, member = ARGV[i], ARGV[i + 1]
  local job, results, executions = KEYS[key], KEYS[key + 1], KEYS[key + 2]
  key = key + 3
  local verdict = said(results)
  redis.call('LREM', KEYS[5], 1, id)
  if member ~= '' and not held[member] then redis.call('ZREM', KEYS[3], member) end
  if verdict ~= 'failed' then redis.call('ZREM', KEYS[4], id) end
  if redis.call('EXISTS', job) == 1 then
    if verdict then
      redis.call('HSET', job, 'status', verdict)
      if verdict == 'finished' then redis.call('EXPIRE', job, ARGV[count + 2]) end
    elseif not held[id] and not redis.call('LPOS', KEYS[1], id) then
      redis.call('PERSIST', job)
      redis.call('HDEL', job, 'exc_info', 'ended_at')
      redis.call('HSET', job, 'status', 'queued', 'worker_name', '', 'redelivered', 1)
      redis.call('DEL', results, executions)
      redis.call('LPUSH', KEYS[1], id)
      taken = taken + 1
    end
  end
end
return taken
