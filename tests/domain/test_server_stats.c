#include "domain/server_stats.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"

static struct server_stats report;

static void
stats_room_add(const char *id, size_t members)
{
	struct room room = { .member_count = members };

	snprintf(room.id, sizeof(room.id), "%s", id);
	server_stats_add_room(&report, &room);
}

START_TEST(sorts_the_largest_rooms_by_members)
{
	memset(&report, 0, sizeof(report));
	stats_room_add("small", 1);
	stats_room_add("large", 9);
	stats_room_add("middle", 5);
	stats_room_add("as large", 9);
	ck_assert_uint_eq(report.rooms, 4);
	ck_assert_uint_eq(report.largest_count, 4);
	ck_assert_str_eq(report.largest[0].id, "large");
	ck_assert_str_eq(report.largest[1].id, "as large");
	ck_assert_str_eq(report.largest[2].id, "middle");
	ck_assert_str_eq(report.largest[3].id, "small");
}
END_TEST

START_TEST(drops_the_smallest_rooms)
{
	memset(&report, 0, sizeof(report));
	for (size_t i = 0; i < 1000; i++)
		stats_room_add("r", (i * 7919) % 1000);
	ck_assert_uint_eq(report.rooms, 1000);
	ck_assert_uint_eq(report.largest_count, SERVER_STATS_ROOMS);
	for (size_t i = 0; i < SERVER_STATS_ROOMS; i++)
		ck_assert_uint_eq(report.largest[i].member_count, 999 - i);
}
END_TEST

SUITE(server_stats)
{
	tcase_add_test(tests, sorts_the_largest_rooms_by_members);
	tcase_add_test(tests, drops_the_smallest_rooms);
}
