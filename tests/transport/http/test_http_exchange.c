/* Exchanges that take time: bodies, late answers, streams, pipelines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/http/http_conn.h"
#include "transport/http/http_route.h"

/* A server's send buffer that takes a few kilobytes. */
#define SMALL 4608
#define BODY_MOST (64 * 1024)

static struct recorder recorder;
static struct client client;

/* The calls of the handlers under test. */
static struct {
	struct http_exchange *exchange; /* begun, not over */
	char body[BODY_MOST + 1];
	size_t len;
	unsigned begun, ended, closed;
	size_t pause_after;  /* bytes of a body; 0: never */
	size_t answer_after; /* bytes of a body: an early answer */
	bool answers_at_end;
	size_t filled; /* bytes of a stream so far */
	size_t fill_most;
	size_t later_at; /* fill() has nothing at this byte; 0: never */
	size_t fail_at;
	char room[32];
	enum http_framing framing;
} seen;

static void
exchange_answer(struct http_exchange *exchange, int status, const char *text)
{
	exchange->response.status = status;
	exchange->response.content_type = "text/plain";
	exchange->response.body = str_from(text);
	http_exchange_respond(exchange);
}

/* An assertion of the test library allocates. */
static void
exchange_require(bool holds)
{
	if (!holds)
		abort();
}

static void
on_body(struct http_exchange *exchange, struct str piece)
{
	exchange_require(exchange == seen.exchange);
	exchange_require(seen.len + piece.len <= BODY_MOST);
	memcpy(seen.body + seen.len, piece.data, piece.len);
	seen.len += piece.len;
	seen.body[seen.len] = '\0';
	if (seen.answer_after > 0 && seen.len >= seen.answer_after)
		exchange_answer(exchange, 403, "enough\n");
	else if (seen.pause_after > 0 && seen.len >= seen.pause_after)
		http_exchange_pause_body(exchange);
}

static void
on_request_end(struct http_exchange *exchange)
{
	seen.ended++;
	if (seen.answers_at_end)
		exchange_answer(exchange, 200, "done\n");
}

static char
stream_byte(size_t at)
{
	return (char)('a' + at % 23);
}

static ssize_t
response_fill(struct http_exchange *exchange, char *out, size_t most)
{
	size_t left = seen.fill_most - seen.filled;

	exchange_require(exchange == seen.exchange);
	if (seen.fail_at > 0 && seen.filled >= seen.fail_at)
		return HTTP_FILL_FAILED;
	if (seen.later_at > 0 && seen.filled >= seen.later_at) {
		seen.later_at = 0;
		return HTTP_FILL_LATER;
	}
	if (left > most)
		left = most;
	if (seen.later_at > seen.filled && left > seen.later_at - seen.filled)
		left = seen.later_at - seen.filled;
	for (size_t i = 0; i < left; i++)
		out[i] = stream_byte(seen.filled++);
	return (ssize_t)left;
}

static void
on_close(struct http_exchange *exchange)
{
	exchange_require(exchange == seen.exchange);
	seen.exchange = NULL;
	seen.closed++;
}

static const struct http_exchange_ops upload_ops = {
	.on_body = on_body,
	.on_request_end = on_request_end,
	.on_close = on_close,
};

static const struct http_exchange_ops stream_ops = {
	.fill = response_fill,
	.on_close = on_close,
};

static void
exchange_begin(struct http_exchange *exchange,
    const struct http_exchange_ops *ops)
{
	seen.begun++;
	seen.exchange = exchange;
	http_exchange_begin(exchange, ops, NULL);
}

static bool
run_upload(struct http_exchange *exchange)
{
	http_param_get(exchange->request, "room", seen.room, sizeof(seen.room));
	exchange_begin(exchange, &upload_ops);
	return true;
}

static bool
run_stream(struct http_exchange *exchange)
{
	exchange_begin(exchange, &stream_ops);
	exchange->response.status = 200;
	exchange->response.content_type = "text/plain";
	exchange->response.framing = seen.framing;
	exchange->response.length = seen.fill_most;
	http_exchange_stream(exchange);
	return true;
}

static bool
run_late(struct http_exchange *exchange)
{
	exchange_begin(exchange, &upload_ops);
	return true;
}

static bool
run_hello(struct http_exchange *exchange)
{
	exchange->response.status = 200;
	exchange->response.content_type = "text/plain";
	exchange->response.body = STR("hello\n");
	return true;
}

static bool
run_nothing(struct http_exchange *exchange)
{
	(void)exchange;
	return false;
}

static struct http_route table[] = {
	{ "/v1/rooms/{room}", HTTP_PUT, run_upload, HTTP_TAKES_BODY },
	{ "/v1/rooms/{room}", HTTP_GET | HTTP_DELETE, run_hello, false },
	{ "/v1/rooms/{room}/{file}", HTTP_POST, run_upload, true },
	{ "/stream", HTTP_GET | HTTP_POST, run_stream, true },
	{ "/late", HTTP_GET, run_late, false },
	{ "/hello", HTTP_GET, run_hello, false },
	{ "/", HTTP_GET, run_hello, false },
	{ "*", HTTP_ANY, run_nothing, false },
	{ NULL, 0, NULL, false },
};

static void
take_bodies(void)
{
	table[0].body_use = HTTP_TAKES_BODY;
}

static void
stream_bodies(void)
{
	table[0].body_use = HTTP_STREAMS_BODY;
}

static void
setup(int sndbuf)
{
	memset(&seen, 0, sizeof(seen));
	seen.answers_at_end = true;
	recorder_init(&recorder);
	recorder.rig.worker.http.routes = table;
	recorder.rig.limits.body_bytes = BODY_MOST;
	recorder.rig.limits.body_timeout_ms = 3000;
	client_connect(&client, &recorder.rig, sndbuf);
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	ck_assert_uint_eq(seen.begun, seen.closed);
	client_fini(&client);
}

static void
exchange_turn(void)
{
	rig_turn(&recorder.rig);
	client_receive(&client);
}

static void
exchange_send(const char *text)
{
	client_send_text(&client, text);
	exchange_turn();
}

static bool
exchange_received(const char *text)
{
	return memmem(client.data, client.len, text, strlen(text)) != NULL;
}

/* Takes a response off: its status, and all of it, with a length or none. */
static void
take_response(int status, const char *body)
{
	char line[32];
	char *end = memmem(client.data, client.len, "\r\n\r\n", 4);
	size_t len;

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	ck_assert_msg(client_got(&client, line), "no %d but: %.*s", status,
	    (int)client.len, client.data);
	ck_assert_ptr_nonnull(end);
	len = (size_t)(end + 4 - client.data);
	ck_assert_uint_ge(client.len - len, strlen(body));
	ck_assert_mem_eq(client.data + len, body, strlen(body));
	len += strlen(body);
	client.len -= len;
	memmove(client.data, client.data + len, client.len);
}

/* Closed after the answer; gone when the peer is. */
static void
exchange_check_closed(void)
{
	ck_assert(client.eof);
	shutdown(client.fd, SHUT_WR);
	exchange_turn();
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
}

#define HOST "Host: x\r\n"
#define PUT_ROOM "PUT /v1/rooms/a%20b HTTP/1.1\r\n" HOST

/* --- routes --------------------------------------------------------------- */

static const struct {
	const char *request;
	int status;
	const char *header; /* "" if none in particular */
} routed[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 200, "" },
	{ "GET /v1/rooms/a HTTP/1.1\r\n" HOST "\r\n", 200, "" },
	{ "DELETE /v1/rooms/a HTTP/1.1\r\n" HOST "\r\n", 200, "" },
	{ "HEAD /v1/rooms/a HTTP/1.1\r\n" HOST "\r\n", 200,
	    "\r\nContent-Length: 6\r\n" },
	{ "GET /v1/rooms/a?b=c HTTP/1.1\r\n" HOST "\r\n", 200, "" },
	{ "GET /v1/rooms/ HTTP/1.1\r\n" HOST "\r\n", 404, "" },
	{ "GET /v1/rooms HTTP/1.1\r\n" HOST "\r\n", 404, "" },
	{ "GET /v1/rooms/a/b/c HTTP/1.1\r\n" HOST "\r\n", 404, "" },
	{ "GET /hello/ HTTP/1.1\r\n" HOST "\r\n", 404, "" },
	{ "POST /v1/rooms/a HTTP/1.1\r\n" HOST "\r\n", 405,
	    "\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n" },
	{ "BREW /v1/rooms/a HTTP/1.1\r\n" HOST "\r\n", 405,
	    "\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n" },
	{ "OPTIONS /v1/rooms/a HTTP/1.1\r\n" HOST "\r\n", 204,
	    "\r\nAllow: GET, HEAD, PUT, DELETE, OPTIONS\r\n" },
	{ "GET /v1/rooms/a/b HTTP/1.1\r\n" HOST "\r\n", 405,
	    "\r\nAllow: POST, OPTIONS\r\n" },
};

START_TEST(finds_the_route_of_a_request)
{
	setup(0);
	exchange_send(routed[_i].request);
	ck_assert(exchange_received(routed[_i].header));
	take_response(routed[_i].status, "");
	ck_assert(!client.eof);
	teardown();
}
END_TEST

/* --- bodies --------------------------------------------------------------- */

static const struct {
	const char *request;
	const char *body;
} uploads[] = {
	{ PUT_ROOM "Content-Length: 5\r\n\r\nhello", "hello" },
	{ PUT_ROOM "Content-Length: 0\r\n\r\n", "" },
	{ PUT_ROOM "\r\n", "" },
	{ PUT_ROOM "Transfer-Encoding: chunked\r\n\r\n"
		   "5\r\nhello\r\n1;x\r\n!\r\n0\r\nT: u\r\n\r\n",
	    "hello!" },
	{ PUT_ROOM "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "" },
};

START_TEST(gives_a_body_to_its_handler_and_goes_on_behind_it)
{
	setup(0);
	for (int i = 0; i < 2; i++) {
		seen.len = 0;
		client_send_text(&client, uploads[_i].request);
		exchange_send("GET /hello HTTP/1.1\r\n" HOST "\r\n");
		exchange_turn();
		ck_assert_uint_eq(seen.len, strlen(uploads[_i].body));
		ck_assert_mem_eq(seen.body, uploads[_i].body, seen.len);
		ck_assert_str_eq(seen.room, "a b");
		take_response(200, "done\n");
		take_response(200, "hello\n");
		ck_assert_uint_eq(client.len, 0);
	}
	ck_assert_uint_eq(seen.ended, 2);
	teardown();
}
END_TEST

START_TEST(gives_a_body_byte_by_byte)
{
	setup(0);
	for (const char *at = uploads[_i].request; *at != '\0'; at++) {
		client_send(&client, at, 1);
		rig_turn(&recorder.rig);
	}
	client_receive(&client);
	ck_assert_uint_eq(seen.len, strlen(uploads[_i].body));
	ck_assert_mem_eq(seen.body, uploads[_i].body, seen.len);
	take_response(200, "done\n");
	teardown();
}
END_TEST

static const struct {
	const char *request;
	int status;
} bad_bodies[] = {
	{ PUT_ROOM "Content-Length: 65537\r\n\r\n", 413 },
	{ PUT_ROOM "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	    400 },
	{ PUT_ROOM "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400 },
	{ PUT_ROOM "Content-Length: 5x\r\n\r\nhello", 400 },
	{ PUT_ROOM "Transfer-Encoding: gzip\r\n\r\n", 501 },
	{ PUT_ROOM "Expect: something\r\n\r\n", 417 },
	{ PUT_ROOM "Transfer-Encoding: chunked\r\n\r\n0x5\r\n", 400 },
	{ PUT_ROOM "Transfer-Encoding: chunked\r\n\r\n5\nhello", 400 },
	{ PUT_ROOM "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloGET", 400 },
	{ PUT_ROOM "Transfer-Encoding: chunked\r\n\r\n10001\r\n", 413 },
	{ "GET /hello HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	    413 },
};

/* Nothing that follows is taken for a request. */
START_TEST(refuses_a_body_and_closes)
{
	setup(0);
	client_send_text(&client, bad_bodies[_i].request);
	exchange_send("GET /hello HTTP/1.1\r\n" HOST "\r\n");
	ck_assert(exchange_received("\r\nConnection: close\r\n"));
	ck_assert(!exchange_received("hello\n"));
	take_response(bad_bodies[_i].status, "");
	ck_assert_uint_eq(seen.ended, 0);
	exchange_check_closed();
	teardown();
}
END_TEST

static size_t
send_much(size_t most)
{
	static char much[16 * 1024];
	size_t sent = 0;

	while (sent < most) {
		size_t len =
		    most - sent < sizeof(much) ? most - sent : sizeof(much);
		ssize_t taken = send(client.fd, much, len, MSG_NOSIGNAL);

		rig_turn(&recorder.rig);
		if (taken <= 0)
			break;
		sent += (size_t)taken;
	}
	return sent;
}

/* The peer is held up; what is kept meanwhile is one read. */
START_TEST(waits_while_the_reader_of_a_body_is_busy)
{
	setup(SMALL);
	seen.pause_after = 1;
	exchange_send(PUT_ROOM "Content-Length: 65536\r\n\r\n");
	send_much(65536);
	ck_assert_uint_gt(seen.len, 0);
	ck_assert_uint_le(seen.len, LOOP_INPUT_SIZE);
	ck_assert_uint_le(recorder.rig.worker.loop.input_bytes,
	    LOOP_INPUT_SIZE + 512);
	/* That is not the client's fault. */
	rig_pass(&recorder.rig, 10000);
	while (seen.exchange != NULL) {
		http_exchange_resume_body(seen.exchange);
		exchange_turn();
	}
	ck_assert_uint_eq(seen.len, 65536);
	take_response(200, "done\n");
	teardown();
}
END_TEST

START_TEST(a_streamed_body_is_read_when_the_turn_ends)
{
	struct worker *worker = &recorder.rig.worker;

	setup(0);
	exchange_send(PUT_ROOM "Content-Length: 5\r\n\r\n");
	client_send_text(&client, "hello");
	conns_poll(&worker->loop, false);
	ck_assert_uint_eq(seen.len, 0);
	ck_assert(bulk_waits(&worker->loop.bulk));
	worker_end_turn(worker);
	ck_assert_uint_eq(seen.len, 5);
	ck_assert(!bulk_waits(&worker->loop.bulk));
	exchange_turn();
	take_response(200, "done\n");
	teardown();
}
END_TEST

/* The peer may send it all the while. */
START_TEST(the_body_of_a_closing_connection_is_discarded)
{
	setup(SMALL);
	seen.answer_after = 3;
	exchange_send(PUT_ROOM "Content-Length: 65536\r\n\r\n");
	ck_assert_uint_eq(send_much(65536), 65536);
	client_receive(&client);
	take_response(403, "enough\n");
	exchange_check_closed();
	teardown();
}
END_TEST

static bool files_are_behind;

static bool
exchange_files_are_behind(void *arg)
{
	(void)arg;
	return files_are_behind;
}

/* Nor does its time pass. */
START_TEST(a_streamed_body_waits_while_files_are_behind)
{
	setup(0);
	recorder.rig.host_ops.files_are_behind = exchange_files_are_behind;
	exchange_send(PUT_ROOM "Content-Length: 10\r\n\r\nhello");
	ck_assert_uint_eq(seen.len, 5);
	files_are_behind = true;
	exchange_send("world");
	rig_pass(&recorder.rig, 10000);
	ck_assert_uint_eq(seen.len, 5);
	ck_assert(!bulk_waits(&recorder.rig.worker.loop.bulk));
	files_are_behind = false;
	rig_pass(&recorder.rig, 100);
	client_receive(&client);
	ck_assert_uint_eq(seen.len, 10);
	take_response(200, "done\n");
	/* The time of the next body does. */
	exchange_send(PUT_ROOM "Content-Length: 10\r\n\r\nhello");
	rig_pass(&recorder.rig, 3100);
	client_receive(&client);
	take_response(408, "");
	exchange_check_closed();
	teardown();
}
END_TEST

START_TEST(a_client_that_leaves_while_files_are_behind_is_gone)
{
	setup(0);
	recorder.rig.host_ops.files_are_behind = exchange_files_are_behind;
	exchange_send(PUT_ROOM "Content-Length: 10\r\n\r\nhello");
	files_are_behind = true;
	exchange_send("wor");
	if (_i == 0)
		shutdown(client.fd, SHUT_WR);
	else
		conn_abort(client.conn);
	exchange_turn();
	files_are_behind = false;
	rig_pass(&recorder.rig, 100);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

START_TEST(a_body_that_ends_in_a_pause_is_whole_behind_it)
{
	setup(0);
	seen.pause_after = 5;
	exchange_send(uploads[_i == 0 ? 0 : 3].request);
	ck_assert_uint_eq(seen.ended, 0);
	seen.pause_after = 0;
	http_exchange_resume_body(seen.exchange);
	exchange_turn();
	ck_assert_uint_eq(seen.ended, 1);
	take_response(200, "done\n");
	teardown();
}
END_TEST

START_TEST(asks_for_a_body_that_waits_to_be_asked_for)
{
	setup(0);
	exchange_send(PUT_ROOM
	    "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	take_response(100, "");
	ck_assert_uint_eq(client.len, 0);
	exchange_send("ok");
	take_response(200, "done\n");
	/* Not for one that is not wanted: the answer comes instead. */
	exchange_send("GET /hello HTTP/1.1\r\n" HOST
		      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	take_response(413, "");
	exchange_check_closed();
	teardown();
}
END_TEST

START_TEST(answers_before_the_body_is_whole_and_closes)
{
	setup(0);
	seen.answer_after = 3;
	exchange_send(PUT_ROOM "Content-Length: 10\r\n\r\nabc");
	ck_assert(exchange_received("\r\nConnection: close\r\n"));
	take_response(403, "enough\n");
	/* The rest is no request. */
	exchange_send("GET /hello HTTP/1.1\r\n" HOST "\r\n");
	ck_assert_uint_eq(client.len, 0);
	ck_assert_uint_eq(seen.ended, 0);
	exchange_check_closed();
	teardown();
}
END_TEST

START_TEST(a_body_must_arrive_in_time)
{
	setup(0);
	exchange_send(PUT_ROOM "Content-Length: 65536\r\n\r\n");
	rig_pass(&recorder.rig, 2000);
	/* Two KiB are worth two seconds. */
	send_much(2048);
	rig_pass(&recorder.rig, 2900);
	ck_assert_ptr_nonnull(seen.exchange);
	rig_pass(&recorder.rig, 200);
	client_receive(&client);
	take_response(408, "");
	exchange_check_closed();
	teardown();
}
END_TEST

START_TEST(a_client_that_leaves_in_its_body_is_gone)
{
	setup(0);
	exchange_send(PUT_ROOM "Content-Length: 10\r\n\r\nabc");
	shutdown(client.fd, SHUT_WR);
	exchange_turn();
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	ck_assert_uint_eq(seen.ended, 0);
	teardown();
}
END_TEST

/* --- late answers --------------------------------------------------------- */

START_TEST(answers_late_and_then_the_next_request)
{
	struct http_request request;

	setup(0);
	seen.answers_at_end = false;
	exchange_send("GET /late?a=b HTTP/1.1\r\n" HOST "\r\n"
		      "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	rig_pass(&recorder.rig, 1000);
	ck_assert_uint_eq(client.len, 0);
	http_exchange_request(seen.exchange, &request);
	ck_assert(str_equal(request.query, STR("a=b")));
	exchange_answer(seen.exchange, 202, "at last\n");
	exchange_turn();
	take_response(202, "at last\n");
	take_response(200, "hello\n");
	teardown();
}
END_TEST

START_TEST(an_answer_must_come_in_time)
{
	setup(0);
	seen.answers_at_end = false;
	exchange_send("GET /late HTTP/1.1\r\n" HOST "\r\n");
	rig_pass(&recorder.rig, 4900);
	client_receive(&client);
	ck_assert_uint_eq(client.len, 0);
	rig_pass(&recorder.rig, 200);
	client_receive(&client);
	take_response(503, "No answer in time\n");
	exchange_check_closed();
	teardown();
}
END_TEST

START_TEST(an_answer_to_a_client_that_is_gone_is_no_harm)
{
	setup(0);
	seen.answers_at_end = false;
	exchange_send("GET /late HTTP/1.1\r\n" HOST "\r\n");
	close(client.fd);
	client.fd = -1;
	exchange_turn();
	if (seen.exchange != NULL)
		exchange_answer(seen.exchange, 200, "hello?\n");
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

/* --- streams -------------------------------------------------------------- */

/* Takes chunks off what was received; returns whether the last one came. */
static bool
take_chunks(size_t *at)
{
	for (;;) {
		char *end = memmem(client.data, client.len, "\r\n", 2);
		size_t size, head;

		if (end == NULL)
			return false;
		size = strtoul(client.data, NULL, 16);
		head = (size_t)(end + 2 - client.data);
		if (client.len < head + size + 2)
			return false;
		for (size_t i = 0; i < size; i++)
			ck_assert_int_eq(client.data[head + i],
			    stream_byte((*at)++));
		head += size + 2;
		client.len -= head;
		memmove(client.data, client.data + head, client.len);
		if (size == 0)
			return true;
	}
}

START_TEST(streams_in_chunks)
{
	size_t at = 0;

	setup(0);
	seen.fill_most = 100 * 1000;
	seen.later_at = _i == 0 ? 0 : 40 * 1000;
	exchange_send("GET /stream HTTP/1.1\r\n" HOST "\r\n");
	ck_assert(exchange_received("\r\nTransfer-Encoding: chunked\r\n"));
	for (int i = 0; i < 20; i++)
		exchange_turn();
	take_response(200, "");
	if (_i == 1) {
		ck_assert(!take_chunks(&at));
		ck_assert_uint_eq(at, 40 * 1000);
		http_exchange_continue(seen.exchange);
		for (int i = 0; i < 20; i++)
			exchange_turn();
	}
	ck_assert(take_chunks(&at));
	ck_assert_uint_eq(at, 100 * 1000);
	exchange_send("GET /hello HTTP/1.1\r\n" HOST "\r\n");
	take_response(200, "hello\n");
	teardown();
}
END_TEST

START_TEST(streams_a_known_length)
{
	setup(0);
	seen.fill_most = 50 * 1000;
	seen.framing = HTTP_LENGTH;
	exchange_send("GET /stream HTTP/1.1\r\n" HOST "\r\n");
	ck_assert(exchange_received("\r\nContent-Length: 50000\r\n"));
	for (int i = 0; i < 20; i++)
		exchange_turn();
	take_response(200, "");
	ck_assert_uint_eq(client.len, 50 * 1000);
	for (size_t i = 0; i < client.len; i++)
		ck_assert_int_eq(client.data[i], stream_byte(i));
	teardown();
}
END_TEST

START_TEST(a_known_length_is_sent_when_the_turn_ends)
{
	struct worker *worker = &recorder.rig.worker;

	setup(0);
	seen.fill_most = 5;
	seen.framing = HTTP_LENGTH;
	client_send_text(&client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
	conns_poll(&worker->loop, false);
	ck_assert_ptr_nonnull(seen.exchange);
	ck_assert_uint_eq(seen.filled, 0);
	worker_end_turn(worker);
	ck_assert_uint_eq(seen.filled, 5);
	exchange_turn();
	ck_assert(!bulk_waits(&worker->loop.bulk));
	take_response(200, "abcde");
	teardown();
}
END_TEST

START_TEST(streams_to_an_old_client_until_the_end)
{
	setup(0);
	seen.fill_most = 50 * 1000;
	exchange_send("GET /stream HTTP/1.0\r\n\r\n");
	for (int i = 0; i < 20; i++)
		exchange_turn();
	ck_assert(!exchange_received("Transfer-Encoding"));
	take_response(200, "");
	ck_assert_uint_eq(client.len, 50 * 1000);
	exchange_check_closed();
	teardown();
}
END_TEST

START_TEST(streams_nothing_to_head)
{
	setup(0);
	seen.fill_most = 50 * 1000;
	exchange_send("HEAD /stream HTTP/1.1\r\n" HOST "\r\n"
		      "GET /hello HTTP/1.1\r\n" HOST "\r\n");
	exchange_turn();
	take_response(200, "");
	take_response(200, "hello\n");
	ck_assert_uint_eq(seen.filled, 0);
	teardown();
}
END_TEST

/* A gigabyte to a client that reads slowly costs a few kilobytes. */
START_TEST(a_slow_reader_of_a_stream_costs_no_memory)
{
	setup(SMALL);
	seen.fill_most = (size_t)1 << 30;
	exchange_send("GET /stream HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 1000; i++) {
		rig_turn(&recorder.rig);
		ck_assert_uint_le(recorder.rig.worker.loop.pool.bytes,
		    64 * 1024);
		if (i % 3 == 0)
			client_receive(&client);
		client.len = 0;
	}
	ck_assert_uint_gt(seen.filled, 200 * 1000);
	ck_assert_uint_lt(seen.filled, 100 * 1000 * 1000);
	teardown();
}
END_TEST

START_TEST(a_reader_of_a_stream_that_stalls_is_dropped)
{
	setup(SMALL);
	recorder.rig.limits.write_stall_ms = 3000;
	seen.fill_most = (size_t)1 << 30;
	client_send_text(&client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
	rig_turn(&recorder.rig);
	rig_pass(&recorder.rig, 2900);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 1);
	rig_pass(&recorder.rig, 200);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

/* The client must not take it for the whole. */
START_TEST(a_stream_that_fails_ends_without_its_last_chunk)
{
	size_t at = 0;

	setup(0);
	seen.fill_most = 100 * 1000;
	seen.fail_at = 40 * 1000;
	exchange_send("GET /stream HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 20; i++)
		exchange_turn();
	take_response(200, "");
	ck_assert(!take_chunks(&at));
	ck_assert(client.eof);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
	teardown();
}
END_TEST

START_TEST(streams_while_the_body_still_comes)
{
	size_t at = 0;

	setup(0);
	seen.fill_most = 100 * 1000;
	exchange_send("POST /stream HTTP/1.1\r\n" HOST
		      "Content-Length: 60000\r\n\r\n");
	ck_assert(exchange_received("\r\nConnection: close\r\n"));
	send_much(60000);
	for (int i = 0; i < 20; i++)
		exchange_turn();
	take_response(200, "");
	ck_assert(take_chunks(&at));
	ck_assert_uint_eq(at, 100 * 1000);
	exchange_check_closed();
	teardown();
}
END_TEST

/* --- pipelines ------------------------------------------------------------ */

#define HELLO "GET /hello HTTP/1.1\r\n" HOST "\r\n"

START_TEST(answers_a_pipeline_in_order)
{
	setup(0);
	exchange_send(HELLO HELLO "GET /nowhere HTTP/1.1\r\n" HOST "\r\n" HELLO
				  "GET /hello HTTP/1.1\r\n" HOST
				  "Connection: close\r\n\r\n" HELLO);
	for (int i = 0; i < 10; i++)
		exchange_turn();
	take_response(200, "hello\n");
	take_response(200, "hello\n");
	take_response(404, "404 page not found\n");
	take_response(200, "hello\n");
	take_response(200, "hello\n");
	ck_assert_uint_eq(client.len, 0);
	exchange_check_closed();
	teardown();
}
END_TEST

/* Endless requests of a client that does not read the answers. */
START_TEST(a_pipeline_waits_for_its_reader)
{
	unsigned sent = 0, answers = 0;

	setup(SMALL);
	for (int i = 0; i < 20000; i++) {
		if (send(client.fd, HELLO, sizeof(HELLO) - 1, MSG_NOSIGNAL) !=
		    sizeof(HELLO) - 1)
			break;
		sent++;
		rig_turn(&recorder.rig);
	}
	ck_assert_uint_lt(sent, 20000);
	ck_assert_uint_le(recorder.rig.worker.loop.pool.bytes, 8 * 1024);
	for (int i = 0; i < 20000 && answers < sent; i++) {
		exchange_turn();
		while (client.len > 0 && exchange_received("hello\n")) {
			take_response(200, "hello\n");
			answers++;
		}
	}
	ck_assert_uint_eq(answers, sent);
	teardown();
}
END_TEST

START_TEST(a_connection_without_requests_is_closed_in_silence)
{
	setup(0);
	exchange_send(HELLO);
	take_response(200, "hello\n");
	rig_pass(&recorder.rig, 4900);
	client_receive(&client);
	ck_assert(!client.eof);
	rig_pass(&recorder.rig, 200);
	client_receive(&client);
	ck_assert(client.eof);
	ck_assert_uint_eq(client.len, 0);
	teardown();
}
END_TEST

START_TEST(a_drain_closes_idle_connections_and_finishes_the_rest)
{
	setup(0);
	if (_i == 0) {
		exchange_send(HELLO);
		take_response(200, "hello\n");
	} else
		exchange_send("GET /hello HTTP/1.1\r\n");
	conn_leave(client.conn, 10);
	exchange_turn();
	ck_assert_int_eq(client.eof, _i == 0);
	if (_i == 1) {
		exchange_send(HOST "\r\n");
		ck_assert(exchange_received("\r\nConnection: close\r\n"));
		take_response(200, "hello\n");
		exchange_check_closed();
	}
	teardown();
}
END_TEST

/* The n-th allocation fails in an upload that is read in pieces. */
START_TEST(without_memory_an_exchange_costs_its_connection)
{
	const char *request = uploads[3].request;
	size_t len = strlen(request);
	bool failed;

	if (!malloc_can_fail())
		return;
	setup(0);
	malloc_fail_at((unsigned)_i + 1);
	for (size_t i = 0; i < 4; i++) {
		malloc_spare(true);
		send(client.fd, request + len * i / 4,
		    len * (i + 1) / 4 - len * i / 4, MSG_NOSIGNAL);
		malloc_spare(false);
		rig_turn(&recorder.rig);
	}
	failed = malloc_has_failed();
	malloc_fail_at(0);
	client_receive(&client);
	ck_assert(failed || seen.ended == 1);
	if (!failed)
		take_response(200, "done\n");
	teardown();
}
END_TEST

SUITE(http_exchange)
{
	tcase_add_checked_fixture(tests, take_bodies, NULL);
	tcase_add_loop_test(tests, finds_the_route_of_a_request, 0,
	    COUNT_OF(routed));
	tcase_add_loop_test(tests,
	    gives_a_body_to_its_handler_and_goes_on_behind_it, 0,
	    COUNT_OF(uploads));
	tcase_add_loop_test(tests, gives_a_body_byte_by_byte, 0,
	    COUNT_OF(uploads));
	tcase_add_loop_test(tests, refuses_a_body_and_closes, 0,
	    COUNT_OF(bad_bodies));
	tcase_add_test(tests, waits_while_the_reader_of_a_body_is_busy);
	tcase_add_loop_test(tests,
	    a_body_that_ends_in_a_pause_is_whole_behind_it, 0, 2);
	tcase_add_test(tests, asks_for_a_body_that_waits_to_be_asked_for);
	tcase_add_test(tests, answers_before_the_body_is_whole_and_closes);
	tcase_add_test(tests, a_body_must_arrive_in_time);
	tcase_add_test(tests, a_client_that_leaves_in_its_body_is_gone);
	tcase_add_test(tests, answers_late_and_then_the_next_request);
	tcase_add_test(tests, an_answer_must_come_in_time);
	tcase_add_test(tests, an_answer_to_a_client_that_is_gone_is_no_harm);
	tcase_add_loop_test(tests, streams_in_chunks, 0, 2);
	tcase_add_test(tests, streams_a_known_length);
	tcase_add_test(tests, a_known_length_is_sent_when_the_turn_ends);
	tcase_add_test(tests, streams_to_an_old_client_until_the_end);
	tcase_add_test(tests, streams_nothing_to_head);
	tcase_add_test(tests, a_slow_reader_of_a_stream_costs_no_memory);
	tcase_add_test(tests, a_reader_of_a_stream_that_stalls_is_dropped);
	tcase_add_test(tests, a_stream_that_fails_ends_without_its_last_chunk);
	tcase_add_test(tests, streams_while_the_body_still_comes);
	tcase_add_test(tests, answers_a_pipeline_in_order);
	tcase_add_test(tests, a_pipeline_waits_for_its_reader);
	tcase_add_test(tests,
	    a_connection_without_requests_is_closed_in_silence);
	tcase_add_loop_test(tests,
	    a_drain_closes_idle_connections_and_finishes_the_rest, 0, 2);
	tcase_add_loop_test(tests,
	    without_memory_an_exchange_costs_its_connection, 0, 12);
}

/* The same bodies, as those of files: see net/bulk.h. */
SUITE(http_bulk)
{
	tcase_add_checked_fixture(tests, stream_bodies, NULL);
	tcase_add_loop_test(tests,
	    gives_a_body_to_its_handler_and_goes_on_behind_it, 0,
	    COUNT_OF(uploads));
	tcase_add_loop_test(tests, gives_a_body_byte_by_byte, 0,
	    COUNT_OF(uploads));
	tcase_add_test(tests, a_streamed_body_is_read_when_the_turn_ends);
	tcase_add_test(tests, a_streamed_body_waits_while_files_are_behind);
	tcase_add_loop_test(tests,
	    a_client_that_leaves_while_files_are_behind_is_gone, 0, 2);
	tcase_add_test(tests, the_body_of_a_closing_connection_is_discarded);
	tcase_add_test(tests, waits_while_the_reader_of_a_body_is_busy);
	tcase_add_loop_test(tests,
	    a_body_that_ends_in_a_pause_is_whole_behind_it, 0, 2);
	tcase_add_test(tests, asks_for_a_body_that_waits_to_be_asked_for);
	tcase_add_test(tests, answers_before_the_body_is_whole_and_closes);
	tcase_add_test(tests, a_body_must_arrive_in_time);
	tcase_add_test(tests, a_client_that_leaves_in_its_body_is_gone);
	tcase_add_loop_test(tests,
	    without_memory_an_exchange_costs_its_connection, 0, 12);
}
