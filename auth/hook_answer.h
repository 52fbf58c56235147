/* What a hook answers about a client. Pure. */
#ifndef AUTH_HOOK_ANSWER_H
#define AUTH_HOOK_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/base/str.h"
#include "domain/room_pattern.h"

/* The longest user id, name and reason, with their NUL. */
#define HOOK_TEXT_SIZE 257

struct hook_answer {
	char user[HOOK_TEXT_SIZE]; /* not empty */
	char name[HOOK_TEXT_SIZE]; /* "": the hook gives none */
	unsigned rights;
	bool has_rooms; /* it is limited to these: */
	size_t rooms_len;
	char rooms[ROOM_PATTERNS_BYTES];
	int64_t ttl_s;     /* the answer is good for so long; 0: only once */
	int64_t expires_s; /* Unix time: the connection ends; 0: never */
};

/*
 * Reads {"user", "name"?, "can"?, "rooms"?, "ttl_s"?, "exp"?}, strictly; other
 * members are passed over. "can" and "rooms" mean what they do in a token, see
 * rights_of_claim().
 * NULL: *out is the answer. Else what is wrong with it, a constant without any
 * of its text.
 */
const char *hook_answer_read(struct str json, struct hook_answer *out);

/*
 * Reads {"reason"} of a refusal, and adds a newline. False: there is none that
 * could be shown.
 */
bool hook_reason_read(struct str json, char out[HOOK_TEXT_SIZE + 1]);

#endif
