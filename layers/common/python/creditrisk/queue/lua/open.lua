-- Read what a scorer has claimed, and note it as started.
-- KEYS: queue, wip, claims, then each job    ARGV: scorer, started at, how many are of an earlier claim, then each id
-- A job given back by a dead scorer says how large a batch it may be in (`batch_limit`): the rest goes back.
-- Returns a flat list: id, data, tries, redelivered, ...
if redis.replicate_commands then redis.replicate_commands() end
local scorer, last_earlier = ARGV[1], 3 + tonumber(ARGV[3])
redis.call('ZREM', KEYS[2], '')  -- a first write that needs no memory: see claim.lua
local held = {}
for _, id in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do held[id] = true end

local function let_go(id)
  redis.call('LREM', KEYS[3], 1, id)
  redis.call('ZREM', KEYS[2], id .. ':' .. scorer)
end

local most, count, opened, back = #KEYS, 0, {}, {}
for i = 4, #ARGV do
  local id, job, earlier = ARGV[i], KEYS[i], i <= last_earlier
  if held[id] then
    local read = redis.call('HMGET', job, 'data', 'tries', 'redelivered', 'batch_limit')
    if not read[1] and redis.call('EXISTS', job) == 0 then  -- deleted by hand: nothing is left to score
      let_go(id)
    else
      most = math.min(most, tonumber(read[4] or most))
      if earlier then redis.call('HSET', job, 'redelivered', 1) end
      if count >= most then
        back[#back + 1] = i
      else
        redis.call('HSET', job, 'status', 'started', 'started_at', ARGV[2], 'last_heartbeat', ARGV[2], 'worker_name', scorer)
        opened[#opened + 1] = id
        opened[#opened + 1] = read[1] or ''
        opened[#opened + 1] = read[2] or '0'
        opened[#opened + 1] = earlier and '1' or read[3] or '0'
        count = count + 1
      end
    end
  end
end
for i = #back, 1, -1 do
  local id, job, earlier = ARGV[back[i]], KEYS[back[i]], back[i] <= last_earlier
  let_go(id)
  if earlier then redis.call('HSET', job, 'status', 'queued', 'worker_name', '') end
  redis.call('LPUSH', KEYS[1], id)
end
return opened
