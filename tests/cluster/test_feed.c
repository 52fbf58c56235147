#include "cluster/feed.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/base/count_of.h"
#include "tests/suite.h"
#include "tests/support/cluster/sim_net.h"

#define FOLLOWERS 2
#define GIVE_UP_MS 5000

/* A node that follows one log, and notes the entries that it gets. */
struct follower {
	struct feed feed; /* first */
	struct feed_config config;
	struct broker_listener listener;
	struct broker *broker;
	uint64_t gaps, heals, loads;
	bool is_dirty, is_busy, may_open;
	size_t proposed;
	char notes[1024];
};

static struct sim_net *net;
static struct follower followers[FOLLOWERS];

static struct follower *
follower_of(struct feed *feed)
{
	return (struct follower *)feed;
}

static void
follower_note(struct follower *follower, const char *mark, struct str text)
{
	size_t len = strlen(follower->notes);

	snprintf(follower->notes + len, sizeof(follower->notes) - len,
	    "%s%.*s ", mark, (int)text.len, text.data);
}

static bool
on_may_apply(struct feed *feed, const struct feed_entry *entry,
    const struct proposal *proposal)
{
	(void)entry;
	(void)proposal;
	return !follower_of(feed)->is_busy;
}

static void
on_apply(struct feed *feed, const struct feed_entry *entry,
    struct proposal *proposal)
{
	follower_note(follower_of(feed), proposal != NULL ? "own:" : "",
	    entry->payload);
	free(proposal);
}

static void
on_duplicate(struct feed *feed, struct proposal *proposal)
{
	follower_note(follower_of(feed), "duplicate:", proposal->payload);
	free(proposal);
}

static void
on_give_up(struct feed *feed, struct proposal *proposal, enum chat_error error)
{
	follower_note(follower_of(feed),
	    error == CHAT_UNAVAILABLE ? "unavailable:" : "unknown:",
	    proposal->payload);
	free(proposal);
}

static bool
on_load(struct feed *feed, const struct feed_field *fields, size_t field_count,
    const struct feed_entry *entries, size_t count)
{
	(void)fields;
	(void)field_count;
	follower_note(follower_of(feed), "load ", STR(""));
	for (size_t i = 0; i < count; i++)
		follower_note(follower_of(feed), "", entries[i].payload);
	return true;
}

static void
on_live(struct feed *feed)
{
	(void)feed;
}

static void
on_wake(struct feed *feed)
{
	follower_of(feed)->is_dirty = true;
}

/* One entry stands for all that was applied, with its place and chain. */
static void
on_heal(struct feed *feed, const struct place *after, bool opens)
{
	char place[PLACE_TEXT_SIZE];
	struct str opening[] = { STR("1"), STR(""), STR(""), STR(""), STR("") };
	struct str items[] = { STR("0"), STR(""), STR(""), STR(""), STR("0"),
		place_format(&feed->at, place), str_from(feed->at.chain),
		STR(""), STR(""), STR(""), STR("1"), STR("healed") };

	if (opens)
		feed_heal(feed, after, opening, COUNT_OF(opening));
	else
		feed_heal(feed, NULL, items, sizeof(items) / sizeof(*items));
}

static void
on_differ(struct feed *feed)
{
	follower_note(follower_of(feed), "differ", STR(""));
}

static bool
on_may_open(struct feed *feed)
{
	return follower_of(feed)->may_open;
}

static const struct feed_ops ops = {
	.may_apply = on_may_apply,
	.apply = on_apply,
	.duplicate = on_duplicate,
	.give_up = on_give_up,
	.load = on_load,
	.live = on_live,
	.wake = on_wake,
	.heal = on_heal,
	.may_open = on_may_open,
	.differ = on_differ,
};

/* --- the broker ----------------------------------------------------------- */

static struct follower *
follower_of_listener(struct broker_listener *listener)
{
	return LIST_OWNER(listener, struct follower, listener);
}

static void
on_batch(struct broker_listener *listener, struct str log,
    const struct str *items, size_t count)
{
	(void)log;
	feed_receive(&follower_of_listener(listener)->feed, items, count);
}

static void
on_message(struct broker_listener *listener, struct str log, struct str message)
{
	(void)listener;
	(void)log;
	(void)message;
}

static void
on_subscribed(struct broker_listener *listener, struct str log)
{
	(void)log;
	feed_subscribed(&follower_of_listener(listener)->feed);
}

static void
on_state(struct broker_listener *listener, unsigned shard, bool is_up)
{
	(void)shard;
	if (!is_up)
		feed_lost(&follower_of_listener(listener)->feed);
}

static const struct broker_listener_ops listener_ops = {
	.on_batch = on_batch,
	.on_message = on_message,
	.on_subscribed = on_subscribed,
	.on_state = on_state,
};

/* --- driving -------------------------------------------------------------- */

static void
tick_again(void *arg)
{
	struct follower *follower = arg;

	feed_tick(&follower->feed, sim_net_now_ms(net));
	sim_net_at(net, sim_net_now_ms(net) + 100, SIM_NO_NODE, tick_again,
	    follower);
}

static void
follower_init(struct follower *follower, int node)
{
	*follower = (struct follower){ .broker = sim_net_node(net, node) };
	follower->config = (struct feed_config){ .ops = &ops,
		.broker = follower->broker,
		.give_up_ms = GIVE_UP_MS,
		.gaps = &follower->gaps,
		.heals = &follower->heals,
		.loads = &follower->loads };
	follower->listener.ops = &listener_ops;
	follower->broker->listener = &follower->listener;
	ck_assert(feed_init(&follower->feed, &follower->config,
	    STR("room:a:1")));
	feed_follow(&follower->feed, false);
	tick_again(follower);
}

static void
run_for(int64_t ms)
{
	int64_t end_ms = sim_net_now_ms(net) + ms;

	while (sim_net_now_ms(net) < end_ms && sim_net_step(net))
		for (int i = 0; i < FOLLOWERS; i++) {
			if (!followers[i].is_dirty)
				continue;
			followers[i].is_dirty = false;
			feed_flush(&followers[i].feed);
		}
}

static void
feed_log_open(void)
{
	const struct str args[] = { STR("0-0"), STR(""), STR("1"), STR(""),
		STR(""), STR(""), STR("") };
	struct model_texts reply = { 0 }, published = { 0 };

	ck_assert(model_redis_run(sim_net_redis(net), BROKER_HEAL,
	    STR("room:a:1"), args, COUNT_OF(args), &reply, &published));
	model_texts_fini(&reply);
	model_texts_fini(&published);
}

static void
feed_setup(void)
{
	net = sim_net_create(1);
	sim_net_set_delay(net, 20);
	feed_log_open();
	for (int i = 0; i < FOLLOWERS; i++)
		follower_init(&followers[i], i);
	run_for(1000);
	for (int i = 0; i < FOLLOWERS; i++)
		followers[i].notes[0] = '\0';
}

static void
feed_teardown(void)
{
	for (int i = 0; i < FOLLOWERS; i++) {
		broker_destroy(followers[i].broker);
		feed_fini(&followers[i].feed, CHAT_UNAVAILABLE);
	}
	sim_net_destroy(net);
}

static void
proposal_send_with_key(int i, const char *payload, const char *key)
{
	struct follower *follower = &followers[i];
	struct proposal *proposal = calloc(1, sizeof(*proposal));

	ck_assert_ptr_nonnull(proposal);
	snprintf(proposal->origin, sizeof(proposal->origin), "%d.%zu", i,
	    ++follower->proposed);
	proposal->payload = str_from(payload);
	proposal->key = str_from(key);
	proposal->is_numbered = true;
	proposal->since_ms = sim_net_now_ms(net);
	feed_propose(&follower->feed, proposal);
}

static void
proposal_send_from(int i, const char *payload)
{
	proposal_send_with_key(i, payload, "");
}

#define EXPECT_NOTES(i, expected) ck_assert_str_eq(followers[i].notes, expected)

START_TEST(all_followers_get_all_entries_in_one_order)
{
	proposal_send_from(0, "a");
	proposal_send_from(0, "b");
	run_for(500);
	proposal_send_from(1, "c");
	run_for(500);
	EXPECT_NOTES(0, "own:a own:b c ");
	EXPECT_NOTES(1, "a b own:c ");
	ck_assert_uint_eq(followers[1].feed.at.number, 3);
}
END_TEST

START_TEST(a_turn_is_one_call)
{
	uint64_t before = sim_net_script_count(net);

	for (int i = 0; i < 100; i++)
		proposal_send_from(0, "x");
	run_for(150);
	ck_assert_uint_eq(sim_net_script_count(net) - before, 1);
}
END_TEST

START_TEST(what_is_not_published_is_asked_for)
{
	sim_net_lose(net, 1, 1);
	proposal_send_from(0, "a");
	run_for(500);
	EXPECT_NOTES(1, "");
	proposal_send_from(0, "b");
	run_for(500);
	EXPECT_NOTES(1, "a b ");
	ck_assert_uint_eq(followers[1].gaps, 1);
}
END_TEST

START_TEST(an_own_entry_that_is_not_published_is_asked_for)
{
	sim_net_lose(net, 0, 1);
	proposal_send_from(0, "a");
	run_for(1000);
	EXPECT_NOTES(0, "own:a ");
}
END_TEST

START_TEST(a_key_is_appended_once)
{
	proposal_send_with_key(0, "first", "k");
	proposal_send_with_key(1, "second", "k");
	run_for(1000);
	ck_assert((strstr(followers[0].notes, "own:first") != NULL) !=
		  (strstr(followers[1].notes, "own:second") != NULL));
	ck_assert((strstr(followers[0].notes, "duplicate:first") != NULL) !=
		  (strstr(followers[1].notes, "duplicate:second") != NULL));
}
END_TEST

START_TEST(a_lost_connection_loses_and_repeats_nothing)
{
	proposal_send_from(0, "a");
	run_for(10);
	sim_net_cut(net, 0, 300);
	sim_net_cut(net, 1, 600);
	run_for(3000);
	EXPECT_NOTES(0, "own:a ");
	EXPECT_NOTES(1, "a ");
	ck_assert_uint_eq(followers[0].feed.at.number, 1);
}
END_TEST

START_TEST(without_an_answer_it_is_given_up)
{
	sim_net_stop_redis(net, 20000);
	proposal_send_from(0, "a");
	run_for(GIVE_UP_MS + 2000);
	ck_assert(strcmp(followers[0].notes, "unavailable:a ") == 0 ||
		  strcmp(followers[0].notes, "unknown:a ") == 0);
	ck_assert_uint_eq(followers[0].feed.bytes, 0);
}
END_TEST

START_TEST(entries_that_the_broker_has_lost_are_written_back)
{
	sim_net_save(net);
	proposal_send_from(0, "a");
	run_for(500);
	sim_net_restore(net);
	proposal_send_from(1, "b");
	run_for(3000);
	EXPECT_NOTES(0, "own:a b ");
	EXPECT_NOTES(1, "a own:b ");
	ck_assert_uint_ge(followers[0].heals + followers[1].heals, 1);
	ck_assert_uint_eq(followers[0].feed.at.number, 2);
}
END_TEST

START_TEST(a_closed_log_is_opened_when_others_had_time_to_write)
{
	proposal_send_from(0, "a");
	run_for(500);
	sim_net_save(net);
	sim_net_restore(net);
	proposal_send_from(1, "b");
	run_for(900);
	EXPECT_NOTES(1, "a ");
	run_for(1000);
	EXPECT_NOTES(1, "a own:b ");
	sim_net_save(net);
	sim_net_restore(net);
	followers[0].may_open = true;
	proposal_send_from(0, "c");
	run_for(500);
	EXPECT_NOTES(0, "own:a b own:c ");
}
END_TEST

START_TEST(an_entry_whose_place_is_lost_is_sent_again)
{
	sim_net_save(net);
	sim_net_lose(net, 0, 1);
	sim_net_lose(net, 1, 1);
	proposal_send_from(0, "a");
	run_for(100);
	sim_net_restore(net);
	followers[1].may_open = true;
	proposal_send_from(1, "b");
	run_for(3000);
	EXPECT_NOTES(0, "b own:a ");
	EXPECT_NOTES(1, "own:b a ");
}
END_TEST

START_TEST(an_entry_that_only_the_broker_had_is_sent_again)
{
	sim_net_save(net);
	sim_net_lose(net, 0, 1);
	sim_net_lose(net, 1, 1);
	proposal_send_from(0, "a");
	run_for(100);
	sim_net_restore(net);
	run_for(4000);
	EXPECT_NOTES(0, "own:a ");
	EXPECT_NOTES(1, "a ");
}
END_TEST

START_TEST(a_first_that_is_lost_answers_no_duplicate)
{
	sim_net_save(net);
	proposal_send_with_key(1, "first", "k");
	sim_net_lose(net, 0, UINT_MAX);
	run_for(100);
	proposal_send_with_key(0, "second", "k");
	run_for(60);
	/* The first was acknowledged by the broker only. */
	sim_net_lose(net, 0, 0);
	broker_destroy(followers[1].broker);
	sim_net_restore(net);
	followers[0].may_open = true;
	proposal_send_from(0, "other");
	run_for(3000);
	ck_assert_ptr_null(strstr(followers[0].notes, "duplicate"));
	ck_assert_ptr_nonnull(strstr(followers[0].notes, "own:second"));
	followers[1].broker = NULL;
}
END_TEST

/* As with broker.ack = replica: it is published, and no replica has it. */
START_TEST(an_own_entry_waits_for_the_answer)
{
	followers[0].config.awaits_answers = true;
	sim_net_lose_answers(net, 0, true);
	proposal_send_from(0, "a");
	run_for(1000);
	EXPECT_NOTES(0, "");
	EXPECT_NOTES(1, "a ");
	proposal_send_from(1, "b");
	run_for(500);
	EXPECT_NOTES(0, "");
	sim_net_lose_answers(net, 0, false);
	run_for(1000);
	EXPECT_NOTES(0, "own:a b ");
	EXPECT_NOTES(1, "a own:b ");
	sim_net_lose_answers(net, 0, true);
	proposal_send_from(0, "c");
	run_for(GIVE_UP_MS + 2000);
	EXPECT_NOTES(0, "own:a b unknown:c c ");
	EXPECT_NOTES(1, "a own:b c ");
}
END_TEST

START_TEST(an_entry_that_cannot_be_applied_yet_waits)
{
	followers[1].is_busy = true;
	proposal_send_from(0, "a");
	proposal_send_from(0, "b");
	run_for(2000);
	EXPECT_NOTES(0, "own:a own:b ");
	EXPECT_NOTES(1, "");
	followers[1].is_busy = false;
	feed_unblock(&followers[1].feed);
	run_for(500);
	EXPECT_NOTES(1, "a b ");
}
END_TEST

START_TEST(a_top_that_is_behind_is_noticed)
{
	struct place top = { .number = 0 };

	proposal_send_from(0, "a");
	run_for(500);
	sim_net_save(net);
	feed_compare(&followers[0].feed, &followers[0].feed.at);
	ck_assert(!followers[0].feed.must_heal);
	feed_compare(&followers[0].feed, &top);
	ck_assert(followers[0].feed.must_heal);
}
END_TEST

/* Loading replaced the entries that were to be written back. */
START_TEST(a_log_that_was_loaded_anew_is_not_written_back)
{
	struct feed *feed = &followers[0].feed;
	struct place top = { .number = 0 };

	proposal_send_from(0, "a");
	run_for(500);
	feed_compare(feed, &top);
	ck_assert(feed->must_heal);
	feed->state = FEED_IS_LOADING;
	run_for(500);
	EXPECT_NOTES(0, "own:a load  a ");
	ck_assert(feed_has_read_all(feed));
	ck_assert_uint_eq(followers[0].heals, 0);
}
END_TEST

START_TEST(another_history_is_noticed)
{
	struct place top;

	proposal_send_from(0, "a");
	run_for(500);
	top = followers[0].feed.at;
	top.chain[0] ^= 1;
	feed_compare(&followers[0].feed, &top);
	EXPECT_NOTES(0, "own:a differ ");
}
END_TEST

SUITE(feed)
{
	tcase_add_checked_fixture(tests, feed_setup, feed_teardown);
	tcase_add_test(tests, all_followers_get_all_entries_in_one_order);
	tcase_add_test(tests, a_turn_is_one_call);
	tcase_add_test(tests, what_is_not_published_is_asked_for);
	tcase_add_test(tests, an_own_entry_that_is_not_published_is_asked_for);
	tcase_add_test(tests, a_key_is_appended_once);
	tcase_add_test(tests, a_lost_connection_loses_and_repeats_nothing);
	tcase_add_test(tests, without_an_answer_it_is_given_up);
	tcase_add_test(tests,
	    entries_that_the_broker_has_lost_are_written_back);
	tcase_add_test(tests,
	    a_closed_log_is_opened_when_others_had_time_to_write);
	tcase_add_test(tests, an_entry_whose_place_is_lost_is_sent_again);
	tcase_add_test(tests, an_entry_that_only_the_broker_had_is_sent_again);
	tcase_add_test(tests, a_first_that_is_lost_answers_no_duplicate);
	tcase_add_test(tests, an_own_entry_waits_for_the_answer);
	tcase_add_test(tests, an_entry_that_cannot_be_applied_yet_waits);
	tcase_add_test(tests, a_top_that_is_behind_is_noticed);
	tcase_add_test(tests, a_log_that_was_loaded_anew_is_not_written_back);
	tcase_add_test(tests, another_history_is_noticed);
}
