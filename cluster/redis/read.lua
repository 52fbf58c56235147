-- No ARGV.

local place, chain, at = log_top(KEYS[1], KEYS[2])
if place == '0-0' then
	return list_pack({'ok', place, chain, at, '0'})
end
local fields = redis.call('HGETALL', KEYS[2])
local reply = {'ok', place, chain, at, ''}
for i = 1, #fields, 2 do
	if fields[i] ~= '' and fields[i] ~= TOP then
		reply[#reply + 1] = fields[i]
		reply[#reply + 1] = fields[i + 1]
	end
end
reply[5] = tostring((#reply - 5) / 2)
for _, row in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
	row_put(reply, row)
end
return list_pack(reply)
