/* A broker and a real Redis that fails, restarts, refuses or is another one. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "domain/log.h"
#include "tests/suite.h"
#include "tests/support/cluster/broker_rig.h"

static struct broker_rig rig;

static const struct broker_options usual = {
	.prefix = "parley:",
	.timeout_ms = 10000,
};

/* For servers that do not answer; those of a busy machine do. */
static const struct broker_options hasty = {
	.prefix = "parley:",
	.timeout_ms = 2000,
};

#define APPEND_A "0-0||0|1|a||t|1|n||0"
#define APPENDED_A "ok|1-0|#a|+|1-0|#a|1"

static void
rig_begin_with(const struct broker_options *options)
{
	rig_init_redis(&rig, NULL, options);
	rig_await(&rig, "up");
}

START_TEST(refuses_calls_until_it_is_connected)
{
	rig_init_redis(&rig, NULL, &usual);
	ck_assert_reply(&rig, BROKER_READ, "room", NULL, "refused");
	rig_await(&rig, "up");
	ck_assert_reply(&rig, BROKER_READ, "room", NULL, "ok|0-0||0|0");
	rig_fini(&rig);
}
END_TEST

START_TEST(measures_what_is_answered)
{
	rig_init_redis(&rig, NULL, &usual);
	(void)rig_call(&rig, BROKER_READ, "room", NULL);
	rig_await(&rig, "up");
	ck_assert_uint_eq(histogram_count(&rig.times), 0);
	(void)rig_call(&rig, BROKER_READ, "room", NULL);
	(void)rig_call(&rig, BROKER_READ, "room", NULL);
	ck_assert_uint_eq(histogram_count(&rig.times), 2);
	ck_assert_uint_gt(rig.times.sum_us, 0);
	rig_fini(&rig);
}
END_TEST

START_TEST(subscribes_again_after_a_restart)
{
	enum {
		LOGS = 1500
	};
	char name[32];

	rig_begin_with(&usual);
	for (int i = 0; i < LOGS; i++) {
		snprintf(name, sizeof(name), "room:%d", i);
		broker_subscribe(rig.broker, str_from(name));
	}
	rig_await(&rig, "subscribed|room:1499");
	rig_forget(&rig);
	redis_server_signal(&rig.server, SIGKILL);
	rig_begin(&rig, BROKER_APPEND, "room", APPEND_A);
	rig_await(&rig, "down");
	while (rig.answered == 0)
		rig_step(&rig);
	ck_assert_int_ne(rig.outcome, BROKER_OK);
	broker_unsubscribe(rig.broker, STR("room:0"));
	redis_server_restart(&rig.server);
	rig_await(&rig, "up");
	rig_await(&rig, "subscribed|room:1499");
	for (int i = 0; i < LOGS; i++) {
		snprintf(name, sizeof(name), "subscribed|room:%d", i);
		ck_assert_uint_eq(rig_count(&rig, name), i == 0 ? 0 : 1);
	}
	rig_open(&rig, "room");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, APPENDED_A);
	rig_fini(&rig);
}
END_TEST

START_TEST(leaves_a_server_that_does_not_answer)
{
	rig_begin_with(&hasty);
	rig_open(&rig, "room");
	redis_server_signal(&rig.server, SIGSTOP);
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "unknown");
	rig_await(&rig, "down");
	redis_server_signal(&rig.server, SIGCONT);
	rig_forget(&rig);
	rig_await(&rig, "up");
	/* It was carried out when the server went on. */
	while (strcmp(rig_call(&rig, BROKER_APPEND, "room", APPEND_A),
		   "unknown") == 0 ||
	       rig.outcome == BROKER_REFUSED)
		;
	ck_assert_str_eq(rig.reply, rig_expand("ok|1-0|#a|~|1-0|#a|1"));
	rig_fini(&rig);
}
END_TEST

START_TEST(notices_without_a_call_that_nothing_is_answered)
{
	rig_begin_with(&hasty);
	redis_server_signal(&rig.server, SIGSTOP);
	rig_await(&rig, "down");
	redis_server_signal(&rig.server, SIGCONT);
	rig_fini(&rig);
}
END_TEST

START_TEST(loses_both_connections_together)
{
	rig_begin_with(&usual);
	broker_subscribe(rig.broker, STR("room"));
	rig_await(&rig, "subscribed|room");
	rig_forget(&rig);
	ck_assert_str_eq(redis_server_command(&rig.server,
			     "CLIENT KILL TYPE pubsub"),
	    ":1");
	rig_await(&rig, "subscribed|room");
	ck_assert_str_eq(rig.events, "down\nup\nsubscribed|room\n");
	rig_forget(&rig);
	redis_server_command(&rig.server, "CLIENT KILL TYPE normal");
	rig_await(&rig, "subscribed|room");
	ck_assert_str_eq(rig.events, "down\nup\nsubscribed|room\n");
	rig_fini(&rig);
}
END_TEST

START_TEST(loads_scripts_again_that_were_flushed)
{
	rig_begin_with(&usual);
	rig_open(&rig, "room");
	redis_server_command(&rig.server, "SCRIPT FLUSH");
	rig_begin(&rig, BROKER_APPEND, "room", APPEND_A);
	rig_begin(&rig, BROKER_APPEND, "room", "0-0||0|1|b||t|1|n||0");
	while (rig.answered < 2)
		rig_step(&rig);
	/* In their order. */
	ck_assert_str_eq(rig.reply, rig_expand("ok|2-0|#a,b|+|2-0|#a,b|1"));
	ck_assert_uint_eq(rig_count(&rig, "down"), 0);
	rig_fini(&rig);
}
END_TEST

START_TEST(refuses_what_redis_refuses)
{
	rig_begin_with(&usual);
	rig_open(&rig, "room");
	redis_server_command(&rig.server, "CONFIG SET maxmemory 1");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "refused");
	ck_assert_reply(&rig, BROKER_READ, "room", NULL, "ok|0-0||0|0");
	redis_server_command(&rig.server, "CONFIG SET maxmemory 0");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, APPENDED_A);
	rig_fini(&rig);
}
END_TEST

START_TEST(leaves_a_server_that_is_a_replica_now)
{
	rig_begin_with(&usual);
	rig_open(&rig, "room");
	rig_forget(&rig);
	redis_server_command(&rig.server, "REPLICAOF 127.0.0.1 1");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "refused");
	rig_await(&rig, "down");
	redis_server_command(&rig.server, "REPLICAOF NO ONE");
	rig_await(&rig, "up");
	/* A replica that became the primary may lack entries. */
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "closed|0-0|");
	rig_open(&rig, "room");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, APPENDED_A);
	rig_fini(&rig);
}
END_TEST

START_TEST(keys_of_another_type_cost_a_call)
{
	rig_begin_with(&usual);
	redis_server_command(&rig.server, "SET parley:{room}:log x");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "unknown");
	rig_open(&rig, "other");
	ck_assert_reply(&rig, BROKER_APPEND, "other", APPEND_A, APPENDED_A);
	rig_fini(&rig);
}
END_TEST

/*
 * The note that an append makes of the last entry does not replace the
 * stream.
 */
START_TEST(notices_that_a_stream_was_evicted)
{
	rig_begin_with(&usual);
	rig_open(&rig, "room");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, APPENDED_A);
	redis_server_command(&rig.server, "DEL parley:{room}:log");
	ck_assert_reply(&rig, BROKER_APPEND, "room", "1-0|#a|0|1|b||t|1|n||0",
	    "behind|0-0|");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "closed|0-0|");
	rig_fini(&rig);
}
END_TEST

static const char *const strange_messages[] = { "x", "1", "\x91", "\x91\xa2x",
	"\xdd\xff\xff\xff\xff", "\xa1x", "\"\"" };

START_TEST(ignores_messages_of_others)
{
	char command[128];

	rig_begin_with(&usual);
	broker_subscribe(rig.broker, STR("room"));
	rig_await(&rig, "subscribed|room");
	rig_forget(&rig);
	for (size_t i = 0; i < COUNT_OF(strange_messages); i++) {
		snprintf(command, sizeof(command), "PUBLISH parley:room %s",
		    strange_messages[i]);
		ck_assert_str_eq(redis_server_command(&rig.server, command),
		    ":1");
	}
	broker_publish(rig.broker, STR("room"), STR("good"));
	rig_await(&rig, "message|room|good");
	ck_assert_str_eq(rig.events, "message|room|good\n");
	rig_fini(&rig);
}
END_TEST

/* --- users ---------------------------------------------------------------- */

static char logged[4096];

static void
log_keep(enum log_level level, const char *line)
{
	(void)level;
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static const struct {
	const char *user, *password;
	bool is_right;
} users[] = {
	{ "", "hush-hush", true },
	{ "default", "hush-hush", true },
	{ "", "", false },
	{ "", "hush-hash", false },
	{ "other", "hush-hush", false },
};

START_TEST(authenticates)
{
	static const char *const args[] = { "--requirepass", "hush-hush",
		NULL };
	struct broker_options options = usual;

	strcpy(options.user, users[_i].user);
	strcpy(options.password, users[_i].password);
	logged[0] = '\0';
	log_set_sink(log_keep, LOG_DEBUG);
	rig_init_redis(&rig, args, &options);
	while (strstr(logged, users[_i].is_right ? "connected" : "trying") ==
	       NULL)
		rig_step(&rig);
	ck_assert_uint_eq(rig_count(&rig, "up"), users[_i].is_right);
	ck_assert_ptr_null(strstr(logged, "hush"));
	rig_fini(&rig);
}
END_TEST

START_TEST(warns_if_keys_may_be_evicted)
{
	static const char *const args[] = { "--maxmemory", "100mb",
		"--maxmemory-policy", "allkeys-lru", NULL };

	logged[0] = '\0';
	log_set_sink(log_keep, LOG_DEBUG);
	rig_init_redis(&rig, args, &usual);
	rig_await(&rig, "up");
	ck_assert_ptr_nonnull(strstr(logged, "noeviction"));
	rig_fini(&rig);
}
END_TEST

START_TEST(an_acknowledgement_may_need_a_replica)
{
	struct broker_options options = usual;

	options.timeout_ms = 2000;
	options.ack = BROKER_ACK_REPLICA;
	options.timeout_ms = 2000; /* half of it is waited */
	rig_init_redis(&rig, NULL, &options);
	rig_await(&rig, "up");
	rig_open(&rig, "room");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, "unknown");
	/* Only appends wait; and what was appended is there. */
	ck_assert_reply(&rig, BROKER_READ, "room", NULL,
	    "ok|1-0|#a|1|0|1-0|#a|a||t|1|");
	rig_fini(&rig);
}
END_TEST

/* --- addresses ------------------------------------------------------------ */

START_TEST(looks_up_hosts)
{
	struct broker_options options = usual;
	char port[16];
	const char *args[] = { "--port", port, NULL };
	int number = redis_server_free_port();

	snprintf(port, sizeof(port), "%d", number);
	snprintf(options.url, sizeof(options.url), "redis://localhost:%d/3",
	    number);
	rig_init_redis(&rig, args, &options);
	rig_await(&rig, "up");
	rig_open(&rig, "room");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, APPENDED_A);
	ck_assert_str_eq(redis_server_command(&rig.server, "DBSIZE"), ":0");
	rig_fini(&rig);
}
END_TEST

START_TEST(asks_sentinels_for_the_primary)
{
	struct broker_options options = usual;
	struct redis_server sentinel;
	char config[64], port[16], sentinel_port[16];
	const char *args[] = { "--port", port, NULL };
	const char *sentinel_args[] = { "--port", sentinel_port, "--sentinel",
		NULL };
	int number = redis_server_free_port(), other;
	FILE *file;

	snprintf(port, sizeof(port), "%d", number);
	do
		other = redis_server_free_port();
	while (other == number);
	snprintf(sentinel_port, sizeof(sentinel_port), "%d", other);
	/* The first of the sentinels does not exist. */
	snprintf(options.url, sizeof(options.url),
	    "redis+sentinel://127.0.0.1:1,127.0.0.1:%d/main", other);
	strcpy(config, "/tmp/parley-test-XXXXXX");
	file = fdopen(mkstemp(config), "w");
	fprintf(file, "sentinel monitor main 127.0.0.1 %d 1\n", number);
	ck_assert_int_eq(fclose(file), 0);
	redis_server_start_with(&sentinel, config, sentinel_args);
	rig_init_redis(&rig, args, &options);
	rig_await(&rig, "up");
	rig_open(&rig, "room");
	ck_assert_reply(&rig, BROKER_APPEND, "room", APPEND_A, APPENDED_A);
	rig_fini(&rig);
	redis_server_end(&sentinel);
	unlink(config);
}
END_TEST

SUITE(redis_broker)
{
	tcase_add_test(tests, refuses_calls_until_it_is_connected);
	tcase_add_test(tests, measures_what_is_answered);
	tcase_add_test(tests, subscribes_again_after_a_restart);
	tcase_add_test(tests, leaves_a_server_that_does_not_answer);
	tcase_add_test(tests, notices_without_a_call_that_nothing_is_answered);
	tcase_add_test(tests, loses_both_connections_together);
	tcase_add_test(tests, loads_scripts_again_that_were_flushed);
	tcase_add_test(tests, refuses_what_redis_refuses);
	tcase_add_test(tests, leaves_a_server_that_is_a_replica_now);
	tcase_add_test(tests, keys_of_another_type_cost_a_call);
	tcase_add_test(tests, notices_that_a_stream_was_evicted);
	tcase_add_test(tests, ignores_messages_of_others);
	tcase_add_loop_test(tests, authenticates, 0, COUNT_OF(users));
	tcase_add_test(tests, warns_if_keys_may_be_evicted);
	tcase_add_test(tests, an_acknowledgement_may_need_a_replica);
	tcase_add_test(tests, looks_up_hosts);
	tcase_add_test(tests, asks_sentinels_for_the_primary);
}
