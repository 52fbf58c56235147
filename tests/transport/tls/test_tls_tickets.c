#include "transport/tls/tls_tickets.h"

#include "tests/suite.h"

static bool
ticket_key_equal(const struct tls_ticket_key *a, const struct tls_ticket_key *b)
{
	return memcmp(a->name, b->name, sizeof(a->name)) == 0 &&
	       memcmp(a->cipher, b->cipher, sizeof(a->cipher)) == 0 &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

START_TEST(keeps_a_key_for_an_hour_and_its_predecessor)
{
	struct tls_tickets tickets = { 0 };
	struct tls_ticket_key first;

	ck_assert(tls_tickets_rotate(&tickets, 1));
	ck_assert_int_eq(tickets.previous.made_s, 0);
	first = tickets.current;
	ck_assert(tls_tickets_rotate(&tickets, TLS_TICKET_KEY_S));
	ck_assert(ticket_key_equal(&tickets.current, &first));
	ck_assert(tls_tickets_rotate(&tickets, TLS_TICKET_KEY_S + 1));
	ck_assert(!ticket_key_equal(&tickets.current, &first));
	ck_assert(ticket_key_equal(&tickets.previous, &first));
}
END_TEST

START_TEST(drops_a_predecessor_that_is_too_old)
{
	struct tls_tickets tickets = { 0 };

	ck_assert(tls_tickets_rotate(&tickets, 1));
	ck_assert(tls_tickets_rotate(&tickets, 1 + 2 * TLS_TICKET_KEY_S));
	ck_assert_int_eq(tickets.previous.made_s, 0);
}
END_TEST

SUITE(tls_tickets)
{
	tcase_add_test(tests, keeps_a_key_for_an_hour_and_its_predecessor);
	tcase_add_test(tests, drops_a_predecessor_that_is_too_old);
}
