/* Scripts that are under way on the connection for commands. */
#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "cluster/redis/redis_internal.h"
#include "cluster/redis/redis_scripts.h"
#include "domain/base/decimal.h"
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
	size_t command_len;
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
	return reply->type == REDIS_REPLY_STRING &&
	       redis_batch_read(batch,
		   str_slice(reply->str, (size_t)reply->len));
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
	    call, call->command, call->command_len);
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

/* A text of a command begins with "$", its length and CRLF, and ends so. */
#define TEXT_HEAD_MOST (1 + DECIMAL_MOST + 2)
#define TEXT_END_SIZE 2

static char *
argument_head_write(char *at, char kind, size_t number)
{
	char digits[DECIMAL_MOST];

	*at++ = kind;
	at = str_put(at, decimal_write(number, digits));
	return str_put(at, STR("\r\n"));
}

static char *
argument_write(char *at, struct str prefix, struct str text)
{
	at = argument_head_write(at, '$', prefix.len + text.len);
	at = str_put(str_put(at, prefix), text);
	return str_put(at, STR("\r\n"));
}

/* The keys of a log begin with the prefix and "{LOG}". */
static char *
key_write(const struct redis_broker *broker, char *at, struct str log,
    struct str suffix)
{
	at = argument_head_write(at, '$',
	    broker->prefix.len + 1 + log.len + 1 + suffix.len);
	at = str_put(at, broker->prefix);
	*at++ = '{';
	at = str_put(at, log);
	*at++ = '}';
	return str_put(str_put(at, suffix), STR("\r\n"));
}

static char *
keys_write(const struct redis_broker *broker, char *at, struct str log,
    bool is_lease)
{
	at = key_write(broker, at, log, is_lease ? STR(":all") : STR(":log"));
	return key_write(broker, at, log,
	    is_lease ? STR(":lease:") : STR(":table"));
}

/* The list of arguments, and the channel. */
static char *
arguments_write(const struct redis_broker *broker, char *at,
    const struct broker_call *call, size_t count)
{
	at = argument_head_write(at, '$', redis_batch_size(call->args, count));
	at = redis_batch_write(at, call->args, count);
	at = str_put(at, STR("\r\n"));
	return argument_write(at, broker->prefix, call->slot);
}

/* At least as many bytes as the command takes. */
static size_t
command_size(const struct redis_broker *broker, const struct broker_call *call,
    size_t logs, size_t arguments)
{
	size_t texts = 5 + 2 * logs, size;

	size = 64 + REDIS_SHA_SIZE + texts * (TEXT_HEAD_MOST + TEXT_END_SIZE);
	size += 2 * logs * (broker->prefix.len + call->slot.len + 16);
	if (call->script == BROKER_TOPS)
		for (size_t i = 0; i < call->arg_count; i++)
			size += 2 * call->args[i].len;
	size += redis_batch_size(call->args, arguments);
	return size + broker->prefix.len + call->slot.len;
}

/* EVALSHA, the sum of the script, how many keys, the keys, the arguments. */
static void
command_write(struct redis_call *call, const struct broker_call *from)
{
	const struct redis_broker *broker = call->shard->broker;
	bool is_tops = from->script == BROKER_TOPS;
	size_t logs = is_tops ? from->arg_count : 1;
	size_t arguments = is_tops ? 0 : from->arg_count;
	char digits[DECIMAL_MOST], *at;

	at = call->command = memory_or_abort(malloc(command_size(broker, from,
	    logs, arguments)));
	at = argument_head_write(at, '*', 3 + 2 * logs + 2);
	at = str_put(at, STR("$7\r\nEVALSHA\r\n"));
	at = argument_write(at, STR(""),
	    str_from(call->shard->sha[from->script]));
	at = argument_write(at, STR(""), decimal_write(2 * logs, digits));
	for (size_t i = 0; i < logs; i++)
		at =
		    keys_write(broker, at, is_tops ? from->args[i] : from->slot,
			from->script == BROKER_LEASE);
	at = arguments_write(broker, at, from, arguments);
	call->command_len = (size_t)(at - call->command);
}

void
redis_call_begin(struct redis_shard *shard, const struct broker_call *from)
{
	struct redis_broker *broker = shard->broker;
	struct redis_call *call = memory_or_abort(calloc(1, sizeof(*call)));
	static const struct timeval now = { 0 };

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
	command_write(call, from);
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
