/* What a broker does, checked with a real Redis and with the model of it. */
#include <stdio.h>

#include "tests/suite.h"
#include "tests/support/cluster/broker_rig.h"

static struct broker_rig rig;

#define APPEND(args, expected) \
	ck_assert_reply(&rig, BROKER_APPEND, "room", args, expected)
#define READ(expected) \
	ck_assert_reply(&rig, BROKER_READ, "room", NULL, expected)
#define RANGE(args, expected) \
	ck_assert_reply(&rig, BROKER_RANGE, "room", args, expected)
#define HEAL(args, expected) \
	ck_assert_reply(&rig, BROKER_HEAL, "room", args, expected)

#define HEAL_NOTHING "0||||"

/* With a log that is new. */
static void
rig_init_open(int kind)
{
	rig_init(&rig, (enum rig_kind)kind);
	rig_open(&rig, "room");
}

START_TEST(an_empty_log_has_no_top)
{
	rig_init(&rig, (enum rig_kind)_i);
	READ("ok|0-0||0|0");
	rig_fini(&rig);
}
END_TEST

START_TEST(appends_number_and_chain)
{
	rig_init_open(_i);
	APPEND("0-0||0|2|a||t|100|n|hello|0|b||t|90|n|world|0",
	    "ok|2-0|#a,b|+|1-0|#a|100|+|2-0|#a,b|100");
	APPEND("2-0|#a,b|0|2|c||t|101||sub|0|d||t|102|n|x|0",
	    "ok|3-0|#a,b,c,d|+|2-1|#a,b,c|101|+|3-0|#a,b,c,d|102");
	READ("ok|3-0|#a,b,c,d|102|0|1-0|#a|a||t|100|hello|"
	     "2-0|#a,b|b||t|100|world|2-1|#a,b,c|c||t|101|sub|"
	     "3-0|#a,b,c,d|d||t|102|x");
	rig_fini(&rig);
}
END_TEST

START_TEST(an_append_of_nothing_compares_only)
{
	rig_init_open(_i);
	APPEND("0-0||0|1|a||t|1|n||0", "ok|1-0|#a|+|1-0|#a|1");
	APPEND("1-0|#a|0|0", "ok|1-0|#a");
	APPEND("0-0||0|0", "ok|1-0|#a");
	rig_fini(&rig);
}
END_TEST

START_TEST(an_append_reports_what_differs)
{
	rig_init(&rig, (enum rig_kind)_i);
	APPEND("4-2|#x|0|1|a||t|1|n||0", "behind|0-0|");
	APPEND("0-0||0|1|a||t|1|n||0", "closed|0-0|");
	rig_open(&rig, "room");
	APPEND("0-0||0|2|a||t|1|n||0|b||t|1|n||0",
	    "ok|2-0|#a,b|+|1-0|#a|1|+|2-0|#a,b|1");
	APPEND("3-0|#x|0|1|c||t|1|n||0", "forked|2-0|#a,b");
	APPEND("2-1|#x|0|1|c||t|1|n||0", "forked|2-0|#a,b");
	APPEND("2-0|#x|0|1|c||t|1|n||0", "forked|2-0|#a,b");
	APPEND("1-0|#x|0|1|c||t|1|n||0", "forked|2-0|#a,b");
	APPEND("1-5|#x|0|1|c||t|1|n||0", "trimmed|2-0|#a,b");
	RANGE("3-0|#x|10", "forked|2-0|#a,b");
	RANGE("2-0|#x|10", "forked|2-0|#a,b");
	RANGE("1-0|#x|10", "forked|2-0|#a,b");
	rig_fini(&rig);
}
END_TEST

START_TEST(what_may_be_lost_closes_a_log)
{
	rig_init_open(_i);
	APPEND("0-0||0|2|a||t|7|n||1|=f|b||t|7|n||0",
	    "ok|2-0|#a,b|+|1-0|#a|7|+|2-0|#a,b|7");
	HEAL("2-0|#a,b|1||||", "forked|2-0|#a,b");
	rig_lose(&rig);
	APPEND("2-0|#a,b|0|1|c||t|8|n||0", "closed|2-0|#a,b");
	APPEND("1-0|#a|0|0", "closed|2-0|#a,b");
	APPEND("2-0|#x|0|1|c||t|8|n||0", "forked|2-0|#a,b");
	APPEND("3-0|#x|0|1|c||t|8|n||0", "behind|2-0|#a,b");
	RANGE("3-0|#x|10", "behind|2-0|#a,b");
	RANGE("1-0|#a|9", "ok|2-0|#a,b|2-0|#a,b|b||t|7|");
	HEAL("1-0|#a|1||||", "forked|2-0|#a,b");
	/* The table is kept; the time does not go back. */
	HEAL("2-0|#a,b|1|m|5|mark|", "ok");
	READ("ok|2-1|#a,b,m|7|1|f||1-0|#a|a||t|7||2-0|#a,b|b||t|7||"
	     "2-1|#a,b,m|m|||7|mark");
	APPEND("2-0|#a,b|0|1|c||t|8|n||0", "ok|3-0|#a,b,m,c|+|3-0|#a,b,m,c|8");
	HEAL("3-0|#a,b,m,c|1|n|9|mark|", "forked|3-0|#a,b,m,c");
	rig_fini(&rig);
}
END_TEST

START_TEST(a_new_log_is_opened_once)
{
	rig_init_open(_i);
	HEAL(RIG_OPENING, "forked|0-0|");
	rig_lose(&rig);
	APPEND("0-0||0|1|a||t|1|n||0", "closed|0-0|");
	HEAL("0-0||1|m|3|mark|1|g|x", "ok");
	READ("ok|0-1|#m|3|1|g|x|0-1|#m|m|||3|mark");
	APPEND("0-1|#m|0|1|a||t|1|n||0", "ok|1-0|#m,a|+|1-0|#m,a|3");
	rig_fini(&rig);
}
END_TEST

START_TEST(what_is_behind_is_not_appended_again)
{
	rig_init_open(_i);
	APPEND("0-0||0|2|a|key|t|1|n||0|b||t|1|n||0",
	    "ok|2-0|#a,b|+|1-0|#a|1|+|2-0|#a,b|1");
	/* By origin, by key, by topic if that is asked for. */
	APPEND("0-0||0|3|a||t|9|n||0|c|key|t|9|n||0|d||t|9|nx||0",
	    "ok|2-0|#a,b|~|1-0|#a|1|=|1-0|#a|1|!|0-0||0");
	/* What is known is not compared. */
	APPEND("1-0|#a|0|1|c|key|u|5|nx||0", "ok|3-0|#a,b,c|+|3-0|#a,b,c|5");
	/* The entries of one call are compared with each other. */
	APPEND("3-0|#a,b,c|0|3|e|k|v|6|n||0|e||w|6|n||0|f|k|w|6|n||0",
	    "ok|4-0|#a,b,c,e|+|4-0|#a,b,c,e|6|~|4-0|#a,b,c,e|6|"
	    "=|4-0|#a,b,c,e|6");
	rig_fini(&rig);
}
END_TEST

START_TEST(fields_are_set_removed_and_required)
{
	rig_init_open(_i);
	APPEND("0-0||0|3|a||t|1||one|2|-f|=f|b||t|1||two|2|-f|=f|"
	       "c||t|1||three|2|+f|=g",
	    "ok|0-2|#a,c|+|0-1|#a|1|!|0-0||0|+|0-2|#a,c|1");
	APPEND("0-2|#a,c|0|3|d||t|1|||2|+f|!f|e||t|1|||1|+f|f||t|1|||1|-f",
	    "ok|0-4|#a,c,d,f|+|0-3|#a,c,d|1|!|0-0||0|+|0-4|#a,c,d,f|1");
	READ("ok|0-4|#a,c,d,f|1|1|g|three|0-1|#a|a||t|1|one|0-2|#a,c|c||t|1|"
	     "three|0-3|#a,c,d|d||t|1||0-4|#a,c,d,f|f||t|1|");
	rig_fini(&rig);
}
END_TEST

START_TEST(trims_all_but_the_last)
{
	rig_init_open(_i);
	APPEND("0-0||0|3|a||t|1|n||0|b||t|1|n||0|c||t|1|||0",
	    "ok|2-1|#a,b,c|+|1-0|#a|1|+|2-0|#a,b|1|+|2-1|#a,b,c|1");
	APPEND("2-1|#a,b,c|2|1|d||t|1|n||0",
	    "ok|3-0|#a,b,c,d|+|3-0|#a,b,c,d|1");
	READ("ok|3-0|#a,b,c,d|1|0|2-0|#a,b|b||t|1||2-1|#a,b,c|c||t|1||"
	     "3-0|#a,b,c,d|d||t|1|");
	APPEND("3-0|#a,b,c,d|99|1|e||t|1|||0",
	    "ok|3-1|#a,b,c,d,e|+|3-1|#a,b,c,d,e|1");
	READ("ok|3-1|#a,b,c,d,e|1|0|3-0|#a,b,c,d|d||t|1||"
	     "3-1|#a,b,c,d,e|e||t|1|");
	/* An entry that was trimmed is still known by the chain after it. */
	RANGE("2-1|#a,b,c|1", "ok|3-1|#a,b,c,d,e|3-0|#a,b,c,d|d||t|1|");
	RANGE("2-1|#x|1", "trimmed|3-1|#a,b,c,d,e");
	RANGE("2-0|#a,b|1", "trimmed|3-1|#a,b,c,d,e");
	RANGE("0-0||1", "trimmed|3-1|#a,b,c,d,e");
	APPEND("0-0||0|1|f||t|1|n||0", "trimmed|3-1|#a,b,c,d,e");
	rig_fini(&rig);
}
END_TEST

START_TEST(a_range_is_what_follows)
{
	rig_init_open(_i);
	APPEND("0-0||0|3|a|k|t|1|n|p|0|b||t|2|n|q|0|c||t|3|n|r|0",
	    "ok|3-0|#a,b,c|+|1-0|#a|1|+|2-0|#a,b|2|+|3-0|#a,b,c|3");
	RANGE("0-0||2", "ok|3-0|#a,b,c|1-0|#a|a|k|t|1|p|2-0|#a,b|b||t|2|q");
	RANGE("2-0|#a,b|2", "ok|3-0|#a,b,c|3-0|#a,b,c|c||t|3|r");
	RANGE("3-0|#a,b,c|2", "ok|3-0|#a,b,c");
	ck_assert_reply(&rig, BROKER_TOPS, "room", "room|other",
	    "3-0|#a,b,c|3|0-0||0");
	APPEND("3-0|#a,b,c|0|1|d||t|9||s|0",
	    "ok|3-1|#a,b,c,d|+|3-1|#a,b,c,d|9");
	ck_assert_reply(&rig, BROKER_TOPS, "room", "room", "3-1|#a,b,c,d|3");
	rig_fini(&rig);
}
END_TEST

START_TEST(batches_and_messages_are_published)
{
	rig_init_open(_i);
	broker_subscribe(rig.broker, STR("room"));
	rig_await(&rig, "subscribed|room");
	rig_forget(&rig);
	APPEND("0-0||0|1|a||t|1|n|p|0", "ok|1-0|#a|+|1-0|#a|1");
	broker_publish(rig.broker, STR("room"), STR("typing"));
	rig_await(&rig, "message|room|typing");
	ck_assert_str_eq(rig.events,
	    rig_expand("batch|room|0-0||1-0|#a|a||t|1|p\n"
		       "message|room|typing\n"));
	rig_forget(&rig);
	/* Nothing is published of what was not appended. */
	APPEND("0-0||0|1|a||t|1|n|p|0", "ok|1-0|#a|~|1-0|#a|1");
	broker_publish(rig.broker, STR("room"), STR("end"));
	rig_await(&rig, "message|room|end");
	ck_assert_str_eq(rig.events, "message|room|end\n");
	rig_forget(&rig);
	broker_unsubscribe(rig.broker, STR("room"));
	broker_publish(rig.broker, STR("room"), STR("lost"));
	broker_subscribe(rig.broker, STR("other"));
	rig_await(&rig, "subscribed|other");
	ck_assert_str_eq(rig.events, "subscribed|other\n");
	rig_fini(&rig);
}
END_TEST

START_TEST(a_lost_tail_is_written_back)
{
	rig_init_open(_i);
	broker_subscribe(rig.broker, STR("room"));
	rig_await(&rig, "subscribed|room");
	APPEND("0-0||0|1|a||t|1||one|1|=f", "ok|0-1|#a|+|0-1|#a|1");
	rig_forget(&rig);
	rig_lose(&rig);
	HEAL("0-1|#a|" HEAL_NOTHING "2|f|two|g|x|1-0|#a,b|b||t|2|two|"
	     "1-1|#a,b,c|c||t|3|",
	    "ok");
	rig_await(&rig, rig_expand("batch|room|0-1|#a|1-0|#a,b|b||t|2|two|"
				   "1-1|#a,b,c|c||t|3|"));
	RANGE("0-0||9", "ok|1-1|#a,b,c|0-1|#a|a||t|1|one|1-0|#a,b|b||t|2|two|"
			"1-1|#a,b,c|c||t|3|");
	/* Another node was faster, or had another history. */
	HEAL("0-1|#a|" HEAL_NOTHING "0|1-0|#a,b|b||t|2|two",
	    "forked|1-1|#a,b,c");
	HEAL("1-1|#x|" HEAL_NOTHING "0|2-0|#x,b|b||t|2|two",
	    "forked|1-1|#a,b,c");
	HEAL("*||" HEAL_NOTHING "0|1-1|#x|b||t|2|two", "forked|1-1|#a,b,c");
	/* All of it is replaced by what is longer. */
	HEAL("*||1||||1|h|y|7-0|#x|x||t|9|last", "ok");
	READ("ok|7-0|#x|9|1|h|y|7-0|#x|x||t|9|last");
	APPEND("7-0|#x|0|1|d||t|1|n||0", "ok|8-0|#x,d|+|8-0|#x,d|9");
	rig_fini(&rig);
}
END_TEST

START_TEST(old_chains_may_be_unknown)
{
	rig_init(&rig, (enum rig_kind)_i);
	HEAL("*||1||||0|1-0|||k|t|1|one|2-0|||||1|two|3-0|#c|c||t|2|three",
	    "ok");
	READ("ok|3-0|#c|2|0|1-0|||k|t|1|one|2-0|||||1|two|"
	     "3-0|#c|c||t|2|three");
	RANGE("1-0|#a|9", "trimmed|3-0|#c");
	RANGE("0-0||9", "trimmed|3-0|#c");
	RANGE("2-0||9", "ok|3-0|#c|3-0|#c|c||t|2|three");
	APPEND("3-0|#c|0|1|d||t|1|n||0", "ok|4-0|#c,d|+|4-0|#c,d|2");
	rig_fini(&rig);
}
END_TEST

static const char *const bad_heals[] = {
	"*||" HEAL_NOTHING "0|1-0||a||t|1|",
	"*||" HEAL_NOTHING "0|1-0|#a|a||t|1||2-0||b||t|1||3-0|#c|c||t|1|",
	"0-0||" HEAL_NOTHING "0",
	"0-0||1||||0|1-0",
	"*||1||||0",
	"0-0||" HEAL_NOTHING "5|1-0|#a|a||t|1|",
	"0-0||" HEAL_NOTHING "0|1-0|#a|a||t|1",
	"0-0||" HEAL_NOTHING "0|1-0|#b|a||t|1|",
	"0-0||" HEAL_NOTHING "0|0-0|#a|a||t|1|",
	"0-0||" HEAL_NOTHING "0|1-0|#a|a||t|1||1-0|#a,b|b||t|1|",
	"0-0||" HEAL_NOTHING "0|1-0|#a|a||t|1||2-0|#b|b||t|1|",
	"0-0||" HEAL_NOTHING "0|one|#a|a||t|1|",
};

START_TEST(a_bad_heal_changes_nothing)
{
	rig_init(&rig, (enum rig_kind)_i);
	for (size_t i = 0; i < COUNT_OF(bad_heals); i++) {
		HEAL(bad_heals[i], "unknown");
		READ("ok|0-0||0|0");
	}
	rig_fini(&rig);
}
END_TEST

#define SAVE(args, expected) \
	ck_assert_reply(&rig, BROKER_SAVE, "room", args, expected)

START_TEST(a_snapshot_replaces_entries)
{
	rig_init_open(_i);
	SAVE("s1|1|0|piece|1", "gone");
	READ("ok|0-0||0|0");
	APPEND("0-0||0|2|a||t|1|n||0|b||t|1|n||0",
	    "ok|2-0|#a,b|+|1-0|#a|1|+|2-0|#a,b|1");
	SAVE("s1|1|0|all|2", "ok");
	RANGE("0-0||9", "trimmed|2-0|#a,b");
	RANGE("1-0|#a|9", "ok|2-0|#a,b|2-0|#a,b|b||t|1|");
	/* In pieces; what others have begun meanwhile is removed. */
	SAVE("s2|2|0|one|99", "ok");
	SAVE("s3|2|0|other|99", "ok");
	SAVE("s2|2|1|two|99", "ok");
	SAVE("s3|2|1|rest|99", "gone");
	rig_call(&rig, BROKER_READ, "room", NULL);
	ck_assert_ptr_nonnull(strstr(rig.reply,
	    rig_expand("ok|2-0|#a,b|1|3|")));
	ck_assert_ptr_nonnull(strstr(rig.reply, "snapshot|s2|"));
	ck_assert_ptr_nonnull(strstr(rig.reply, "s2/0|one|"));
	ck_assert_ptr_nonnull(strstr(rig.reply, "s2/1|two|"));
	APPEND("2-0|#a,b|0|1|c||t|1|n||0", "ok|3-0|#a,b,c|+|3-0|#a,b,c|1");
	rig_fini(&rig);
}
END_TEST

START_TEST(a_dropped_log_is_empty)
{
	rig_init_open(_i);
	APPEND("0-0||0|1|a||t|1|n||1|=f", "ok|1-0|#a|+|1-0|#a|1");
	ck_assert_reply(&rig, BROKER_DROP, "room", NULL, "ok");
	READ("ok|0-0||0|0");
	APPEND("0-0||0|1|b||t|1|n||1|-f", "closed|0-0|");
	rig_fini(&rig);
}
END_TEST

START_TEST(leases_end)
{
	rig_init(&rig, (enum rig_kind)_i);
	ck_assert_reply(&rig, BROKER_LEASE, "nodes", "a|x|60000", "a|x|1");
	ck_assert_reply(&rig, BROKER_LEASE, "nodes", "a|y|1", "a|y|1");
	/* Another node keeps its own until the first is over. */
	do
		rig_call(&rig, BROKER_LEASE, "nodes", "b|z|60000");
	while (rig.kind == RIG_REDIS && strstr(rig.reply, "a|y|1") != NULL);
	if (rig.kind == RIG_REDIS)
		ck_assert_ptr_nonnull(strstr(rig.reply, "a|y|0"));
	ck_assert_ptr_nonnull(strstr(rig.reply, "b|z|1"));
	ck_assert_reply(&rig, BROKER_LEASE, "nodes", "a|y|0", "b|z|1");
	ck_assert_reply(&rig, BROKER_LEASE, "nodes", "b||0", "");
	rig_fini(&rig);
}
END_TEST

START_TEST(texts_are_any_bytes)
{
	rig_init(&rig, (enum rig_kind)_i);
	rig_open(&rig, "room:\xff{}}\r\n");
	ck_assert_reply(&rig, BROKER_APPEND, "room:\xff{}}\r\n",
	    "0-0||0|1|o\r\x80|k\t|{\x01|1|n|\"\r\n\xfe%s|1|=\xff\r",
	    "ok|1-0|#o\r\x80|+|1-0|#o\r\x80|1");
	ck_assert_reply(&rig, BROKER_READ, "room:\xff{}}\r\n", NULL,
	    "ok|1-0|#o\r\x80|1|1|\xff\r|\"\r\n\xfe%s|"
	    "1-0|#o\r\x80|o\r\x80|k\t|{\x01|1|\"\r\n\xfe%s");
	rig_fini(&rig);
}
END_TEST

START_TEST(the_end_answers_what_is_under_way)
{
	rig_init(&rig, (enum rig_kind)_i);
	rig_begin(&rig, BROKER_READ, "room", NULL);
	rig_begin(&rig, BROKER_READ, "room", NULL);
	rig_fini(&rig);
	ck_assert_uint_eq(rig.answered, 2);
	ck_assert_int_eq(rig.outcome, BROKER_UNKNOWN);
}
END_TEST

SUITE(broker_contract)
{
	tcase_add_loop_test(tests, the_end_answers_what_is_under_way, 0,
	    RIG_KINDS);
	tcase_add_loop_test(tests, an_empty_log_has_no_top, 0, RIG_KINDS);
	tcase_add_loop_test(tests, appends_number_and_chain, 0, RIG_KINDS);
	tcase_add_loop_test(tests, an_append_of_nothing_compares_only, 0,
	    RIG_KINDS);
	tcase_add_loop_test(tests, an_append_reports_what_differs, 0,
	    RIG_KINDS);
	tcase_add_loop_test(tests, what_may_be_lost_closes_a_log, 0, RIG_KINDS);
	tcase_add_loop_test(tests, a_new_log_is_opened_once, 0, RIG_KINDS);
	tcase_add_loop_test(tests, what_is_behind_is_not_appended_again, 0,
	    RIG_KINDS);
	tcase_add_loop_test(tests, fields_are_set_removed_and_required, 0,
	    RIG_KINDS);
	tcase_add_loop_test(tests, trims_all_but_the_last, 0, RIG_KINDS);
	tcase_add_loop_test(tests, a_range_is_what_follows, 0, RIG_KINDS);
	tcase_add_loop_test(tests, batches_and_messages_are_published, 0,
	    RIG_KINDS);
	tcase_add_loop_test(tests, a_lost_tail_is_written_back, 0, RIG_KINDS);
	tcase_add_loop_test(tests, old_chains_may_be_unknown, 0, RIG_KINDS);
	tcase_add_loop_test(tests, a_bad_heal_changes_nothing, 0, RIG_KINDS);
	tcase_add_loop_test(tests, a_snapshot_replaces_entries, 0, RIG_KINDS);
	tcase_add_loop_test(tests, a_dropped_log_is_empty, 0, RIG_KINDS);
	tcase_add_loop_test(tests, leases_end, 0, RIG_KINDS);
	tcase_add_loop_test(tests, texts_are_any_bytes, 0, RIG_KINDS);
}
