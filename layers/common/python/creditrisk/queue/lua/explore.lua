-- Take places for applications that are to be accepted at random, as far as the day's budget goes.
-- KEYS: the day's set   ARGV: budget, seconds that the set is kept, then the applications' ids
-- Returns the ids that have a place. One that has a place keeps it: who asks again for it, after a crash, gets it again.
local given = {}
for i = 3, #ARGV do
  if redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 1 then
    given[#given + 1] = ARGV[i]
  elseif redis.call('SCARD', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('SADD', KEYS[1], ARGV[i])
    given[#given + 1] = ARGV[i]
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return given
