-- Accept one application, once, and say whether a scorer must be woken. All or nothing.
-- KEYS: queue, job, idempotency, scorers, id keys, RQ's set of queues (not in a cluster)
-- ARGV: id, max queue, fingerprint, ttl, max scorers, batch size, ticket ms, the id's key and since when, then the job's
--       hash as field, value, ...: the first field is its data
-- Returns {'accepted', ticket or ''} | {'repeated', id} | {'conflict'} | {'full'} | {'taken'}
-- When it is sent again because the first reply was lost on the way, the reply is the same, with the ticket, or nobody would
-- be woken. Whether the job under this id is the same application or another one is seen by its data.
if redis.replicate_commands then redis.replicate_commands() end
local id, fingerprint = ARGV[1], ARGV[3]
local function ticket()
  return 'woken-' .. redis.sha1hex(id):sub(1, 16) -- it is logged, which the id must not be
end
local stands = redis.call('HGET', KEYS[2], 'data')
if stands == ARGV[11] then
  local woken = tonumber(ARGV[5]) > 0 and redis.call('ZSCORE', KEYS[4], ticket())
  return {'accepted', woken and ticket() or ''}
end
if stands then return {'taken'} end
if fingerprint ~= '' then
  local earlier = redis.call('GET', KEYS[3])
  if earlier then
    local earlier_id, earlier_fingerprint = earlier:match('^(%S+) (%S+)$')
    if earlier_fingerprint ~= fingerprint then return {'conflict'} end
    return {'repeated', earlier_id}
  end
end
local waiting = redis.call('LLEN', KEYS[1])
if waiting >= tonumber(ARGV[2]) then return {'full'} end
if fingerprint ~= '' then
  redis.call('SET', KEYS[3], id .. ' ' .. fingerprint, 'EX', ARGV[4])
end
if ARGV[8] ~= '' then redis.call('HSETNX', KEYS[5], ARGV[8], ARGV[9]) end
redis.call('HSET', KEYS[2], unpack(ARGV, 10))
if KEYS[6] then redis.call('SADD', KEYS[6], KEYS[1]) end
redis.call('RPUSH', KEYS[1], id)

local max_scorers = tonumber(ARGV[5])
if max_scorers == 0 then return {'accepted', ''} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local awake = redis.call('ZCOUNT', KEYS[4], '(' .. now, '+inf')
local wanted = math.min(max_scorers, math.ceil((waiting + 1) / (4 * tonumber(ARGV[6]))))
if awake >= wanted then return {'accepted', ''} end
redis.call('ZADD', KEYS[4], now + tonumber(ARGV[7]), ticket())
return {'accepted', ticket()}
