-- Delete failed applications that have been kept long enough.
-- KEYS: failed, then of each application its job and its results    ARGV: each id    Returns how many were deleted.
if redis.replicate_commands then redis.replicate_commands() end
local now = tonumber(redis.call('TIME')[1])
local deleted = 0
for i, id in ipairs(ARGV) do
  local until_ = redis.call('ZSCORE', KEYS[1], id)
  if until_ and tonumber(until_) <= now then
    redis.call('DEL', KEYS[2 * i], KEYS[2 * i + 1])
    redis.call('ZREM', KEYS[1], id)
    deleted = deleted + 1
  end
end
return deleted
