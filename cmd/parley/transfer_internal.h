/* For the files transfer.c, upload.c and download.c. */
#ifndef CMD_PARLEY_TRANSFER_INTERNAL_H
#define CMD_PARLEY_TRANSFER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/parley/backoff.h"
#include "cmd/parley/http_answer.h"
#include "cmd/parley/transfer.h"

struct addrinfo;
struct bufferevent;
struct evbuffer;
struct event;

/* What an upload and a download do differently. */
struct transfer_kind {
	/* The method and further headers of the next request. */
	const char *(*write_request)(struct transfer *, char *headers,
	    size_t size);
	/* The request is sent, or the last piece. NULL: nothing follows. */
	void (*on_written)(struct transfer *);
	/*
	 * An answer of this status is taken: its body is not waited for. False:
	 * it is not of use.
	 */
	bool (*on_head)(struct transfer *, const struct http_answer *,
	    struct str head);
	/* An answer with its body. False: it is a refusal. */
	bool (*on_answer)(struct transfer *, unsigned status, struct str head,
	    struct str body);
	/* After on_head(): bytes have come. */
	void (*on_bytes)(struct transfer *, struct evbuffer *);
	/* A request failed, and another one will follow. */
	void (*on_failure)(struct transfer *);
	void (*destroy)(struct transfer *);
};

/* A request after the other, each over a connection of its own. */
struct transfer {
	struct transfer_config config;
	const struct transfer_kind *kind;
	struct bufferevent *bufferevent;
	struct addrinfo *addresses;
	const struct addrinfo *next_address;
	struct event *next_request;
	struct backoff backoff;
	unsigned failures;
	bool has_begun; /* it goes on after a failure */
	bool is_connected;
	bool is_sending; /* the answer may take as long as it likes */
	bool is_head;    /* the answer has no body */
	bool has_head;   /* on_head() took it */
	char target[URL_TARGET_SIZE];
	uint64_t size;
	uint64_t done;
	unsigned percent;
};

/* Takes a zeroed one. False: no memory; transfer_destroy() is called for. */
bool transfer_init(struct transfer *, const struct transfer_config *,
    const struct transfer_kind *);

/* The next request, from the loop. */
void transfer_ask(struct transfer *);

/* The transfer may be destroyed in it. */
void transfer_end(struct transfer *, const char *error, struct str result);
void transfer_fail(struct transfer *, const char *why);

/* The next request after a while; fails if it has not begun, or too often. */
void transfer_try_again(struct transfer *, const char *why);

/* Bytes came through: `done` has changed. */
void transfer_progress(struct transfer *);
void transfer_forget_failures(struct transfer *);

/* Whether it can be put into a request. */
bool transfer_target_is_valid(struct str target);

#endif
