/* Scripts that are under way on the connection for commands. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cluster/redis/redis_internal.h"
#include "cluster/redis/redis_scripts.h"
#include "domain/base/array.h"
#include "domain/clock.h"
#include "domain/log.h"

struct redis_call {
	struct list link; /* of its shard's, or of those that were refused */
	struct redis_shard *shard;
	enum broker_script script;
	broker_done *done;
	void *arg;
	int64_t sent_ms;
	uint64_t sent_us; /* of another clock, for redis_config.times */
	char *command;    /* as it was sent: a lost script is sent again */
	int command_len;
	bool was_repeated;
	/* The reply, while replicas are waited for. */
	struct str *kept;
	size_t kept_count;
};

int64_t
redis_now_ms(const struct redis_broker *broker)
{
	return clock_monotonic_ms(broker->config.clock);
}

static void *
memory_or_abort(void *memory)
{
	if (memory == NULL) {
		log_error("no memory for a call of Redis");
		abort();
	}
	return memory;
}

static void
script_finish(struct redis_call *call, enum broker_outcome outcome,
    const struct str *reply, size_t count)
{
	list_remove(&call->link);
	call->done(call->arg, outcome, reply, count);
	free(call->kept);
	free(call->command);
	free(call);
}

/* --- replies -------------------------------------------------------------- */

/* Errors that Redis reports before a script has changed anything. */
static bool
error_is_refusal(const char *text)
{
	static const char *const refusals[] = { "OOM ", "READONLY ", "LOADING ",
		"MISCONF ", "MASTERDOWN ", "NOREPLICAS ", "BUSY ", "NOPERM ",
		"NOAUTH ", "NOSCRIPT ", "CLUSTERDOWN " };

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (strncmp(text, refusals[i], strlen(refusals[i])) == 0)
			return true;
	return false;
}

/* Another server is the primary now, or will be. */
static bool
error_asks_for_another(const char *text)
{
	return strncmp(text, "READONLY ", 9) == 0 ||
	       strncmp(text, "MASTERDOWN ", 11) == 0;
}

static void
script_fail(struct redis_call *call, const char *text)
{
	struct redis_shard *shard = call->shard;
	bool refused = error_is_refusal(text);

	log_limited(LOG_WARN, "Redis %s %s a script: %s", shard->peer,
	    refused ? "refused" : "failed in", text);
	if (error_asks_for_another(text)) {
		shard->must_reconnect = true;
		event_active(shard->step, 0, 0);
	}
	script_finish(call, refused ? BROKER_REFUSED : BROKER_UNKNOWN, NULL, 0);
}

/* The strings of a reply, in the broker's batch. False: it has others. */
static bool
reply_read(struct redis_batch *batch, const redisReply *reply)
{
	batch->count = 0;
	if (reply->type != REDIS_REPLY_ARRAY)
		return false;
	for (size_t i = 0; i < reply->elements; i++) {
		const redisReply *item = reply->element[i];

		if (item->type != REDIS_REPLY_STRING)
			return false;
		batch->items = memory_or_abort(array_grow(batch->items,
		    batch->count, &batch->capacity, sizeof(*batch->items)));
		batch->items[batch->count++] =
		    str_slice(item->str, (size_t)item->len);
	}
	return true;
}

static void call_answered_cb(redisAsyncContext *context, void *reply,
    void *arg);

static uint64_t
precise_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
call_write(struct redis_call *call)
{
	call->sent_us = precise_now_us();
	redisAsyncFormattedCommand(call->shard->commands, call_answered_cb,
	    call, call->command, (size_t)call->command_len);
}

/* Keeps a copy of the reply. */
static void
reply_keep(struct redis_call *call, const struct redis_batch *batch)
{
	size_t size = batch->count * sizeof(*call->kept);
	char *at;

	for (size_t i = 0; i < batch->count; i++)
		size += batch->items[i].len;
	call->kept = memory_or_abort(malloc(size + 1));
	call->kept_count = batch->count;
	at = (char *)(call->kept + batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		call->kept[i] = str_slice(at, batch->items[i].len);
		at = str_put(at, batch->items[i]);
	}
}

/* How many replicas have it. */
static void
replicas_answered_cb(redisAsyncContext *context, void *reply, void *arg)
{
	const redisReply *number = reply;
	struct redis_call *call = arg;

	(void)context;
	if (number != NULL && number->type == REDIS_REPLY_INTEGER &&
	    number->integer > 0)
		script_finish(call, BROKER_OK, call->kept, call->kept_count);
	else
		script_finish(call, BROKER_UNKNOWN, NULL, 0);
}

static bool
reply_is_error(const redisReply *reply, const char *code)
{
	return reply->type == REDIS_REPLY_ERROR &&
	       strncmp(reply->str, code, strlen(code)) == 0;
}

static void
script_answer(struct redis_call *call, const redisReply *reply)
{
	struct redis_broker *broker = call->shard->broker;
	const struct broker_options *options = broker->config.options;

	if (reply_is_error(reply, "NOSCRIPT ") && !call->was_repeated) {
		call->was_repeated = true;
		redisAsyncCommand(call->shard->commands, NULL, NULL,
		    "SCRIPT LOAD %s", redis_scripts[call->script]);
		call_write(call);
	} else if (reply->type == REDIS_REPLY_ERROR) {
		script_fail(call, reply->str);
	} else if (!reply_read(&broker->batch, reply)) {
		script_fail(call, "its answer is no list of texts");
	} else if (call->script == BROKER_APPEND &&
		   options->ack == BROKER_ACK_REPLICA) {
		reply_keep(call, &broker->batch);
		redisAsyncCommand(call->shard->commands, replicas_answered_cb,
		    call, "WAIT 1 %lld", (long long)options->timeout_ms / 2);
	} else {
		script_finish(call, BROKER_OK, broker->batch.items,
		    broker->batch.count);
	}
}

static void
call_answered_cb(redisAsyncContext *context, void *reply, void *arg)
{
	struct redis_call *call = arg;

	(void)context;
	if (reply == NULL) {
		script_finish(call, BROKER_UNKNOWN, NULL, 0);
		return;
	}
	histogram_add(call->shard->broker->config.times,
	    precise_now_us() - call->sent_us, 1);
	script_answer(call, reply);
}

/* --- calls ---------------------------------------------------------------- */

/* Puts the name of a key into the text of the call: prefix{log}suffix. */
static char *
key_write(const struct redis_broker *broker, char *at, struct str log,
    struct str suffix)
{
	at = str_put(at, broker->prefix);
	*at++ = '{';
	at = str_put(at, log);
	*at++ = '}';
	return str_put(at, suffix);
}

static void
arg_add(struct redis_broker *broker, size_t *count, struct str arg)
{
	broker->args[*count] = arg.len == 0 ? "" : arg.data;
	broker->arg_lens[(*count)++] = arg.len;
}

static void
key_add(struct redis_broker *broker, size_t *count, char **at, struct str log,
    struct str suffix)
{
	char *end = key_write(broker, *at, log, suffix);

	arg_add(broker, count, str_slice(*at, (size_t)(end - *at)));
	*at = end;
}

/* Space for the names of keys and the arguments of a call. */
static void
args_reserve(struct redis_broker *broker, const struct broker_call *call,
    size_t logs)
{
	/* EVALSHA, a sum, how many keys, two keys for each log, a channel */
	size_t args = 3 + 2 * logs + 1 + call->arg_count;
	size_t text = 2 * broker->prefix.len + 32 + call->slot.len;

	text += 2 * logs * (broker->prefix.len + call->slot.len + 16);
	if (call->script == BROKER_TOPS)
		for (size_t i = 0; i < call->arg_count; i++)
			text += 2 * call->args[i].len;
	if (args > broker->arg_capacity) {
		broker->args = memory_or_abort(realloc(broker->args,
		    args * sizeof(*broker->args)));
		broker->arg_lens = memory_or_abort(realloc(broker->arg_lens,
		    args * sizeof(*broker->arg_lens)));
		broker->arg_capacity = args;
	}
	if (text > broker->text_capacity) {
		broker->text = memory_or_abort(realloc(broker->text, text));
		broker->text_capacity = text;
	}
}

/* Writes a call's command into broker->args; returns how many there are. */
static size_t
args_write(struct redis_shard *shard, const struct broker_call *call)
{
	struct redis_broker *broker = shard->broker;
	bool is_tops = call->script == BROKER_TOPS;
	size_t logs = is_tops ? call->arg_count : 1, count = 0;
	char *at;

	args_reserve(broker, call, logs);
	at = broker->text;
	arg_add(broker, &count, STR("EVALSHA"));
	arg_add(broker, &count, str_from(shard->sha[call->script]));
	arg_add(broker, &count,
	    str_slice(at, (size_t)sprintf(at, "%zu", 2 * logs)));
	at += broker->arg_lens[count - 1];
	for (size_t i = 0; i < logs; i++) {
		struct str log = is_tops ? call->args[i] : call->slot;
		bool is_lease = call->script == BROKER_LEASE;

		key_add(broker, &count, &at, log,
		    is_lease ? STR(":all") : STR(":log"));
		key_add(broker, &count, &at, log,
		    is_lease ? STR(":lease:") : STR(":table"));
	}
	if (call->script == BROKER_APPEND || call->script == BROKER_HEAL) {
		char *end = str_put(str_put(at, broker->prefix), call->slot);

		arg_add(broker, &count, str_slice(at, (size_t)(end - at)));
	}
	for (size_t i = 0; i < call->arg_count && !is_tops; i++)
		arg_add(broker, &count, call->args[i]);
	return count;
}

void
redis_call_begin(struct redis_shard *shard, const struct broker_call *from)
{
	struct redis_broker *broker = shard->broker;
	struct redis_call *call = memory_or_abort(calloc(1, sizeof(*call)));
	static const struct timeval now = { 0 };
	size_t count;

	assert(from->done != NULL);
	call->shard = shard;
	call->script = from->script;
	call->done = from->done;
	call->arg = from->arg;
	if (shard->state != REDIS_UP) {
		list_append(&broker->refused, &call->link);
		evtimer_add(broker->refusal, &now);
		return;
	}
	count = args_write(shard, from);
	call->command_len = redisFormatCommandArgv(&call->command, (int)count,
	    broker->args, broker->arg_lens);
	memory_or_abort(call->command_len < 0 ? NULL : call->command);
	call->sent_ms = redis_now_ms(broker);
	list_append(&shard->calls, &call->link);
	call_write(call);
}

void
redis_calls_refuse(struct redis_broker *broker)
{
	struct list refused;

	/* Those that are refused meanwhile have to wait. */
	list_init(&refused);
	while (!list_is_empty(&broker->refused)) {
		struct list *link = broker->refused.next;

		list_remove(link);
		list_append(&refused, link);
	}
	while (!list_is_empty(&refused))
		script_finish(LIST_OWNER(refused.next, struct redis_call, link),
		    BROKER_REFUSED, NULL, 0);
}

int64_t
redis_calls_since_ms(const struct redis_shard *shard)
{
	if (list_is_empty(&shard->calls))
		return 0;
	return LIST_OWNER(shard->calls.next, struct redis_call, link)->sent_ms;
}
