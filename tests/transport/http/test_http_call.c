#include "transport/http/http_call.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/other_server.h"
#include "transport/http/http_idle.h"
#include "transport/tls/tls_context.h"

static struct other_server server;

static void
setup(void)
{
	other_server_init(&server, "http://127.0.0.1:%u/admit?x=1");
}

static const struct {
	const char *answer;
	enum {
		CALLER_CLOSES,
		SERVER_CLOSES,
		IS_KEPT
	} end;
	int status;
	const char *body; /* or why there is no answer */
} answers[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", IS_KEPT, 200,
	    "hello" },
	{ "HTTP/1.0 403\r\nContent-Length: 0\r\n\r\n", CALLER_CLOSES, 403, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", IS_KEPT, 204, "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
	    IS_KEPT, 200, "hello" },
	{ "HTTP/1.1 204 Ok\r\nConnection: Keep-Alive, x\r\n\r\n", IS_KEPT, 204,
	    "" },
	{ "HTTP/1.1 204 Ok\r\nConnection: x, Close\r\n\r\n", CALLER_CLOSES, 204,
	    "" },
	{ "HTTP/1.1 204 Ok\r\nConnection: keep-alive\r\nConnection: "
	  "close\r\n\r\n",
	    CALLER_CLOSES, 204, "" },
	{ "HTTP/1.0 204 Ok\r\nConnection: keep-alive\r\n\r\n", CALLER_CLOSES,
	    204, "" },
	{ "HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello", SERVER_CLOSES, 200, "hello" },
	{ "HTTP/1.1 500 Oops\r\ncontent-length:2\r\n\r\nno, and more",
	    CALLER_CLOSES, 500, "no" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", SERVER_CLOSES, 0,
	    "it closed the connection" },
	{ "HTTP/1.1 200 OK\r\nContent-Le", SERVER_CLOSES, 0,
	    "it closed the connection" },
	{ "", SERVER_CLOSES, 0, "it closed the connection" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
	    CALLER_CLOSES, 0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n",
	    CALLER_CLOSES, 0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", CALLER_CLOSES,
	    0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", CALLER_CLOSES, 0,
	    "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx",
	    CALLER_CLOSES, 0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\n\n", CALLER_CLOSES, 0, "its answer is malformed" },
	{ "HTTP/1.1 099 Low\r\n\r\n", CALLER_CLOSES, 0,
	    "its answer is malformed" },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", CALLER_CLOSES,
	    0, "its answer is malformed" },
	{ "HTTP/2 200\r\n\r\n", CALLER_CLOSES, 0, "its answer is malformed" },
	{ "SSH-2.0-OpenSSH_9\r\n\r\n", CALLER_CLOSES, 0,
	    "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 16385\r\n\r\n", CALLER_CLOSES, 0,
	    "its answer is too long" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4001\r\n",
	    CALLER_CLOSES, 0, "its answer is too long" },
};

static void
check_result(int i)
{
	ck_assert_uint_eq(server.results, 1);
	ck_assert_msg(server.status == answers[i].status, "%d: %s",
	    server.status, server.why);
	ck_assert_str_eq(server.status != 0 ? server.body : server.why,
	    answers[i].body);
	ck_assert_uint_eq(other_server_connections(&server),
	    answers[i].end == IS_KEPT);
	ck_assert_uint_eq(server.recorder.rig.worker.loop.input_bytes, 0);
}

START_TEST(posts_a_body_and_reads_the_answer)
{
	char wanted[HTTP_TARGET_TEXT_SIZE + 16];

	setup();
	other_server_post(&server, "{\"a\":1}");
	ck_assert_int_eq(strncmp(server.request, "POST /admit?x=1 HTTP/1.1\r\n",
			     26),
	    0);
	snprintf(wanted, sizeof(wanted), "\r\nHost: %s\r\n",
	    server.target.host);
	ck_assert_ptr_nonnull(strstr(server.request, wanted));
	ck_assert_ptr_nonnull(strstr(server.request,
	    "\r\nContent-Length: 7\r\n"));
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\n{\"a\":1}"));
	other_server_answer(&server, answers[_i].answer);
	if (answers[_i].end == SERVER_CLOSES)
		shutdown(server.peer, SHUT_WR);
	other_server_turn(&server);
	check_result(_i);
	other_server_fini(&server);
}
END_TEST

START_TEST(adds_headers)
{
	setup();
	server.headers = "X-One: 1\r\nX-Two: 2\r\n";
	other_server_post(&server, "{}");
	ck_assert_ptr_nonnull(strstr(server.request,
	    "\r\nContent-Length: 2\r\nX-One: 1\r\nX-Two: 2\r\n\r\n{}"));
	other_server_fini(&server);
}
END_TEST

static const struct {
	const char *line;
	uint64_t seconds;
} waits[] = {
	{ "", 0 },
	{ "Retry-After: 7\r\n", 7 },
	{ "retry-after:  120 \r\n", 120 },
	{ "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", 0 },
	{ "Retry-After: -1\r\n", 0 },
	{ "Retry-After: 99999999999999999999\r\n", 0 },
};

START_TEST(reads_when_to_try_again)
{
	char answer[256];

	setup();
	other_server_post(&server, "{}");
	snprintf(answer, sizeof(answer),
	    "HTTP/1.1 503 Busy\r\n%sContent-Length: 0\r\n\r\n", waits[_i].line);
	other_server_answer(&server, answer);
	ck_assert_int_eq(server.status, 503);
	ck_assert_uint_eq(server.retry_after_s, waits[_i].seconds);
	other_server_fini(&server);
}
END_TEST

START_TEST(reads_it_byte_by_byte)
{
	setup();
	other_server_post(&server, "{}");
	for (const char *at = answers[_i].answer; *at != '\0'; at++) {
		send(server.peer, at, 1, MSG_NOSIGNAL);
		rig_turn(&server.recorder.rig);
	}
	if (answers[_i].end == SERVER_CLOSES)
		shutdown(server.peer, SHUT_WR);
	other_server_turn(&server);
	check_result(_i);
	other_server_fini(&server);
}
END_TEST

START_TEST(an_answer_has_a_bounded_length)
{
	static char text[40000];

	setup();
	other_server_post(&server, "{}");
	memset(text, 'x', sizeof(text) - 1);
	if (_i == 0)
		memcpy(text, "HTTP/1.1 200 OK\r\n\r\n", 19);
	else
		memcpy(text, "HTTP/1.1 200 OK\r\nX: ", 20);
	other_server_answer(&server, text);
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_int_eq(server.status, 0);
	ck_assert_str_eq(server.why, "its answer is too long");
	other_server_fini(&server);
}
END_TEST

START_TEST(gives_up_after_a_time)
{
	setup();
	other_server_post(&server, "{}");
	rig_pass(&server.recorder.rig, 1000);
	/* Bytes do not give it more time. */
	other_server_answer(&server, "HTTP/1.1 200 OK\r\n");
	rig_pass(&server.recorder.rig, 900);
	ck_assert_uint_eq(server.results, 0);
	rig_pass(&server.recorder.rig, 200);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_int_eq(server.status, 0);
	ck_assert_str_eq(server.why, "no answer in time");
	other_server_fini(&server);
}
END_TEST

START_TEST(reports_that_it_cannot_connect)
{
	setup();
	close(server.listening);
	server.listening = -1;
	other_server_post(&server, "{}");
	ck_assert_uint_eq(server.results, 1);
	ck_assert_str_eq(server.why, "it cannot be reached");
	ck_assert_uint_eq(other_server_connections(&server), 0);
	other_server_fini(&server);
}
END_TEST

START_TEST(tries_the_next_address)
{
	struct sockaddr_in *first;

	setup();
	server.target.addresses[1] = server.target.addresses[0];
	server.target.address_count = 2;
	/* No server is at port 1. */
	first = (struct sockaddr_in *)&server.target.addresses[0].storage;
	first->sin_port = htons(1);
	other_server_post(&server, "{}");
	other_server_turn(&server);
	other_server_answer(&server, "HTTP/1.1 204 No Content\r\n\r\n");
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_int_eq(server.status, 204);
	other_server_fini(&server);
}
END_TEST

START_TEST(a_cancelled_call_is_not_answered)
{
	setup();
	other_server_post(&server, "{}");
	http_call_cancel(server.call);
	other_server_turn(&server);
	ck_assert_uint_eq(other_server_connections(&server), 0);
	ck_assert_uint_eq(server.results, 0);
	other_server_fini(&server);
}
END_TEST

START_TEST(ends_with_the_server)
{
	setup();
	server.target.address_count = 2;
	server.target.addresses[1] = server.target.addresses[0];
	other_server_post(&server, "{}");
	worker_end_connections(&server.recorder.rig.worker);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_int_eq(server.status, 0);
	other_server_begin(&server, "{}");
	ck_assert_ptr_null(server.call);
	other_server_fini(&server);
}
END_TEST

START_TEST(without_memory_there_is_no_answer)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	malloc_fail_at((unsigned)_i + 1);
	other_server_begin(&server, "{}");
	other_server_turn(&server);
	other_server_turn(&server);
	if (server.peer >= 0)
		other_server_answer(&server,
		    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	other_server_turn(&server);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, server.call != NULL);
	ck_assert(failed || server.status == 200);
	ck_assert_uint_le(other_server_connections(&server), 1);
	ck_assert_uint_eq(other_server_connections(&server),
	    server.recorder.rig.worker.loop.idle_count);
	other_server_fini(&server);
}
END_TEST

/* --- under TLS ------------------------------------------------------------ */

START_TEST(posts_under_tls)
{
	static const char answer[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	size_t step = _i == 0 ? sizeof(answer) - 1 : 1, written;

	other_server_init_tls(&server, "https://localhost:%u/admit", true);
	other_server_post_tls(&server, "{\"a\":1}");
	ck_assert_int_eq(strncmp(server.request, "POST /admit HTTP/1.1\r\n",
			     22),
	    0);
	ck_assert_ptr_nonnull(strstr(server.request, "\r\n\r\n{\"a\":1}"));
	ck_assert_str_eq(SSL_get_servername(server.ssl,
			     TLSEXT_NAMETYPE_host_name),
	    "localhost");
	for (size_t at = 0; at < sizeof(answer) - 1; at += step) {
		SSL_write_ex(server.ssl, answer + at, step, &written);
		rig_turn(&server.recorder.rig);
	}
	rig_turn(&server.recorder.rig);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_int_eq(server.status, 200);
	ck_assert_str_eq(server.body, "hello");
	ck_assert_uint_eq(other_server_connections(&server), 1);
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(a_long_request_waits_for_the_handshake)
{
	static char json[100001];
	size_t len = 0, got;

	memset(json, 'x', sizeof(json) - 1);
	other_server_init_tls(&server, "https://localhost:%u/", true);
	other_server_post_tls(&server, json);
	len = strlen(server.request);
	for (int i = 0; i < 1000 && len < sizeof(json); i++) {
		rig_turn(&server.recorder.rig);
		while (SSL_read_ex(server.ssl, server.request,
			   sizeof(server.request), &got) == 1)
			len += got;
	}
	ck_assert_uint_gt(len, sizeof(json));
	http_call_cancel(server.call);
	rig_turn(&server.recorder.rig);
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(trusts_no_other_authority)
{
	other_server_init_tls(&server, "https://localhost:%u/", false);
	other_server_post_tls(&server, "secret");
	ck_assert_uint_eq(server.results, 1);
	ck_assert_int_eq(server.status, 0);
	ck_assert_str_eq(server.why, "TLS: self-signed certificate");
	ck_assert_ptr_null(strstr(server.request, "secret"));
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(trusts_no_other_name)
{
	other_server_init_tls(&server, "https://127.0.0.1:%u/", true);
	other_server_post_tls(&server, "secret");
	ck_assert_uint_eq(server.results, 1);
	ck_assert_str_eq(server.why, "TLS: IP address mismatch");
	ck_assert_ptr_null(strstr(server.request, "secret"));
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(a_server_without_tls_gets_no_request)
{
	other_server_init_tls(&server, "https://localhost:%u/", true);
	other_server_post(&server, "secret");
	other_server_answer(&server,
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	other_server_turn(&server);
	ck_assert_uint_eq(server.results, 1);
	ck_assert_str_eq(server.why, "TLS: wrong version number");
	ck_assert_ptr_null(strstr(server.request, "secret"));
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(a_handshake_has_the_time_of_the_call)
{
	other_server_init_tls(&server, "https://localhost:%u/", true);
	other_server_post(&server, "{}");
	rig_pass(&server.recorder.rig, 1900);
	ck_assert_uint_eq(server.results, 0);
	rig_pass(&server.recorder.rig, 200);
	ck_assert_str_eq(server.why, "no answer in time");
	ck_assert_uint_eq(other_server_connections(&server), 0);
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(without_memory_there_is_no_answer_under_tls)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	bool failed;
	size_t written;

	if (!malloc_can_fail())
		return;
	other_server_init_tls(&server, "https://localhost:%u/", true);
	/* OpenSSL's own allocations are very many. */
	malloc_fail_at((unsigned)_i * 7 + 1);
	other_server_begin(&server, "{}");
	rig_turn(&server.recorder.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	if (server.call != NULL) {
		other_server_turn_tls(&server);
		if (server.ssl != NULL)
			SSL_write_ex(server.ssl, answer, sizeof(answer) - 1,
			    &written);
		rig_pass(&server.recorder.rig, 2000 + HTTP_IDLE_MS + 200);
	}
	ck_assert_uint_eq(server.results, server.call != NULL);
	ck_assert(failed || server.status == 204);
	ck_assert_uint_eq(other_server_connections(&server), 0);
	other_server_fini_tls(&server);
}
END_TEST

START_TEST(authorities_are_read_from_a_file)
{
	char why[256];

	ck_assert_ptr_null(tls_context_create_client("/nowhere/ca.pem", why,
	    sizeof(why)));
	ck_assert_str_eq(why,
	    "authorities /nowhere/ca.pem: No such file or directory");
}
END_TEST

SUITE(http_call)
{
	tcase_add_test(tests, adds_headers);
	tcase_add_loop_test(tests, reads_when_to_try_again, 0, COUNT_OF(waits));
	tcase_add_loop_test(tests, posts_a_body_and_reads_the_answer, 0,
	    COUNT_OF(answers));
	tcase_add_loop_test(tests, reads_it_byte_by_byte, 0, COUNT_OF(answers));
	tcase_add_loop_test(tests, an_answer_has_a_bounded_length, 0, 2);
	tcase_add_test(tests, gives_up_after_a_time);
	tcase_add_test(tests, reports_that_it_cannot_connect);
	tcase_add_test(tests, tries_the_next_address);
	tcase_add_test(tests, a_cancelled_call_is_not_answered);
	tcase_add_test(tests, ends_with_the_server);
	tcase_add_loop_test(tests, without_memory_there_is_no_answer, 0, 10);
	tcase_add_loop_test(tests, posts_under_tls, 0, 2);
	tcase_add_test(tests, a_long_request_waits_for_the_handshake);
	tcase_add_test(tests, trusts_no_other_authority);
	tcase_add_test(tests, trusts_no_other_name);
	tcase_add_test(tests, a_server_without_tls_gets_no_request);
	tcase_add_test(tests, a_handshake_has_the_time_of_the_call);
	tcase_add_loop_test(tests, without_memory_there_is_no_answer_under_tls,
	    0, 30);
	tcase_add_test(tests, authorities_are_read_from_a_file);
}
