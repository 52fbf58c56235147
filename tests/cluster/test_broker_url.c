#include <stdio.h>
#include <stdlib.h>

#include "cluster/broker_url.h"
#include "tests/suite.h"

static struct broker_targets targets;
static const char *why;

static const struct {
	const char *text;
	enum broker_kind kind;
	const char *host; /* the first */
	uint16_t port;
	unsigned database;
	size_t hosts;
	const char *primary;
} good[] = {
	{ "redis://localhost", BROKER_TCP, "localhost", 6379, 0, 1, "" },
	{ "redis://10.0.0.1:7000/", BROKER_TCP, "10.0.0.1", 7000, 0, 1, "" },
	{ "redis://redis.example.org/3", BROKER_TCP, "redis.example.org", 6379,
	    3, 1, "" },
	{ "redis://[::1]:7000/2", BROKER_TCP, "::1", 7000, 2, 1, "" },
	{ "redis://[::1]", BROKER_TCP, "::1", 6379, 0, 1, "" },
	{ "unix:/run/redis.sock", BROKER_UNIX, "/run/redis.sock", 0, 0, 1, "" },
	{ "redis+sentinel://s1/main", BROKER_SENTINEL, "s1", 26379, 0, 1,
	    "main" },
	{ "redis+sentinel://s1:1,s2:2,[::1]:3/main", BROKER_SENTINEL, "s1", 1,
	    0, 3, "main" },
};

START_TEST(reads_a_url)
{
	const struct broker_target *target = &targets.at[0];

	ck_assert_msg(broker_targets_parse(&targets, str_from(good[_i].text),
			  &why),
	    "%s: %s", good[_i].text, why);
	ck_assert_uint_eq(targets.count, 1);
	ck_assert_int_eq(target->kind, good[_i].kind);
	ck_assert_str_eq(target->hosts[0].name, good[_i].host);
	ck_assert_uint_eq(target->hosts[0].port, good[_i].port);
	ck_assert_uint_eq(target->database, good[_i].database);
	ck_assert_uint_eq(target->host_count, good[_i].hosts);
	ck_assert_str_eq(target->primary, good[_i].primary);
}
END_TEST

static const char *const bad[] = {
	"",
	" , ",
	"localhost:6379",
	"http://localhost",
	"redis://",
	"redis://:6379",
	"redis://host:",
	"redis://host:0",
	"redis://host:65536",
	"redis://host:4294967297",
	"redis://host:port",
	"redis://host/main",
	"redis://host/10000",
	"redis://host/1/2",
	"redis://host?db=1",
	"redis://[::1",
	"redis://[::1]7000",
	"redis://[]",
	"redis://user:password@host",
	"rediss:/host",
	"unix:",
	"unix:run/redis.sock",
	"redis+sentinel://s1",
	"redis+sentinel://s1,s2",
	"redis+sentinel://s1/",
	"redis+sentinel:///main",
	"redis+sentinel://s1,redis://host",
	"redis+sentinel://1,2,3,4,5,6,7,8,9/main",
	"redis://host\x7f",
};

START_TEST(refuses_what_is_no_url)
{
	why = NULL;
	ck_assert_msg(!broker_targets_parse(&targets, str_from(bad[_i]), &why),
	    "%s", bad[_i]);
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_null(strstr(why, "password@"));
}
END_TEST

START_TEST(a_url_may_ask_for_tls)
{
	static const char *const texts[] = { "rediss://a:1/2",
		"rediss+sentinel://s1,s2/main" };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		ck_assert_int_eq(broker_targets_parse(&targets,
				     str_from(texts[i]), &why),
		    BROKER_HAS_TLS);
		if (BROKER_HAS_TLS)
			ck_assert(broker_targets_have_tls(&targets));
		else
			ck_assert_ptr_nonnull(strstr(why, "no TLS"));
	}
	ck_assert(broker_targets_parse(&targets, STR("redis://a"), &why));
	ck_assert(!broker_targets_have_tls(&targets));
}
END_TEST

START_TEST(reads_several_urls)
{
	ck_assert(broker_targets_parse(&targets,
	    STR("redis://a, redis+sentinel://s1,s2/main unix:/b"), &why));
	ck_assert_uint_eq(targets.count, 3);
	ck_assert_str_eq(targets.at[0].hosts[0].name, "a");
	ck_assert_str_eq(targets.at[1].hosts[1].name, "s2");
	ck_assert_str_eq(targets.at[2].hosts[0].name, "/b");
}
END_TEST

START_TEST(bounds_the_number_of_urls)
{
	char text[17 * 12] = "";

	for (int i = 0; i < 17; i++)
		strcat(text, "redis://a ");
	ck_assert(!broker_targets_parse(&targets, str_from(text), &why));
	text[16 * 10] = '\0';
	ck_assert(broker_targets_parse(&targets, str_from(text), &why));
}
END_TEST

/* Splits a URL of every kind everywhere: nothing is read beyond its end. */
START_TEST(reads_only_the_text)
{
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		size_t len = strlen(good[i].text);

		for (size_t cut = 0; cut <= len; cut++) {
			char *copy = malloc(cut + 1);

			memcpy(copy, good[i].text, cut);
			broker_targets_parse(&targets, str_slice(copy, cut),
			    &why);
			free(copy);
		}
	}
}
END_TEST

START_TEST(spreads_tags_over_shards)
{
	size_t counts[4] = { 0 }, moved = 0;

	for (int i = 0; i < 4000; i++) {
		char tag[32];
		size_t of_3, of_4;

		snprintf(tag, sizeof(tag), "room-%d", i);
		ck_assert_uint_eq(broker_shard_of(1, str_from(tag)), 0);
		of_3 = broker_shard_of(3, str_from(tag));
		of_4 = broker_shard_of(4, str_from(tag));
		ck_assert_uint_lt(of_3, 3);
		ck_assert_uint_lt(of_4, 4);
		counts[of_4]++;
		if (of_3 != of_4) {
			ck_assert_uint_eq(of_4, 3);
			moved++;
		}
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_gt(counts[i], 800);
		ck_assert_uint_lt(counts[i], 1200);
	}
	ck_assert_uint_gt(moved, 0);
}
END_TEST

SUITE(broker_url)
{
	tcase_add_loop_test(tests, reads_a_url, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, refuses_what_is_no_url, 0, COUNT_OF(bad));
	tcase_add_test(tests, a_url_may_ask_for_tls);
	tcase_add_test(tests, reads_several_urls);
	tcase_add_test(tests, bounds_the_number_of_urls);
	tcase_add_test(tests, reads_only_the_text);
	tcase_add_test(tests, spreads_tags_over_shards);
}
