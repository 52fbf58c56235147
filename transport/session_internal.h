/* For the files session*.c. */
#ifndef TRANSPORT_SESSION_INTERNAL_H
#define TRANSPORT_SESSION_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/command.h"
#include "transport/session.h"
#include "transport/trace.h"
#include "transport/ws/endpoint.h"
#include "transport/ws/ws_conn.h"
#include "wire/common/scratch.h"
#include "wire/common/wire_text.h"

struct principal;

struct sessions {
	struct endpoint base;
	struct sessions_config config;
	struct scratch scratch;  /* of the current command */
	struct wire_text answer; /* of a stream */
	struct list unfinished;  /* struct session_stream */
};

static inline struct sessions *
sessions_of(const struct session *session)
{
	return (struct sessions *)ws_conn_endpoint(session->conn);
}

/* The name of the session's user is behind the id. */
static inline char *
session_name(struct session *session)
{
	return session->member_id + session->id_size;
}

void session_free(struct session *);

/* The stream that its dialect reads. False: no memory. */
bool session_add_stream(struct session *, struct conn *);

void session_trace(const struct session *, enum trace_kind, struct str room,
    struct str what);

/* --- for another process: of the endpoint --------------------------------- */

bool session_is_movable(const void *);
void session_pack(const void *, struct packer *);
void *session_adopt(struct endpoint *, struct conn *, bool deflate,
    struct unpacker *);

/* --- commands ------------------------------------------------------------- */

/* False: the connection ends. */
bool session_connect_member(struct session *, struct str name,
    const struct principal *);

/* The only rooms of its principal; absent: all. False: no memory. */
bool session_set_scope(struct session *, struct str rooms);

/*
 * Carries out a decoded command, or answers its failure. CHAT_OK: it is carried
 * out, or waits for that.
 */
enum chat_error session_take_command(struct session *, struct command *,
    enum chat_error, const struct failure *);

/* The same for messages of a dialect with a burst limit. */
bool session_is_burst_limited(const struct session *, const struct command *);
void session_take_limited(struct session *, struct command *, enum chat_error,
    const struct failure *);

/* --- input: of the endpoint ----------------------------------------------- */

void session_message(void *, enum ws_opcode, char *data, size_t len);
void session_go_on(void *);
size_t session_held(const void *);

#endif
