-- ARGV: the channel, then the arguments of BROKER_HEAL.

local place, chain = ARGV[2], ARGV[3]
local fields = tonumber(ARGV[4])
local first = 5 + 2 * fields
local top, top_chain = log_top(KEYS[1], KEYS[2])

-- Everything is checked before anything is changed.
if first > #ARGV or (#ARGV + 1 - first) % 7 ~= 0 then
	error('bad entries')
end
local is_whole = place == '*'
if is_whole then
	if not place_is_before(top, ARGV[#ARGV - 6]) then
		return {'forked', top, top_chain}
	end
elseif top ~= place or top_chain ~= chain then
	return {'forked', top, top_chain}
end
-- Of a whole log, the chains of the oldest entries may be unknown.
local before, before_chain = place, is_whole and '' or chain
for i = first, #ARGV, 7 do
	if not (is_whole and i == first) and not place_is_before(before, ARGV[i]) or
			not (is_whole and before_chain == '') and
			chain_after(before_chain, ARGV[i + 2]) ~= ARGV[i + 1] then
		error('bad chain')
	end
	before, before_chain = ARGV[i], ARGV[i + 1]
end
if before_chain == '' then
	error('bad chain')
end

if is_whole or top == '0-0' then
	redis.call('DEL', KEYS[1])
end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], '', '')
for i = 5, first - 1, 2 do
	redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
local batch = {place, is_whole and '' or chain}
for i = first, #ARGV, 7 do
	redis.call('XADD', KEYS[1], ARGV[i], 'c', ARGV[i + 1], 'o', ARGV[i + 2],
		'k', ARGV[i + 3], 't', ARGV[i + 4], 'a', ARGV[i + 5],
		'p', ARGV[i + 6])
	for j = i, i + 6 do
		batch[#batch + 1] = ARGV[j]
	end
end
batch_publish(ARGV[1], batch)
return {'ok'}
