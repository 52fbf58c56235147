#include "tests/support/commands/failing_stores.h"

static struct fault *fault;

static struct {
	const struct member_store_ops *real;
	struct member_store_ops ops;
} members;

static enum chat_error
member_put(struct member_store *store, const struct member *member)
{
	return fault_hits(fault) ? fault->error
				 : members.real->put(store, member);
}

static enum chat_error
member_rename(struct member_store *store, struct str id, struct str scope,
    struct str name)
{
	if (name.len > 0 && fault_hits(fault))
		return fault->error;
	return members.real->rename(store, id, scope, name);
}

void
failing_members(struct member_store *store, struct fault *which)
{
	fault = which;
	members.real = store->ops;
	members.ops = *store->ops;
	members.ops.put = member_put;
	members.ops.rename = member_rename;
	store->ops = &members.ops;
}

static struct {
	const struct room_store_ops *real;
	struct room_store_ops ops;
} rooms;

static enum chat_error
room_put(struct room_store *store, const struct room *room)
{
	return fault_hits(fault) ? fault->error : rooms.real->put(store, room);
}

static enum chat_error
room_join(struct room_store *store, struct str room, struct str member_id,
    bool guest)
{
	if (fault_hits(fault))
		return fault->error;
	return rooms.real->join(store, room, member_id, guest);
}

void
failing_rooms(struct room_store *store, struct fault *which)
{
	fault = which;
	rooms.real = store->ops;
	rooms.ops = *store->ops;
	rooms.ops.put = room_put;
	rooms.ops.join = room_join;
	store->ops = &rooms.ops;
}

static struct {
	const struct history_ops *real;
	struct history_ops ops;
} histories;

static enum chat_error
history_open_room(struct history *history, struct str room, int64_t ttl_ms,
    bool persistent)
{
	return fault_hits(fault)
		   ? fault->error
		   : histories.real->open(history, room, ttl_ms, persistent);
}

static enum chat_error
history_append_message(struct history *history, struct str room,
    struct message *message)
{
	return fault_hits(fault)
		   ? fault->error
		   : histories.real->append(history, room, message);
}

static enum chat_error
history_amend_message(struct history *history, struct str room, uint64_t seq,
    struct str body, int64_t edited_ms)
{
	if (body.len > 0 && fault_hits(fault))
		return fault->error;
	return histories.real->amend(history, room, seq, body, edited_ms);
}

void
failing_history(struct history *history, struct fault *which)
{
	fault = which;
	histories.real = history->ops;
	histories.ops = *history->ops;
	histories.ops.open = history_open_room;
	histories.ops.append = history_append_message;
	histories.ops.amend = history_amend_message;
	history->ops = &histories.ops;
}

static struct {
	const struct attribute_store_ops *real;
	struct attribute_store_ops ops;
} attributes;

static enum chat_error
attribute_set(struct attribute_store *store, struct str room,
    const struct attribute *attribute)
{
	return fault_hits(fault) ? fault->error
				 : attributes.real->set(store, room, attribute);
}

void
failing_attributes(struct attribute_store *store, struct fault *which)
{
	fault = which;
	attributes.real = store->ops;
	attributes.ops = *store->ops;
	attributes.ops.set = attribute_set;
	store->ops = &attributes.ops;
}
