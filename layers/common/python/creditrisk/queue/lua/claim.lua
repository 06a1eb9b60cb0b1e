-- Claim the oldest applications for one scorer, first in, first out, and read what they carry.
-- KEYS: queue, scorers, wip, claims, then the jobs that are known to be next
-- ARGV: scorer, batch size, lease ms, started at, how many are of an earlier claim, then the id of each of those jobs
-- A script may read only jobs that it was given as keys, and which jobs come next is certain only once they are claimed.
-- When other jobs than the given ones are claimed, nothing is read; the reply says which they are, and the same script is
-- sent again with a batch size of 0 and the jobs to read. Where at least half of what could be claimed is given, only that
-- is: the rest has just come in, or follows upon what another scorer took, and is not worth a second call.
-- A scorer holds at most its share of all that is waiting and claimed, or LEAST where that is more: a burst is spread over
-- the scorers that live or were woken, and would else be one batch of one of them. What others hold counts, or each would
-- find less to share than the one before it.
-- What the scorer still holds from an earlier claim, whose reply was lost on the way, comes first.
-- A job that a dead scorer held says how large a batch it may be in (`batch_limit`): what is too many goes back.
-- Returns how many are of an earlier claim; the ids that are yet to be read; what was read: id, data, tries, redelivered, ...
if redis.replicate_commands then redis.replicate_commands() end
local LEAST = 16
local scorer, size, earlier = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local time = redis.call('TIME')
local seconds = tonumber(time[1])
local now = seconds * 1000 + math.floor(time[2] / 1000)
-- When Redis is out of memory, it lets a script go on only if the first write needs no memory, as ZREM does. The queue must
-- drain all the same.
redis.call('ZREM', KEYS[2], scorer)
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), scorer)

local jobs, ids = {}, {}
for i = 6, #ARGV do jobs[ARGV[i]] = KEYS[i - 1] end
local held = redis.call('LRANGE', KEYS[4], 0, -1)
if size == 0 then
  local holds = {}
  for _, id in ipairs(held) do holds[id] = true end
  for i = 6, #ARGV do
    if holds[ARGV[i]] then ids[#ids + 1] = ARGV[i] elseif i - 5 <= tonumber(ARGV[5]) then earlier = earlier - 1 end
  end
else
  earlier = #held
  local scorers = redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf')
  local share = math.ceil((redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[3])) / scorers)
  local most = math.min(size, math.max(LEAST, share)) - #held
  if most > 0 and #ARGV > 5 then
    local waiting, known = redis.call('LRANGE', KEYS[1], 0, most - 1), 0
    while jobs[waiting[known + 1]] do known = known + 1 end
    if known > 0 and 2 * known >= #waiting then most = known end
  end
  local popped = most > 0 and redis.call('LPOP', KEYS[1], most) or {}
  if #popped > 0 then
    local members = {}
    for _, id in ipairs(popped) do
      members[#members + 1] = seconds + 86400
      members[#members + 1] = id .. ':' .. scorer
    end
    redis.call('RPUSH', KEYS[4], unpack(popped))
    redis.call('ZADD', KEYS[3], unpack(members))
  end
  ids = held
  for _, id in ipairs(popped) do ids[#ids + 1] = id end
  for _, id in ipairs(ids) do
    if not jobs[id] then return {earlier, ids, {}} end
  end
end

local function let_go(id)
  redis.call('LREM', KEYS[4], 1, id)
  redis.call('ZREM', KEYS[3], id .. ':' .. scorer)
end

local most, count, opened, back = #ids, 0, {}, {}
for i, id in ipairs(ids) do
  local job = jobs[id]
  local read = redis.call('HMGET', job, 'data', 'tries', 'redelivered', 'batch_limit')
  if not read[1] and redis.call('EXISTS', job) == 0 then  -- deleted by hand: nothing is left to score
    let_go(id)
  else
    most = math.min(most, tonumber(read[4] or most))
    if i <= earlier then redis.call('HSET', job, 'redelivered', 1) end
    if count >= most then
      back[#back + 1] = i
    else
      redis.call('HSET', job, 'status', 'started', 'started_at', ARGV[4], 'last_heartbeat', ARGV[4], 'worker_name', scorer)
      opened[#opened + 1] = id
      opened[#opened + 1] = read[1] or ''
      opened[#opened + 1] = read[2] or '0'
      opened[#opened + 1] = i <= earlier and '1' or read[3] or '0'
      count = count + 1
    end
  end
end
for i = #back, 1, -1 do
  local id = ids[back[i]]
  let_go(id)
  if back[i] <= earlier then redis.call('HSET', jobs[id], 'status', 'queued', 'worker_name', '') end
  redis.call('LPUSH', KEYS[1], id)
end
return {earlier, {}, opened}
