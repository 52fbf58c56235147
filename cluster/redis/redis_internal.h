/* A broker's connections to one Redis, and what is under way on them. */
#ifndef CLUSTER_REDIS_INTERNAL_H
#define CLUSTER_REDIS_INTERNAL_H

#include <event2/event.h>
#include <hiredis/async.h>
#include <stdbool.h>

#include "cluster/redis/redis_batch.h"
#include "cluster/redis/redis_broker.h"
#include "domain/base/id_map.h"
#include "domain/base/list.h"

struct redis_lookup;

/* The hexadecimal SHA-1 of a script, as Redis names it. */
#define REDIS_SHA_SIZE 41

enum redis_state {
	REDIS_WAITING,    /* for the next attempt */
	REDIS_LOOKING_UP, /* the address of a host */
	REDIS_ASKING,     /* a sentinel for the primary */
	REDIS_GREETING,
	REDIS_UP
};

/*
 * One Redis. Its two connections are made and lost together: so both lead to
 * the same server, and a loss of either is noticed.
 */
struct redis_shard {
	struct redis_broker *broker;
	unsigned number;
	const struct broker_target *target;
	enum redis_state state;
	struct event *timer; /* the next attempt, its end, or a heartbeat */
	struct event *step;  /* activated by an answer */
	int64_t delay_ms;    /* before the next attempt */
	size_t host_next;    /* among the sentinels */
	struct redis_lookup *lookup;
	redisAsyncContext *sentinel;
	redisAsyncContext *commands;
	redisAsyncContext *subscriptions;
	unsigned greeting_left; /* answers until it is up */
	bool must_reconnect;    /* another server is the primary */
	bool was_reported;      /* that it is down */
	int64_t heartbeat_ms;   /* since when one is under way; 0: none */
	char peer[BROKER_HOST_SIZE + 8];
	char run_id[REDIS_SHA_SIZE]; /* of the server, "": not known */
	char sha[BROKER_SCRIPTS][REDIS_SHA_SIZE];
	struct list calls;    /* under way, oldest first */
	struct id_map logs;   /* subscribed, by name */
	struct list channels; /* the same */
};

struct redis_broker {
	struct broker broker;
	struct redis_config config;
	struct str prefix;
	uint64_t random;
	bool is_ending;
	struct event *refusal;    /* answers what was refused */
	struct list refused;      /* calls */
	struct redis_batch batch; /* the items of a reply or message */
	size_t shard_count;
	struct redis_shard shards[];
};

int64_t redis_now_ms(const struct redis_broker *);

/* --- redis_call.c --------------------------------------------------------- */

/* Sends a call, or refuses it later. */
void redis_call_begin(struct redis_shard *, const struct broker_call *);

/* Answers what was refused. */
void redis_calls_refuse(struct redis_broker *);

/* When the oldest call was sent that is not answered; 0: all are. */
int64_t redis_calls_since_ms(const struct redis_shard *);

/* --- redis_channels.c ----------------------------------------------------- */

void redis_channels_init(struct redis_shard *);
void redis_channels_fini(struct redis_shard *);

/* Subscribes one log, or all of them again, if the shard is up. */
bool redis_channel_add(struct redis_shard *, struct str log);
void redis_channel_remove(struct redis_shard *, struct str log);
void redis_channels_subscribe(struct redis_shard *);

/* Sends a message to a channel. */
void redis_channel_publish(struct redis_shard *, struct str log,
    struct str message);

/*
 * Subscribes a channel that no log has: an answer shows that the connection
 * works. The first ends the greeting.
 */
void redis_heartbeat_send(struct redis_shard *);

/* redis_probe.c */

/* The value of "name:value" in an answer to INFO; "": it is absent. */
void redis_info_copy(const char *info, const char *name, char *out,
    size_t size);

/* --- redis_shard.c -------------------------------------------------------- */

/* False: no memory; redis_shard_fini() is called for in any case. */
bool redis_shard_init(struct redis_shard *);
void redis_shard_fini(struct redis_shard *);

#endif
