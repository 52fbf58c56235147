-- KEYS of several logs; no ARGV.

local reply = {}
for i = 1, #KEYS, 2 do
	reply[i], reply[i + 1] = log_top(KEYS[i], KEYS[i + 1])
end
return reply
