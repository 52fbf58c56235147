#include "tests/support/cluster/broker_rig.h"

#include <check.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cluster/redis/redis_broker.h"
#include "domain/base/str_take.h"
#include "domain/clock.h"
#include "tests/support/cluster/sim_net.h"

static int64_t
rig_clock_ms(struct clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct clock_ops rig_clock_ops = { rig_clock_ms, rig_clock_ms };
static struct clock rig_clock = { &rig_clock_ops };

/* --- the listener --------------------------------------------------------- */

static struct broker_rig *
rig_of(struct broker_listener *listener)
{
	return (struct broker_rig *)(void *)((char *)listener -
					     offsetof(struct broker_rig,
						 listener));
}

static size_t
texts_join(char *out, const struct str *items, size_t count)
{
	char *at = out;

	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt((size_t)(at - out) + items[i].len + 2,
		    RIG_TEXT_SIZE);
		at = str_put(at, items[i]);
		*at++ = '|';
	}
	if (at > out)
		at--;
	*at = '\0';
	return (size_t)(at - out);
}

static void
rig_event_note(struct broker_rig *rig, const struct str *items, size_t count)
{
	static char line[RIG_TEXT_SIZE];
	size_t len = texts_join(line, items, count);

	ck_assert_uint_lt(rig->events_len + len + 2, RIG_TEXT_SIZE);
	memcpy(rig->events + rig->events_len, line, len);
	rig->events_len += len;
	rig->events[rig->events_len++] = '\n';
	rig->events[rig->events_len] = '\0';
}

static void
rig_on_batch(struct broker_listener *listener, struct str log,
    const struct str *items, size_t count)
{
	struct str line[64] = { STR("batch"), log };

	ck_assert_uint_le(count, 62);
	if (count > 0)
		memcpy(line + 2, items, count * sizeof(*items));
	rig_event_note(rig_of(listener), line, count + 2);
}

static void
rig_on_message(struct broker_listener *listener, struct str log,
    struct str message)
{
	struct str line[] = { STR("message"), log, message };

	rig_event_note(rig_of(listener), line, 3);
}

static void
rig_on_subscribed(struct broker_listener *listener, struct str log)
{
	struct str line[] = { STR("subscribed"), log };

	rig_event_note(rig_of(listener), line, 2);
}

static void
rig_on_state(struct broker_listener *listener, unsigned shard, bool is_up)
{
	struct str line[] = { is_up ? STR("up") : STR("down") };

	ck_assert_uint_eq(shard, 0);
	rig_event_note(rig_of(listener), line, 1);
}

static const struct broker_listener_ops rig_listener_ops = {
	.on_batch = rig_on_batch,
	.on_message = rig_on_message,
	.on_subscribed = rig_on_subscribed,
	.on_state = rig_on_state,
};

/* --- time ----------------------------------------------------------------- */

void
rig_step(struct broker_rig *rig)
{
	if (rig->kind == RIG_MODEL)
		ck_assert(sim_net_step(rig->net));
	else
		ck_assert_int_eq(event_base_loop(rig->base, EVLOOP_ONCE), 0);
}

size_t
rig_count(const struct broker_rig *rig, const char *line)
{
	size_t len = strlen(line), count = 0;

	for (const char *at = rig->events; *at != '\0';
	     at = strchr(at, '\n') + 1)
		if (strncmp(at, line, len) == 0 && at[len] == '\n')
			count++;
	return count;
}

void
rig_await(struct broker_rig *rig, const char *line)
{
	while (rig_count(rig, line) == 0)
		rig_step(rig);
}

void
rig_forget(struct broker_rig *rig)
{
	rig->events_len = 0;
	rig->events[0] = '\0';
}

/* --- calls ---------------------------------------------------------------- */

const char *
rig_expand(const char *text)
{
	static char out[RIG_TEXT_SIZE];
	char *at = out;

	while (*text != '\0') {
		struct str names;
		char chain[17] = "";

		if (*text != '#') {
			*at++ = *text++;
			continue;
		}
		names = str_slice(text + 1, strcspn(text + 1, "|\n"));
		text = names.data + names.len;
		while (names.len > 0)
			model_chain_next(chain, str_take(&names, STR(",")));
		at = stpcpy(at, chain);
	}
	*at = '\0';
	return out;
}

static void
rig_done(void *arg, enum broker_outcome outcome, const struct str *reply,
    size_t count)
{
	struct broker_rig *rig = arg;

	rig->answered++;
	rig->outcome = outcome;
	texts_join(rig->reply, reply, count);
}

void
rig_begin(struct broker_rig *rig, enum broker_script script, const char *slot,
    const char *joined)
{
	static struct str args[4096];
	struct broker_call call = {
		.script = script,
		.slot = str_from(slot),
		.args = args,
		.done = rig_done,
		.arg = rig,
	};
	const char *at = joined == NULL ? NULL : rig_expand(joined);
	size_t before = rig->answered;

	while (at != NULL) {
		const char *end = strchrnul(at, '|');

		args[call.arg_count++] = str_slice(at, (size_t)(end - at));
		at = *end == '\0' ? NULL : end + 1;
	}
	broker_call(rig->broker, &call);
	ck_assert_uint_eq(rig->answered, before);
}

const char *
rig_call(struct broker_rig *rig, enum broker_script script, const char *slot,
    const char *args)
{
	size_t before = rig->answered;

	rig_begin(rig, script, slot, args);
	while (rig->answered == before)
		rig_step(rig);
	ck_assert_uint_eq(rig->answered, before + 1);
	if (rig->outcome != BROKER_OK)
		strcpy(rig->reply,
		    rig->outcome == BROKER_REFUSED ? "refused" : "unknown");
	return rig->reply;
}

void
rig_open(struct broker_rig *rig, const char *slot)
{
	ck_assert_reply(rig, BROKER_HEAL, slot, RIG_OPENING, "ok");
}

/* --- rigs ----------------------------------------------------------------- */

static const struct broker_options rig_options = {
	.prefix = "parley:",
	.timeout_ms = 10000,
};

void
rig_init_redis(struct broker_rig *rig, const char *const *args,
    const struct broker_options *options)
{
	struct redis_config config = {
		.times = &rig->times,
		.options = &rig->options,
		.targets = &rig->targets,
		.clock = &rig_clock,
		.seed = 1,
	};
	const char *why;

	signal(SIGPIPE, SIG_IGN); /* as the server does */
	memset(rig, 0, sizeof(*rig));
	rig->kind = RIG_REDIS;
	rig->listener.ops = &rig_listener_ops;
	rig->options = *options;
	redis_server_start(&rig->server, args);
	if (options->url[0] == '\0')
		snprintf(rig->options.url, sizeof(rig->options.url), "unix:%s",
		    rig->server.socket);
	ck_assert_msg(broker_targets_parse(&rig->targets,
			  str_from(rig->options.url), &why),
	    "%s", why);
	config.base = rig->base = event_base_new();
	rig->broker = redis_broker_create(&config);
	ck_assert_ptr_nonnull(rig->broker);
	rig->broker->listener = &rig->listener;
}

void
rig_init(struct broker_rig *rig, enum rig_kind kind)
{
	static const char *const args[] = { "--enable-debug-command", "local",
		NULL };

	if (kind == RIG_REDIS)
		rig_init_redis(rig, args, &rig_options);
	else {
		memset(rig, 0, sizeof(*rig));
		rig->kind = RIG_MODEL;
		rig->listener.ops = &rig_listener_ops;
		rig->net = sim_net_create(1);
		rig->broker = sim_net_node(rig->net, 0);
		rig->broker->listener = &rig->listener;
	}
	rig_await(rig, "up");
	rig_forget(rig);
}

void
rig_lose(struct broker_rig *rig)
{
	if (rig->kind == RIG_MODEL)
		model_redis_restart(sim_net_redis(rig->net),
		    sim_net_redis(rig->net));
	else
		ck_assert_str_eq(redis_server_command(&rig->server,
				     "DEBUG CHANGE-REPL-ID"),
		    "+OK");
}

void
rig_fini(struct broker_rig *rig)
{
	broker_destroy(rig->broker);
	if (rig->kind == RIG_MODEL) {
		sim_net_destroy(rig->net);
		return;
	}
	event_base_free(rig->base);
	redis_server_end(&rig->server);
}
