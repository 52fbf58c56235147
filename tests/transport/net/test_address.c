#include "transport/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/failing_malloc.h"

static const struct {
	const char *text;
	const char *formatted;
	bool dual_stack;
} good[] = {
	{ "127.0.0.1:9000", "127.0.0.1:9000", false },
	{ "0.0.0.0:0", "0.0.0.0:0", false },
	{ "255.255.255.255:65535", "255.255.255.255:65535", false },
	{ "localhost:80", "127.0.0.1:80", false },
	{ ":8080", "[::]:8080", true },
	{ "[::]:8080", "[::]:8080", false },
	{ "[::1]:1", "[::1]:1", false },
	{ "[2001:DB8:0:0::1]:443", "[2001:db8::1]:443", false },
	{ "[::ffff:10.0.0.1]:443", "[::ffff:10.0.0.1]:443", false },
	{ "unix:/run/parley.sock", "unix:/run/parley.sock", false },
	{ "unix:a:b", "unix:a:b", false },
	{ "fd:chat.socket", "fd:chat.socket", false },
	{ "10.0.0.1:00080", "10.0.0.1:80", false },
};

START_TEST(parses_an_address)
{
	struct address address;
	const char *why = NULL;
	char text[ADDRESS_TEXT_SIZE];

	ck_assert(address_parse(good[_i].text, &address, &why));
	address_format(&address, text);
	ck_assert_str_eq(text, good[_i].formatted);
	ck_assert_int_eq(address.dual_stack, good[_i].dual_stack);
}
END_TEST

static const char *const bad[] = {
	"",
	"8080",
	"127.0.0.1",
	"127.0.0.1:",
	"127.0.0.1:65536",
	"127.0.0.1:-1",
	"127.0.0.1:+1",
	"127.0.0.1: 1",
	"127.0.0.1:1x",
	"127.0.0.1:000080",
	"127.0.0.1:99999999999999999999",
	"127.0.0:1",
	"127.0.0.1.:1",
	"256.0.0.1:1",
	"example.org:80",
	"::1:80",
	"[::1]",
	"[::1:80",
	"::1]:80",
	"[]:80",
	"[:80",
	"]:80",
	"[127.0.0.1]:80",
	"[::1%lo]:80",
	" :80",
	"unix:",
	"fd:",
	"fd:a:b",
	"0123456789012345678901234567890123456789012345678901234567890123:1",
};

START_TEST(gives_the_reason_for_a_bad_address)
{
	struct address address;
	const char *why = NULL;

	ck_assert_msg(!address_parse(bad[_i], &address, &why), "%s", bad[_i]);
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(a_socket_path_may_fill_its_field)
{
	char text[5 + 109] = "unix:", formatted[ADDRESS_TEXT_SIZE];
	struct address address;
	const char *why = NULL;

	memset(text + 5, 'x', 107);
	ck_assert(address_parse(text, &address, &why));
	address_format(&address, formatted);
	ck_assert_str_eq(formatted, text);
	text[5 + 107] = 'x';
	ck_assert(!address_parse(text, &address, &why));
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(a_name_of_passed_sockets_is_no_address)
{
	struct address address;
	const char *why;

	ck_assert(address_parse("fd:chat", &address, &why));
	ck_assert_str_eq(address_passed_name(&address), "chat");
	ck_assert(address_parse("unix:chat", &address, &why));
	ck_assert_ptr_null(address_passed_name(&address));
}
END_TEST

static const struct {
	const char *wanted;
	const char *address;
	bool is_same;
} compared[] = {
	{ ":80", "[::]:80", true },
	{ ":80", "0.0.0.0:80", true },
	{ ":80", "0.0.0.0:81", false },
	{ ":80", "127.0.0.1:80", false },
	{ "[::]:80", "0.0.0.0:80", false },
	{ "127.0.0.1:80", "127.0.0.1:80", true },
	{ "127.0.0.1:80", "127.0.0.1:81", false },
	{ "[::1]:80", "[::1]:80", true },
	{ "unix:/a", "unix:/a", true },
	{ "unix:/a", "unix:/b", false },
};

START_TEST(compares_addresses)
{
	struct address wanted, address;
	const char *why;

	ck_assert(address_parse(compared[_i].wanted, &wanted, &why));
	ck_assert(address_parse(compared[_i].address, &address, &why));
	ck_assert_int_eq(address_is_same(&wanted, &address),
	    compared[_i].is_same);
}
END_TEST

static const struct {
	const char *text;
	bool is_local;
} reachable[] = {
	{ "127.0.0.1:80", true },
	{ "[::1]:80", true },
	{ "unix:/run/x", true },
	{ ":80", false },
	{ "0.0.0.0:80", false },
	{ "[::]:80", false },
	{ "192.0.2.1:80", false },
	{ "[2001:db8::1]:80", false },
};

START_TEST(knows_whether_only_this_machine_reaches_it)
{
	struct address address;
	const char *why;

	ck_assert(address_parse(reachable[_i].text, &address, &why));
	ck_assert_int_eq(address_is_local(&address), reachable[_i].is_local);
}
END_TEST

/* --- hosts ---------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *formatted; /* NULL: it is refused */
} hosts[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::FFFF:c000:201", "192.0.2.1" },
	{ "2001:DB8:0::1", "2001:db8::1" },
	{ "::1", "::1" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "", NULL },
	{ "0.0.0.0", NULL },
	{ "::", NULL },
	{ "::ffff:0.0.0.0", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.01", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.1 ", NULL },
	{ "192.0.2.1:80", NULL },
	{ "[::1]", NULL },
	{ "fe80::1%eth0", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ "unknown", NULL },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001", NULL },
};

START_TEST(reads_a_host)
{
	char text[HOST_ADDRESS_TEXT_SIZE];
	struct host_address host;

	if (hosts[_i].formatted == NULL) {
		ck_assert(!host_address_parse(str_from(hosts[_i].text), &host));
		return;
	}
	ck_assert(host_address_parse(str_from(hosts[_i].text), &host));
	host_address_format(&host, text);
	ck_assert_str_eq(text, hosts[_i].formatted);
}
END_TEST

START_TEST(a_host_may_have_no_address)
{
	struct host_address host = { { 0 } };
	char text[HOST_ADDRESS_TEXT_SIZE];

	host_address_format(&host, text);
	ck_assert_str_eq(text, "unix");
	ck_assert(host_address_is_absent(&host));
	ck_assert(host_address_is_local(&host));
	ck_assert(!host_address_parse(STR("127.0.0.1\0"), &host));
	ck_assert(host_address_parse(STR("127.0.0.1"), &host));
	ck_assert(host_address_is_local(&host));
	ck_assert(!host_address_is_absent(&host));
}
END_TEST

/* --- peers ---------------------------------------------------------------- */

static struct peer_table table;

static struct peer *
peer_enter(const char *text)
{
	struct host_address host;
	struct address address;
	struct peer *peer;
	const char *why;

	ck_assert(address_parse(text, &address, &why));
	host = host_address_of((struct sockaddr *)&address.storage);
	ck_assert(peer_table_enter(&table, &host, &peer));
	return peer;
}

static const struct {
	const char *a;
	const char *b;
	bool same;
} pairs[] = {
	{ "10.0.0.1:1", "10.0.0.1:2", true },
	{ "10.0.0.1:1", "10.0.0.2:1", false },
	{ "10.0.0.1:1", "[::ffff:10.0.0.1]:1", true },
	{ "[2001:db8:1:2::1]:1", "[2001:db8:1:2:ffff::2]:1", true },
	{ "[2001:db8:1:2::1]:1", "[2001:db8:1:3::1]:1", false },
	{ "[2001:db8::1]:1", "32.1.13.184:1", false },
};

START_TEST(counts_the_connections_of_a_peer)
{
	struct peer *a, *b;

	peer_table_init(&table);
	a = peer_enter(pairs[_i].a);
	b = peer_enter(pairs[_i].b);
	ck_assert_int_eq(a == b, pairs[_i].same);
	ck_assert_uint_eq(peer_count(a), pairs[_i].same ? 2 : 1);
	peer_table_leave(&table, a);
	ck_assert_uint_eq(peer_count(b), 1);
	peer_table_leave(&table, b);
	peer_table_fini(&table);
}
END_TEST

static uint64_t
key_of(const char *text)
{
	struct host_address host;
	struct address address;
	const char *why;

	ck_assert(address_parse(text, &address, &why));
	host = host_address_of((struct sockaddr *)&address.storage);
	return host_address_key(&host);
}

/* Local peers too have keys of their own; they are only not counted. */
START_TEST(a_key_identifies_a_peer)
{
	ck_assert_int_eq(key_of(pairs[_i].a) == key_of(pairs[_i].b),
	    pairs[_i].same);
	ck_assert_uint_ne(key_of("127.0.0.2:1"), 0);
	ck_assert_uint_eq(key_of("unix:x"), 0);
}
END_TEST

static const char *const exempt[] = { "127.0.0.1:1", "127.9.9.9:1", "[::1]:1",
	"[::ffff:127.0.0.1]:1", "unix:x" };

START_TEST(does_not_count_local_peers)
{
	peer_table_init(&table);
	ck_assert_ptr_null(peer_enter(exempt[_i]));
	ck_assert_uint_eq(peer_count(NULL), 0);
	peer_table_leave(&table, NULL);
	peer_table_fini(&table);
}
END_TEST

START_TEST(frees_peers_without_connections)
{
	struct peer *peers[300];
	char text[32];

	peer_table_init(&table);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 300; i++) {
			snprintf(text, sizeof(text), "10.1.%d.%d:1", i / 256,
			    i % 256);
			peers[i] = peer_enter(text);
			ck_assert_uint_eq(peer_count(peers[i]), 1);
		}
		ck_assert_uint_eq(id_map_count(&table.peers), 300);
		for (int i = 0; i < 300; i++)
			peer_table_leave(&table, peers[i * 7 % 300]);
		ck_assert_uint_eq(id_map_count(&table.peers), 0);
	}
	peer_table_fini(&table);
}
END_TEST

START_TEST(counts_no_peer_without_memory)
{
	struct host_address host;
	struct peer *peer;

	if (!malloc_can_fail())
		return;
	peer_table_init(&table);
	ck_assert(host_address_parse(STR("10.0.0.1"), &host));
	for (unsigned n = 1;; n++) {
		bool entered;

		malloc_fail_at(n);
		entered = peer_table_enter(&table, &host, &peer);
		malloc_fail_at(0);
		if (entered)
			break;
		ck_assert_ptr_null(peer);
		ck_assert_uint_eq(id_map_count(&table.peers), 0);
	}
	ck_assert_uint_eq(peer_count(peer), 1);
	peer_table_leave(&table, peer);
	peer_table_fini(&table);
}
END_TEST

SUITE(address)
{
	tcase_add_loop_test(tests, parses_an_address, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, gives_the_reason_for_a_bad_address, 0,
	    COUNT_OF(bad));
	tcase_add_test(tests, a_name_of_passed_sockets_is_no_address);
	tcase_add_loop_test(tests, compares_addresses, 0, COUNT_OF(compared));
	tcase_add_test(tests, a_socket_path_may_fill_its_field);
	tcase_add_loop_test(tests, knows_whether_only_this_machine_reaches_it,
	    0, COUNT_OF(reachable));
	tcase_add_loop_test(tests, reads_a_host, 0, COUNT_OF(hosts));
	tcase_add_test(tests, a_host_may_have_no_address);
	tcase_add_loop_test(tests, counts_the_connections_of_a_peer, 0,
	    COUNT_OF(pairs));
	tcase_add_loop_test(tests, a_key_identifies_a_peer, 0, COUNT_OF(pairs));
	tcase_add_loop_test(tests, does_not_count_local_peers, 0,
	    COUNT_OF(exempt));
	tcase_add_test(tests, frees_peers_without_connections);
	tcase_add_test(tests, counts_no_peer_without_memory);
}
