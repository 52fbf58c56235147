#include "transport/http/http_call.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/certificate.h"
#include "tests/support/transport/recorder.h"
#include "transport/tls/tls_context.h"

/* The other server is a socket of the test. */
static struct recorder recorder;
static struct http_target target;
static struct http_call *call;
static int listening;
static int peer; /* what it has accepted; -1: nothing */
static char request[4096];

static struct {
	unsigned calls;
	int status;
	char body[HTTP_CALL_BODY_MAX + 1];
	size_t len;
	char why[128];
	uint64_t retry_after_s;
} result;

static void
on_done(void *arg, int status, struct str body, const char *why)
{
	malloc_spare(true);
	ck_assert_ptr_eq(arg, &result);
	result.calls++;
	result.status = status;
	ck_assert_uint_le(body.len, HTTP_CALL_BODY_MAX);
	memcpy(result.body, body.data, body.len);
	result.body[body.len] = '\0';
	result.len = body.len;
	snprintf(result.why, sizeof(result.why), "%s", why != NULL ? why : "");
	result.retry_after_s = http_call_retry_after_s(call);
	malloc_spare(false);
}

static void
setup_for(const char *url_of_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	char url[64], why[128];

	recorder_init(&recorder);
	memset(&result, 0, sizeof(result));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	getsockname(listening, (struct sockaddr *)&sin, &len);
	snprintf(url, sizeof(url), url_of_port, (unsigned)ntohs(sin.sin_port));
	ck_assert_msg(http_target_find(&target, str_from(url), why,
			  sizeof(why)),
	    "%s", why);
	peer = -1;
}

static void
setup(void)
{
	setup_for("http://127.0.0.1:%u/admit?x=1");
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	close(listening);
	if (peer >= 0)
		close(peer);
}

static void
call_turn(void)
{
	ssize_t got;

	rig_turn(&recorder.rig);
	if (peer < 0)
		peer = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
	got = peer < 0 ? 0 : recv(peer, request, sizeof(request) - 1, 0);
	if (got > 0)
		request[got] = '\0';
	rig_turn(&recorder.rig);
}

static void
call_post(const char *json)
{
	call = http_call_post(&recorder.rig.worker.loop, &target, STR(""),
	    str_from(json), 2000, on_done, &result);
	ck_assert_ptr_nonnull(call);
	call_turn();
	call_turn();
}

static void
call_answer(const char *text)
{
	malloc_spare(true);
	ck_assert_int_eq(send(peer, text, strlen(text), MSG_NOSIGNAL),
	    (ssize_t)strlen(text));
	malloc_spare(false);
	call_turn();
}

static const struct {
	const char *answer;
	bool ends; /* the server closes the connection behind it */
	int status;
	const char *body; /* or why there is no answer */
} answers[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, 200,
	    "hello" },
	{ "HTTP/1.0 403\r\nContent-Length: 0\r\n\r\n", false, 403, "" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", false, 204, "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
	    false, 200, "hello" },
	{ "HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello", true, 200, "hello" },
	{ "HTTP/1.1 500 Oops\r\ncontent-length:2\r\n\r\nno, and more", false,
	    500, "no" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", true, 0,
	    "it closed the connection" },
	{ "HTTP/1.1 200 OK\r\nContent-Le", true, 0,
	    "it closed the connection" },
	{ "", true, 0, "it closed the connection" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
	    false, 0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n",
	    false, 0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", false, 0,
	    "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, 0,
	    "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", false, 0,
	    "its answer is malformed" },
	{ "HTTP/1.1 200 OK\n\n", false, 0, "its answer is malformed" },
	{ "HTTP/1.1 099 Low\r\n\r\n", false, 0, "its answer is malformed" },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", false, 0,
	    "its answer is malformed" },
	{ "HTTP/2 200\r\n\r\n", false, 0, "its answer is malformed" },
	{ "SSH-2.0-OpenSSH_9\r\n\r\n", false, 0, "its answer is malformed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 16385\r\n\r\n", false, 0,
	    "its answer is too long" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4001\r\n",
	    false, 0, "its answer is too long" },
};

static void
check_result(int i)
{
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_msg(result.status == answers[i].status, "%d: %s",
	    result.status, result.why);
	ck_assert_str_eq(result.status != 0 ? result.body : result.why,
	    answers[i].body);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	ck_assert_uint_eq(recorder.rig.worker.loop.input_bytes, 0);
}

START_TEST(posts_a_body_and_reads_the_answer)
{
	char wanted[HTTP_TARGET_TEXT_SIZE + 16];

	setup();
	call_post("{\"a\":1}");
	ck_assert_int_eq(strncmp(request, "POST /admit?x=1 HTTP/1.1\r\n", 26),
	    0);
	snprintf(wanted, sizeof(wanted), "\r\nHost: %s\r\n", target.host);
	ck_assert_ptr_nonnull(strstr(request, wanted));
	ck_assert_ptr_nonnull(strstr(request, "\r\nContent-Length: 7\r\n"));
	ck_assert_ptr_nonnull(strstr(request, "\r\n\r\n{\"a\":1}"));
	call_answer(answers[_i].answer);
	if (answers[_i].ends)
		shutdown(peer, SHUT_WR);
	call_turn();
	check_result(_i);
	teardown();
}
END_TEST

START_TEST(adds_headers)
{
	setup();
	call = http_call_post(&recorder.rig.worker.loop, &target,
	    STR("X-One: 1\r\nX-Two: 2\r\n"), STR("{}"), 2000, on_done, &result);
	ck_assert_ptr_nonnull(call);
	call_turn();
	call_turn();
	ck_assert_ptr_nonnull(strstr(request,
	    "\r\nConnection: close\r\nX-One: 1\r\nX-Two: 2\r\n\r\n{}"));
	teardown();
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
	call_post("{}");
	snprintf(answer, sizeof(answer),
	    "HTTP/1.1 503 Busy\r\n%sContent-Length: 0\r\n\r\n", waits[_i].line);
	call_answer(answer);
	ck_assert_int_eq(result.status, 503);
	ck_assert_uint_eq(result.retry_after_s, waits[_i].seconds);
	teardown();
}
END_TEST

START_TEST(reads_it_byte_by_byte)
{
	setup();
	call_post("{}");
	for (const char *at = answers[_i].answer; *at != '\0'; at++) {
		send(peer, at, 1, MSG_NOSIGNAL);
		rig_turn(&recorder.rig);
	}
	if (answers[_i].ends)
		shutdown(peer, SHUT_WR);
	call_turn();
	check_result(_i);
	teardown();
}
END_TEST

START_TEST(an_answer_has_a_bounded_length)
{
	static char text[40000];

	setup();
	call_post("{}");
	memset(text, 'x', sizeof(text) - 1);
	if (_i == 0)
		memcpy(text, "HTTP/1.1 200 OK\r\n\r\n", 19);
	else
		memcpy(text, "HTTP/1.1 200 OK\r\nX: ", 20);
	call_answer(text);
	call_turn();
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(result.why, "its answer is too long");
	teardown();
}
END_TEST

START_TEST(gives_up_after_a_time)
{
	setup();
	call_post("{}");
	rig_pass(&recorder.rig, 1000);
	/* Bytes do not give it more time. */
	call_answer("HTTP/1.1 200 OK\r\n");
	rig_pass(&recorder.rig, 900);
	ck_assert_uint_eq(result.calls, 0);
	rig_pass(&recorder.rig, 200);
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(result.why, "no answer in time");
	teardown();
}
END_TEST

START_TEST(says_that_it_cannot_connect)
{
	setup();
	close(listening);
	listening = -1;
	call_post("{}");
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_str_eq(result.why, "it cannot be reached");
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

START_TEST(tries_the_next_address)
{
	struct sockaddr_in *first;

	setup();
	target.addresses[1] = target.addresses[0];
	target.address_count = 2;
	/* No server is at port 1. */
	first = (struct sockaddr_in *)&target.addresses[0].storage;
	first->sin_port = htons(1);
	call_post("{}");
	call_turn();
	call_answer("HTTP/1.1 204 No Content\r\n\r\n");
	call_turn();
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_int_eq(result.status, 204);
	teardown();
}
END_TEST

START_TEST(a_cancelled_call_is_not_answered)
{
	setup();
	call_post("{}");
	http_call_cancel(call);
	call_turn();
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	ck_assert_uint_eq(result.calls, 0);
	teardown();
}
END_TEST

START_TEST(ends_with_the_server)
{
	setup();
	target.address_count = 2;
	target.addresses[1] = target.addresses[0];
	call_post("{}");
	worker_end_connections(&recorder.rig.worker);
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_int_eq(result.status, 0);
	ck_assert_ptr_null(http_call_post(&recorder.rig.worker.loop, &target,
	    STR(""), STR("{}"), 2000, on_done, &result));
	teardown();
}
END_TEST

START_TEST(without_memory_there_is_no_answer)
{
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	malloc_fail_at((unsigned)_i + 1);
	call = http_call_post(&recorder.rig.worker.loop, &target, STR(""),
	    STR("{}"), 2000, on_done, &result);
	call_turn();
	call_turn();
	if (peer >= 0)
		call_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	call_turn();
	failed = malloc_has_failed();
	malloc_fail_at(0);
	call_turn();
	ck_assert_uint_eq(result.calls, call != NULL);
	ck_assert(failed || result.status == 200);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

/* --- under TLS ------------------------------------------------------------ */

static struct certificate certificate, other_certificate;
static SSL_CTX *server_context;
static SSL *server; /* at the peer's end; NULL: nothing was accepted */

static void
setup_tls(const char *url, const struct certificate *authority)
{
	char why[128];

	setup_for(url);
	ck_assert(target.is_tls);
	certificate_make(&certificate);
	certificate_make(&other_certificate);
	target.tls =
	    tls_context_create_client(authority->path, why, sizeof(why));
	ck_assert_msg(target.tls != NULL, "%s", why);
	server_context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate_chain_file(server_context, certificate.path);
	SSL_CTX_use_PrivateKey_file(server_context, certificate.key_path,
	    SSL_FILETYPE_PEM);
	server = NULL;
}

static void
teardown_tls(void)
{
	SSL_free(server);
	SSL_CTX_free(server_context);
	tls_context_unref(target.tls);
	certificate_remove(&certificate);
	certificate_remove(&other_certificate);
	teardown();
}

/* Turns, until the server has the request or the call has ended. */
static void
tls_serve(void)
{
	size_t got = 0;

	for (int i = 0; i < 100 && got == 0 && result.calls == 0; i++) {
		rig_turn(&recorder.rig);
		if (peer < 0)
			peer = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
		if (peer >= 0 && server == NULL) {
			setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 },
			    sizeof(int));
			server = SSL_new(server_context);
			SSL_set_fd(server, peer);
			SSL_set_accept_state(server);
		}
		if (server != NULL && SSL_read_ex(server, request,
					  sizeof(request) - 1, &got) == 1)
			request[got] = '\0';
	}
}

static void
tls_post(const char *json)
{
	memset(request, 0, sizeof(request));
	call = http_call_post(&recorder.rig.worker.loop, &target, STR(""),
	    str_from(json), 2000, on_done, &result);
	ck_assert_ptr_nonnull(call);
	tls_serve();
}

START_TEST(posts_under_tls)
{
	static const char answer[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	size_t step = _i == 0 ? sizeof(answer) - 1 : 1, written;

	setup_tls("https://localhost:%u/admit", &certificate);
	tls_post("{\"a\":1}");
	ck_assert_int_eq(strncmp(request, "POST /admit HTTP/1.1\r\n", 22), 0);
	ck_assert_ptr_nonnull(strstr(request, "\r\n\r\n{\"a\":1}"));
	ck_assert_str_eq(SSL_get_servername(server, TLSEXT_NAMETYPE_host_name),
	    "localhost");
	for (size_t at = 0; at < sizeof(answer) - 1; at += step) {
		SSL_write_ex(server, answer + at, step, &written);
		rig_turn(&recorder.rig);
	}
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_int_eq(result.status, 200);
	ck_assert_str_eq(result.body, "hello");
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown_tls();
}
END_TEST

START_TEST(a_long_request_waits_for_the_handshake)
{
	static char json[100001];
	size_t len = 0, got;

	memset(json, 'x', sizeof(json) - 1);
	setup_tls("https://localhost:%u/", &certificate);
	tls_post(json);
	len = strlen(request);
	for (int i = 0; i < 1000 && len < sizeof(json); i++) {
		rig_turn(&recorder.rig);
		while (SSL_read_ex(server, request, sizeof(request), &got) == 1)
			len += got;
	}
	ck_assert_uint_gt(len, sizeof(json));
	http_call_cancel(call);
	rig_turn(&recorder.rig);
	teardown_tls();
}
END_TEST

START_TEST(trusts_no_other_authority)
{
	setup_tls("https://localhost:%u/", &other_certificate);
	tls_post("secret");
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_int_eq(result.status, 0);
	ck_assert_str_eq(result.why, "TLS: self-signed certificate");
	ck_assert_ptr_null(strstr(request, "secret"));
	teardown_tls();
}
END_TEST

START_TEST(trusts_no_other_name)
{
	setup_tls("https://127.0.0.1:%u/", &certificate);
	tls_post("secret");
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_str_eq(result.why, "TLS: IP address mismatch");
	ck_assert_ptr_null(strstr(request, "secret"));
	teardown_tls();
}
END_TEST

START_TEST(a_server_without_tls_gets_no_request)
{
	setup_tls("https://localhost:%u/", &certificate);
	call = http_call_post(&recorder.rig.worker.loop, &target, STR(""),
	    STR("secret"), 2000, on_done, &result);
	call_turn();
	call_turn();
	call_answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	call_turn();
	ck_assert_uint_eq(result.calls, 1);
	ck_assert_str_eq(result.why, "TLS: wrong version number");
	ck_assert_ptr_null(strstr(request, "secret"));
	teardown_tls();
}
END_TEST

START_TEST(a_handshake_has_the_time_of_the_call)
{
	setup_tls("https://localhost:%u/", &certificate);
	call = http_call_post(&recorder.rig.worker.loop, &target, STR(""),
	    STR("{}"), 2000, on_done, &result);
	call_turn();
	rig_pass(&recorder.rig, 1900);
	ck_assert_uint_eq(result.calls, 0);
	rig_pass(&recorder.rig, 200);
	ck_assert_str_eq(result.why, "no answer in time");
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown_tls();
}
END_TEST

START_TEST(without_memory_there_is_no_answer_under_tls)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	bool failed;
	size_t written;

	if (!malloc_can_fail())
		return;
	setup_tls("https://localhost:%u/", &certificate);
	/* OpenSSL's own allocations are very many. */
	malloc_fail_at((unsigned)_i * 7 + 1);
	call = http_call_post(&recorder.rig.worker.loop, &target, STR(""),
	    STR("{}"), 2000, on_done, &result);
	rig_turn(&recorder.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	if (call != NULL) {
		tls_serve();
		if (server != NULL)
			SSL_write_ex(server, answer, sizeof(answer) - 1,
			    &written);
		rig_pass(&recorder.rig, 2200);
	}
	ck_assert_uint_eq(result.calls, call != NULL);
	ck_assert(failed || result.status == 204);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown_tls();
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

#define NOT_HTTP "expected http://HOST:PORT/PATH or https://HOST:PORT/PATH"

static const struct {
	const char *url;
	const char *why; /* NULL: it is good */
	const char *host;
	const char *path;
} urls[] = {
	{ "http://127.0.0.1:9/", NULL, "127.0.0.1:9", "/" },
	{ "http://127.0.0.1", NULL, "127.0.0.1", "/" },
	{ "http://127.0.0.1:9?a=b", NULL, "127.0.0.1:9", "/?a=b" },
	{ "http://[::1]:9/x/y?z", NULL, "[::1]:9", "/x/y?z" },
	{ "http://localhost:9/x", NULL, "localhost:9", "/x" },
	{ "https://127.0.0.1/", NULL, "127.0.0.1", "/" },
	{ "https://[::1]:9/x", NULL, "[::1]:9", "/x" },
	{ "", NOT_HTTP, NULL, NULL },
	{ "ftp://127.0.0.1/", NOT_HTTP, NULL, NULL },
	{ "https:/127.0.0.1/", NOT_HTTP, NULL, NULL },
	{ "127.0.0.1:80", NOT_HTTP, NULL, NULL },
	{ "http://", "its host or port is malformed", NULL, NULL },
	{ "http://:80/", "its host or port is malformed", NULL, NULL },
	{ "http://h:/", "its host or port is malformed", NULL, NULL },
	{ "http://h:x/", "its host or port is malformed", NULL, NULL },
	{ "http://h:123456/", "its host or port is malformed", NULL, NULL },
	{ "http://user@h/", "it has a character that no URL has there", NULL,
	    NULL },
	{ "http://h/a b", "it has a character that no URL has there", NULL,
	    NULL },
	{ "http://h/a\r\nX: y", "it has a character that no URL has there",
	    NULL, NULL },
	{ "http://h/#x", "it has a character that no URL has there", NULL,
	    NULL },
};

START_TEST(reads_a_url)
{
	struct http_target found;
	char why[128] = "";
	bool ok =
	    http_target_find(&found, str_from(urls[_i].url), why, sizeof(why));

	ck_assert_msg(ok == (urls[_i].why == NULL), "%s: %s", urls[_i].url,
	    why);
	if (!ok) {
		ck_assert_str_eq(why, urls[_i].why);
		return;
	}
	ck_assert_str_eq(found.host, urls[_i].host);
	ck_assert_str_eq(found.path, urls[_i].path);
	ck_assert_uint_ge(found.address_count, 1);
	ck_assert_int_eq(found.is_tls, urls[_i].url[4] == 's');
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
	tcase_add_test(tests, says_that_it_cannot_connect);
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
	tcase_add_loop_test(tests, reads_a_url, 0, COUNT_OF(urls));
}
