#include "wire/common/stats_format.h"

#include <jansson.h>

#include "domain/server_stats.h"
#include "domain/stats_history.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "wire/common/wire_text.h"

static struct server_stats
make_report(void)
{
	struct server_stats report = {
		.server = STR("parley/1"),
		.uptime_ms = 61000,
		.connections = 3,
		.opened = 5,
		.commands = 40,
		.messages = 30,
		.deliveries = 90,
		.bytes_held = 1000,
		.process = { .resident_bytes = 2000,
		    .cpu_us = 1250000,
		    .started_ms = 1700000000123 },
		.copies = { 90, 80, 4, 3, 3 },
		.closes = { 2,
		    { { 4101, "rate_limited", 2 }, { 0, "reset", 9 } } },
		.refusals = { 1, { { 0, "limits.connections", 5 } } },
		.handshakes = { 2, { { 101, "", 5 }, { 401, "", 1 } } },
		.auth_failures = { 1, { { 0, "Token \"x\" required\n", 1 } } },
		.tls[TLS_RESUMED] = 4,
		.recoveries[RECOVERY_GAP] = 8,
		.log_lines[LOG_WARN] = 3,
		.errors[CHAT_STORE_FAILED] = 6,
		.store = { .is_kept = true, .lost = 7, .syncs = 11 },
		.broker = { .is_used = true,
		    .is_up = 1,
		    .heals = 2,
		    .scripts = { .counts = { 0, 2 }, .sum_us = 30 } },
		.workers = { { 12, 3000000, 5 }, { 11, 2000000, 1000005 } },
		.worker_count = 2,
		.workers_paused_us = 1500000,
	};
	struct room room = {
		.id = "tea", .name = "Tea \"& cake\"", .member_count = 2
	};

	server_stats_add_room(&report, &room);
	server_stats_add_limit(&report, "limits.rooms", 1, 9);
	server_stats_add_limit(&report, "limits.memory", 1, 0);
	histogram_add(&report.latency, 15, 2);
	histogram_add(&report.latency, 20000000, 1);
	histogram_add(&report.kinds[COMMAND_PING], 15, 2);
	histogram_add(&report.kinds[COMMAND_KINDS], 15, 1);
	return report;
}

START_TEST(writes_valid_json)
{
	struct server_stats report = make_report();
	struct wire_text text = { 0 };
	json_t *json, *room, *store, *latency, *item;

	stats_write_json(&text, &report);
	json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_str_eq(json_string_value(json_object_get(json, "server")),
	    "parley/1");
	ck_assert_int_eq(json_integer_value(json_object_get(json,
			     "deliveries")),
	    90);
	room = json_array_get(json_object_get(json, "largest"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(room, "name")),
	    "Tea \"& cake\"");
	store = json_object_get(json, "store");
	ck_assert(json_is_false(json_object_get(store, "writable")));
	ck_assert_int_eq(json_integer_value(json_object_get(store, "lost")), 7);
	ck_assert_ptr_nonnull(json_object_get(json_object_get(store, "sync_us"),
	    "counts"));
	item = json_array_get(json_object_get(json, "closes"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(item, "code")),
	    4101);
	ck_assert_str_eq(json_string_value(json_object_get(item, "reason")),
	    "rate_limited");
	item = json_array_get(json_object_get(json, "refusals"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(item, "count")), 5);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "limits")), 1);
	item = json_array_get(json_object_get(json, "limits"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(item, "option")),
	    "limits.rooms");
	ck_assert_int_eq(json_integer_value(json_object_get(item, "used")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(item, "most")), 9);
	latency = json_object_get(json, "latency_us");
	ck_assert_uint_eq(json_array_size(json_object_get(latency, "bounds")),
	    HISTOGRAM_BOUNDS);
	ck_assert_int_eq(json_integer_value(json_array_get(
			     json_object_get(latency, "counts"), 1)),
	    2);
	json_decref(json);
	wire_text_fini(&text);
}
END_TEST

START_TEST(writes_a_history)
{
	struct server_stats report = make_report();
	struct stats_history history = { 0 };
	struct wire_text text = { 0 };
	json_t *json, *sample;

	stats_history_add(&history, &report);
	report.store.is_kept = false;
	stats_history_add(&history, &report);
	stats_history_write_json(&text, &history);
	json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(json);
	sample = json_array_get(json_object_get(json, "samples"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(sample,
			     "deliveries")),
	    90);
	ck_assert_int_eq(json_integer_value(json_object_get(
			     json_object_get(sample, "store"), "syncs")),
	    11);
	sample = json_array_get(json_object_get(json, "samples"), 1);
	ck_assert_ptr_null(json_object_get(sample, "store"));
	json_decref(json);
	wire_text_fini(&text);
	stats_history_fini(&history);
}
END_TEST

static const char *const lines[] = {
	"\n# TYPE parley_connections gauge\nparley_connections 3\n",
	"\nparley_deliveries_total 90\n",
	"\nparley_copies_accepted_total 90\n",
	"\nparley_copies_delivered_total 80\n",
	"\nparley_copies_skipped_total 4\n",
	"\nparley_copies_aborted_total 3\n",
	"\n# TYPE parley_copies_waiting gauge\nparley_copies_waiting 3\n",
	"\nparley_closes_total{code=\"4101\",reason=\"rate_limited\"} 2\n"
	"parley_closes_total{code=\"1006\",reason=\"reset\"} 9\n",
	"\nparley_refusals_total{limit=\"limits.connections\"} 5\n",
	"\nparley_errors_total{code=\"bad_json\"} 0\n",
	"\nparley_errors_total{code=\"store_failed\"} 6\n",
	"\nparley_rooms 1\n",
	"\nprocess_cpu_seconds_total 1.250000\n",
	"\nprocess_start_time_seconds 1700000000.123\n",
	"\nparley_build_info{version=\"" PARLEY_VERSION "\"} 1\n",
	"\n# TYPE parley_handshakes_total counter\n"
	"parley_handshakes_total{status=\"101\"} 5\n"
	"parley_handshakes_total{status=\"401\"} 1\n",
	"\n# TYPE parley_http_responses_total counter\n",
	"\nparley_auth_failures_total{reason=\"token__x__required\"} 1\n",
	"\nparley_tls_handshakes_total{result=\"resumed\"} 4\n",
	"\nparley_recoveries_total{outcome=\"gap\"} 8\n",
	"\nparley_log_lines_total{level=\"warn\"} 3\n",
	"\n# TYPE parley_broker_up gauge\nparley_broker_up 1\n",
	"\nparley_broker_heals_total 2\n",
	"\nparley_broker_script_seconds_sum 0.000030\n"
	"parley_broker_script_seconds_count 2\n",
	"\n# TYPE parley_store_writable gauge\nparley_store_writable 0\n",
	"\n# TYPE parley_store_lost_records_total counter\n"
	"parley_store_lost_records_total 7\n",
	"\nparley_store_syncs_total 11\n",
	"\n# TYPE parley_latency_seconds histogram\n"
	"parley_latency_seconds_bucket{le=\"0.000010\"} 0\n"
	"parley_latency_seconds_bucket{le=\"0.000020\"} 2\n",
	"\nparley_latency_seconds_bucket{le=\"10.000000\"} 2\n"
	"parley_latency_seconds_bucket{le=\"+Inf\"} 3\n"
	"parley_latency_seconds_sum 20.000030\n"
	"parley_latency_seconds_count 3\n",
	"\nparley_loop_lag_seconds_count 0\n",
	"\n# TYPE parley_worker_writes_total counter\n"
	"parley_worker_writes_total{worker=\"0\"} 12\n"
	"parley_worker_writes_total{worker=\"1\"} 11\n",
	"\nparley_worker_busy_seconds_total{worker=\"1\"} 2.000000\n",
	"\nparley_worker_wait_seconds_total{worker=\"1\"} 1.000005\n",
	"\nparley_workers_paused_seconds_total 1.500000\n",
	"\n# TYPE parley_command_seconds histogram\n"
	"parley_command_seconds_bucket{command=\"ping\",le=\"0.000010\"} 0\n"
	"parley_command_seconds_bucket{command=\"ping\",le=\"0.000020\"} 2\n",
	"\nparley_command_seconds_sum{command=\"ping\"} 0.000030\n"
	"parley_command_seconds_count{command=\"ping\"} 2\n"
	"parley_command_seconds_bucket{command=\"not_run\",le=\"0.000010\"} "
	"0\n",
};

START_TEST(writes_the_prometheus_format)
{
	struct server_stats report = make_report();
	struct wire_text text = { 0 };

	stats_write_metrics(&text, &report);
	ck_assert_msg(memmem(text.data, text.len, lines[_i],
			  strlen(lines[_i])) != NULL,
	    "no %s in %.*s", lines[_i], (int)text.len, text.data);
	wire_text_fini(&text);
}
END_TEST

/* With the memory store, a disk that is not writable would be an alarm. */
START_TEST(omits_a_store_that_does_not_exist)
{
	struct server_stats report = make_report();
	struct wire_text text = { 0 };

	report.store.is_kept = false;
	stats_write_metrics(&text, &report);
	stats_write_json(&text, &report);
	ck_assert_ptr_null(memmem(text.data, text.len, "parley_store", 12));
	ck_assert_ptr_null(memmem(text.data, text.len, "\"store\"", 7));
	wire_text_fini(&text);
}
END_TEST

START_TEST(omits_workers_of_a_server_that_has_one_thread)
{
	struct server_stats report = make_report();
	struct wire_text text = { 0 };

	report.worker_count = 0;
	stats_write_metrics(&text, &report);
	ck_assert_ptr_null(memmem(text.data, text.len, "parley_worker", 13));
	wire_text_fini(&text);
}
END_TEST

START_TEST(reports_a_lack_of_memory)
{
	struct server_stats report = make_report();
	struct wire_text text = { 0 };

	if (!malloc_can_fail())
		return;
	malloc_fail_at(1);
	stats_write_json(&text, &report);
	malloc_fail_at(0);
	ck_assert(text.failed);
	wire_text_fini(&text);
}
END_TEST

SUITE(stats_format)
{
	tcase_add_test(tests, writes_valid_json);
	tcase_add_test(tests, writes_a_history);
	tcase_add_loop_test(tests, writes_the_prometheus_format, 0,
	    COUNT_OF(lines));
	tcase_add_test(tests, omits_a_store_that_does_not_exist);
	tcase_add_test(tests, omits_workers_of_a_server_that_has_one_thread);
	tcase_add_test(tests, reports_a_lack_of_memory);
}
