-- What a scorer holds, and which applications wait at the head of the queue: those that it will probably claim next.
-- KEYS: claims, queue    ARGV: batch size
return {redis.call('LRANGE', KEYS[1], 0, -1), redis.call('LRANGE', KEYS[2], 0, ARGV[1] - 1)}
