-- Take back what RQ workers took that work on this queue by mistake, and delete what has had its time.
-- KEYS: queue, scorers, wip, failed, finished
-- ARGV: claims prefix, job prefix, results prefix, result ttl, most entries that are removed at once
-- Such a worker leaves an application in the intermediate list or in wip when it dies, and among the failed when it does
-- not, since it can score nothing. Whatever it does later to one that was taken back is undone in the same way.
-- Returns how many applications wait again, and how many failed ones were deleted.
if redis.replicate_commands then redis.replicate_commands() end
local queue, wip, failed, finished = KEYS[1], KEYS[3], KEYS[4], KEYS[5]
local now = tonumber(redis.call('TIME')[1])
local most = tonumber(ARGV[5])
redis.call('ZREM', finished, '')  -- a first write that needs no memory: see claim.lua
local gone = math.min(redis.call('ZCOUNT', finished, '-inf', now), most)
if gone > 0 then redis.call('ZREMRANGEBYRANK', finished, 0, gone - 1) end

local deleted = 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', failed, 0, now, 'LIMIT', 0, 1000)) do
  redis.call('DEL', ARGV[2] .. id, ARGV[3] .. id)
  redis.call('ZREM', failed, id)
  deleted = deleted + 1
end

local held  -- what scorers hold, as id:scorer, read when it is first asked for
local function is_held(member)
  if not held then
    held = {}
    for _, scorer in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
      for _, id in ipairs(redis.call('LRANGE', ARGV[1] .. scorer, 0, -1)) do
        held[id .. ':' .. scorer], held[id] = true, true
      end
    end
  end
  return held[member]
end

-- What a scorer said of an application: 'finished', 'failed' or nil.
local function said(id)
  for _, entry in ipairs(redis.call('XREVRANGE', ARGV[3] .. id, '+', '-')) do
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    if fields.type == '1' then return 'finished' end
    if fields.scorer then return 'failed' end
  end
end

local taken = 0
local function take_back(id)
  local job = ARGV[2] .. id
  if redis.call('EXISTS', job) == 0 then return end
  local verdict = said(id)
  if verdict then
    redis.call('HSET', job, 'status', verdict)
    if verdict == 'finished' then redis.call('EXPIRE', job, ARGV[4]) end
  elseif not is_held(id) and not redis.call('LPOS', queue, id) then
    redis.call('PERSIST', job)
    redis.call('HDEL', job, 'exc_info', 'ended_at')
    redis.call('HSET', job, 'status', 'queued', 'worker_name', '', 'redelivered', 1)
    redis.call('DEL', ARGV[3] .. id, 'rq:executions:' .. id)
    redis.call('LPUSH', queue, id)
    taken = taken + 1
  end
end

local intermediate = queue .. ':intermediate'
for _, id in ipairs(redis.call('LRANGE', intermediate, 0, 999)) do
  redis.call('LREM', intermediate, 1, id)
  take_back(id)
end

local ours = 0
for _, scorer in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  ours = ours + redis.call('LLEN', ARGV[1] .. scorer)
end
if redis.call('ZCARD', wip) ~= ours then
  for _, member in ipairs(redis.call('ZRANGE', wip, 0, -1)) do
    if not is_held(member) then
      redis.call('ZREM', wip, member)
      take_back(member:match('^[^:]*'))
    end
  end
end

-- RQ keeps a failed job for a year, longer than we do: its failures are the last ones.
for _, id in ipairs(redis.call('ZREVRANGE', failed, 0, 99)) do
  if said(id) ~= 'failed' then
    redis.call('ZREM', failed, id)
    take_back(id)
  end
end
return {taken, deleted}
