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

/* --- peers ---------------------------------------------------------------- */

static struct peer_table table;

static struct peer *
peer_enter(const char *text)
{
	struct address address;
	struct peer *peer;
	const char *why;

	ck_assert(address_parse(text, &address, &why));
	ck_assert(peer_table_enter(&table, (struct sockaddr *)&address.storage,
	    &peer));
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

/* Local peers too have keys of their own; they are only not counted. */
START_TEST(a_key_identifies_a_peer)
{
	struct address a, b, local, unix_socket;
	const char *why;

	ck_assert(address_parse(pairs[_i].a, &a, &why));
	ck_assert(address_parse(pairs[_i].b, &b, &why));
	ck_assert(address_parse("127.0.0.2:1", &local, &why));
	ck_assert(address_parse("unix:x", &unix_socket, &why));
	ck_assert_int_eq(address_key((struct sockaddr *)&a.storage) ==
			     address_key((struct sockaddr *)&b.storage),
	    pairs[_i].same);
	ck_assert_uint_ne(address_key((struct sockaddr *)&local.storage), 0);
	ck_assert_uint_eq(address_key((struct sockaddr *)&unix_socket.storage),
	    0);
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
	struct address address;
	struct peer *peer;
	const char *why;

	if (!malloc_can_fail())
		return;
	peer_table_init(&table);
	ck_assert(address_parse("10.0.0.1:1", &address, &why));
	for (unsigned n = 1;; n++) {
		bool entered;

		malloc_fail_at(n);
		entered = peer_table_enter(&table,
		    (struct sockaddr *)&address.storage, &peer);
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
	tcase_add_test(tests, a_socket_path_may_fill_its_field);
	tcase_add_loop_test(tests, counts_the_connections_of_a_peer, 0,
	    COUNT_OF(pairs));
	tcase_add_loop_test(tests, a_key_identifies_a_peer, 0, COUNT_OF(pairs));
	tcase_add_loop_test(tests, does_not_count_local_peers, 0,
	    COUNT_OF(exempt));
	tcase_add_test(tests, frees_peers_without_connections);
	tcase_add_test(tests, counts_no_peer_without_memory);
}
