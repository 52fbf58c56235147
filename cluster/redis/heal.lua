-- ARGV: the arguments of BROKER_HEAL.

local place, chain, opens = ARGV[1], ARGV[2], ARGV[3] == '1'
local origin, origin_at, origin_payload = ARGV[4], ARGV[5], ARGV[6]
local first = 8 + 2 * (tonumber(ARGV[7]) or 0)
local top, top_chain, top_at, mark = log_top(KEYS[1], KEYS[2])
local is_whole = place == '*'

-- Everything is checked before anything is changed.
if (#ARGV + 1 - first) % 7 ~= 0 or first > #ARGV + 1 or
		first > #ARGV and (is_whole or not opens) then
	error('bad entries')
end
if mark == log_mark(top) or
		is_whole and not place_is_before(top, ARGV[#ARGV - 6]) or
		not is_whole and (top ~= place or top_chain ~= chain) then
	return list_pack({'forked', top, top_chain})
end
-- Of a whole log, the chains of the oldest entries may be unknown.
local before, before_chain = place, is_whole and '' or chain
for i = first, #ARGV, 7 do
	if not (is_whole and i == first) and not place_is_before(before, ARGV[i]) or
			not (is_whole and before_chain == '') and
			chain_after(before_chain, ARGV[i + 2]) ~= ARGV[i + 1] then
		error('bad chain')
	end
	before, before_chain, top_at = ARGV[i], ARGV[i + 1], ARGV[i + 5]
end
if before_chain == '' and before ~= '0-0' then
	error('bad chain')
end

local batch = {place, is_whole and '' or chain}
local function entry_add(strings)
	redis.call('XADD', KEYS[1], strings[1], 'c', strings[2], 'o', strings[3],
		'k', strings[4], 't', strings[5], 'a', strings[6], 'p', strings[7])
	for i = 1, 7 do
		batch[#batch + 1] = strings[i]
	end
end

if is_whole or top == '0-0' then
	redis.call('DEL', KEYS[1])
end
if is_whole or top == '0-0' or ARGV[7] ~= '' then
	redis.call('DEL', KEYS[2])
end
redis.call('HDEL', KEYS[2], TOP)
redis.call('HSET', KEYS[2], '', '')
for i = 8, first - 1, 2 do
	redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
for i = first, #ARGV, 7 do
	entry_add({unpack(ARGV, i, i + 6)})
end
if opens and origin ~= '' then
	local number, sub = place_read(before)
	before = place_write(number, sub + 1)
	if tonumber(origin_at) < tonumber(top_at) then
		origin_at = top_at
	end
	entry_add({before, chain_after(before_chain, origin), origin, '', '',
		origin_at, origin_payload})
end
if opens then
	redis.call('HSET', KEYS[2], '', log_mark(before))
end
batch_publish(batch)
return list_pack({'ok'})
