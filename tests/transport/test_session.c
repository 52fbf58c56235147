#include "transport/session.h"

#include <stdlib.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/session_rig.h"
#include "transport/ws/admission.h"
#include "wire/dialect.h"

/* --- arriving and leaving ------------------------------------------------- */

static const struct {
	const char *path;
	const char *name; /* NULL: none is requested */
} wishes[] = {
	{ "/ws", NULL },
	{ "/ws?", NULL },
	{ "/ws?name=alice", "alice" },
	{ "/ws?a=b&name=al%20ice+x", "al ice x" },
	{ "/ws?name=", "" },
	{ "/ws?name=%zz", "" }, /* invalid */
	{ "/ws?name=%00", "" }, /* invalid */
	{ "/ws?Name=alice", NULL },
};

START_TEST(requests_a_name)
{
	session_rig_begin();
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, wishes[_i].path);
	ck_assert_int_eq(session_rig.has_name, wishes[_i].name != NULL);
	if (wishes[_i].name != NULL)
		ck_assert_str_eq(session_rig.name, wishes[_i].name);
	session_rig_end();
}
END_TEST

START_TEST(a_member_is_gone_when_its_connection_is)
{
	session_rig_begin();
	session_rig_open(0);
	client_send_frame(&session_rig.clients[1], WS_CLOSE, "", 0);
	rig_turn(&session_rig.rig);
	ck_assert_int_eq(session_rig.kind, COMMAND_DISCONNECT);
	ck_assert_uint_eq(session_rig.disconnects, 1);
	session_rig_send(0, "{\"command\":\"broadcast\",\"message\":\"hi\"}");
	session_rig_turn(0);
	session_rig_turn(2);
	session_rig_check(0, "#1");
	session_rig_check(2, "#1");
	session_rig_end();
}
END_TEST

START_TEST(a_refused_connect_is_answered_and_closed)
{
	session_rig_begin();
	session_rig.connect_result = CHAT_UNAVAILABLE;
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, "/ws");
	session_rig_check(0, "\"event\":\"bye\",\"code\":1011");
	ck_assert_uint_eq(client_take_close(&session_rig.clients[0]), 1011);
	ck_assert_uint_eq(session_rig.disconnects, 0);
	session_rig_end();
}
END_TEST

/* --- no memory ------------------------------------------------------------ */

/*
 * Messages arrived in order and without a hole; a client that did not get all
 * of them has been closed.
 */
static void
check_no_hole(int i, unsigned step)
{
	struct client *client = &session_rig.clients[i];
	unsigned received = 0;
	bool ends = false;
	const char *text;

	for (int round = 0; round < 200 && !client->eof; round++) {
		size_t before = client->len;

		session_rig_turn(i);
		if (client->len == before && round > 3)
			break;
	}
	while ((text = session_rig_take(i)) != NULL) {
		const char *mark = strrchr(text, '#');

		ck_assert(!ends);
		if (strstr(text, "\"bye\"") != NULL) {
			ends = true;
			continue;
		}
		ck_assert_ptr_nonnull(mark);
		ck_assert_uint_eq(strtoul(mark + 1, NULL, 10),
		    1 + step * received++);
	}
	if (received * step < session_rig.message)
		ck_assert(client->eof || ends);
}

/* The n-th allocation of a turn fails in which a member posts. */
START_TEST(without_memory_no_client_gets_a_hole)
{
	const char *text = "{\"command\":\"broadcast\",\"message\":\"hi\"}";
	bool failed;

	if (!malloc_can_fail())
		return;
	session_rig_begin();
	session_rig_open(_i % 2 == 0 ? 0 : SESSION_RIG_SMALL);
	session_rig.padding = _i % 3 == 0 ? 2000 : 10;
	for (int i = 0; i < 10; i++)
		session_rig_send(0, text);
	malloc_fail_at((unsigned)_i / 2 + 1);
	rig_turn(&session_rig.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	check_no_hole(0, 1);
	check_no_hole(1, 2);
	ck_assert(failed ||
		  session_rig.rig.worker.ws.open_count == SESSION_RIG_CLIENTS);
	session_rig_end();
}
END_TEST

START_TEST(without_memory_no_member_connects_by_halves)
{
	const char *request =
	    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct client *client = &session_rig.clients[0];
	bool failed;

	if (!malloc_can_fail())
		return;
	session_rig_begin();
	client_connect(client, &session_rig.rig, 0);
	client_send_text(client, request);
	client_send_frame(client, WS_TEXT, "hello", 5);
	malloc_fail_at((unsigned)_i + 1);
	rig_turn(&session_rig.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	rig_turn(&session_rig.rig);
	client_receive(client);
	ck_assert(client->len == 0 || client_got(client, "HTTP/1.1 101 "));
	ck_assert(failed || client->len > 0);
	if (client->len == 0)
		ck_assert(client->eof);
	session_rig_end();
}
END_TEST

/* --- principals ----------------------------------------------------------- */

static void
admit_ada(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct principal principal = {
		.user_id = STR("42"), .name = STR("ada"), .rights = RIGHT_READ
	};

	(void)admission;
	(void)request;
	admission_accept(candidate, &principal);
}

START_TEST(a_member_has_the_rights_of_its_principal)
{
	static const struct admission_ops ops = { .admit = admit_ada };
	struct admission admission = { .ops = &ops };

	session_rig_begin();
	session_rig.rig.worker.ws.admission = &admission;
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, "/ws?name=eve");
	ck_assert_str_eq(session_rig.name, "ada");
	ck_assert_uint_eq(session_rig.rights, RIGHT_READ);
	session_rig_end();
}
END_TEST

START_TEST(a_member_without_admission_may_do_everything)
{
	session_rig_begin();
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, "/ws?name=eve");
	ck_assert_str_eq(session_rig.name, "eve");
	ck_assert_uint_eq(session_rig.rights, RIGHTS_USUAL);
	session_rig_end();
}
END_TEST

#define ADA "uadaadaadaadaadaadaadaadaad"
#define EVE "ueveeveeveeveeveeveeveeveev"

#define READ_AND_POST (RIGHT_CONNECT | RIGHT_READ | RIGHT_POST)

/* The token is the name; "ada, idle" has no right. */
static const char *
verify_name(struct admission *admission, struct str token,
    struct principal *out)
{
	(void)admission;
	*out = (struct principal){ .rights = READ_AND_POST };
	out->user_id = out->name = token;
	if (token.len >= 3 && str_equal(str_slice(token.data, 3), STR("ada")))
		out->member_id = STR(ADA);
	else if (str_equal(token, STR("eve")))
		out->member_id = STR(EVE);
	else
		return "Token invalid";
	if (str_equal(token, STR("ada, again")))
		out->rights = RIGHT_CONNECT | RIGHT_READ;
	if (str_equal(token, STR("ada, idle")))
		out->rights = 0;
	out->expires_at_ms = session_rig.rig.now_ms + 40000;
	return NULL;
}

static void
admit_later(struct admission *admission, struct candidate *candidate,
    const struct http_request *request)
{
	struct principal nothing = { .must_authenticate = true };
	struct principal ada;

	verify_name(admission, STR("ada"), &ada);
	admission_accept(candidate,
	    http_query_get(request->query, "ada", (char[8]){ 0 }, 8) >= 0
		? &ada
		: &nothing);
}

static const struct admission_ops later_ops = { .admit = admit_later,
	.verify = verify_name };

static void
client_open_later(const char *path)
{
	static struct admission later = { .ops = &later_ops };

	session_rig_begin();
	session_rig.rig.worker.ws.admission = &later;
	client_connect(&session_rig.clients[0], &session_rig.rig, 0);
	client_open(&session_rig.clients[0], &session_rig.rig, path);
}

START_TEST(the_first_command_may_be_the_token)
{
	client_open_later("/ws?name=eve");
	session_rig_send(0, "{\"command\":\"me\",\"ref\":1}");
	session_rig_turn(0);
	session_rig_check(0,
	    "\"ref\":1,\"command\":\"me\",\"code\":\"unauthorized\"");
	session_rig_send(0, "{\"command\":\"auth\",\"ref\":2,\"token\":\"x\"}");
	session_rig_turn(0);
	session_rig_check(0, "\"message\":\"Token invalid\"");
	session_rig_send(0,
	    "{\"command\":\"auth\",\"ref\":2,\"token\":\"ada, idle\"}");
	session_rig_turn(0);
	session_rig_check(0, "without the right 'connect'");
	ck_assert_uint_eq(session_rig.commands, 0);
	session_rig_send(0,
	    "{\"command\":\"auth\",\"ref\":3,\"token\":\"ada\"}");
	session_rig_turn(0);
	session_rig_check(0,
	    "{\"event\":\"done\",\"ref\":3,\"command\":\"auth\"}");
	ck_assert_uint_eq(session_rig.commands, 1);
	ck_assert_str_eq(session_rig.name, "ada");
	session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.commands, 2);
	ck_assert_uint_eq(session_rig.rights, READ_AND_POST);
	rig_pass(&session_rig.rig, 9000);
	ck_assert_uint_eq(session_rig.rig.worker.ws.open_count, 1);
	session_rig_end();
}
END_TEST

START_TEST(a_connection_that_never_authenticates_is_no_member)
{
	client_open_later("/ws");
	rig_pass(&session_rig.rig, 5100);
	client_receive(&session_rig.clients[0]);
	session_rig_check(0, "\"code\":4001,\"reason\":\"auth_required\"");
	ck_assert_uint_eq(session_rig.commands, 0);
	session_rig_end();
}
END_TEST

START_TEST(a_token_is_renewed_by_the_same_user_only)
{
	client_open_later("/ws?ada=");
	ck_assert_uint_eq(session_rig.commands, 1);
	rig_pass(&session_rig.rig, 10200);
	client_receive(&session_rig.clients[0]);
	session_rig_check(0, "{\"event\":\"token_expiring\",\"at\":41000}");
	session_rig_send(0, "{\"command\":\"auth\",\"token\":\"eve\"}");
	session_rig_turn(0);
	session_rig_check(0, "\"code\":\"forbidden\"");
	session_rig_send(0, "{\"command\":\"auth\",\"token\":\"ada, again\"}");
	session_rig_turn(0);
	session_rig_check(0, "\"done\"");
	ck_assert_uint_eq(session_rig.commands, 2);
	session_rig_send(0, "{\"command\":\"me\"}");
	session_rig_turn(0);
	ck_assert_uint_eq(session_rig.rights, RIGHT_CONNECT | RIGHT_READ);
	rig_pass(&session_rig.rig, 39000);
	ck_assert_uint_eq(session_rig.rig.worker.ws.open_count, 1);
	rig_pass(&session_rig.rig, 2000);
	client_receive(&session_rig.clients[0]);
	session_rig_check(0, "token_expiring");
	session_rig_check(0, "\"code\":4202,\"reason\":\"token_expired\"");
	session_rig_end();
}
END_TEST

START_TEST(tokens_may_not_be_in_use)
{
	session_rig_begin();
	session_rig_open(0);
	session_rig_send(0, "{\"command\":\"auth\",\"token\":\"ada\"}");
	session_rig_turn(0);
	session_rig_check(0,
	    "\"code\":\"unauthorized\",\"message\":\"Tokens are not in use\"");
	session_rig_end();
}
END_TEST

SUITE(session)
{
	tcase_add_test(tests, the_first_command_may_be_the_token);
	tcase_add_test(tests,
	    a_connection_that_never_authenticates_is_no_member);
	tcase_add_test(tests, a_token_is_renewed_by_the_same_user_only);
	tcase_add_test(tests, tokens_may_not_be_in_use);
	tcase_add_loop_test(tests, requests_a_name, 0, COUNT_OF(wishes));
	tcase_add_test(tests, a_member_is_gone_when_its_connection_is);
	tcase_add_test(tests, a_refused_connect_is_answered_and_closed);
	tcase_add_loop_test(tests, without_memory_no_client_gets_a_hole, 0, 80);
	tcase_add_loop_test(tests, without_memory_no_member_connects_by_halves,
	    0, 30);
	tcase_add_test(tests, a_member_has_the_rights_of_its_principal);
	tcase_add_test(tests, a_member_without_admission_may_do_everything);
}
