/* Events that are sent to a receiver, which is a socket of the test. */
#include "transport/hooks/hooks.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/commit_log.h"
#include "domain/presence_observer.h"
#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/hooks/hook_endpoint.h"

#define OK "HTTP/1.1 204 No Content\r\n\r\n"
#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

static struct recorder recorder;
static struct hooks *hooks;
static int listening;
static int peer;           /* -1: no request is under way */
static char body[1 << 17]; /* of the last request */
static uint64_t acknowledged[64];
static unsigned acknowledged_count;

static void
on_acknowledge(void *arg, uint64_t lsn)
{
	(void)arg;
	if (lsn > 0)
		acknowledged[acknowledged_count++ % 64] = lsn;
}

static void
hooks_begin(size_t memory, int64_t give_up_ms)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	char url[64], why[256];
	struct hooks_config config = {
		.secret = STR("0123456789abcdef"),
		.timeout_ms = 2000,
		.give_up_ms = give_up_ms,
		.memory = memory,
		.acknowledge = on_acknowledge,
	};

	recorder_init(&recorder);
	config.clock = &recorder.rig.clock;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	getsockname(listening, (struct sockaddr *)&sin, &len);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
	    (unsigned)ntohs(sin.sin_port));
	config.url = str_from(url);
	hooks = hooks_create(&config, why, sizeof(why));
	ck_assert_msg(hooks != NULL, "%s", why);
	peer = -1;
	acknowledged_count = 0;
}

static void
hooks_run(void)
{
	recorder.rig.worker.hooks = hooks;
	hooks_start(hooks, &recorder.rig.worker.loop);
	rig_turn(&recorder.rig);
}

static void
setup(void)
{
	hooks_begin(1 << 20, 0);
	hooks_run();
}

static void
teardown(void)
{
	worker_end_connections(&recorder.rig.worker);
	recorder.rig.worker.hooks = NULL;
	hooks_destroy(hooks);
	recorder_fini(&recorder);
	close(listening);
	if (peer >= 0)
		close(peer);
}

/* Reads a request. False: none came. */
static bool
request_take(void)
{
	static char request[1 << 17];
	ssize_t got, len = 0;
	char *at;

	rig_turn(&recorder.rig);
	if (peer < 0)
		peer = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
	if (peer < 0)
		return false;
	for (int i = 0; i < 8; i++) {
		rig_turn(&recorder.rig);
		got = recv(peer, request + len,
		    sizeof(request) - 1 - (size_t)len, 0);
		if (got > 0)
			len += got;
	}
	request[len] = '\0';
	at = strstr(request, "\r\n\r\n");
	ck_assert_ptr_nonnull(at);
	snprintf(body, sizeof(body), "%s", at + 4);
	return true;
}

static void
request_answer(const char *text)
{
	ck_assert_int_eq(send(peer, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
	rig_turn(&recorder.rig);
	close(peer);
	peer = -1;
}

/* Takes all batches until none comes. */
static void
requests_take_all(void)
{
	while (request_take())
		request_answer(OK);
}

static void
event_add(uint64_t seq, uint64_t lsn)
{
	struct entry entry = { .kind = ENTRY_MESSAGE,
		.room_id = STR("r"),
		.lsn = lsn,
		.message = { .seq = seq,
		    .author = STR("a"),
		    .author_id = STR("id1"),
		    .body = STR("1") } };
	struct entry_observer *observer = hooks_entries(hooks);

	observer->ops->entry(observer, &entry, NULL);
}

/* Events of the body: "message1 message2 gap3". */
static const char *
body_words(void)
{
	static char words[4096];
	size_t len = 0;

	words[0] = '\0';
	for (const char *at = body; (at = strstr(at, "{\"event\":\"")); at++) {
		char word[32];
		const char *end = strchr(at + 1, '}');
		const char *number = strstr(at, "\"seq\":");
		const char *lost = strstr(at, "\"lost\":");

		sscanf(at, "{\"event\":\"%31[a-z_]", word);
		len += (size_t)snprintf(words + len, sizeof(words) - len,
		    "%s%s", len > 0 ? " " : "", word);
		if (number == NULL || number > end)
			number = lost == NULL || lost > end ? NULL : lost + 1;
		if (number != NULL)
			len += (size_t)snprintf(words + len,
			    sizeof(words) - len, "%d", atoi(number + 6));
	}
	return words;
}

static int64_t moment_ms;

static void
moment_get(void *arg, uint64_t *place, int64_t *at_ms)
{
	(void)arg;
	*place = 7;
	*at_ms = moment_ms;
}

static bool node_may_send;

static bool
may_send_get(void *arg)
{
	(void)arg;
	return node_may_send;
}

/* Instead of the hooks of a server that is alone. */
static void
hooks_begin_shared(size_t memory)
{
	teardown();
	hooks_begin(memory, 0);
	node_may_send = true;
	hooks_share(hooks,
	    &(struct hooks_sharing){ moment_get, may_send_get, NULL });
	hooks_run();
}

START_TEST(a_node_that_stands_by_goes_on_where_the_other_ended)
{
	uint64_t number = 0;
	int64_t sent_ms;

	hooks_begin_shared(1 << 20);
	for (uint64_t seq = 1; seq <= 4; seq++) {
		moment_ms = (int64_t)seq * 1000;
		event_add(seq, 0);
	}
	ck_assert(!request_take());
	ck_assert(hooks_are_done(hooks));
	ck_assert(hooks_report(hooks, 100, &number, &sent_ms));
	ck_assert_int_eq(sent_ms, 900);
	hooks_stand_by(hooks, 1500);
	ck_assert(hooks_report(hooks, 0, &number, &sent_ms));
	ck_assert_int_eq(sent_ms, 2000);
	hooks_lead(hooks, UINT64_C(2000000000000000), 2500);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message3 message4");
	ck_assert_ptr_nonnull(strstr(body, "\"number\":2000000000000001,"));
	ck_assert_ptr_nonnull(strstr(body, "\"number\":2000000000000002,"));
	/* It is in the middle of a batch when another node takes over. */
	hooks_stand_by(hooks, 9000);
	request_answer(OK);
	ck_assert(!request_take());
	hooks_lead(hooks, 0, 0);
	ck_assert(!request_take());
	event_add(5, 0);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message5");
	ck_assert(hooks_report(hooks, 0, &number, &sent_ms));
	ck_assert_uint_ge(number, UINT64_C(2000000000000003));
	request_answer(OK);
}
END_TEST

static uint64_t
body_number(void)
{
	const char *at = strstr(body, "\"number\":");

	ck_assert_ptr_nonnull(at);
	return strtoull(at + strlen("\"number\":"), NULL, 10);
}

/* It was read from the log of a room later than what happened after it. */
START_TEST(what_waits_behind_newer_events_is_not_reported_as_sent)
{
	uint64_t number = 0;
	int64_t sent_ms;

	hooks_begin_shared(1 << 20);
	hooks_lead(hooks, 0, 0);
	moment_ms = 3000;
	event_add(2, 0);
	moment_ms = 2000;
	event_add(1, 0);
	ck_assert(hooks_report(hooks, 100, &number, &sent_ms));
	ck_assert_int_eq(sent_ms, 1900);
}
END_TEST

/* Another node may have sent, without a trace in Redis. */
START_TEST(a_node_that_leads_again_sends_again_what_was_under_way)
{
	uint64_t number;

	hooks_begin_shared(1 << 20);
	hooks_lead(hooks, 0, 0);
	event_add(1, 0);
	ck_assert(request_take());
	number = body_number();
	node_may_send = false;
	request_answer(OK);
	event_add(2, 0);
	ck_assert(!request_take());
	hooks_lead(hooks, number + 1000, 0);
	node_may_send = true;
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message1 message2");
	ck_assert_uint_gt(body_number(), number + 1000);
	request_answer(OK);
	ck_assert(!request_take());
}
END_TEST

/* The receiver may have dropped it: the node that sends now had begun. */
START_TEST(what_is_taken_after_another_node_has_begun_is_kept)
{
	hooks_begin_shared(1 << 20);
	hooks_lead(hooks, 0, 0);
	moment_ms = 1000;
	event_add(1, 0);
	ck_assert(request_take());
	hooks_stand_by(hooks, 500);
	request_answer(OK);
	hooks_lead(hooks, 0, 500);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message1");
	request_answer(OK);
}
END_TEST

/* A part of it was sent, and is forgotten: the rest would have no beginning. */
START_TEST(what_a_log_does_not_have_any_more_is_not_sent)
{
	struct entry_observer *observer;

	hooks_begin_shared(1 << 20);
	observer = hooks_entries(hooks);
	moment_ms = 1000;
	event_add(1, 0);
	moment_ms = 2000;
	event_add(2, 0);
	hooks_stand_by(hooks, 1500);
	observer->ops->forget(observer, STR("r"));
	event_add(1, 0);
	hooks_lead(hooks, 0, 1500);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message1");
	/* What is under way is sent again as it is. */
	event_add(2, 0);
	observer->ops->forget(observer, STR("r"));
	request_answer(BUSY);
	rig_pass(&recorder.rig, 300);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message1");
	request_answer(OK);
	ck_assert(!request_take());
}
END_TEST

/* The newest are kept: the other node has sent the oldest most likely. */
START_TEST(a_node_that_stands_by_keeps_the_newest_events)
{
	hooks_begin_shared(1024);
	for (uint64_t seq = 1; seq <= 30; seq++)
		event_add(seq, 0);
	hooks_lead(hooks, 0, 0);
	ck_assert(request_take());
	ck_assert_ptr_nonnull(strstr(body_words(), "message30"));
	ck_assert_ptr_null(strstr(body_words(), "message1 "));
	request_answer(OK);
	ck_assert(request_take());
	ck_assert_ptr_nonnull(strstr(body_words(), "gap"));
	request_answer(OK);
}
END_TEST

START_TEST(one_batch_is_under_way_and_the_rest_follows)
{
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "started");
	event_add(1, 11);
	event_add(2, 12);
	rig_turn(&recorder.rig);
	ck_assert_int_lt(accept4(listening, NULL, NULL, SOCK_NONBLOCK), 0);
	request_answer(OK);
	ck_assert_uint_eq(acknowledged_count, 0);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message1 message2");
	request_answer(OK);
	ck_assert_uint_eq(acknowledged_count, 1);
	ck_assert_uint_eq(acknowledged[0], 12);
	ck_assert(hooks_are_done(hooks));
	ck_assert(!request_take());
}
END_TEST

START_TEST(a_batch_that_fails_is_sent_again_as_it_is)
{
	static char first[sizeof(body)];

	requests_take_all();
	event_add(1, 11);
	ck_assert(request_take());
	memcpy(first, body, sizeof(body));
	event_add(2, 12);
	for (int i = 0; i < 4; i++) {
		request_answer(BUSY);
		ck_assert(hooks_are_done(hooks));
		/* At least half of 250 ms, 500 ms, 1 s, 2 s. */
		rig_pass(&recorder.rig, (125 << i) - WHEEL_TICK_MS);
		ck_assert(!request_take());
		rig_pass(&recorder.rig, (125 << i) + 2 * WHEEL_TICK_MS);
		ck_assert(request_take());
		ck_assert_str_eq(body, first);
	}
	request_answer(OK);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message2");
	request_answer(OK);
}
END_TEST

START_TEST(waits_as_long_as_it_is_asked_to)
{
	ck_assert(request_take());
	request_answer("HTTP/1.1 429 Later\r\nRetry-After: 20\r\n"
		       "Content-Length: 0\r\n\r\n");
	rig_pass(&recorder.rig, 19900);
	ck_assert(!request_take());
	rig_pass(&recorder.rig, 200);
	ck_assert(request_take());
	request_answer(OK);
}
END_TEST

START_TEST(a_receiver_that_hangs_has_failed)
{
	ck_assert(request_take());
	rig_pass(&recorder.rig, 2100);
	close(peer);
	peer = -1;
	rig_pass(&recorder.rig, 300);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "started");
	request_answer(OK);
}
END_TEST

START_TEST(batches_are_bounded)
{
	unsigned count = 0;

	ck_assert(request_take());
	for (unsigned i = 1; i <= 1200; i++)
		event_add(i, i);
	request_answer(OK);
	while (request_take()) {
		ck_assert_uint_le(strlen(body), 65 * 1024);
		for (const char *at = body; (at = strstr(at, "\"seq\":")); at++)
			ck_assert_int_eq(atoi(at + 6), (int)++count);
		request_answer(OK);
	}
	ck_assert_uint_eq(count, 1200);
	ck_assert_uint_gt(acknowledged_count, 2);
}
END_TEST

START_TEST(a_gap_takes_the_place_of_what_does_not_fit)
{
	struct hook_stats stats;

	hooks_begin(4096, 0);
	hooks_run();
	ck_assert(request_take());
	for (unsigned i = 1; i <= 100; i++)
		event_add(i, i);
	ck_assert_uint_le(hooks_bytes(hooks), 4096);
	hooks_stats(hooks, &stats);
	request_answer(OK);
	ck_assert(request_take());
	ck_assert_ptr_nonnull(strstr(body_words(), "message1 message2"));
	request_answer(OK);
	ck_assert(request_take());
	ck_assert_int_eq(atoi(body_words() + strlen("gap")), (int)stats.lost);
	request_answer(OK);
	/* With the gap it has what was lost, too. */
	ck_assert_uint_eq(acknowledged[acknowledged_count - 1], 100);
	event_add(101, 101);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message101");
	request_answer(OK);
	hooks_stats(hooks, &stats);
	ck_assert_uint_eq(stats.sent + stats.lost, 103); /* started, gap */
	teardown();
}
END_TEST

START_TEST(what_a_store_lacks_is_a_gap)
{
	hooks_begin(4096, 0);
	event_add(1, 11);
	hooks_entries(hooks)->ops->lost(hooks_entries(hooks), 5);
	event_add(2, 12);
	hooks_run();
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "message1 gap5 message2 started");
	request_answer(OK);
	teardown();
}
END_TEST

START_TEST(gives_up_if_it_may)
{
	struct hook_stats stats;

	hooks_begin(4096, 1000);
	hooks_run();
	event_add(1, 11);
	for (int i = 0; i < 20 && acknowledged_count == 0; i++) {
		if (request_take())
			request_answer(BUSY);
		rig_pass(&recorder.rig, 300);
	}
	hooks_stats(hooks, &stats);
	ck_assert_uint_gt(stats.dead, 0);
	teardown();
}
END_TEST

/*
 * With any allocation failing, events are sent in order, or counted in a
 * gap.
 */
START_TEST(without_memory_events_are_lost)
{
	unsigned seen = 0, lost = 0;

	requests_take_all();
	malloc_fail_at((unsigned)_i);
	for (unsigned i = 1; i <= 5; i++)
		event_add(i, i);
	rig_turn(&recorder.rig);
	malloc_fail_at(0);
	for (int i = 0; i < 4; i++) {
		if (request_take()) {
			for (const char *at = body;
			     (at = strstr(at, "\"seq\":")); at++)
				seen++;
			for (const char *at = body;
			     (at = strstr(at, "\"lost\":")); at++)
				lost += (unsigned)atoi(at + 7);
			request_answer(OK);
		}
		rig_pass(&recorder.rig, 300);
	}
	ck_assert_uint_eq(seen + lost, 5);
	ck_assert_uint_eq(acknowledged[acknowledged_count - 1], 5);
}
END_TEST

START_TEST(a_stay_has_one_generation)
{
	const struct member ada = { .id = "id1", .name = "Ada" };
	const struct room room = { .id = "r", .member_count = 1 };
	struct presence_observer *observer = hooks_presence(hooks);
	uint64_t generations[4];
	const char *at = body;

	requests_take_all();
	for (int i = 0; i < 2; i++) {
		observer->ops->joined(observer, &ada, &room);
		observer->ops->left(observer, &ada, &room);
	}
	ck_assert_uint_gt(hooks_bytes(hooks), 0);
	ck_assert(request_take());
	ck_assert_str_eq(body_words(), "joined left joined left");
	for (int i = 0; i < 4; i++) {
		at = strstr(at, "\"generation\":") + 13;
		generations[i] = strtoull(at, NULL, 10);
	}
	ck_assert_uint_eq(generations[0], generations[1]);
	ck_assert_uint_eq(generations[2], generations[3]);
	ck_assert_uint_lt(generations[0], generations[2]);
	request_answer(OK);
	ck_assert_uint_eq(hooks_bytes(hooks), 0);
}
END_TEST

/* python3: hmac.new(secret, b'1795973682.{"a":1}', "sha256") */
START_TEST(signs_the_time_and_the_body)
{
	struct hook_signer signer = { .secret_len = 16,
		.secret = "0123456789abcdef" };
	char signature[HOOK_SIGNATURE_SIZE];

	ck_assert(hook_signature_write(&signer, 1795973682, STR("{\"a\":1}"),
	    signature));
	ck_assert_str_eq(signature,
	    "t=1795973682,v1=b4698b0e17d7298ce057e77fb46d64fc"
	    "da09b8017a08abcb5e65064964351b38");
}
END_TEST

SUITE(hooks)
{
	tcase_add_test(tests, a_gap_takes_the_place_of_what_does_not_fit);
	tcase_add_test(tests, what_a_store_lacks_is_a_gap);
	tcase_add_test(tests, gives_up_if_it_may);
	tcase_add_test(tests, signs_the_time_and_the_body);
}

SUITE(hooks_with_memory)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests,
	    a_node_that_stands_by_goes_on_where_the_other_ended);
	tcase_add_test(tests,
	    what_waits_behind_newer_events_is_not_reported_as_sent);
	tcase_add_test(tests,
	    a_node_that_leads_again_sends_again_what_was_under_way);
	tcase_add_test(tests,
	    what_is_taken_after_another_node_has_begun_is_kept);
	tcase_add_test(tests, what_a_log_does_not_have_any_more_is_not_sent);
	tcase_add_test(tests, a_node_that_stands_by_keeps_the_newest_events);
	tcase_add_test(tests, one_batch_is_under_way_and_the_rest_follows);
	tcase_add_test(tests, a_batch_that_fails_is_sent_again_as_it_is);
	tcase_add_test(tests, waits_as_long_as_it_is_asked_to);
	tcase_add_test(tests, a_receiver_that_hangs_has_failed);
	tcase_add_test(tests, batches_are_bounded);
	tcase_add_loop_test(tests, without_memory_events_are_lost, 1, 24);
	tcase_add_test(tests, a_stay_has_one_generation);
}
