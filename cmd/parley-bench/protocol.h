/* The protocols of the measured servers. */
#ifndef PARLEY_BENCH_PROTOCOL_H
#define PARLEY_BENCH_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/parley-bench/stamp.h"

/* Of the longest text, with NUL; of a message, besides its body. */
#define PROTOCOL_SIZE 512

/* What is sent, and what counts as received. */
enum protocol_kind {
	PROTOCOL_ROOMS, /* a message, received by all members of a room */
	PROTOCOL_ECHO,  /* a request and its answer; no rooms */
	PROTOCOL_ACKS   /* a stored message and its acknowledgement */
};

/*
 * room is the benchmark's number of a room. Messages may be binary, so
 * functions return their length.
 */
struct protocol {
	const char *target; /* "parley", "bare", "mqtt", "centrifugo" */
	enum protocol_kind kind;
	/* Writes the path of the upgrade, NUL-terminated. */
	void (*path)(unsigned room, char out[PROTOCOL_SIZE]);
	/* Writes the join message; NULL: none is needed. */
	size_t (*join)(unsigned room, char out[PROTOCOL_SIZE]);
	/* A mark in the answer to the join; NULL: there is no answer. */
	const char *settled;
	/*
	 * Writes a message with a body of `size` bytes (requests and their
	 * answers have their own size); out has size + PROTOCOL_SIZE bytes.
	 */
	size_t (*message)(const struct stamp *, size_t size, char *out);
	const char *headers; /* additional ones of the upgrade, each with CRLF;
				"": none */
	bool binary;         /* messages are binary */
	bool lines;          /* a frame has several, each in a line */
};

/* NULL: unknown target, or it lacks this kind. */
const struct protocol *protocol_find(const char *target, enum protocol_kind);

/* The dialects of parley, alternating by member. */
#define PROTOCOL_DIALECTS 3
const struct protocol *protocol_of_dialect(unsigned number);

#endif
