#include "transport/monitor.h"

#include <string.h>

#include "domain/server_stats.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/transport/recorder.h"
#include "transport/http/http.h"

static struct recorder recorder;
static struct http_response response;
static int answer;

static void
report_fill(struct server_stats *out, void *arg)
{
	(void)arg;
	out->server = STR("parley/1");
	out->messages = (uint64_t)++answer;
}

static void
setup(void)
{
	answer = 0;
	recorder_init(&recorder);
	recorder.rig.host_ops.server_stats = report_fill;
}

static void
monitor_request(const struct monitor_format *format)
{
	memset(&response, 0, sizeof(response));
	monitor_answer(&recorder.rig.worker, format, &response);
}

static bool
response_has(const char *text)
{
	return memmem(response.body.data, response.body.len, text,
		   strlen(text)) != NULL;
}

START_TEST(has_the_figures_of_service_and_chat)
{
	setup();
	recorder.rig.worker.ws.open_count = 7;
	recorder.rig.worker.loop.meter.commands = 5;
	monitor_request(&monitor_json);
	ck_assert_int_eq(response.status, 200);
	ck_assert(response_has("{\"server\":\"parley/1\","));
	ck_assert(response_has(",\"connections\":7,"));
	ck_assert(response_has(",\"commands\":5,\"messages\":1,"));
	monitor_request(&monitor_metrics);
	ck_assert(response_has("\nparley_connections 7\n"));
	recorder.rig.worker.ws.open_count = 0;
	recorder_fini(&recorder);
}
END_TEST

START_TEST(looks_at_the_chat_no_more_than_a_few_times_a_second)
{
	setup();
	for (int i = 0; i < 100; i++)
		monitor_request(&monitor_json);
	ck_assert_int_eq(answer, 1);
	rig_pass(&recorder.rig, 100);
	monitor_request(&monitor_json);
	ck_assert_int_eq(answer, 1);
	rig_pass(&recorder.rig, 100);
	monitor_request(&monitor_json);
	ck_assert_int_eq(answer, 2);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(keeps_curves_of_an_hour)
{
	setup();
	monitor_tick(&recorder.rig.worker);
	monitor_tick(&recorder.rig.worker);
	ck_assert_int_eq(answer, 1);
	rig_pass(&recorder.rig, 30000);
	monitor_tick(&recorder.rig.worker);
	memset(&response, 0, sizeof(response));
	monitor_answer_history(&recorder.rig.worker, &response);
	ck_assert_int_eq(response.status, 200);
	ck_assert(response_has("{\"every_ms\":30000,\"samples\":["
			       "{\"uptime_ms\":0,"));
	ck_assert(response_has(",{\"uptime_ms\":30000,"));
	ck_assert(response_has(",\"messages\":2,"));
	recorder_fini(&recorder);
}
END_TEST

START_TEST(answers_503_without_memory)
{
	if (!malloc_can_fail())
		return;
	setup();
	malloc_fail_at(1);
	monitor_request(&monitor_json);
	malloc_fail_at(0);
	ck_assert_int_eq(response.status, 503);
	recorder_fini(&recorder);
}
END_TEST

START_TEST(times_the_commands_of_a_client)
{
	struct client client;

	setup();
	recorder_meet(&recorder, &client, 0);
	client_send_frame(&client, WS_TEXT, "hi", 2);
	rig_turn(&recorder.rig);
	monitor_request(&monitor_metrics);
	ck_assert(response_has("\nparley_connections_opened_total 1\n"));
	ck_assert(response_has("\nparley_commands_total 1\n"));
	ck_assert(response_has("\nparley_latency_seconds_count 1\n"));
	recorder_fini(&recorder);
	client_fini(&client);
}
END_TEST

SUITE(monitor)
{
	tcase_add_test(tests, has_the_figures_of_service_and_chat);
	tcase_add_test(tests,
	    looks_at_the_chat_no_more_than_a_few_times_a_second);
	tcase_add_test(tests, keeps_curves_of_an_hour);
	tcase_add_test(tests, answers_503_without_memory);
	tcase_add_test(tests, times_the_commands_of_a_client);
}
