#include "transport/tls/tls_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "tests/suite.h"
#include "tests/support/transport/certificate.h"
#include "tests/support/transport/recorder.h"
#include "transport/tls/tls_context.h"

#define MIB (1 << 20)

static struct recorder recorder;
static struct certificate certificate;
static struct tls_context *context;
static struct client client;
static SSL_CTX *peer_context;
static SSL *peer;

static struct tls_context *
context_make(void)
{
	struct tls_config config = {
		.certificates = certificate.path,
		.keys = certificate.key_path,
		.client_ca = "",
	};
	char why[256] = "";
	struct tls_context *made =
	    tls_context_create(&config, why, sizeof(why));

	ck_assert_msg(made != NULL, "%s", why);
	return made;
}

/* Of the client that has connected. */
static void
peer_begin(void)
{
	ck_assert(tls_accept(client.conn, context));
	peer = SSL_new(peer_context);
	SSL_set_fd(peer, client.fd);
	SSL_set_connect_state(peer);
}

static void
setup(void)
{
	recorder_init(&recorder);
	certificate_make(&certificate);
	context = context_make();
	peer_context = SSL_CTX_new(TLS_client_method());
	/* A small buffer, so that records wait. */
	client_connect(&client, &recorder.rig, 4096);
	peer_begin();
}

static void
teardown(void)
{
	SSL_free(peer);
	SSL_CTX_free(peer_context);
	client_fini(&client);
	recorder_fini(&recorder);
	tls_context_unref(context);
	certificate_remove(&certificate);
}

static void
shake_hands(void)
{
	int result;

	while ((result = SSL_do_handshake(peer)) != 1) {
		ck_assert_int_eq(SSL_get_error(peer, result),
		    SSL_ERROR_WANT_READ);
		rig_turn(&recorder.rig);
	}
	rig_turn(&recorder.rig);
}

/* Reads at most so much; 0: nothing has come. */
static size_t
tls_peer_read(char *data, size_t size)
{
	size_t got = 0;

	return SSL_read_ex(peer, data, size, &got) == 1 ? got : 0;
}

static void
request_livez(void)
{
	static const char request[] =
	    "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
	size_t written;

	ck_assert_int_eq(SSL_write_ex(peer, request, sizeof(request) - 1,
			     &written),
	    1);
	rig_turn(&recorder.rig);
}

START_TEST(answers_a_request)
{
	char answer[1024];
	size_t len;

	shake_hands();
	request_livez();
	len = tls_peer_read(answer, sizeof(answer));
	ck_assert_uint_gt(len, 15);
	ck_assert_mem_eq(answer, "HTTP/1.1 200 OK", 15);
}
END_TEST

/* Bytes that encode their position. */
static void
pattern_fill(char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 2654435761u >> 24);
}

/* Reads all of it in steps of a size, and compares. */
static void
expect_pattern(const char *sent, size_t len, size_t step)
{
	char *got = malloc(len + step);
	size_t have = 0;

	for (int idle = 0; have < len && idle < 100; idle++) {
		size_t part = tls_peer_read(got + have, step);

		have += part;
		if (part > 0)
			idle = 0;
		else
			rig_turn(&recorder.rig);
	}
	ck_assert_uint_eq(have, len);
	ck_assert_mem_eq(got, sent, len);
	free(got);
}

START_TEST(delivers_in_order_to_a_slow_reader)
{
	char *data = malloc(MIB);
	size_t sizes[] = { 1, 100, 16384, 16385, 50000 }, at = 0;

	pattern_fill(data, MIB);
	shake_hands();
	for (size_t i = 0; at < MIB; i++) {
		size_t len = sizes[i % COUNT_OF(sizes)];

		if (len > MIB - at)
			len = MIB - at;
		conn_write(client.conn, data + at, len);
		at += len;
	}
	ck_assert_uint_gt(conn_waiting(client.conn), 0);
	expect_pattern(data, MIB, 3000);
	ck_assert_uint_eq(conn_waiting(client.conn), 0);
	ck_assert(!client.conn->is_writing);
	free(data);
}
END_TEST

START_TEST(gathers_small_pieces)
{
	struct chunk *chunk = chunk_create(recorder.pool, 40000);
	struct piece pieces[400];

	pattern_fill(chunk->data, 40000);
	for (uint32_t i = 0; i < COUNT_OF(pieces); i++)
		pieces[i] = (struct piece){ chunk, i * 100, 100 };
	shake_hands();
	conn_send(client.conn, pieces, COUNT_OF(pieces));
	expect_pattern(chunk->data, 40000, 40000);
	chunk_unref(chunk);
}
END_TEST

static void
expect_bytes(size_t count)
{
	char byte;

	while (count > 0) {
		if (tls_peer_read(&byte, 1) == 1)
			count--;
		else
			rig_turn(&recorder.rig);
	}
}

/* The socket takes these records and no more; returns how many. */
static size_t
fill_and_linger(void)
{
	size_t fit = 0;
	char byte;

	shake_hands();
	ck_assert_uint_eq(tls_peer_read(&byte, 1), 0); /* but a ticket */
	for (; !client.conn->is_writing; fit++)
		conn_write(client.conn, "x", 1);
	expect_bytes(fit--);
	rig_turn(&recorder.rig);
	ck_assert(!client.conn->is_writing);
	for (size_t i = 0; i < fit; i++)
		conn_write(client.conn, "x", 1);
	ck_assert(!client.conn->is_writing);
	conn_linger(client.conn);
	return fit;
}

START_TEST(ends_with_an_alert_for_which_there_was_no_room)
{
	char byte;

	expect_bytes(fill_and_linger());
	rig_turn(&recorder.rig);
	ck_assert_int_eq(SSL_get_error(peer, SSL_read(peer, &byte, 1)),
	    SSL_ERROR_ZERO_RETURN);
	ck_assert_int_eq(recv(client.fd, &byte, 1, 0), 0);
}
END_TEST

static void
connect_over_tcp(void)
{
	char answer[1024];

	SSL_free(peer);
	client_fini(&client);
	client_connect_tcp(&client, &recorder.rig);
	peer_begin();
	shake_hands();
	request_livez();
	while (tls_peer_read(answer, sizeof(answer)) == 0)
		rig_turn(&recorder.rig);
}

/* The socket of the connection takes nothing more; returns how much it took. */
static size_t
socket_fill(void)
{
	static const char much[65536];
	int fd = client.conn->fd, size = 4096;
	size_t total = 0;
	ssize_t len;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	while ((len = send(fd, much, sizeof(much), MSG_DONTWAIT)) > 0)
		total += (size_t)len;
	return total;
}

/* Reads to the end; false: the end was a reset. */
static bool
client_read_all(size_t *total)
{
	char bytes[4096];
	ssize_t len;

	*total = 0;
	do {
		len = recv(client.fd, bytes, sizeof(bytes), 0);
		if (len > 0)
			*total += (size_t)len;
	} while (len > 0 || (len < 0 && errno == EAGAIN));
	return len == 0;
}

/* A late acknowledgement may make room for the alert; as a rule none comes. */
START_TEST(an_alert_that_waits_does_not_reset_what_was_sent)
{
	struct loop *loop = &recorder.rig.worker.loop;
	size_t sent, received;

	connect_over_tcp();
	sent = socket_fill();
	conn_linger(client.conn);
	conns_tick(loop,
	    loop->wheel.now +
		(uint32_t)loop->limits->close_timeout_ms / WHEEL_TICK_MS);
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(loop->conn_count, 0);
	ck_assert(client_read_all(&received));
	ck_assert_uint_ge(received, sent);
}
END_TEST

START_TEST(ends_a_peer_that_breaks_the_handshake)
{
	client_send_text(&client, "GET / HTTP/1.1\r\n\r\n");
	rig_turn(&recorder.rig);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
}
END_TEST

START_TEST(ends_a_peer_whose_handshake_takes_too_long)
{
	rig_pass(&recorder.rig, recorder.rig.limits.handshake_timeout_ms + 200);
	ck_assert_uint_eq(recorder.rig.worker.loop.conn_count, 0);
}
END_TEST

START_TEST(outlives_its_context)
{
	struct tls_context *old = context;
	char answer[1024];

	context = context_make();
	tls_context_unref(old);
	shake_hands();
	request_livez();
	ck_assert_uint_gt(tls_peer_read(answer, sizeof(answer)), 0);
}
END_TEST

SUITE(tls_io)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, answers_a_request);
	tcase_add_test(tests, delivers_in_order_to_a_slow_reader);
	tcase_add_test(tests, gathers_small_pieces);
	tcase_add_test(tests, ends_with_an_alert_for_which_there_was_no_room);
	tcase_add_test(tests, an_alert_that_waits_does_not_reset_what_was_sent);
	tcase_add_test(tests, ends_a_peer_that_breaks_the_handshake);
	tcase_add_test(tests, ends_a_peer_whose_handshake_takes_too_long);
	tcase_add_test(tests, outlives_its_context);
}
