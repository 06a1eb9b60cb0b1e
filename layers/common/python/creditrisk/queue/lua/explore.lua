-- Take places for applications that are to be accepted at random, as far as the day's budget goes.
-- KEYS: the day's set
-- ARGV: budget, seconds that the set is kept, then of each application, in order, its id and 1 if it was drawn, else 0
-- Returns the ids that had a chance: of those drawn, who has a place; of the others, before whom there was one left. One
-- that has a place keeps it: who asks again for it, after a crash, gets it again.
local budget = tonumber(ARGV[1])
local had = {}
for i = 3, #ARGV, 2 do
  if redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 1 then
    had[#had + 1] = ARGV[i]
  elseif redis.call('SCARD', KEYS[1]) < budget then
    had[#had + 1] = ARGV[i]
    if ARGV[i + 1] == '1' then
      redis.call('SADD', KEYS[1], ARGV[i])
    end
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return had
