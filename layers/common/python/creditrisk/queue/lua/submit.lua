-- Accept one application, once, and say whether a scorer must be woken. All or nothing.
-- KEYS: queue, job, idempotency, scorers, id keys    ARGV: id, queue name key, max queue, fingerprint, ttl,
--       max scorers, batch size, ticket ms, the id's key and since when, then the job's hash as field, value, ...
-- Returns {'accepted', ticket or ''} | {'repeated', id} | {'conflict'} | {'full'}
if redis.replicate_commands then redis.replicate_commands() end
local id, max_queue, fingerprint = ARGV[1], tonumber(ARGV[3]), ARGV[4]
if fingerprint ~= '' then
  local earlier = redis.call('GET', KEYS[3])
  if earlier then
    local earlier_id, earlier_fingerprint = earlier:match('^(%S+) (%S+)$')
    if earlier_fingerprint ~= fingerprint then return {'conflict'} end
    return {'repeated', earlier_id}
  end
end
local waiting = redis.call('LLEN', KEYS[1])
if waiting >= max_queue then return {'full'} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'repeated', id} end
if fingerprint ~= '' then
  redis.call('SET', KEYS[3], id .. ' ' .. fingerprint, 'EX', ARGV[5])
end
if ARGV[9] ~= '' then redis.call('HSETNX', KEYS[5], ARGV[9], ARGV[10]) end
redis.call('HSET', KEYS[2], unpack(ARGV, 11))
redis.call('SADD', ARGV[2], KEYS[1])
redis.call('RPUSH', KEYS[1], id)

local max_scorers = tonumber(ARGV[6])
if max_scorers == 0 then return {'accepted', ''} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local awake = redis.call('ZCOUNT', KEYS[4], '(' .. now, '+inf')
local wanted = math.min(max_scorers, math.ceil((waiting + 1) / (4 * tonumber(ARGV[7]))))
if awake >= wanted then return {'accepted', ''} end
local ticket = 'woken-' .. redis.sha1hex(id):sub(1, 16) -- it is logged, which the id must not be
redis.call('ZADD', KEYS[4], now + tonumber(ARGV[8]), ticket)
return {'accepted', ticket}
