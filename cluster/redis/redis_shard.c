/* The connections to one Redis: made, greeted, watched, and made again. */
#include <stdio.h>
#include <stdlib.h>

#include "cluster/redis/redis_events.h"
#include "cluster/redis/redis_internal.h"
#include "cluster/redis/redis_lookup.h"
#include "cluster/redis/redis_scripts.h"
#include "domain/log.h"

#define DELAY_LEAST_MS 20
#define DELAY_MOST_MS 5000

static void
shard_wait(struct redis_shard *shard, int64_t ms)
{
	struct timeval time = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	evtimer_add(shard->timer, &time);
}

/* xorshift64*, for spreading only. */
static uint64_t
random_next(struct redis_broker *broker)
{
	broker->random ^= broker->random >> 12;
	broker->random ^= broker->random << 25;
	broker->random ^= broker->random >> 27;
	return broker->random * UINT64_C(0x2545f4914f6cdd1d);
}

/* From the least delay to three times the last one (decorrelated jitter). */
static int64_t
delay_next(struct redis_shard *shard)
{
	int64_t span = 3 * shard->delay_ms - DELAY_LEAST_MS;
	int64_t delay = DELAY_LEAST_MS;

	if (span > 0)
		delay += (int64_t)(random_next(shard->broker) % (uint64_t)span);
	shard->delay_ms = delay < DELAY_MOST_MS ? delay : DELAY_MOST_MS;
	return shard->delay_ms;
}

static void
context_close(redisAsyncContext **context)
{
	redisAsyncContext *closing = *context;

	if (closing == NULL)
		return;
	*context = NULL;
	closing->data = NULL;
	redisAsyncFree(closing);
}

/* Ends both connections; what was under way is answered. */
static void
connections_close(struct redis_shard *shard)
{
	context_close(&shard->sentinel);
	context_close(&shard->subscriptions);
	context_close(&shard->commands);
}

/* Not from within a function of the broker. */
static void
shard_fail(struct redis_shard *shard, const char *why)
{
	struct redis_broker *broker = shard->broker;
	struct broker_listener *listener = broker->broker.listener;
	bool was_up = shard->state == REDIS_UP;

	if (broker->is_ending || shard->state == REDIS_WAITING)
		return;
	if (!shard->was_reported)
		log_warn("Redis %s: %s; trying again", shard->peer, why);
	else
		log_debug("Redis %s: %s", shard->peer, why);
	shard->was_reported = true;
	shard->state = REDIS_WAITING;
	shard->host_next++;
	connections_close(shard);
	shard_wait(shard, delay_next(shard));
	if (was_up)
		listener->ops->on_state(listener, shard->number, false);
}

/* --- connections ---------------------------------------------------------- */

/* TLS knows it better than hiredis. */
static const char *
loss_reason(const struct redis_shard *shard, const char *why)
{
	struct redis_tls *tls = shard->broker->config.tls;
	const char *reason = shard->target->has_tls ? tls->ops->why(tls) : NULL;

	return reason != NULL ? reason : why;
}

/* hiredis frees the connection when this returns. */
static void
connection_lost(const redisAsyncContext *context, const char *why)
{
	struct redis_shard *shard = context->data;

	if (shard == NULL)
		return;
	if (context == shard->sentinel)
		shard->sentinel = NULL;
	else if (context == shard->commands)
		shard->commands = NULL;
	else
		shard->subscriptions = NULL;
	shard_fail(shard, loss_reason(shard, why));
}

static void
connected_cb(const redisAsyncContext *context, int status)
{
	if (status != REDIS_OK)
		connection_lost(context, "cannot connect");
}

static void
disconnected_cb(const redisAsyncContext *context, int status)
{
	connection_lost(context, status == REDIS_OK || context->errstr == NULL
				     ? "disconnected"
				     : context->errstr);
}

/* A server under TLS needs a certificate for this host. */
static redisAsyncContext *
connection_open(struct redis_shard *shard, const char *host,
    const char *address, int port)
{
	const struct redis_config *config = &shard->broker->config;
	struct redis_tls *tls = shard->target->has_tls ? config->tls : NULL;
	redisAsyncContext *context = address[0] == '/'
					 ? redisAsyncConnectUnix(address)
					 : redisAsyncConnect(address, port);

	if (context != NULL && context->err == 0 &&
	    (tls == NULL || redis_tls_begin(tls, &context->c, host)) &&
	    redis_events_attach(context, config->base, tls)) {
		context->data = shard;
		redisAsyncSetConnectCallback(context, connected_cb);
		redisAsyncSetDisconnectCallback(context, disconnected_cb);
		return context;
	}
	if (context != NULL)
		redisAsyncFree(context);
	return NULL;
}

/* --- greeting ------------------------------------------------------------- */

/* An answer to a command of the greeting. NULL: there was an error. */
static const redisReply *
greeting_reply(struct redis_shard *shard, const redisReply *reply, int type)
{
	if (reply == NULL || shard == NULL || shard->state != REDIS_GREETING)
		return NULL; /* the connection is being closed */
	if (reply->type == type) {
		shard->greeting_left--;
		event_active(shard->step, 0, 0);
		return reply;
	}
	shard_fail(shard,
	    reply->type == REDIS_REPLY_ERROR ? reply->str : "a wrong answer");
	return NULL;
}

static void
status_cb(redisAsyncContext *context, void *reply, void *arg)
{
	(void)arg;
	greeting_reply(context->data, reply, REDIS_REPLY_STATUS);
}

/* What of its settings can cost messages. */
static void
settings_check(const struct redis_shard *shard, const char *info)
{
	char memory[32], policy[32];

	redis_info_copy(info, "maxmemory:", memory, sizeof(memory));
	redis_info_copy(info, "maxmemory_policy:", policy, sizeof(policy));
	if (strcmp(policy, "noeviction") != 0 && strcmp(memory, "0") != 0)
		log_warn("Redis %s removes keys when its memory is full: set "
			 "maxmemory-policy noeviction",
		    shard->peer);
}

static void
info_cb(redisAsyncContext *context, void *answer, void *arg)
{
	struct redis_shard *shard = context->data;
	const redisReply *reply =
	    greeting_reply(shard, answer, REDIS_REPLY_STRING);
	char role[16], run_id[REDIS_SHA_SIZE];

	(void)arg;
	if (reply == NULL)
		return;
	redis_info_copy(reply->str, "role:", role, sizeof(role));
	if (strcmp(role, "master") != 0) {
		shard_fail(shard, "it is a replica");
		return;
	}
	redis_info_copy(reply->str, "run_id:", run_id, sizeof(run_id));
	if (strcmp(run_id, shard->run_id) != 0)
		settings_check(shard, reply->str);
	if (strcmp(run_id, shard->run_id) != 0 && shard->run_id[0] != '\0')
		log_warn("Redis %s was restarted, or is another server",
		    shard->peer);
	memcpy(shard->run_id, run_id, sizeof(run_id));
}

static void
script_loaded_cb(redisAsyncContext *context, void *answer, void *sha)
{
	const redisReply *reply =
	    greeting_reply(context->data, answer, REDIS_REPLY_STRING);

	if (reply != NULL)
		snprintf(sha, REDIS_SHA_SIZE, "%s", reply->str);
}

static void
connection_authenticate(struct redis_shard *shard, redisAsyncContext *context)
{
	const struct broker_options *options = shard->broker->config.options;

	if (options->password[0] == '\0')
		return;
	shard->greeting_left++;
	if (options->user[0] != '\0')
		redisAsyncCommand(context, status_cb, NULL, "AUTH %s %s",
		    options->user, options->password);
	else
		redisAsyncCommand(context, status_cb, NULL, "AUTH %s",
		    options->password);
}

/* Connects to a server that may be the primary. */
static void
greeting_begin(struct redis_shard *shard, const char *host, const char *address,
    int port)
{
	snprintf(shard->peer, sizeof(shard->peer), "%.250s%s%.0d", address,
	    port != 0 ? ":" : "", port);
	shard->state = REDIS_GREETING;
	shard_wait(shard, shard->broker->config.options->timeout_ms);
	shard->commands = connection_open(shard, host, address, port);
	if (shard->commands != NULL)
		shard->subscriptions =
		    connection_open(shard, host, address, port);
	if (shard->subscriptions == NULL) {
		shard_fail(shard, loss_reason(shard, "cannot connect"));
		return;
	}
	/* INFO, the scripts, the heartbeat */
	shard->greeting_left = 1 + BROKER_SCRIPTS + 1;
	connection_authenticate(shard, shard->commands);
	connection_authenticate(shard, shard->subscriptions);
	if (shard->target->database != 0) {
		shard->greeting_left++;
		redisAsyncCommand(shard->commands, status_cb, NULL, "SELECT %u",
		    shard->target->database);
	}
	redisAsyncCommand(shard->commands, info_cb, NULL, "INFO");
	for (size_t i = 0; i < BROKER_SCRIPTS; i++)
		redisAsyncCommand(shard->commands, script_loaded_cb,
		    shard->sha[i], "SCRIPT LOAD %s", redis_scripts[i]);
	redis_heartbeat_send(shard);
}

static void
greeting_end(struct redis_shard *shard)
{
	struct broker_listener *listener = shard->broker->broker.listener;

	log_info("Redis %s: connected", shard->peer);
	shard->was_reported = false;
	shard->must_reconnect = false;
	shard->delay_ms = DELAY_LEAST_MS;
	shard->state = REDIS_UP;
	shard_wait(shard, shard->broker->config.options->timeout_ms / 2);
	redis_channels_subscribe(shard);
	listener->ops->on_state(listener, shard->number, true);
}

/* --- finding the server --------------------------------------------------- */

static void
sentinel_cb(redisAsyncContext *context, void *answer, void *arg)
{
	struct redis_shard *shard = context->data;
	const redisReply *reply = answer;
	char address[BROKER_HOST_SIZE];
	int port;

	(void)arg;
	if (shard == NULL || reply == NULL || shard->state != REDIS_ASKING)
		return;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING) {
		shard_fail(shard, "the sentinel knows no such primary");
		return;
	}
	snprintf(address, sizeof(address), "%s", reply->element[0]->str);
	port = atoi(reply->element[1]->str);
	context_close(&shard->sentinel);
	greeting_begin(shard, address, address, port);
}

static void
sentinel_ask(struct redis_shard *shard, const char *host, const char *address,
    int port)
{
	shard->state = REDIS_ASKING;
	shard_wait(shard, shard->broker->config.options->timeout_ms);
	shard->sentinel = connection_open(shard, host, address, port);
	if (shard->sentinel == NULL)
		shard_fail(shard, loss_reason(shard, "cannot connect"));
	else
		redisAsyncCommand(shard->sentinel, sentinel_cb, NULL,
		    "SENTINEL get-master-addr-by-name %s",
		    shard->target->primary);
}

static const struct broker_host *
shard_host(const struct redis_shard *shard)
{
	return &shard->target
		    ->hosts[shard->host_next % shard->target->host_count];
}

static void
address_found(struct redis_shard *shard, const char *address, const char *why)
{
	const struct broker_host *host = shard_host(shard);

	if (address == NULL)
		shard_fail(shard, why);
	else if (shard->target->kind == BROKER_SENTINEL)
		sentinel_ask(shard, host->name, address, host->port);
	else
		greeting_begin(shard, host->name, address, host->port);
}

static void
address_found_cb(void *arg, const char *address, const char *why)
{
	struct redis_shard *shard = arg;
	struct redis_lookup *lookup = shard->lookup;

	shard->lookup = NULL;
	address_found(shard, address, why);
	redis_lookup_destroy(lookup);
}

static void
shard_connect(struct redis_shard *shard)
{
	const struct broker_host *host = shard_host(shard);

	snprintf(shard->peer, sizeof(shard->peer), "%.255s", host->name);
	shard->state = REDIS_LOOKING_UP;
	if (shard->target->kind == BROKER_UNIX) {
		address_found(shard, host->name, NULL);
		return;
	}
	shard->lookup = redis_lookup_begin(shard->broker->config.base,
	    host->name, address_found_cb, shard);
	if (shard->lookup == NULL)
		shard_fail(shard, "its host cannot be looked up");
}

/* --- the timer ------------------------------------------------------------ */

/* Whether something that began then takes too long; 0: nothing did. */
static bool
is_overdue(const struct redis_shard *shard, int64_t since_ms)
{
	int64_t timeout_ms = shard->broker->config.options->timeout_ms;

	return since_ms != 0 &&
	       redis_now_ms(shard->broker) - since_ms > timeout_ms;
}

/* What is under way has to be answered in time. */
static void
shard_watch(struct redis_shard *shard)
{
	if (is_overdue(shard, redis_calls_since_ms(shard)) ||
	    is_overdue(shard, shard->heartbeat_ms))
		shard_fail(shard, "no answer");
	else {
		if (shard->heartbeat_ms == 0)
			redis_heartbeat_send(shard);
		shard_wait(shard,
		    shard->broker->config.options->timeout_ms / 2);
	}
}

static void
shard_timer(struct redis_shard *shard)
{
	switch (shard->state) {
	case REDIS_WAITING:
		shard_connect(shard);
		break;
	case REDIS_LOOKING_UP:
		break;
	case REDIS_ASKING:
	case REDIS_GREETING:
		shard_fail(shard, "no answer");
		break;
	case REDIS_UP:
		shard_watch(shard);
	}
}

static void
shard_timer_cb(evutil_socket_t fd, short events, void *shard)
{
	(void)fd;
	(void)events;
	shard_timer(shard);
}

/* What an answer has made necessary. */
static void
shard_step(struct redis_shard *shard)
{
	if (shard->state == REDIS_GREETING && shard->greeting_left == 0)
		greeting_end(shard);
	else if (shard->state == REDIS_UP && shard->must_reconnect)
		shard_fail(shard, "it is no primary any more");
}

static void
shard_step_cb(evutil_socket_t fd, short events, void *shard)
{
	(void)fd;
	(void)events;
	shard_step(shard);
}

bool
redis_shard_init(struct redis_shard *shard)
{
	struct event_base *base = shard->broker->config.base;

	shard->delay_ms = DELAY_LEAST_MS;
	list_init(&shard->calls);
	redis_channels_init(shard);
	shard->timer = evtimer_new(base, shard_timer_cb, shard);
	shard->step = evtimer_new(base, shard_step_cb, shard);
	if (shard->timer == NULL || shard->step == NULL)
		return false;
	shard_wait(shard, 0);
	return true;
}

void
redis_shard_fini(struct redis_shard *shard)
{
	redis_lookup_destroy(shard->lookup);
	connections_close(shard);
	redis_channels_fini(shard);
	if (shard->timer != NULL)
		event_free(shard->timer);
	if (shard->step != NULL)
		event_free(shard->step);
}
