#include "commands/support/files.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "commands/support/presence.h"
#include "commands/support/room_access.h"
#include "domain/private_talk.h"
#include "domain/text/file_name.h"

/* --- whose they are ------------------------------------------------------- */

/* A client of HTTP without an account. */
static bool
author_is_anonymous(const struct request *request)
{
	const struct command *command = request->command;

	return (command->flags & COMMAND_OF_SERVER) &&
	       !(command->rights & RIGHT_ADMIN) &&
	       !member_id_is_of_user(command->as_id);
}

/* The time does not depend on where they differ. */
static bool
key_is_equal(const char *key, struct str given)
{
	unsigned char difference = 0;

	if (key[0] == '\0' || given.len != strlen(key))
		return false;
	for (size_t i = 0; i < given.len; i++)
		difference |= (unsigned char)(key[i] ^ given.data[i]);
	return difference == 0;
}

static bool
blob_is_own(const struct request *request, const struct blob *blob,
    struct str key)
{
	return key_is_equal(blob->secret, key) ||
	       (blob->owner[0] != '\0' &&
		   str_equal(str_from(blob->owner),
		       str_from(request->author.id)) &&
		   !author_is_anonymous(request));
}

static const struct blob *
blob_find(const struct request *request, struct str id)
{
	struct blob_store *blobs = request->chat->blobs;

	if (blobs == NULL || id.data == NULL)
		return NULL;
	blob_store_refresh(blobs, id);
	return blob_store_find(blobs, id);
}

enum chat_error
files_find_own(struct request *request, const struct blob **out)
{
	const struct command_file *file = &request->command->file;

	*out = blob_find(request, file->id);
	if (*out == NULL)
		return CHAT_FILE_NOT_FOUND;
	return blob_is_own(request, *out, file->key) ||
		       (request->command->rights & RIGHT_ADMIN)
		   ? CHAT_OK
		   : CHAT_FILE_NOT_FOUND;
}

static bool
room_is_readable(struct request *request, struct str room)
{
	struct str before = request->room;
	struct room talk;
	bool is_readable;

	if (talk_id_is_valid(room))
		return talk_other(room, str_from(request->author.id)).data !=
			   NULL &&
		       room_store_get(request->chat->rooms, room, &talk) ==
			   CHAT_OK;
	request->room = room;
	is_readable = request_check_scope(request, room) == CHAT_OK &&
		      room_access_check(request, false) == CHAT_OK;
	request->room = before;
	request->failure = (struct failure){ .error = CHAT_OK };
	return is_readable;
}

static bool
grant_holds(struct request *request, const struct blob_grant *grant)
{
	struct str target = str_from(grant->target);

	switch (grant->scope) {
	case BLOB_ROOM:
		return room_is_readable(request, target);
	case BLOB_MEMBER:
		return str_equal(target, str_from(request->author.id));
	case BLOB_ALL:
		return true;
	}
	return false;
}

static bool
blob_is_readable(struct request *request, const struct blob *blob)
{
	struct str key = request->command->file.key;

	if (blob_is_own(request, blob, key) || key_is_equal(blob->key, key))
		return true;
	if (!(request->command->rights & RIGHT_READ))
		return false;
	if (request->command->rights & RIGHT_ADMIN)
		return true;
	for (size_t i = 0; i < blob->grant_count; i++)
		if (grant_holds(request, &blob->grants[i]))
			return true;
	return false;
}

enum chat_error
files_find_readable(struct request *request, const struct blob **out)
{
	*out = blob_find(request, request->command->file.id);
	return *out != NULL && (*out)->is_complete &&
		       blob_is_readable(request, *out)
		   ? CHAT_OK
		   : CHAT_FILE_NOT_FOUND;
}

struct str
files_owner_name(const struct request *request, const struct blob *blob,
    char out[MEMBER_NAME_SIZE])
{
	struct member owner = { .name = "" };

	(void)member_store_get(request->chat->members, str_from(blob->owner),
	    &owner);
	memcpy(out, owner.name, sizeof(owner.name));
	return str_from(out);
}

/* --- new ones ------------------------------------------------------------- */

enum chat_error
files_check_space(struct request *request, struct str payer, uint64_t size,
    uint64_t more)
{
	const struct file_limits *limits = &request->chat->limits.files;
	struct blob_store *blobs = request->chat->blobs;

	if (limits->size != 0 && size > limits->size)
		return request_over_limit(request, CHAT_FILE_TOO_LARGE,
		    limits->size);
	if (limits->quota_user != 0 &&
	    blob_store_usage(blobs, payer).bytes + more > limits->quota_user)
		return request_over_limit(request, CHAT_QUOTA_REACHED,
		    limits->quota_user);
	if (limits->quota != 0 &&
	    blob_store_usage(blobs, STR_ABSENT).bytes + more > limits->quota)
		return CHAT_FILES_FULL;
	return CHAT_OK;
}

/* Members without an account may come back with another id. */
static void
blob_set_payer(const struct request *request, struct blob *blob)
{
	if (!author_is_anonymous(request))
		*str_put(blob->owner, str_from(request->author.id)) = '\0';
	if (request->author.is_user && blob->owner[0] != '\0')
		memcpy(blob->payer, blob->owner, sizeof(blob->payer));
	else
		snprintf(blob->payer, sizeof(blob->payer), "@%" PRIx64,
		    request->command->origin);
}

static void
key_make(const struct request *request, char out[BLOB_KEY_SIZE])
{
	char part[ID_SIZE];

	out[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		id_source_next(request->chat->ids, ID_HEX16, part);
		*str_put(out + strlen(out),
		    str_slice(part, strnlen(part, 16))) = '\0';
	}
}

/*
 * Who has an account shows that; others need something in the URL, and another
 * thing that those who get the URL do not have.
 */
static void
blob_set_keys(const struct request *request, struct blob *blob)
{
	if (member_id_is_of_user(str_from(blob->owner)))
		return;
	key_make(request, blob->key);
	key_make(request, blob->secret);
}

static enum chat_error
blob_set_id(struct request *request, struct blob *blob)
{
	struct str id = request->command->file.id;

	if (id.data == NULL)
		id_source_next(request->chat->ids, ID_UUID, blob->id);
	else if (blob_id_is_valid(id))
		*str_put(blob->id, id) = '\0';
	else
		return request_bad_field(request, "file.id");
	return CHAT_OK;
}

static enum chat_error
blob_describe(struct request *request, struct blob *blob)
{
	const struct file_limits *limits = &request->chat->limits.files;
	const struct command_file *file = &request->command->file;

	if (file->size != BLOB_SIZE_UNKNOWN && file->size > INT64_MAX)
		return request_bad_field(request, "file.size");
	file_name_sanitize(file->name.data == NULL ? STR("") : file->name,
	    blob->name, sizeof(blob->name));
	if (file->type.data != NULL && !str_is_empty(file->type) &&
	    !file_type_normalize(file->type, blob->declared,
		sizeof(blob->declared)))
		return request_bad_field(request, "file.type");
	blob->size = file->size;
	blob->created_ms = request->now_ms;
	if (limits->expire_ms != 0)
		blob->expires_ms = request->now_ms + limits->expire_ms;
	blob_set_payer(request, blob);
	blob_set_keys(request, blob);
	return blob_set_id(request, blob);
}

/* The room may be a private talk. */
static enum chat_error
blob_grant_room(struct request *request, struct blob *blob)
{
	if (request->room.data == NULL)
		return CHAT_OK;
	if (!room_is_readable(request, request->room))
		return request_room_not_found(request);
	blob_add_grant(blob, BLOB_ROOM, request->room);
	return CHAT_OK;
}

enum chat_error
files_create(struct request *request)
{
	struct blob blob = { .grant_count = 0 };
	enum chat_error error = CHAT_UNAVAILABLE;

	if (request->chat->blobs == NULL)
		return error;
	error = blob_describe(request, &blob);
	if (error == CHAT_OK)
		error = blob_grant_room(request, &blob);
	if (error == CHAT_OK)
		error = files_check_space(request, str_from(blob.payer),
		    blob.size == BLOB_SIZE_UNKNOWN ? 0 : blob.size,
		    blob_charge(&blob));
	if (error == CHAT_OK)
		error = blob_store_create(request->chat->blobs, &blob);
	if (error != CHAT_OK)
		return error;
	files_answer(request,
	    blob_store_find(request->chat->blobs, str_from(blob.id)));
	return CHAT_OK;
}

void
files_answer(const struct request *request, const struct blob *blob)
{
	struct event event = { .kind = EVENT_FILE, .file = blob };

	request_answer(request, &event);
}

void
files_announce(const struct request *request, const struct blob *blob)
{
	struct event event = request_event(request, EVENT_FILE_UPLOADED);

	event.file = blob;
	lobby_publish(request, &event);
}

/* --- in messages ---------------------------------------------------------- */

enum file_part_end
files_read_part(const struct request *request, struct str body,
    struct file_part *out)
{
	struct file_message *messages = request->chat->file_messages;

	return messages == NULL || str_is_empty(body)
		   ? FILE_PART_NONE
		   : file_message_read(messages, body, out);
}

static enum chat_error
body_add_file(struct request *request)
{
	const struct blob *blob;
	struct file_part part;

	request->file_id[0] = '\0';
	switch (files_read_part(request, request->body, &part)) {
	case FILE_PART_NONE:
		return CHAT_OK;
	case FILE_PART_BAD:
		return request_bad_field(request, "message.file");
	case FILE_PART_FOUND:
		break;
	}
	blob = blob_find(request, str_from(part.id));
	if (blob == NULL || !blob->is_complete ||
	    !blob_is_own(request, blob, str_from(part.key)))
		return CHAT_FILE_NOT_FOUND;
	if (!file_message_write(request->chat->file_messages, request->body,
		blob, &request->body))
		return CHAT_UNAVAILABLE;
	memcpy(request->file_id, blob->id, sizeof(request->file_id));
	return CHAT_OK;
}

/* Others do not grant what the author's node grants. */
static void
body_note_file(struct request *request)
{
	struct file_part part;

	request->file_id[0] = '\0';
	if (!request->ordered->is_foreign &&
	    files_read_part(request, request->body, &part) == FILE_PART_FOUND)
		memcpy(request->file_id, part.id, sizeof(request->file_id));
}

enum chat_error
files_prepare_body(struct request *request)
{
	enum chat_error error;

	if (request->ordered != NULL) {
		body_note_file(request);
		return CHAT_OK;
	}
	error = request_filter_body(request);
	return error == CHAT_OK ? body_add_file(request) : error;
}

enum chat_error
files_grant(struct request *request, enum blob_scope scope, struct str target)
{
	const struct blob *blob;
	enum chat_error error;

	if (request->file_id[0] == '\0')
		return CHAT_OK;
	blob = blob_find(request, str_from(request->file_id));
	if (blob == NULL || !blob->is_complete)
		error = CHAT_FILE_NOT_FOUND;
	else
		error = blob_store_grant(request->chat->blobs,
		    str_from(request->file_id), scope, target);
	/* At its place in the order a message is posted by all nodes. */
	return request->ordered == NULL ? error : CHAT_OK;
}

void
files_remove_from_room(struct request *request, struct str id, struct str room)
{
	const struct blob *blob = blob_find(request, id);

	if (blob != NULL && blob->grant_count == 1 &&
	    blob_has_grant(blob, BLOB_ROOM, room))
		blob_store_remove(request->chat->blobs, id);
}

/* --- those whose time is over --------------------------------------------- */

#define FILES_AT_ONCE 64

struct file_sweep {
	struct request *request;
	int64_t now_ms;
	char ids[FILES_AT_ONCE][ID_SIZE];
	size_t count;
};

static bool
room_is_gone(const struct request *request, struct str id)
{
	struct room room;

	return room_store_get(request->chat->rooms, id, &room) != CHAT_OK &&
	       !commit_log_is_room_pending(request->chat->log, id);
}

/* None but the owner could read it any more. */
static bool
blob_has_lost_rooms(const struct request *request, const struct blob *blob)
{
	for (size_t i = 0; i < blob->grant_count; i++)
		if (blob->grants[i].scope != BLOB_ROOM ||
		    !room_is_gone(request, str_from(blob->grants[i].target)))
			return false;
	return blob->grant_count > 0;
}

static bool
blob_is_over(const struct file_sweep *sweep, const struct blob *blob)
{
	const struct chat *chat = sweep->request->chat;
	int64_t unfinished_ms = chat->limits.files.unfinished_ms;

	if (blob_store_is_completing(chat->blobs, str_from(blob->id)))
		return false;
	if (!blob->is_complete && unfinished_ms != 0 &&
	    sweep->now_ms - blob->created_ms >= unfinished_ms)
		return true;
	return (blob->expires_ms != 0 && sweep->now_ms >= blob->expires_ms) ||
	       blob_has_lost_rooms(sweep->request, blob);
}

static bool
blob_collect(const struct blob *blob, void *arg)
{
	struct file_sweep *sweep = arg;

	if (blob_is_over(sweep, blob))
		memcpy(sweep->ids[sweep->count++], blob->id, sizeof(blob->id));
	return sweep->count < FILES_AT_ONCE;
}

void
files_sweep(struct request *request)
{
	struct chat *chat = request->chat;
	struct file_sweep sweep = {
		.request = request,
		.now_ms = history_trusted_ms(chat->history, request->now_ms),
	};

	/* Before a node knows the rooms of the others, all would be gone. */
	if (chat->blobs == NULL ||
	    (chat->order != NULL && !command_order_is_ready(chat->order)))
		return;
	blob_store_refresh(chat->blobs, STR_ABSENT);
	do {
		sweep.count = 0;
		blob_store_each(chat->blobs, blob_collect, &sweep);
		for (size_t i = 0; i < sweep.count; i++)
			blob_store_remove(chat->blobs, str_from(sweep.ids[i]));
		request->state->file_totals.expired += sweep.count;
	} while (sweep.count == FILES_AT_ONCE);
}
