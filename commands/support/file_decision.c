#include "commands/support/file_decision.h"

#include "commands/support/files.h"

enum chat_error
file_decision_publish(struct request *request, enum event_kind kind,
    const struct blob **out)
{
	struct publisher *publisher = request->chat->publisher;
	struct event event = request_event(request, kind);
	struct member owner;
	enum chat_error error = files_find_readable(request, out);

	if (error != CHAT_OK)
		return error;
	event.file = *out;
	event.by = STR("");
	if (member_store_get(request->chat->members, str_from((*out)->owner),
		&owner) == CHAT_OK) {
		event.by = str_from(owner.name);
		event.is_private = true;
		publisher_publish(publisher, &event,
		    audience_one(str_from(owner.id)));
		event.is_private = false;
	}
	publisher_publish(publisher, &event, audience_lobby());
	return CHAT_OK;
}
