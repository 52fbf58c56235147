-- ARGV: the arguments of BROKER_APPEND.

local known, known_chain, trim = ARGV[1], ARGV[2], tonumber(ARGV[3])
local top, chain, at, mark = log_top_kept(KEYS[1], KEYS[2])
-- From the known entry on, if others follow it.
local rows, first_row, differs = {}, 1, nil
if top ~= known then
	rows = redis.call('XRANGE', KEYS[1], known, '+')
end
if rows[1] and rows[1][1] == known and rows[1][2][2] == known_chain then
	first_row = 2
else
	differs = log_differs(top, chain, mark, known, known_chain)
end
if not differs and mark ~= log_mark(top) then
	differs = 'closed'
end
if differs then
	return list_pack({differs, top, chain})
end

-- What is behind `known`: {place, chain, at_ms}, by origin and by key.
local origins, keys, topics = {}, {}, {}

local function entry_note(origin, key, topic, found)
	origins[origin] = found
	if key ~= '' then
		keys[key] = found
	end
	topics[topic] = true
end

for i = first_row, #rows do
	local fields = rows[i][2]
	entry_note(fields[4], fields[6], fields[8],
		{rows[i][1], fields[2], fields[10]})
end

local function conditions_hold(first, last)
	for i = first, last do
		local operator = string.sub(ARGV[i], 1, 1)
		if operator == '+' or operator == '-' then
			local exists = redis.call('HEXISTS', KEYS[2],
				string.sub(ARGV[i], 2))
			if (exists == 1) ~= (operator == '+') then
				return false
			end
		end
	end
	return true
end

local function fields_apply(first, last, payload)
	for i = first, last do
		local operator = string.sub(ARGV[i], 1, 1)
		local name = string.sub(ARGV[i], 2)
		if operator == '=' then
			redis.call('HSET', KEYS[2], name, payload)
		elseif operator == '!' then
			redis.call('HDEL', KEYS[2], name)
		end
	end
end

local number, sub = place_read(top)
local reply, batch = {'ok', top, chain}, {top, chain}
local at_arg = 5
for _ = 1, tonumber(ARGV[4]) do
	local origin, key, topic = ARGV[at_arg], ARGV[at_arg + 1], ARGV[at_arg + 2]
	local entry_at, flags = ARGV[at_arg + 3], ARGV[at_arg + 4]
	local payload = ARGV[at_arg + 5]
	local first = at_arg + 7
	local last = first - 1 + tonumber(ARGV[at_arg + 6])
	at_arg = last + 1

	local result, found = '~', origins[origin]
	if not found and key ~= '' then
		result, found = '=', keys[key]
	end
	if not found and ((string.find(flags, 'x', 1, true) and topics[topic]) or
			not conditions_hold(first, last)) then
		result, found = '!', {'0-0', '', '0'}
	end
	if not found then
		if string.find(flags, 'n', 1, true) then
			number, sub = number + 1, 0
		else
			sub = sub + 1
		end
		if tonumber(entry_at) > tonumber(at) then
			at = entry_at
		end
		if chain == '' then
			redis.call('HSET', KEYS[2], '', server_generation())
		end
		fields_apply(first, last, payload)
		chain = chain_after(chain, origin)
		result, found = '+', {place_write(number, sub), chain, at}
		redis.call('XADD', KEYS[1], found[1], 'c', chain, 'o', origin,
			'k', key, 't', topic, 'a', at, 'p', payload)
		entry_note(origin, key, topic, found)
		local n = #batch
		batch[n + 1], batch[n + 2], batch[n + 3] = found[1], chain, origin
		batch[n + 4], batch[n + 5], batch[n + 6] = key, topic, at
		batch[n + 7] = payload
	end
	local n = #reply
	reply[n + 1] = result
	reply[n + 2], reply[n + 3], reply[n + 4] = found[1], found[2], found[3]
end

reply[2], reply[3] = place_write(number, sub), chain
if #batch > 2 then
	redis.call('HSET', KEYS[2], TOP, reply[2] .. ' ' .. chain .. ' ' .. at)
	if trim > 0 then
		log_trim(trim, reply[2])
	end
	batch_publish(batch)
end
return list_pack(reply)
