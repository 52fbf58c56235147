-- What every script begins with. Its first argument is a list of strings, as
-- MessagePack, and so is what it answers and publishes: that takes Redis and the
-- nodes a third of the time of values by themselves. The second argument is the
-- channel of the log.
local ARGV, channel = cmsgpack.unpack(ARGV[1]), ARGV[2]
local list_pack = cmsgpack.pack

-- KEYS come in pairs: the stream of a log, the hash of its table. A row of the stream has the fields c o k t a p: chain,
-- origin, key, topic, at_ms, payload. A log that is not empty has a table with a
-- field without a name, its mark, so that the loss of either is noticed.

local function place_read(place)
	local number, sub = string.match(place, '^(%d+)-(%d+)$')
	if not number then
		error('bad place')
	end
	return tonumber(number), tonumber(sub)
end

local function place_write(number, sub)
	return string.format('%.0f-%.0f', number, sub)
end

local function place_is_before(a, b)
	local a_number, a_sub = place_read(a)
	local b_number, b_sub = place_read(b)
	return a_number < b_number or (a_number == b_number and a_sub < b_sub)
end

local function chain_after(chain, origin)
	return string.sub(redis.sha1hex(chain .. origin), 1, 16)
end

-- Place, chain and at_ms of the last entry, and the mark. A log whose stream or
-- table is gone, evicted for example, is an empty log.
local function log_top(stream, hash)
	local row = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
	local mark = redis.call('HGET', hash, '')
	if row and mark then
		return row[1], row[2][2], row[2][10], mark
	end
	return '0-0', '', '0', mark
end

-- A field of the table: place, chain and at_ms of the last entry, so that an
-- append need not read it; absent after anything but an append.
local TOP = '\0'

-- The same as log_top(), as an append has left it.
local function log_top_kept(stream, hash)
	local fields = redis.call('HMGET', hash, '', TOP)
	if not fields[2] or redis.call('EXISTS', stream) == 0 then
		return log_top(stream, hash)
	end
	local top, chain, at = string.match(fields[2], '^(%S+) (%S*) (%d+)$')
	return top, chain, at, fields[1]
end

-- Another one after each start and each promotion to primary: what was appended
-- before may be lost.
local function server_generation()
	local info = redis.call('INFO', 'replication')
	local _, before = string.find(info, 'master_replid:', 1, true)
	return string.sub(info, before + 1, before + 40)
end

-- The mark of a log that is open: the generation in which it was opened; with
-- '+' behind it as long as the log is empty, so that a stream that is gone is no
-- empty log.
local function log_mark(top)
	return server_generation() .. (top == '0-0' and '+' or '')
end

-- Why a log does not continue what is known of it; nil: it does. The chain of an
-- entry that was written back may be unknown: ''.
local function log_differs(top, top_chain, mark, place, chain)
	if place_is_before(top, place) then
		return mark == log_mark(top) and 'forked' or 'behind'
	end
	if top == place then
		return top_chain ~= chain and 'forked' or nil
	end
	local row = redis.call('XRANGE', KEYS[1], place, place)[1]
	if row then
		if row[2][2] == chain then
			return nil
		end
		return row[2][2] == '' and 'trimmed' or 'forked'
	end
	row = redis.call('XRANGE', KEYS[1], '(' .. place, '+', 'COUNT', 1)[1]
	if chain_after(chain, row[2][4]) == row[2][2] then
		return nil
	end
	-- There is nothing between a place and its next sub.
	local number, sub = place_read(place)
	return row[2][2] ~= '' and row[1] == place_write(number, sub + 1) and 'forked' or 'trimmed'
end

-- Removes entries below a number, but never the last one: it has the top.
local function log_trim(trim, top)
	local number = place_read(top)
	redis.call('XTRIM', KEYS[1], 'MINID', '=',
		place_write(math.min(trim, number), 0))
end

-- Adds an ENTRY to a reply.
local function row_put(reply, row)
	local fields = row[2]
	reply[#reply + 1] = row[1]
	for i = 2, 12, 2 do
		reply[#reply + 1] = fields[i]
	end
end

-- A batch for subscribers.
local function batch_publish(items)
	redis.call('PUBLISH', channel, list_pack(items))
end
