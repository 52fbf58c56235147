-- KEYS: the hash of all nodes, and what the keys of their leases begin with.
-- ARGV: the arguments of BROKER_LEASE.

local node, value, ttl = ARGV[1], ARGV[2], ARGV[3]
if ttl == '0' then
	redis.call('HDEL', KEYS[1], node)
	redis.call('DEL', KEYS[2] .. node)
else
	redis.call('HSET', KEYS[1], node, value)
	redis.call('SET', KEYS[2] .. node, '', 'PX', ttl)
end
local reply = redis.call('HGETALL', KEYS[1])
local rows = {}
for i = 1, #reply, 2 do
	rows[#rows + 1] = reply[i]
	rows[#rows + 1] = reply[i + 1]
	rows[#rows + 1] = tostring(redis.call('EXISTS', KEYS[2] .. reply[i]))
end
return list_pack(rows)
