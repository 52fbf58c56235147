-- ARGV: the arguments of BROKER_SAVE.

local name, count, index = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local top = log_top(KEYS[1], KEYS[2])
if top == '0-0' then
	return list_pack({'gone'})
end
redis.call('HSET', KEYS[2], name .. '/' .. ARGV[3], ARGV[4])
if index + 1 < count then
	return list_pack({'ok'})
end
local found, others = 0, {}
for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
	local of = string.match(field, '^(.*)/%d+$')
	if of == name then
		found = found + 1
	elseif of then
		others[#others + 1] = field
	end
end
if found ~= count then
	for i = 0, count - 1 do
		redis.call('HDEL', KEYS[2], name .. '/' .. i)
	end
	return list_pack({'gone'})
end
-- Also pieces of a snapshot whose node has not finished it.
for _, field in ipairs(others) do
	redis.call('HDEL', KEYS[2], field)
end
redis.call('HSET', KEYS[2], 'snapshot', name)
log_trim(tonumber(ARGV[5]), top)
return list_pack({'ok'})
