/* A broker under test, real or modelled, and the events of its listener. */
#ifndef TESTS_BROKER_RIG_H
#define TESTS_BROKER_RIG_H

#include "cluster/broker.h"
#include "cluster/broker_options.h"
#include "cluster/broker_url.h"
#include "domain/base/histogram.h"
#include "tests/support/cluster/model_redis.h"
#include "tests/support/cluster/redis_server.h"

enum rig_kind {
	RIG_REDIS,
	RIG_MODEL,
	RIG_KINDS
};

/* Texts are joined with '|'; "#a,b" stands for the chain of origins a, b. */
#define RIG_TEXT_SIZE 65536

struct broker_rig {
	enum rig_kind kind;
	struct broker *broker;
	struct broker_listener listener;
	/* The calls of the listener, one in a line. */
	char events[RIG_TEXT_SIZE];
	size_t events_len;
	/* Of the last call that was answered. */
	size_t answered;
	enum broker_outcome outcome;
	char reply[RIG_TEXT_SIZE];
	/* Of the kind. */
	struct redis_server server;
	struct broker_options options;
	struct broker_targets targets;
	struct event_base *base;
	struct histogram times;
	struct sim_net *net;
};

/* Connected; to a real server it starts. */
void rig_init(struct broker_rig *, enum rig_kind);
void rig_fini(struct broker_rig *);

/*
 * A real server, with arguments (which end with NULL), and a broker with these
 * options that begins to connect. With the URL "" it is the server's socket.
 */
void rig_init_redis(struct broker_rig *, const char *const *args,
    const struct broker_options *);

/* Entries appended so far may be lost, as after a start of the server. */
void rig_lose(struct broker_rig *);

/* One event; real ones are waited for. */
void rig_step(struct broker_rig *);

/* Runs until the listener has this line. */
void rig_await(struct broker_rig *, const char *line);

/* How often the listener has this line. */
size_t rig_count(const struct broker_rig *, const char *line);

/* Clears the calls of the listener. */
void rig_forget(struct broker_rig *);

/* Begins a call with joined arguments; NULL: none. */
void rig_begin(struct broker_rig *, enum broker_script, const char *slot,
    const char *args);

/* A call and its reply, which is valid until the next one. */
const char *rig_call(struct broker_rig *, enum broker_script, const char *slot,
    const char *args);

/* Opens a log that is empty. */
#define RIG_OPENING "0-0||1||||"
void rig_open(struct broker_rig *, const char *slot);

/* The text with chains in the place of "#a,b"; a static buffer. */
const char *rig_expand(const char *text);

#define ck_assert_reply(rig, script, slot, args, expected)  \
	ck_assert_str_eq(rig_call(rig, script, slot, args), \
	    rig_expand(expected))

#endif
