-- KEYS of several logs; no ARGV.

local reply = {}
for i = 1, #KEYS, 2 do
	local top, chain, at = log_top(KEYS[i], KEYS[i + 1])
	local number, sub = place_read(top)
	if sub > 0 then
		local place = place_write(number, 0)
		local row = redis.call('XRANGE', KEYS[i], place, place)[1]
		at = row and row[2][10] or '0'
	end
	for _, item in ipairs({top, chain, at}) do
		reply[#reply + 1] = item
	end
end
return list_pack(reply)
