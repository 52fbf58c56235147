/* Events of the dotnet dialect, as ChatMessages. */
#include "domain/base/count_of.h"
#include "domain/role.h"
#include "domain/text/utf8.h"
#include "wire/common/error_texts.h"
#include "wire/common/event_encoders.h"
#include "wire/common/file_part.h"
#include "wire/common/timestamps.h"
#include "wire/dotnet/dialect_dotnet.h"
#include "wire/dotnet/dotnet_files.h"
#include "wire/json/json_ascii.h"
#include "wire/json/json_fields.h"

/* A room in an error: longer than any valid id. */
#define QUOTE_MOST 160

enum chat_type {
	CHAT_PUBLIC,
	CHAT_PRIVATE,
	CHAT_ROOM
};

static const struct str chat_types[] = {
	[CHAT_PUBLIC] = STR("public"),
	[CHAT_PRIVATE] = STR("private"),
	[CHAT_ROOM] = STR("room"),
};

/* The fields behind Message; empty texts are those of the original. */
struct tail {
	struct str type;
	struct str to;
	struct str room;
	struct str fields; /* these instead of ToUsername to RoomId; absent */
	enum chat_type chat_type;
};

/* --- a ChatMessage -------------------------------------------------------- */

static void
ascii_put_field(struct wire_text *out, struct str head, struct str text)
{
	wire_text_append(out, head);
	wire_text_append(out, STR("\""));
	json_put_ascii_part(out, text);
	wire_text_append(out, STR("\""));
}

/* Parts of Message follow. */
static void
chat_message_begin(struct wire_text *out, struct str username)
{
	ascii_put_field(out, STR("{\"Username\":"), username);
	wire_text_append(out, STR(",\"Message\":\""));
}

static bool
chat_message_end(struct wire_text *out, const struct event *event,
    const struct tail *tail)
{
	wire_text_append(out, STR("\""));
	if (tail->fields.data != NULL) {
		wire_text_append(out, tail->fields);
	} else {
		ascii_put_field(out, STR(",\"ToUsername\":"), tail->to);
		wire_text_append(out, STR(",\"ToUsernames\":[]"));
		wire_text_append(out, STR(",\"ChatType\":\""));
		wire_text_append(out, chat_types[tail->chat_type]);
		wire_text_append(out, STR("\""));
		ascii_put_field(out, STR(",\"RoomId\":"), tail->room);
	}
	ascii_put_field(out, STR(",\"Type\":"), tail->type);
	timestamp_put_utc(out, STR(",\"Timestamp\":"), event->at_ms);
	wire_text_append(out, STR("}"));
	return true;
}

#define SYSTEM STR("System")
#define SYSTEM_LOWER STR("system")

static void
dotnet_put_part(struct wire_text *out, struct str text)
{
	json_put_ascii_part(out, text);
}

/* A sentence about a name or a room. */
static void
sentence_put(struct wire_text *out, struct str before, struct str name,
    struct str after)
{
	dotnet_put_part(out, before);
	dotnet_put_part(out, name);
	dotnet_put_part(out, after);
}

static bool
system_message_end(struct wire_text *out, const struct event *event)
{
	const struct tail tail = { .type = STR("system") };

	return chat_message_end(out, event, &tail);
}

/* An answer about a room. */
static bool
room_answer_end(struct wire_text *out, const struct event *event,
    struct str type)
{
	const struct tail tail = { .type = type, .room = event->room };

	return chat_message_end(out, event, &tail);
}

/* What the members of a room get. */
static bool
room_message_end(struct wire_text *out, const struct event *event,
    struct str type)
{
	const struct tail tail = {
		.type = type,
		.room = event->room,
		.chat_type = CHAT_ROOM,
	};

	return chat_message_end(out, event, &tail);
}

static bool
error_end(struct wire_text *out, const struct event *event)
{
	const struct tail tail = { .type = STR("error") };

	return chat_message_end(out, event, &tail);
}

/* --- members -------------------------------------------------------------- */

static bool
dotnet_encode_welcome(const struct event *event, struct wire_text *out)
{
	chat_message_begin(out, SYSTEM);
	sentence_put(out, STR("Welcome "), event->member,
	    STR("! You are now connected to the chat."));
	return system_message_end(out, event);
}

static bool
dotnet_encode_lobby_left(const struct event *event, struct wire_text *out)
{
	chat_message_begin(out, SYSTEM);
	sentence_put(out, STR(""), event->member, STR(" left the chat"));
	return system_message_end(out, event);
}

static bool
dotnet_encode_renamed(const struct event *event, struct wire_text *out)
{
	chat_message_begin(out, SYSTEM_LOWER);
	sentence_put(out, event->was, STR(" is now known as "), event->member);
	return system_message_end(out, event);
}

static void
dotnet_names_put(struct wire_text *out, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		wire_text_append_if(out, i > 0, STR(", "));
		dotnet_put_part(out, names->items[i]);
	}
	wire_text_append_if(out, names->more, STR(", ..."));
}

static bool
dotnet_encode_list(const struct event *event, struct wire_text *out)
{
	if (event->room.data != NULL) {
		chat_message_begin(out, SYSTEM);
		sentence_put(out, STR("Members of room '"), event->room,
		    STR("': "));
		dotnet_names_put(out, &event->names);
		return room_answer_end(out, event, STR("roomMembers"));
	}
	chat_message_begin(out, SYSTEM_LOWER);
	dotnet_put_part(out, STR("Online users: "));
	dotnet_names_put(out, &event->names);
	return system_message_end(out, event);
}

/* --- messages ------------------------------------------------------------- */

/* Redacted messages and edits are not sent: a reader has the first text. */
static bool
dotnet_encode_said(const struct event *event, struct wire_text *out)
{
	const struct tail tail = {
		.type = STR("chat"),
		.fields = event->fields,
	};

	if (event->is_redacted)
		return false;
	chat_message_begin(out, event->member);
	json_put_ascii_body(out, event->body);
	if (event->room.data != NULL)
		return room_message_end(out, event, STR("roomMessage"));
	return chat_message_end(out, event, &tail);
}

static bool
private_message_put(struct wire_text *out, const struct event *event,
    struct str from, struct str to)
{
	const struct tail tail = {
		.type = event->in_dialog ? STR("privateChat")
					 : STR("privateMessage"),
		.to = to,
		.chat_type = CHAT_PRIVATE,
	};

	/* A retry that the history has: its author got the first copy. */
	if (event->body.data == NULL)
		return false;
	chat_message_begin(out, from);
	json_put_ascii_body(out, event->body);
	return chat_message_end(out, event, &tail);
}

static bool
dotnet_encode_dm(const struct event *event, struct wire_text *out)
{
	return private_message_put(out, event, event->member, event->recipient);
}

static bool
dotnet_encode_dm_sent(const struct event *event, struct wire_text *out)
{
	return private_message_put(out, event, event->by, event->member);
}

/* --- files ---------------------------------------------------------------- */

static bool
is_shared_file(const struct event *event, struct file_view *view)
{
	return (event->kind == EVENT_MESSAGE || event->kind == EVENT_DM ||
		   event->kind == EVENT_DM_SENT) &&
	       !event->is_redacted &&
	       file_view_read(event->body, view) == FILE_PART_FOUND;
}

/* The audience of a file: a room, a member, or all. */
static void
audience_put(struct wire_text *out, const struct event *event)
{
	if (event->kind == EVENT_DM)
		dotnet_put_part(out, event->recipient);
	else if (event->room.data != NULL)
		sentence_put(out, STR("ROOM:"), event->room, STR(""));
	else
		dotnet_put_part(out, STR("everyone"));
}

static bool
file_offered_put(struct wire_text *out, const struct event *event,
    const struct file_view *view)
{
	chat_message_begin(out, view->is_automatic ? STR("") : SYSTEM);
	sentence_put(out, STR(""), event->member,
	    view->is_automatic ? STR(" is sharing file '")
			       : STR(" offered file '"));
	json_put_ascii_json(out, view->name.body);
	if (view->is_automatic) {
		dotnet_put_part(out,
		    STR("' - auto-downloading to all users..."));
	} else {
		dotnet_put_part(out, STR("' to "));
		audience_put(out, event);
	}
	return event->room.data != NULL
		   ? room_message_end(out, event, STR("system"))
		   : system_message_end(out, event);
}

/* The text of a message besides its file, with a link. */
static bool
file_text_put(struct wire_text *out, const struct event *event)
{
	struct event plain = *event;
	struct wire_text body;
	bool is_put;

	wire_text_init(&body);
	file_view_put_as_text(&body, event->body);
	plain.body = body.failed ? STR("\"\"") : str_slice(body.data, body.len);
	is_put = event->kind == EVENT_DM ? dotnet_encode_dm(&plain, out)
					 : dotnet_encode_said(&plain, out);
	out->failed |= body.failed;
	wire_text_fini(&body);
	return is_put;
}

/* The author of an offer gets it in a room only, and no notice of it. */
static bool
dotnet_encode_shared(const struct event *event, enum viewpoint viewpoint,
    const struct file_view *view, struct wire_text *out)
{
	if (event->kind == EVENT_DM_SENT)
		return false;
	if (viewpoint == VIEW_AUTHOR && event->room.data == NULL &&
	    event->kind == EVENT_MESSAGE)
		return false;
	if (view->text.body.len > 0)
		file_text_put(out, event);
	else if (viewpoint != VIEW_AUTHOR || event->kind == EVENT_DM)
		file_offered_put(out, event, view);
	if (!view->is_automatic)
		dotnet_file_put(event, out);
	return true;
}

static bool
dotnet_encode_uploaded(const struct event *event, struct wire_text *out)
{
	if (event->file == NULL)
		return false;
	chat_message_begin(out, SYSTEM);
	sentence_put(out, event->member, STR(" uploaded file: "),
	    str_from(event->file->name));
	dotnet_put_part(out, STR(" - ready for download"));
	return system_message_end(out, event);
}

static bool
dotnet_encode_pushed(const struct event *event, struct wire_text *out)
{
	if (event->file == NULL)
		return false;
	chat_message_begin(out, STR(""));
	sentence_put(out, STR("Auto-download completed: '"),
	    str_from(event->file->name), STR("' sent to "));
	json_field_unsigned(out, STR(""), event->count);
	dotnet_put_part(out, STR(" users"));
	return event->room.data != NULL
		   ? room_message_end(out, event, STR("system"))
		   : system_message_end(out, event);
}

/* The owner gets a message of the channel of files, all get a notice. */
static bool
file_decision_encode(const struct event *event, struct wire_text *out,
    struct str decision)
{
	if (event->file == NULL)
		return false;
	if (event->is_private)
		return dotnet_file_put(event, out);
	chat_message_begin(out, SYSTEM);
	sentence_put(out, event->member, decision, str_from(event->file->name));
	sentence_put(out, STR("' from "), event->by, STR(""));
	return system_message_end(out, event);
}

static bool
dotnet_encode_accepted(const struct event *event, struct wire_text *out)
{
	return file_decision_encode(event, out, STR(" accepted file '"));
}

static bool
dotnet_encode_rejected(const struct event *event, struct wire_text *out)
{
	return file_decision_encode(event, out, STR(" rejected file '"));
}

/* --- rooms ---------------------------------------------------------------- */

static bool
dotnet_encode_created(const struct event *event, struct wire_text *out)
{
	chat_message_begin(out, SYSTEM);
	sentence_put(out, STR("Room '"), event->room_name,
	    STR("' created successfully. ID: "));
	dotnet_put_part(out, event->room);
	return room_answer_end(out, event, STR("roomCreated"));
}

static bool
dotnet_encode_joined(const struct event *event, struct wire_text *out)
{
	chat_message_begin(out, SYSTEM);
	sentence_put(out,
	    event->duplicate ? STR("You are already a member of room '")
			     : STR("Successfully joined room '"),
	    event->room_name, STR("'"));
	return event->duplicate
		   ? error_end(out, event)
		   : room_answer_end(out, event, STR("roomJoined"));
}

/* The client takes the text behind the colon as the id. */
static bool
room_left_put(struct wire_text *out, const struct event *event,
    struct str sentence)
{
	chat_message_begin(out, SYSTEM);
	dotnet_put_part(out, sentence);
	dotnet_put_part(out, event->room);
	return room_answer_end(out, event, STR("roomLeft"));
}

static bool
dotnet_encode_left(const struct event *event, struct wire_text *out)
{
	return room_left_put(out, event, STR("Left room: "));
}

static bool
room_notice_put(struct wire_text *out, const struct event *event,
    struct str after)
{
	chat_message_begin(out, SYSTEM);
	sentence_put(out, STR(""), event->member, after);
	return room_message_end(out, event, STR("system"));
}

static bool
dotnet_encode_entered(const struct event *event, struct wire_text *out)
{
	return room_notice_put(out, event, STR(" joined the room"));
}

static bool
dotnet_encode_gone(const struct event *event, struct wire_text *out)
{
	return room_notice_put(out, event, STR(" left the room"));
}

static bool
dotnet_encode_rooms(const struct event *event, struct wire_text *out)
{
	const struct tail tail = { .type = STR("roomList") };

	chat_message_begin(out, SYSTEM);
	dotnet_put_part(out, event->rooms.count > 0
				 ? STR("Rooms: ")
				 : STR("There are no rooms"));
	for (size_t i = 0; i < event->rooms.count; i++) {
		const struct room_entry *entry = &event->rooms.items[i];

		wire_text_append_if(out, i > 0, STR(", "));
		sentence_put(out, entry->name, STR(" (ID: "), entry->id);
		json_field_unsigned(out, STR(", members: "), entry->members);
		dotnet_put_part(out, STR(")"));
	}
	wire_text_append_if(out, event->rooms.more, STR(", ..."));
	return chat_message_end(out, event, &tail);
}

static bool
dotnet_encode_invited(const struct event *event, struct wire_text *out)
{
	chat_message_begin(out, SYSTEM);
	sentence_put(out, event->member, STR(" invited you to room '"),
	    event->room_name);
	sentence_put(out, STR("'. ID: "), event->room, STR(""));
	return room_message_end(out, event, STR("system"));
}

/* Invitations and kicks have no other answer. */
static bool
dotnet_encode_done(const struct event *event, struct wire_text *out)
{
	if (event->room.data == NULL)
		return false;
	chat_message_begin(out, SYSTEM);
	sentence_put(out, event->failure.command, STR(": done"), STR(""));
	return room_message_end(out, event, STR("system"));
}

static bool
dotnet_encode_kicked(const struct event *event, struct wire_text *out)
{
	return room_left_put(out, event, STR("You were removed from room: "));
}

/* A member that is banned is put out of the room, like one that is kicked. */
static bool
dotnet_encode_role(const struct event *event, struct wire_text *out)
{
	return str_equal(event->role, role_word(ROLE_BANNED)) &&
	       dotnet_encode_kicked(event, out);
}

static bool
dotnet_encode_deleted(const struct event *event, struct wire_text *out)
{
	return room_left_put(out, event, STR("The room was deleted: "));
}

/* --- failures ------------------------------------------------------------- */

/* A message to a room that does not exist is one to a room of others. */
static bool
is_about_membership(const struct failure *failure)
{
	return failure->error == CHAT_NOT_IN_ROOM ||
	       (failure->error == CHAT_ROOM_NOT_FOUND &&
		   !dotnet_command_is(failure, STR("joinRoom")));
}

static void
dotnet_failure_put(struct wire_text *out, const struct event *event)
{
	const struct failure *failure = &event->failure;
	struct str room = utf8_cut(event->room, QUOTE_MOST);

	if (event->room.data != NULL && is_about_membership(failure))
		sentence_put(out, STR("You are not a member of room '"), room,
		    STR("'"));
	else if (event->room.data != NULL &&
		 failure->error == CHAT_ROOM_NOT_FOUND)
		sentence_put(out, STR("Room '"), room, STR("' does not exist"));
	else if (failure->error == CHAT_MEMBER_NOT_FOUND &&
		 event->recipient.data != NULL)
		sentence_put(out, STR("User '"),
		    utf8_cut(event->recipient, QUOTE_MOST),
		    STR("' not found or not online"));
	else
		dotnet_put_part(out, error_text_plain(failure));
}

/* A chunk that is not the first; or no file is rejected, as before. */
static bool
failure_has_no_answer(const struct event *event)
{
	const struct failure *failure = &event->failure;

	return (dotnet_command_is(failure, STR("fileUpload")) &&
		   event->ref.data == NULL) ||
	       (dotnet_command_is(failure, STR("fileReject")) &&
		   failure->error == CHAT_FILE_NOT_FOUND);
}

static bool
dotnet_encode_failed(const struct event *event, struct wire_text *out)
{
	if (failure_has_no_answer(event))
		return false;
	if (dotnet_file_put(event, out))
		return true;
	chat_message_begin(out,
	    dotnet_command_is(&event->failure, STR("setUsername"))
		? SYSTEM_LOWER
		: SYSTEM);
	dotnet_failure_put(out, event);
	return error_end(out, event);
}

/* --- the table ------------------------------------------------------------ */

static event_encoder *const encoders[EVENT_KINDS] = {
	[EVENT_WELCOME] = dotnet_encode_welcome,
	[EVENT_LIST] = dotnet_encode_list,
	[EVENT_DM_SENT] = dotnet_encode_dm_sent,
	[EVENT_NAMED] = dotnet_encode_renamed,
	[EVENT_ROOM_CREATED] = dotnet_encode_created,
	[EVENT_ROOM_JOINED] = dotnet_encode_joined,
	[EVENT_ROOM_LEFT] = dotnet_encode_left,
	[EVENT_ROOMS] = dotnet_encode_rooms,
	[EVENT_DONE] = dotnet_encode_done,
	[EVENT_FAILED] = dotnet_encode_failed,
	[EVENT_MESSAGE] = dotnet_encode_said,
	[EVENT_DM] = dotnet_encode_dm,
	[EVENT_LOBBY_LEFT] = dotnet_encode_lobby_left,
	[EVENT_LOBBY_RENAMED] = dotnet_encode_renamed,
	[EVENT_ENTERED] = dotnet_encode_entered,
	[EVENT_GONE] = dotnet_encode_gone,
	[EVENT_INVITED] = dotnet_encode_invited,
	[EVENT_KICKED] = dotnet_encode_kicked,
	[EVENT_ROLE] = dotnet_encode_role,
	[EVENT_ROOM_DELETED] = dotnet_encode_deleted,
	[EVENT_FILE_DATA] = dotnet_file_put,
	[EVENT_FILE_UPLOADED] = dotnet_encode_uploaded,
	[EVENT_FILE_PUSHED] = dotnet_encode_pushed,
	[EVENT_FILE_ACCEPTED] = dotnet_encode_accepted,
	[EVENT_FILE_REJECTED] = dotnet_encode_rejected,
};

/*
 * The author of a message to all gets no copy; the author of one to a room
 * does. Only the member that has to leave a room is informed of it.
 */
bool
dotnet_encode(const struct event *event, enum viewpoint viewpoint,
    struct wire_text *out)
{
	struct file_view view;

	if (is_shared_file(event, &view))
		return dotnet_encode_shared(event, viewpoint, &view, out);
	if (event->kind == EVENT_MESSAGE && viewpoint == VIEW_AUTHOR &&
	    event->room.data == NULL)
		return false;
	if (viewpoint != VIEW_AUTHOR &&
	    event_has_trait(event->kind, EVENT_IS_ABOUT_MEMBER))
		return false;
	return event_encode_by(encoders, event, out);
}
