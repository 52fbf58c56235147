#include "wire/dotnet/dotnet_monitor.h"

#include <stdio.h>
#include <string.h>

#include "domain/command_log.h"
#include "tests/suite.h"
#include "tests/support/failing_malloc.h"
#include "wire/common/http_compat.h"
#include "wire/common/wire_text.h"

#define NOW_MS INT64_C(1754269323000)

static struct command_log command_log;
static struct wire_text body;
static struct room monitored_room;

static bool
monitor_get_name(struct str id, char out[MEMBER_NAME_SIZE], void *arg)
{
	(void)arg;
	*str_put(out, id) = '\0';
	return true;
}

static bool
monitor_get_room(struct str id, struct room *out, void *arg)
{
	(void)arg;
	*out = monitored_room;
	return str_equal(id, str_from(monitored_room.id));
}

static void
monitor_each_room(struct str name, room_visit *visit, void *visitor, void *arg)
{
	(void)name;
	(void)arg;
	visit(&monitored_room, visitor);
}

static void
monitor_each_member(struct str room, void (*visit)(struct str, void *),
    void *visitor, void *arg)
{
	(void)room;
	(void)arg;
	visit(STR("ann"), visitor);
	visit(STR("bob"), visitor);
}

/* The query of the test. */
static bool
monitor_get_parameter(const char *name, char *out, size_t size,
    const void *request)
{
	(void)size;
	return sscanf(request, strcmp(name, "limit") == 0 ? "limit=%7s" : "!",
		   out) == 1;
}

static void
log_add(const char *type, const char *username, uint64_t took_us,
    const char *error)
{
	struct command_record record = {
		.at_ms = NOW_MS,
		.took_us = took_us,
	};

	snprintf(record.type, sizeof(record.type), "%s", type);
	snprintf(record.username, sizeof(record.username), "%s", username);
	snprintf(record.error, sizeof(record.error), "%s", error);
	command_log_add(&command_log, &record);
}

static void
setup(void)
{
	wire_text_init(&body);
	memset(&command_log, 0, sizeof(command_log));
	monitored_room = (struct room){
		.id = "r1",
		.name = "dev",
		.creator = "ann",
		.created_ms = NOW_MS,
		.member_count = 2,
	};
	for (uint64_t i = 1; i <= 100; i++)
		log_add("listUsers", "ann", i * 1000, "");
	log_add("createRoom", "bob", 250, "Room is full");
}

static void
teardown(void)
{
	command_log_fini(&command_log);
	wire_text_fini(&body);
}

static int
monitor_get(const char *path, const char *query)
{
	const struct monitored chat = {
		.log = &command_log,
		.now_ms = NOW_MS,
		.connections = 3,
		.get_name = monitor_get_name,
		.get_room = monitor_get_room,
		.each_room = monitor_each_room,
		.each_member = monitor_each_member,
		.get_parameter = monitor_get_parameter,
		.request = query,
	};
	const struct http_compat_request request = {
		.path = str_from(path),
		.monitored = &chat,
	};
	struct http_compat_response response = { .body = &body };

	wire_text_reset(&body);
	/* No ck_assert(): it needs memory. */
	return dotnet_monitor_answer(&request, &response) ? response.status : 0;
}

static bool
body_has(const char *text)
{
	return memmem(body.data, body.len, text, strlen(text)) != NULL;
}

static const char *const paths[] = {
	"/api/monitoring/status",
	"/api/monitoring/commands/stats",
	"/api/monitoring/commands/recent",
	"/api/monitoring/commands/errors",
	"/api/monitoring/users/activity",
	"/api/monitoring/users/ann/commands",
	"/api/monitoring/users/ann/rooms",
	"/api/monitoring/dashboard",
	"/api/monitoring/performance",
	"/api/monitoring/rooms",
	"/api/monitoring/rooms/r1",
	"/api/monitoring/rooms/r1/members",
	"/api/monitoring/rooms/stats",
	"/api/monitoring/rooms/none",
};

START_TEST(without_memory_the_answer_is_500)
{
	int status;

	if (!malloc_can_fail())
		return;
	for (unsigned nth = 1;; nth++) {
		wire_text_fini(&body);
		wire_text_init(&body);
		malloc_fail_at(nth);
		status = monitor_get(paths[_i], "");
		malloc_fail_at(0);
		if (!malloc_has_failed())
			break;
		ck_assert_int_eq(status, 500);
		ck_assert(body_has("Internal server error"));
		ck_assert_uint_eq(body.len, 21);
	}
	ck_assert(!body.failed);
	ck_assert_uint_gt(body.len, 0);
}
END_TEST

START_TEST(a_record_that_finds_no_memory_is_not_kept)
{
	if (!malloc_can_fail())
		return;
	command_log_fini(&command_log);
	memset(&command_log, 0, sizeof(command_log));
	malloc_fail_at(1);
	log_add("listUsers", "ann", 1, "");
	malloc_fail_at(0);
	ck_assert_int_eq(monitor_get(paths[0], ""), 200);
	ck_assert(body_has("\"totalCommandsToday\":"));
	ck_assert_uint_eq(command_log_kept(&command_log), 0);
}
END_TEST

START_TEST(a_type_has_its_figures)
{
	ck_assert_int_eq(monitor_get(paths[1], ""), 200);
	ck_assert(body_has("{\"commandType\":\"listUsers\",\"count\":100,"
			   "\"avgExecutionTimeMs\":50.500,"
			   "\"successRate\":1.000,"));
	ck_assert(body_has("{\"commandType\":\"createRoom\",\"count\":1,"
			   "\"avgExecutionTimeMs\":0.250,"
			   "\"successRate\":0.000,"));
}
END_TEST

START_TEST(no_more_is_listed_than_was_asked_for)
{
	ck_assert_int_eq(monitor_get(paths[2], "limit=1"), 200);
	ck_assert(body_has("\"errorMessage\":\"Room is full\""));
	ck_assert(!body_has("\"commandType\":\"listUsers\""));
}
END_TEST

SUITE(dotnet_monitor)
{
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, without_memory_the_answer_is_500, 0,
	    COUNT_OF(paths));
	tcase_add_test(tests, a_record_that_finds_no_memory_is_not_kept);
	tcase_add_test(tests, a_type_has_its_figures);
	tcase_add_test(tests, no_more_is_listed_than_was_asked_for);
}
