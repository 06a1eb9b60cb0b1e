-- Finish applications: their answers become visible, and whoever waits on a result stream is woken. Where a job names a
-- channel (`reply_to`), its answer is told there, too, together with the others of this batch: id, answer, id, answer ...
-- KEYS: claims, wip, finished, then of each application its job and its results
-- ARGV: scorer, ended at, ttl, then id, answer, ...
-- Only what this scorer still holds is finished: a scorer that was taken for dead comes too late.
-- Entries of answers that Redis has expired are removed, up to twice as many as are added: so their number stays bounded.
-- Returns how many this scorer has finished, now or when the same was sent before and its reply was lost.
if redis.replicate_commands then redis.replicate_commands() end
local scorer, ttl = ARGV[1], tonumber(ARGV[3])
local until_ = tonumber(redis.call('TIME')[1]) + ttl
local finished, told = 0, {}
for i = 4, #ARGV, 2 do
  local id, job, results = ARGV[i], KEYS[i], KEYS[i + 1]
  if redis.call('LREM', KEYS[1], 1, id) == 1 then
    redis.call('ZREM', KEYS[2], id .. ':' .. scorer)
    redis.call('HSET', job, 'status', 'finished', 'ended_at', ARGV[2])
    redis.call('EXPIRE', job, ttl)
    redis.call('ZADD', KEYS[3], until_, id)
    redis.call('XADD', results, 'MAXLEN', 10, '*', 'type', 1, 'worker_name', scorer, 'return_value', ARGV[i + 1])
    redis.call('EXPIRE', results, ttl)
    local channel = redis.call('HGET', job, 'reply_to')
    if channel then
      local answers = told[channel] or {}
      told[channel] = answers
      answers[#answers + 1] = id
      answers[#answers + 1] = ARGV[i + 1]
    end
    finished = finished + 1
  else
    local was = redis.call('HMGET', job, 'status', 'worker_name')
    if was[1] == 'finished' and was[2] == scorer then finished = finished + 1 end
  end
end
-- Where this user of Redis may not publish, who waits finds the answer in its stream.
for channel, answers in pairs(told) do redis.pcall('PUBLISH', channel, table.concat(answers, ' ')) end
local gone = redis.call('ZCOUNT', KEYS[3], '-inf', until_ - ttl)
if gone > 0 then redis.call('ZREMRANGEBYRANK', KEYS[3], 0, math.min(gone, 2 * finished + 1) - 1) end
return finished
