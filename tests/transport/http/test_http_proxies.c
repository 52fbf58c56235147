/* Requests that a trusted proxy forwards: limits hold for its clients. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/http/http_conn.h"

#define CLIENTS 8

static struct recorder recorder;
static struct client clients[CLIENTS];
static size_t client_count;
static struct trusted_proxies proxies;

/* The rig's connections are from a Unix socket. */
static void
proxies_trust(const char *list)
{
	const char *why;
	struct str bad;

	ck_assert(address_ranges_parse(str_from(list), &proxies.ranges, &bad,
	    &why));
}

static void
setup(void)
{
	recorder_init(&recorder);
	recorder.rig.worker.http.proxies = &proxies;
	recorder.rig.worker.loop.proxies = &proxies.ranges;
	client_count = 0;
	proxies_trust("unix");
}

static void
teardown(void)
{
	recorder_fini(&recorder);
	while (client_count > 0)
		client_fini(&clients[--client_count]);
}

static struct client *
client_add(void)
{
	struct client *client = &clients[client_count++];

	client_connect(client, &recorder.rig, 0);
	return client;
}

/* Returns the status of the answer. */
static int
client_ask(struct client *client, const char *request, const char *forwarded)
{
	char text[512];
	int status = 0;

	snprintf(text, sizeof(text), "%sHost: x\r\n%s\r\n", request, forwarded);
	client_send_text(client, text);
	rig_turn(&recorder.rig);
	client->len = 0;
	client_receive(client);
	if (client->len > 12)
		status = atoi(client->data + 9);
	return status;
}

#define LIVEZ "GET /livez HTTP/1.1\r\n"
#define OPENING                                           \
	"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n"      \
	"Connection: Upgrade\r\n"                         \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
	"Sec-WebSocket-Version: 13\r\n"
#define FOR(address) "X-Forwarded-For: " address "\r\n"

START_TEST(counts_the_client_that_the_proxy_names)
{
	setup();
	recorder.rig.limits.connections_per_ip = 1;
	ck_assert_int_eq(client_ask(client_add(), OPENING, FOR("192.0.2.1")),
	    101);
	ck_assert_int_eq(client_ask(client_add(), OPENING,
			     FOR("198.51.100.9, 192.0.2.1")),
	    429);
	ck_assert_int_eq(client_ask(client_add(), OPENING, FOR("192.0.2.2")),
	    101);
	/* The proxy itself, which is not counted here. */
	ck_assert_int_eq(client_ask(client_add(), OPENING, FOR("unknown")),
	    101);
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    2);
	teardown();
}
END_TEST

START_TEST(ignores_the_headers_of_others)
{
	struct client *client;

	setup();
	proxies_trust("10.0.0.0/8");
	client = client_add();
	ck_assert_int_eq(client_ask(client, OPENING, FOR("192.0.2.1")), 101);
	ck_assert_ptr_null(client->conn->peer);
	teardown();
}
END_TEST

START_TEST(each_request_has_its_client)
{
	struct host_address host;
	struct client *client;

	setup();
	client = client_add();
	ck_assert_int_eq(client_ask(client, LIVEZ, FOR("192.0.2.1")), 200);
	ck_assert(host_address_parse(STR("192.0.2.1"), &host));
	ck_assert_uint_eq(peer_key(client->conn->peer),
	    host_address_key(&host));
	ck_assert_int_eq(client_ask(client, LIVEZ, FOR("192.0.2.2")), 200);
	ck_assert_uint_ne(peer_key(client->conn->peer),
	    host_address_key(&host));
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    1);
	/* A reload: it is not trusted any more. */
	proxies_trust("");
	ck_assert_int_eq(client_ask(client, LIVEZ, FOR("192.0.2.1")), 200);
	ck_assert_ptr_null(client->conn->peer);
	ck_assert_uint_eq(id_map_count(&recorder.rig.worker.loop.peers.peers),
	    0);
	teardown();
}
END_TEST

START_TEST(the_client_needs_its_share_of_new_connections)
{
	struct loop *loop = &recorder.rig.worker.loop;

	setup();
	recorder.rig.limits.accepts = (struct rate_limit){ 1, 4 };
	accept_share_init(&loop->accept_queue.share,
	    &recorder.rig.limits.accepts, 1, loop->now_ms);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(client_ask(client_add(), OPENING,
				     FOR("192.0.2.1")),
		    101);
	ck_assert_int_eq(client_ask(client_add(), OPENING, FOR("192.0.2.1")),
	    429);
	ck_assert_int_eq(client_ask(client_add(), OPENING, FOR("192.0.2.2")),
	    101);
	/* Without a proxy the share was taken before. */
	proxies_trust("");
	ck_assert_int_eq(client_ask(client_add(), OPENING, FOR("192.0.2.1")),
	    101);
	teardown();
}
END_TEST

START_TEST(without_memory_for_the_client_it_is_dropped)
{
	struct client *client;
	bool failed;

	if (!malloc_can_fail())
		return;
	setup();
	client = client_add();
	client_send_text(client, LIVEZ "Host: x\r\n" FOR("192.0.2.1") "\r\n");
	malloc_fail_at((unsigned)_i + 1);
	rig_turn(&recorder.rig);
	failed = malloc_has_failed();
	malloc_fail_at(0);
	client_receive(client);
	ck_assert(client->eof == failed);
	ck_assert(failed || client_got(client, "HTTP/1.1 200 "));
	teardown();
}
END_TEST

SUITE(http_proxies)
{
	tcase_add_test(tests, counts_the_client_that_the_proxy_names);
	tcase_add_test(tests, ignores_the_headers_of_others);
	tcase_add_test(tests, each_request_has_its_client);
	tcase_add_test(tests, the_client_needs_its_share_of_new_connections);
	tcase_add_loop_test(tests, without_memory_for_the_client_it_is_dropped,
	    0, 4);
}
