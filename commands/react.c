/* COMMAND_REACT: add a reaction to a message, or take it back. */
#include "commands/command_table.h"
#include "commands/support/message_change.h"

/* Control characters; clients may split what they show at others. */
static bool
is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
			return false;
	return true;
}

static enum chat_error
check_reaction(struct request *request)
{
	struct str reaction = request->command->reaction;

	if (reaction.len < 1 || reaction.len > ATTRIBUTE_LABEL_MOST ||
	    !is_plain(reaction))
		return request_bad_field(request, "reaction");
	return CHAT_OK;
}

struct tally {
	struct str label;
	size_t labels; /* different ones */
	size_t count;  /* of this one */
};

static bool
tally_label(struct str label, size_t count, void *arg)
{
	struct tally *tally = arg;

	tally->labels++;
	if (str_equal(label, tally->label))
		tally->count = count;
	return true;
}

static struct tally
tally_reactions(const struct request *request, struct str room, uint64_t seq,
    struct str label)
{
	struct tally tally = { .label = label };

	attribute_store_each_label(request->chat->attributes, room, seq,
	    tally_label, &tally);
	return tally;
}

/* Whether there may be one more. */
static enum chat_error
check_limits(struct request *request)
{
	const struct chat *chat = request->chat;
	const struct command *command = request->command;
	struct tally tally = tally_reactions(request, request->room,
	    command->from_seq, command->reaction);

	if (attribute_store_count(chat->attributes, request->room) >=
	    chat->limits.room_attributes)
		return request_over_limit(request, CHAT_TOO_MANY_ATTRIBUTES,
		    chat->limits.room_attributes);
	if (tally.count == 0 && tally.labels >= chat->limits.reactions)
		return request_over_limit(request, CHAT_TOO_MANY_ATTRIBUTES,
		    chat->limits.reactions);
	return CHAT_OK;
}

/* A reaction that is there, or is not there to be removed, needs no entry. */
static enum chat_error
react_run(struct request *request)
{
	const struct command *command = request->command;
	bool remove = (command->flags & COMMAND_REMOVE) != 0;
	struct attribute attribute = { .kind = ATTRIBUTE_REACTION,
		.seq = command->from_seq,
		.subject = str_from(request->author.id),
		.label = command->reaction };
	struct attribute was;
	struct message message;
	enum chat_error error = check_reaction(request);

	if (error == CHAT_OK)
		error = message_change_find(request, &message);
	if (error == CHAT_OK && message.is_redacted)
		error = CHAT_MESSAGE_NOT_FOUND;
	if (error != CHAT_OK)
		return error;
	if (attribute_store_find(request->chat->attributes, request->room,
		&attribute, &was) != remove) {
		message_change_answer(request);
		return CHAT_OK;
	}
	if (!remove)
		error = request_check_words(request, "reaction",
		    request->command->reaction);
	if (error == CHAT_OK && !remove)
		error = check_limits(request);
	return error == CHAT_OK
		   ? message_change_append(request, &attribute, remove)
		   : error;
}

static struct log_limit react_lines;

static enum chat_error
react_finish(struct request *request, const struct entry *entry)
{
	const struct attribute *attribute = &entry->attribute;
	struct event event = message_change_event(entry, EVENT_REACTED);

	event.member = str_from(request->author.name);
	event.reaction = attribute->label;
	event.is_removed = str_is_empty(attribute->value);
	event.count = tally_reactions(request, entry->room_id, attribute->seq,
	    attribute->label)
			  .count;
	message_change_log(request, entry, &react_lines, LOG_DEBUG);
	message_change_publish(request, entry, &event);
	return CHAT_OK;
}

const struct command_entry command_react = {
	.needs = NEEDS_AUTHOR | NEEDS_ROOM | MAY_BE_TALK | NEEDS_VOICE |
		 NEEDS_HISTORY,
	.rights = RIGHT_POST,
	.run = react_run,
	.finish = react_finish,
};
