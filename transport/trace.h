/*
 * What happens to commands, messages and connections, and why, for an operator
 * who watches a room, a member or a connection. Never texts or tokens. Public.
 *
 * Nothing is done while there is no watch: call sites ask trace_is_on().
 */
#ifndef TRANSPORT_TRACE_H
#define TRANSPORT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/base/str.h"

struct clock;
struct trace_watch;
struct wire_text;

/* X(constant, word): the fields that each may have are in docs/api.md. */
#define TRACE_KINDS(X)                  \
	X(TRACE_OPENED, "opened")       \
	X(TRACE_ACCEPTED, "accepted")   \
	X(TRACE_REFUSED, "refused")     \
	X(TRACE_PUBLISHED, "published") \
	X(TRACE_SENT, "sent")           \
	X(TRACE_DROPPED, "dropped")     \
	X(TRACE_LAGS, "lags")           \
	X(TRACE_CAUGHT_UP, "caught_up") \
	X(TRACE_PAUSED, "paused")       \
	X(TRACE_RESUMED, "resumed")     \
	X(TRACE_CLOSED, "closed")

enum trace_kind {
#define X(constant, word) constant,
	TRACE_KINDS(X)
#undef X
};

/* What happened. Texts are borrowed; absent texts and zeros are left out. */
struct trace_entry {
	enum trace_kind kind;
	uint32_t connection;
	struct str member; /* its id */
	struct str room;
	struct str what;   /* a command or an event */
	struct str why;    /* an error, a limit, a reason */
	struct str detail; /* the field or right that is wrong */
	uint64_t limit;    /* that was exceeded */
	uint64_t seq;
	uint64_t count;  /* of receivers, sockets or messages; with has_count */
	uint64_t behind; /* sockets that get it later */
	unsigned code;   /* of a close */
	bool has_count;
};

struct trace {
	struct trace_watch *watches; /* NULL: there are none */
	struct clock *clock;
};

static inline bool
trace_is_on(const struct trace *trace)
{
	return __builtin_expect(trace->watches != NULL, 0);
}

/* Writes an entry for each watch that it concerns. */
void trace_put(struct trace *, const struct trace_entry *);

/* --- watches -------------------------------------------------------------- */

/* Exactly one of the first three; the texts are copied. */
struct trace_config {
	struct str room;
	struct str member;
	uint32_t connection;
	uint64_t sample; /* one in so many accepted and published; 0: all */
	void (*wake)(void *arg); /* there is something to take */
	void *arg;
};

/* Bytes that wait for a reader; what exceeds them is dropped, and counted. */
#define TRACE_BYTES_MOST ((size_t)64 * 1024)

/* NULL: no memory. */
struct trace_watch *trace_watch_add(struct trace *,
    const struct trace_config *);
void trace_watch_remove(struct trace *, struct trace_watch *);

/* Appends what was written since the last call: a JSON object in each line. */
void trace_watch_take(struct trace_watch *, struct wire_text *out);

#endif
