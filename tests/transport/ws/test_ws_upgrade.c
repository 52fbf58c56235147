#include "transport/ws/ws_upgrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/ws/admission.h"

#define OPENING                                           \
	"GET /ws?token=abc HTTP/1.1\r\nHost: x\r\n"       \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n"   \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
	"Sec-WebSocket-Version: 13\r\n"                   \
	"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
#define HELLO "\x81\x85\0\0\0\0hello"

/* An admission that decides when the test wants, or at once. */
static struct {
	struct admission base;
	struct candidate *candidate; /* waits for its decision */
	unsigned asked, cancelled;
	char token[16];
	int refuses_at_once; /* with this status */
	bool accepts_at_once;
} fake;

static struct recorder recorder;
static struct client client;

static void
accept_as(struct candidate *candidate, int64_t expires_at_ms)
{
	struct principal principal = {
		.user_id = STR("42"),
		.member_id = STR("uondvznakk2hi3kfaixhnceatpy"),
		.rights = RIGHTS_USUAL,
		.expires_at_ms = expires_at_ms,
	};

	fake.candidate = NULL;
	admission_accept(candidate, &principal);
}

static void
handshake_refuse(struct candidate *candidate, int status)
{
	fake.candidate = NULL;
	admission_refuse(candidate, status, "because\n");
}

static void
fake_admit(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	(void)admission;
	fake.asked++;
	fake.candidate = candidate;
	http_query_get(request->query, "token", fake.token, sizeof(fake.token));
	if (fake.accepts_at_once)
		accept_as(candidate, 0);
	else if (fake.refuses_at_once != 0)
		handshake_refuse(candidate, fake.refuses_at_once);
}

static void
fake_cancel(struct admission *admission, struct candidate *candidate)
{
	(void)admission;
	if (candidate != fake.candidate)
		abort();
	fake.candidate = NULL;
	fake.cancelled++;
}

static const struct admission_ops fake_ops = {
	.admit = fake_admit,
	.cancel = fake_cancel,
};

static void
setup(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.base.ops = &fake_ops;
	recorder_init(&recorder);
	recorder.rig.worker.ws.admission = &fake.base;
	fake.base.service = &recorder.rig.worker.ws;
	client_connect(&client, &recorder.rig, 0);
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	ck_assert_ptr_null(fake.candidate);
	client_fini(&client);
}

static void
upgrade_turn(void)
{
	rig_turn(&recorder.rig);
	client_receive(&client);
}

static void
upgrade_check_status(int status)
{
	char line[32];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	ck_assert_msg(client_got(&client, line), "no %d but: %.*s", status,
	    (int)client.len, client.data);
}

static bool
upgrade_received(const char *text)
{
	return memmem(client.data, client.len, text, strlen(text)) != NULL;
}

static size_t
upgrade_conn_count(void)
{
	return recorder.rig.worker.loop.conn_count;
}

START_TEST(opens_when_it_is_accepted)
{
	static const char packet[] = OPENING HELLO;

	setup();
	fake.accepts_at_once = _i == 0;
	/* What follows the request waits as well. */
	client_send(&client, packet, sizeof(packet) - 1);
	upgrade_turn();
	ck_assert_uint_eq(fake.asked, 1);
	ck_assert_str_eq(fake.token, "abc");
	if (_i == 1) {
		rig_pass(&recorder.rig, 3000);
		client_receive(&client);
		ck_assert_uint_eq(client.len, 0);
		ck_assert_uint_eq(recorder.messages, 0);
		accept_as(fake.candidate, 0);
		upgrade_turn();
	}
	upgrade_check_status(101);
	ck_assert(upgrade_received(
	    "\r\nSec-WebSocket-Extensions: permessage-deflate"));
	ck_assert_str_eq(recorder.text, "hello");
	client_send(&client, HELLO, sizeof(HELLO) - 1);
	upgrade_turn();
	ck_assert_uint_eq(recorder.messages, 2);
	ck_assert_uint_eq(fake.cancelled, 0);
	teardown();
}
END_TEST

static const struct {
	int status;
	const char *header;
} refusals[] = {
	{ 401, "\r\nWWW-Authenticate: Bearer\r\n" },
	{ 403, "" },
	{ 429, "\r\nRetry-After: 5\r\n" },
	{ 503, "\r\nRetry-After: 5\r\n" },
};

static void
upgrade_check_refused(int status)
{
	upgrade_check_status(status);
	ck_assert(upgrade_received("\r\nConnection: close\r\n"));
	ck_assert(client.eof);
	ck_assert_uint_eq(recorder.opened, 0);
	shutdown(client.fd, SHUT_WR);
	upgrade_turn();
	ck_assert_uint_eq(upgrade_conn_count(), 0);
}

START_TEST(answers_with_the_status_of_the_refusal)
{
	for (int late = 0; late < 2; late++) {
		setup();
		if (!late)
			fake.refuses_at_once = refusals[_i].status;
		client_send_text(&client, OPENING);
		upgrade_turn();
		if (late)
			handshake_refuse(fake.candidate, refusals[_i].status);
		upgrade_turn();
		ck_assert(upgrade_received(refusals[_i].header));
		ck_assert(upgrade_received("\r\n\r\nbecause\n"));
		upgrade_check_refused(refusals[_i].status);
		ck_assert_uint_eq(fake.cancelled, 0);
		teardown();
	}
}
END_TEST

START_TEST(a_decision_that_does_not_come_is_503)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	rig_pass(&recorder.rig, 4900);
	client_receive(&client);
	ck_assert_uint_eq(client.len, 0);
	rig_pass(&recorder.rig, 200);
	client_receive(&client);
	ck_assert_uint_eq(fake.cancelled, 1);
	upgrade_check_refused(503);
	teardown();
}
END_TEST

/* It may be accepted before the server has noticed. */
START_TEST(a_client_that_is_gone_may_be_accepted)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	close(client.fd);
	client.fd = -1;
	if (_i == 0)
		accept_as(fake.candidate, 0);
	else
		handshake_refuse(fake.candidate, 403);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(upgrade_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(a_server_that_ends_cancels_what_waits)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	worker_end_connections(&recorder.rig.worker);
	ck_assert_uint_eq(fake.cancelled, 1);
	ck_assert_uint_eq(upgrade_conn_count(), 0);
	teardown();
}
END_TEST

START_TEST(there_must_be_room_when_it_is_accepted)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	recorder.rig.worker.ws.refusing = true;
	accept_as(fake.candidate, 0);
	upgrade_turn();
	upgrade_check_refused(503);
	teardown();
}
END_TEST

START_TEST(is_not_asked_about_a_bad_handshake)
{
	setup();
	client_send_text(&client,
	    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n");
	upgrade_turn();
	upgrade_check_status(400);
	ck_assert_uint_eq(fake.asked, 0);
	teardown();
}
END_TEST

START_TEST(a_connection_ends_when_its_principal_expires)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	/* The rig's wall clock is its only one. */
	accept_as(fake.candidate, recorder.rig.now_ms + 2000);
	upgrade_turn();
	upgrade_check_status(101);
	rig_pass(&recorder.rig, 1900);
	ck_assert_uint_eq(recorder.left, 0);
	rig_pass(&recorder.rig, 200);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code, 4202);
	ck_assert_str_eq(recorder.bye_reason, "token_expired");
	teardown();
}
END_TEST

START_TEST(the_connections_of_a_user_can_be_ended)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	accept_as(fake.candidate, 0);
	upgrade_turn();
	upgrade_check_status(101);
	admission_end_user(&fake.base, STR("uaaaaaaaaaaaaaaaaaaaaaaaaaa"), 4003,
	    "forbidden");
	upgrade_turn();
	ck_assert_uint_eq(recorder.left, 0);
	admission_end_user(&fake.base, STR("uondvznakk2hi3kfaixhnceatpy"), 4003,
	    "forbidden");
	upgrade_turn();
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.bye.code, 4003);
	ck_assert_str_eq(recorder.bye_reason, "forbidden");
	teardown();
}
END_TEST

/* 30 s before, or at once. */
START_TEST(a_client_gets_a_notice_before_its_principal_expires)
{
	int64_t end_ms;

	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	end_ms = recorder.rig.now_ms + 40000;
	accept_as(fake.candidate, end_ms);
	rig_pass(&recorder.rig, 9800);
	ck_assert_uint_eq(recorder.expiring, 0);
	rig_pass(&recorder.rig, 400);
	ck_assert_uint_eq(recorder.expiring, 1);
	ck_assert_int_eq(recorder.expiring_ms, end_ms);
	rig_pass(&recorder.rig, 29600);
	ck_assert_uint_eq(recorder.expiring, 1);
	ck_assert_uint_eq(recorder.left, 0);
	rig_pass(&recorder.rig, 400);
	ck_assert_uint_eq(recorder.left, 1);
	teardown();
}
END_TEST

START_TEST(a_connection_goes_on_with_another_principal)
{
	struct principal next = { .rights = RIGHTS_USUAL };

	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	accept_as(fake.candidate, recorder.rig.now_ms + 10000);
	rig_pass(&recorder.rig, 5000);
	ck_assert_uint_eq(recorder.expiring, 1);
	next.expires_at_ms = recorder.rig.now_ms + 50000;
	ws_conn_renew(client.conn, &next);
	rig_pass(&recorder.rig, 19000);
	ck_assert_uint_eq(recorder.expiring, 1);
	rig_pass(&recorder.rig, 2000);
	ck_assert_uint_eq(recorder.expiring, 2);
	next.expires_at_ms = 0;
	ws_conn_renew(client.conn, &next);
	rig_pass(&recorder.rig, 60000);
	ck_assert_uint_eq(recorder.left, 0);
	teardown();
}
END_TEST

static void
accept_to_authenticate(void)
{
	struct principal nothing = { .must_authenticate = true };
	struct candidate *candidate = fake.candidate;

	fake.candidate = NULL;
	admission_accept(candidate, &nothing);
}

START_TEST(a_client_that_must_authenticate_has_a_time_limit)
{
	setup();
	recorder.may_authenticate = true;
	client_send_text(&client, OPENING);
	upgrade_turn();
	accept_to_authenticate();
	upgrade_turn();
	upgrade_check_status(101);
	rig_pass(&recorder.rig, 4900);
	ck_assert_uint_eq(recorder.left, 0);
	rig_pass(&recorder.rig, 200);
	ck_assert_uint_eq(recorder.left, 1);
	ck_assert_uint_eq(recorder.expiring, 0);
	ck_assert_uint_eq(recorder.bye.code, WS_CLOSE_AUTH_REQUIRED);
	ck_assert_str_eq(recorder.bye_reason, "auth_required");
	teardown();
}
END_TEST

START_TEST(a_client_that_cannot_authenticate_later_is_refused)
{
	setup();
	client_send_text(&client, OPENING);
	upgrade_turn();
	accept_to_authenticate();
	upgrade_turn();
	upgrade_check_status(401);
	ck_assert_uint_eq(recorder.opened, 0);
	teardown();
}
END_TEST

/* The n-th allocation fails between the request and the 101. */
START_TEST(without_memory_a_candidate_costs_its_connection)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	client_send_text(&client, OPENING);
	malloc_fail_at((unsigned)_i + 1);
	rig_turn(&recorder.rig);
	if (fake.candidate != NULL)
		accept_as(fake.candidate, 0);
	rig_turn(&recorder.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	client_receive(&client);
	ck_assert(failed || recorder.opened == 1);
	if (recorder.opened == 0 && client.len > 0)
		upgrade_check_status(503);
	teardown();
}
END_TEST

SUITE(ws_upgrade)
{
	tcase_add_loop_test(tests, opens_when_it_is_accepted, 0, 2);
	tcase_add_loop_test(tests, answers_with_the_status_of_the_refusal, 0,
	    COUNT_OF(refusals));
	tcase_add_test(tests, a_decision_that_does_not_come_is_503);
	tcase_add_loop_test(tests, a_client_that_is_gone_may_be_accepted, 0, 2);
	tcase_add_test(tests, a_server_that_ends_cancels_what_waits);
	tcase_add_test(tests, there_must_be_room_when_it_is_accepted);
	tcase_add_test(tests, is_not_asked_about_a_bad_handshake);
	tcase_add_test(tests, a_connection_ends_when_its_principal_expires);
	tcase_add_test(tests, the_connections_of_a_user_can_be_ended);
	tcase_add_test(tests,
	    a_client_gets_a_notice_before_its_principal_expires);
	tcase_add_test(tests, a_connection_goes_on_with_another_principal);
	tcase_add_test(tests, a_client_that_must_authenticate_has_a_time_limit);
	tcase_add_test(tests,
	    a_client_that_cannot_authenticate_later_is_refused);
	tcase_add_loop_test(tests,
	    without_memory_a_candidate_costs_its_connection, 0, 10);
}
