/* The part of a session whose dialect reads a stream: wire/dialect.h. */
#ifndef TRANSPORT_SESSION_STREAM_H
#define TRANSPORT_SESSION_STREAM_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#include "domain/base/list.h"
#include "transport/net/input_buffer.h"
#include "wire/dialect.h"

struct conn;

struct session_stream {
	const struct dialect_stream *ops;
	struct conn *conn;
	size_t *held; /* counts the memory of all connections */
	size_t counted;
	/* Of a message: what is to be read after a pause; NULL: nothing. */
	struct input_buffer *rest;
	size_t rest_used;
	bool rest_is_text;
	/* Of all that are unfinished, oldest first; alone: it is not. */
	struct list link;
	uint32_t begun; /* a tick of the wheel */
	alignas(max_align_t) unsigned char state[];
};

/* NULL: no memory. The connection is borrowed, and `held`. */
struct session_stream *session_stream_create(const struct dialect_stream *,
    struct conn *, size_t *held);
void session_stream_destroy(struct session_stream *);

/* Reads up to the next step, as dialect_stream.read() does. */
enum stream_step session_stream_read(struct session_stream *,
    struct stream_input *, const struct wire_context *, struct command *,
    struct failure *, struct scratch *, struct wire_text *answer);

/*
 * It was read: notes whether something of it is unfinished, and since when.
 * has_stepped: what was unfinished before is whole now.
 */
void session_stream_note(struct session_stream *, struct list *unfinished,
    bool has_stepped);

/* Ends the connections whose clients take longer than limits.message_time. */
void session_streams_end_late(struct list *unfinished);

/* Keeps what is left of a message. False: no memory. */
bool session_stream_keep(struct session_stream *, const struct stream_input *);

/* What was kept. It is valid until session_stream_advance(). */
struct stream_input session_stream_rest(const struct session_stream *);

/* Of what was kept, this is left. */
void session_stream_advance(struct session_stream *,
    const struct stream_input *);

/* For another process: the state, and what was kept, into a fresh stream. */
void session_stream_pack(const struct session_stream *, struct packer *);

/* False: no such bytes, or no memory. */
bool session_stream_unpack(struct session_stream *, struct unpacker *);

/* The memory that it holds. */
size_t session_stream_held(const struct session_stream *);

#endif
