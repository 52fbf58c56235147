/* Decodes the bodies of requests to the HTTP API: docs/api.md. Public. */
#ifndef WIRE_API_REQUEST_H
#define WIRE_API_REQUEST_H

#include <stddef.h>

#include "domain/command.h"
#include "domain/event.h"

struct scratch;

/* The most messages of one batch. */
#define API_BATCH_MOST 1000

struct api_body {
	struct str text;
	size_t depth; /* limits.json_depth */
	struct scratch *scratch;
};

/*
 * Each decodes a body into a command. CHAT_BAD_JSON, CHAT_BAD_FIELD: `why` is
 * the answer. Both outputs are zeroed first; texts point into the body or the
 * scratch, which is used from its beginning.
 */

/*
 * {"message", "key"?, "create"?, "as"?: {"id"?, "name"?}, "room"?}. A room in
 * the body is taken only with `has_room`; it is needed then. COMMAND_MAY_CREATE
 * for "create".
 */
enum chat_error api_decode_message(const struct api_body *, bool has_room,
    struct command *out, struct failure *why);

/* {"message", "as"?}: to all members in the lobby. */
enum chat_error api_decode_broadcast(const struct api_body *,
    struct command *out, struct failure *why);

/*
 * {"room"?, "name"?, "persistent"?, "private"?, "moderated"?, "topic"?,
 * "slow_ms"?, "ttl_ms"?, "max_members"?}. An absent `room` may be in the body;
 * one of room and name is needed. Persistent unless it says otherwise. An empty
 * body is an object without fields.
 */
enum chat_error api_decode_room(const struct api_body *, struct str room,
    struct command *out, struct failure *why);

/* {"topic"?, "slow_ms"?}: a command for each; of what is absent the kind is
 * COMMAND_NOOP. */
enum chat_error api_decode_change(const struct api_body *, struct str room,
    struct command *topic, struct command *slow, struct failure *why);

/*
 * {"member", "reason"?, "duration_ms"?, "role"?}: invite, kick, mute, ban, and
 * their ends; COMMAND_ROLE needs a role.
 */
enum chat_error api_decode_moderation(const struct api_body *,
    enum command_kind, struct str room, struct command *out,
    struct failure *why);

/* What is revoked; texts fit into a line of a file. */
struct api_revocation {
	struct str jti; /* a token; else absent: */
	struct str sub; /* a user; absent: all users */
	bool has_before;
	uint64_t before_s; /* Unix time: tokens issued earlier */
};

/* {"jti"}, {"sub", "before"?} or {"before"}. */
enum chat_error api_decode_revocation(const struct api_body *,
    struct api_revocation *out, struct failure *why);

/* {"messages": […]}: the array's text. 1 to API_BATCH_MOST objects. */
enum chat_error api_decode_batch(const struct api_body *, struct str *messages,
    size_t *count, struct failure *why);

#endif
