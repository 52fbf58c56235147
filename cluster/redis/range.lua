-- ARGV: the arguments of BROKER_RANGE.

local top, chain, _, mark = log_top(KEYS[1], KEYS[2])
local differs = log_differs(top, chain, mark, ARGV[1], ARGV[2])
if differs then
	return list_pack({differs, top, chain})
end
local reply = {'ok', top, chain}
if top ~= ARGV[1] then
	local rows = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT',
		ARGV[3])
	for _, row in ipairs(rows) do
		row_put(reply, row)
	end
end
return list_pack(reply)
