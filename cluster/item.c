#include "cluster/item.h"

#include "cluster/cluster.h"

#include "domain/base/count_of.h"
#include "domain/private_talk.h"

/* The texts of a command that its effects depend on. */
static const size_t command_texts[] = {
	offsetof(struct command, author),
	offsetof(struct command, scope),
	offsetof(struct command, room),
	offsetof(struct command, name),
	offsetof(struct command, recipient),
	offsetof(struct command, body),
	offsetof(struct command, key),
	offsetof(struct command, reason),
	offsetof(struct command, topic),
	offsetof(struct command, role),
	offsetof(struct command, as_id),
	offsetof(struct command, as_name),
	offsetof(struct command, file.id),
	offsetof(struct command, file.key),
};

static void
command_pack(struct packer *packer, const struct command *command)
{
	const struct principal *principal = command->principal;

	pack_number(packer, command->kind);
	pack_number(packer, command->flags);
	pack_number(packer, command->rights);
	pack_number(packer, command->id_style);
	pack_number(packer, command->origin);
	pack_number(packer, command->limit);
	pack_number(packer, (uint64_t)command->ttl_ms);
	pack_number(packer, command->max_members);
	pack_number(packer, command->max_rooms);
	pack_number(packer, (uint64_t)command->duration_ms);
	pack_number(packer, (uint64_t)command->slow_ms);
	for (size_t i = 0; i < COUNT_OF(command_texts); i++)
		pack_text(packer,
		    *(const struct str *)(const void *)((const char *)command +
							command_texts[i]));
	pack_text(packer, principal != NULL ? principal->user_id : STR_ABSENT);
	pack_text(packer,
	    principal != NULL ? principal->member_id : STR_ABSENT);
}

static void
command_unpack(struct unpacker *from, struct item *out)
{
	struct command *command = &out->command;
	uint64_t kind = unpack_number(from);

	from->failed |= kind >= COMMAND_KINDS;
	command->kind = (enum command_kind)kind;
	command->flags = (unsigned)unpack_number(from);
	command->rights = (unsigned)unpack_number(from);
	command->id_style = (enum id_style)unpack_number(from);
	from->failed |= command->id_style > ID_UUID;
	command->origin = unpack_number(from);
	command->limit = (uint32_t)unpack_number(from);
	command->ttl_ms = (int64_t)unpack_number(from);
	command->max_members = (uint32_t)unpack_number(from);
	command->max_rooms = (uint32_t)unpack_number(from);
	command->duration_ms = (int64_t)unpack_number(from);
	command->slow_ms = (int64_t)unpack_number(from);
	for (size_t i = 0; i < COUNT_OF(command_texts); i++)
		*(struct str *)(void *)((char *)command + command_texts[i]) =
		    unpack_text(from);
	out->principal.user_id = unpack_text(from);
	out->principal.member_id = unpack_id(from, ID_SIZE);
	from->failed |= command->author.len >= ID_SIZE;
	command->principal = &out->principal;
}

static void
entry_pack(struct packer *packer, const struct entry *entry)
{
	const struct message *message = &entry->message;
	const struct attribute *attribute = &entry->attribute;

	pack_number(packer, entry->kind);
	pack_text(packer, entry->room_id);
	if (entry->kind == ENTRY_MESSAGE) {
		pack_text(packer, message->author);
		pack_text(packer, message->author_id);
		pack_text(packer, message->body);
		pack_text(packer, message->key);
		return;
	}
	attribute_pack(packer, attribute);
	pack_text(packer, attribute->body);
}

static void
entry_unpack(struct unpacker *from, struct entry *out)
{
	struct message *message = &out->message;
	struct attribute *attribute = &out->attribute;
	uint64_t kind = unpack_number(from);

	from->failed |= kind != ENTRY_MESSAGE && kind != ENTRY_ATTRIBUTE;
	out->kind = (enum entry_kind)kind;
	out->room_id = unpack_text(from);
	from->failed |= !room_id_is_stored(out->room_id);
	if (out->kind == ENTRY_MESSAGE) {
		message->author = unpack_text(from);
		message->author_id = unpack_text(from);
		message->body = unpack_text(from);
		message->key = unpack_text(from);
		from->failed |=
		    str_is_empty(message->body) ||
		    (talk_id_is_valid(out->room_id) &&
			talk_other(out->room_id, message->author_id).data ==
			    NULL);
		return;
	}
	from->failed |= !attribute_unpack(from, attribute);
	attribute->body = unpack_text(from);
	from->failed |= !attribute_can_be_set(attribute);
}

/* What finish() reads of an entry's command, besides the entry. */
static void
requester_pack(struct packer *packer, const struct command *command)
{
	pack_number(packer, command->kind);
	pack_text(packer, command->author);
	pack_text(packer, command->room);
	pack_text(packer, command->reason);
}

static void
requester_unpack(struct unpacker *from, struct command *out)
{
	uint64_t kind = unpack_number(from);

	from->failed |= kind >= COMMAND_KINDS;
	out->kind = (enum command_kind)kind;
	out->author = unpack_id(from, ID_SIZE);
	out->room = unpack_text(from);
	out->reason = unpack_text(from);
}

/* The commands that are not ordered, whose entries are in logs of rooms. */
static bool
requester_fits(const struct item *item)
{
	switch (item->command.kind) {
	case COMMAND_NOOP: /* there is no requester */
		return true;
	case COMMAND_BROADCAST:
		return item->entry.kind == ENTRY_MESSAGE &&
		       !talk_id_is_valid(item->entry.room_id);
	case COMMAND_DM:
		return item->entry.kind == ENTRY_MESSAGE &&
		       talk_id_is_valid(item->entry.room_id);
	case COMMAND_EDIT:
	case COMMAND_REDACT:
	case COMMAND_REACT:
	case COMMAND_READ:
		return item->entry.kind == ENTRY_ATTRIBUTE;
	default:
		return false;
	}
}

bool
item_pack(const struct item *item, struct packer *packer)
{
	pack_number(packer, CLUSTER_VERSION);
	pack_number(packer, item->kind);
	pack_text(packer, item->node);
	pack_number(packer, item->connection);
	if (item->kind == ITEM_COMMAND) {
		pack_number(packer, item->seed[0]);
		pack_number(packer, item->seed[1]);
		command_pack(packer, &item->command);
	} else if (item->kind == ITEM_EPOCH) {
		pack_text(packer, item->epoch.name);
		pack_text(packer, item->epoch.former);
		pack_number(packer, item->epoch.former_seq);
	} else if (item->kind == ITEM_RELAY) {
		pack_number(packer, item->relay.term);
		pack_number(packer, item->relay.number);
		pack_number(packer, (uint64_t)item->relay.sent_ms);
	} else if (item->kind == ITEM_FAILED_LOGIN) {
		pack_number(packer, item->login_keys[0]);
		pack_number(packer, item->login_keys[1]);
	} else {
		requester_pack(packer, &item->command);
		entry_pack(packer, &item->entry);
	}
	return !packer->failed;
}

bool
item_unpack(struct str bytes, struct item *out)
{
	struct unpacker from = { .rest = bytes };
	uint64_t version = unpack_number(&from);
	uint64_t kind = unpack_number(&from);

	*out = (struct item){ .kind = (enum item_kind)kind };
	out->node = unpack_id(&from, NODE_ID_SIZE);
	out->connection = unpack_number(&from);
	if (from.failed || version != CLUSTER_VERSION)
		return false;
	if (kind == ITEM_COMMAND) {
		out->seed[0] = unpack_number(&from);
		out->seed[1] = unpack_number(&from);
		command_unpack(&from, out);
	} else if (kind == ITEM_ENTRY) {
		requester_unpack(&from, &out->command);
		entry_unpack(&from, &out->entry);
		from.failed |= !requester_fits(out);
	} else if (kind == ITEM_EPOCH) {
		out->epoch.name = unpack_id(&from, ID_SIZE);
		out->epoch.former = unpack_id(&from, ID_SIZE);
		out->epoch.former_seq = unpack_number(&from);
		from.failed |= str_is_empty(out->epoch.name);
	} else if (kind == ITEM_RELAY) {
		out->relay.term = unpack_number(&from);
		out->relay.number = unpack_number(&from);
		out->relay.sent_ms = (int64_t)unpack_number(&from);
	} else if (kind == ITEM_FAILED_LOGIN) {
		out->login_keys[0] = unpack_number(&from);
		out->login_keys[1] = unpack_number(&from);
	} else
		return false;
	return !from.failed && from.rest.len == 0;
}
