#include "cluster/redis/redis_probe.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "cluster/redis/redis_internal.h"

struct redis_question {
	redisContext *context;
	const struct broker_options *options;
	struct redis_tls *tls; /* NULL: without */
	struct redis_facts *facts;
	char *why;
	size_t size;
};

void
redis_info_copy(const char *info, const char *name, char *out, size_t size)
{
	const char *at = strstr(info, name);
	size_t len;

	out[0] = '\0';
	if (at == NULL || (at != info && at[-1] != '\n'))
		return;
	at += strlen(name);
	len = strcspn(at, "\r\n");
	snprintf(out, size, "%.*s", (int)len, at);
}

/* Why there is no answer. */
static const char *
question_error(const struct redis_question *question)
{
	struct redis_tls *tls = question->tls;
	const char *reason = tls != NULL ? tls->ops->why(tls) : NULL;

	return reason != NULL              ? reason
	       : question->context != NULL ? question->context->errstr
					   : "no memory";
}

/* NULL: `why` has the reason. The caller frees it. */
static redisReply *
question_ask(struct redis_question *question, int type, const char *command)
{
	redisReply *reply = redisCommand(question->context, command);

	if (reply != NULL && reply->type == type)
		return reply;
	snprintf(question->why, question->size, "%s",
	    reply == NULL                      ? question_error(question)
	    : reply->type == REDIS_REPLY_ERROR ? reply->str
					       : "an answer of another kind");
	freeReplyObject(reply);
	return NULL;
}

static void
question_close(struct redis_question *question)
{
	if (question->context != NULL)
		redisFree(question->context);
	question->context = NULL;
}

/* Port 0 is a Unix socket. */
static bool
question_connect(struct redis_question *question, const char *address, int port)
{
	struct timeval timeout = {
		.tv_sec = question->options->timeout_ms / 1000,
		.tv_usec = question->options->timeout_ms % 1000 * 1000,
	};

	question_close(question);
	snprintf(question->facts->peer, sizeof(question->facts->peer),
	    "%.250s%s%.0d", address, port != 0 ? ":" : "", port);
	question->context =
	    port != 0 ? redisConnectWithTimeout(address, port, timeout)
		      : redisConnectUnixWithTimeout(address, timeout);
	if (question->context != NULL && question->context->err == 0) {
		redisSetTimeout(question->context, timeout);
		if (question->tls == NULL ||
		    redis_tls_begin(question->tls, question->context, address))
			return true;
	}
	snprintf(question->why, question->size, "%s", question_error(question));
	return false;
}

static bool
question_authenticate(struct redis_question *question)
{
	const struct broker_options *options = question->options;
	redisReply *reply;
	bool ok;

	if (options->password[0] == '\0')
		return true;
	reply =
	    options->user[0] != '\0'
		? redisCommand(question->context, "AUTH %s %s", options->user,
		      options->password)
		: redisCommand(question->context, "AUTH %s", options->password);
	ok = reply != NULL && reply->type == REDIS_REPLY_STATUS;
	if (!ok)
		snprintf(question->why, question->size, "%s",
		    reply == NULL ? question_error(question) : reply->str);
	freeReplyObject(reply);
	return ok;
}

/* Sentinels have no password of their own here. */
static bool
question_find_primary(struct redis_question *question, const char *name)
{
	redisReply *reply = redisCommand(question->context,
	    "SENTINEL get-master-addr-by-name %s", name);
	char address[BROKER_HOST_SIZE] = "";
	int port = 0;

	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
	    reply->elements == 2) {
		snprintf(address, sizeof(address), "%s",
		    reply->element[0]->str);
		port = atoi(reply->element[1]->str);
	}
	freeReplyObject(reply);
	if (port > 0)
		return question_connect(question, address, port);
	snprintf(question->why, question->size, "it knows no primary %s", name);
	return false;
}

static bool
question_read_info(struct redis_question *question)
{
	struct redis_facts *facts = question->facts;
	redisReply *reply = question_ask(question, REDIS_REPLY_STRING, "INFO");
	char number[32];

	if (reply == NULL)
		return false;
	redis_info_copy(reply->str, "redis_version:", facts->version,
	    sizeof(facts->version));
	redis_info_copy(reply->str, "role:", facts->role, sizeof(facts->role));
	redis_info_copy(reply->str, "maxmemory_policy:", facts->policy,
	    sizeof(facts->policy));
	redis_info_copy(reply->str, "maxmemory:", number, sizeof(number));
	facts->has_memory_limit = strcmp(number, "0") != 0;
	redis_info_copy(reply->str, "aof_enabled:", number, sizeof(number));
	facts->has_journal = strcmp(number, "1") == 0;
	freeReplyObject(reply);
	return true;
}

/* "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60" */
static void
question_read_limits(struct redis_question *question)
{
	redisReply *reply = redisCommand(question->context,
	    "CONFIG GET client-output-buffer-limit");
	const char *at = NULL;

	if (reply != NULL && reply->type == REDIS_REPLY_ARRAY &&
	    reply->elements == 2 &&
	    reply->element[1]->type == REDIS_REPLY_STRING)
		at = strstr(reply->element[1]->str, "pubsub ");
	question->facts->has_pubsub_limits =
	    at != NULL &&
	    sscanf(at, "pubsub %llu %llu", &question->facts->pubsub_hard,
		&question->facts->pubsub_soft) == 2;
	freeReplyObject(reply);
}

bool
redis_probe(const struct broker_target *target,
    const struct broker_options *options, struct redis_tls *tls,
    struct redis_facts *out, char *why, size_t size)
{
	struct redis_question question = { NULL, options,
		target->has_tls ? tls : NULL, out, why, size };
	const struct broker_host *host = &target->hosts[0];
	bool ok;

	*out = (struct redis_facts){ .version = "" };
	ok = question_connect(&question, host->name,
	    target->kind == BROKER_UNIX ? 0 : host->port);
	if (ok && target->kind == BROKER_SENTINEL)
		ok = question_find_primary(&question, target->primary);
	ok = ok && question_authenticate(&question) &&
	     question_read_info(&question);
	if (ok)
		question_read_limits(&question);
	question_close(&question);
	return ok;
}
