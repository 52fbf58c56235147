/* What operators see of commands: each, by type, and by user. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/common/timestamps.h"
#include "wire/dotnet/dotnet_monitor_internal.h"
#include "wire/json/json_fields.h"

#define USERS_MOST 256

const struct command_record *
selection_next(const struct selection *selection, size_t *n)
{
	while (*n < command_log_kept(selection->log)) {
		const struct command_record *record =
		    command_log_newest(selection->log, (*n)++);

		if (record->at_ms >= selection->from_ms &&
		    record->at_ms <= selection->to_ms &&
		    (selection->username.data == NULL ||
			str_equal(str_from(record->username),
			    selection->username)) &&
		    (!selection->only_errors || record->error[0] != '\0'))
			return record;
	}
	return NULL;
}

void
monitor_thousandths_put(struct wire_text *out, struct str head,
    uint64_t thousandths)
{
	char digits[4] = { '.', (char)('0' + thousandths / 100 % 10),
		(char)('0' + thousandths / 10 % 10),
		(char)('0' + thousandths % 10) };

	json_field_unsigned(out, head, thousandths / 1000);
	wire_text_append(out, str_slice(digits, sizeof(digits)));
}

static void
monitor_record_put(struct wire_text *out, const struct command_record *record)
{
	bool success = record->error[0] == '\0';
	char number[24];

	snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)record->number);
	json_field_string(out, STR("{\"id\":"), str_from(number));
	timestamp_put_utc(out, STR(",\"timestamp\":"), record->at_ms);
	json_field_string(out, STR(",\"clientId\":"),
	    str_from(record->client_id));
	json_field_string(out, STR(",\"username\":"),
	    str_from(record->username));
	json_field_string(out, STR(",\"commandType\":"),
	    str_from(record->type));
	json_field_string(out, STR(",\"parameters\":"),
	    str_from(record->parameters));
	json_field_boolean(out, STR(",\"success\":"), success);
	if (success)
		wire_text_append(out, STR(",\"errorMessage\":null"));
	else
		json_field_string(out, STR(",\"errorMessage\":"),
		    str_from(record->error));
	monitor_thousandths_put(out, STR(",\"executionTimeMs\":"),
	    record->took_us);
	wire_text_append(out, STR(",\"responseData\":null,\"ipAddress\":null,"
				  "\"userAgent\":null}"));
}

void
monitor_records_put(struct wire_text *out, const struct selection *selection)
{
	const struct command_record *record;
	size_t n = 0;

	wire_text_append(out, STR("["));
	for (size_t i = 0; i < selection->limit &&
			   (record = selection_next(selection, &n)) != NULL;
	     i++) {
		wire_text_append_if(out, i > 0, STR(","));
		monitor_record_put(out, record);
	}
	wire_text_append(out, STR("]"));
}

static struct type_stats *
types_find(struct types *types, const char *type)
{
	size_t i = 0;

	while (i < types->count && strcmp(types->items[i].type, type) != 0)
		i++;
	if (i == types->count && types->count < TYPES_MOST)
		types->items[types->count++] =
		    (struct type_stats){ .type = type };
	return i < TYPES_MOST ? &types->items[i] : NULL;
}

static int
types_compare(const void *a, const void *b)
{
	const struct type_stats *first = a, *second = b;

	return (first->count < second->count) - (first->count > second->count);
}

struct types
monitor_types_collect(const struct selection *selection)
{
	struct types types = { .count = 0 };
	const struct command_record *record;
	size_t n = 0;

	while ((record = selection_next(selection, &n)) != NULL) {
		struct type_stats *stats = types_find(&types, record->type);

		if (stats == NULL)
			continue;
		stats->count++;
		stats->failed += record->error[0] != '\0';
		stats->took_us += record->took_us;
		if (record->at_ms > stats->last_ms)
			stats->last_ms = record->at_ms;
	}
	qsort(types.items, types.count, sizeof(types.items[0]), types_compare);
	return types;
}

static void
type_put(struct wire_text *out, const struct type_stats *stats)
{
	json_field_string(out, STR("{\"commandType\":"), str_from(stats->type));
	json_field_unsigned(out, STR(",\"count\":"), stats->count);
	monitor_thousandths_put(out, STR(",\"avgExecutionTimeMs\":"),
	    stats->took_us / stats->count);
	monitor_thousandths_put(out, STR(",\"successRate\":"),
	    (stats->count - stats->failed) * 1000 / stats->count);
	timestamp_put_utc(out, STR(",\"lastExecuted\":"), stats->last_ms);
	wire_text_append(out, STR("}"));
}

typedef bool type_filter(const struct type_stats *);

static bool
type_is_any(const struct type_stats *stats)
{
	(void)stats;
	return true;
}

static bool
type_is_slow(const struct type_stats *stats)
{
	return stats->took_us / stats->count > 1000 * 1000;
}

static bool
type_is_fast(const struct type_stats *stats)
{
	return stats->took_us / stats->count <= 100 * 1000;
}

static bool
type_fails(const struct type_stats *stats)
{
	return (stats->count - stats->failed) * 100 < stats->count * 95;
}

static void
types_put_some(struct wire_text *out, struct str head,
    const struct types *types, type_filter *filter, size_t most)
{
	size_t count = 0;

	wire_text_append(out, head);
	wire_text_append(out, STR("["));
	for (size_t i = 0; i < types->count && count < most; i++) {
		if (!filter(&types->items[i]))
			continue;
		wire_text_append_if(out, count++ > 0, STR(","));
		type_put(out, &types->items[i]);
	}
	wire_text_append(out, STR("]"));
}

void
monitor_types_put(struct wire_text *out, struct str head,
    const struct types *types, size_t most)
{
	types_put_some(out, head, types, type_is_any, most);
}

void
monitor_stats_put(struct wire_text *out, struct str head,
    const struct selection *selection)
{
	struct types types = monitor_types_collect(selection);

	monitor_types_put(out, head, &types, TYPES_MOST);
}

void
monitor_performance_put(struct wire_text *out,
    const struct selection *selection)
{
	struct types types = monitor_types_collect(selection);

	types_put_some(out, STR("{\"slowCommands\":"), &types, type_is_slow,
	    TYPES_MOST);
	types_put_some(out, STR(",\"fastCommands\":"), &types, type_is_fast,
	    TYPES_MOST);
	monitor_types_put(out, STR(",\"mostUsed\":"), &types, 10);
	types_put_some(out, STR(",\"worstPerforming\":"), &types, type_fails,
	    TYPES_MOST);
	wire_text_append(out, STR("}"));
}

struct user_stats {
	const char *username;
	uint64_t count;
	int64_t first_ms;
	int64_t last_ms;
};

static int
monitor_users_compare(const void *a, const void *b)
{
	const struct user_stats *first = a, *second = b;

	return (first->count < second->count) - (first->count > second->count);
}

static size_t
users_collect(const struct selection *selection,
    struct user_stats users[USERS_MOST])
{
	const struct command_record *record;
	size_t count = 0, n = 0;

	while ((record = selection_next(selection, &n)) != NULL) {
		size_t i = 0;

		while (i < count &&
		       strcmp(users[i].username, record->username) != 0)
			i++;
		if (i == USERS_MOST)
			continue;
		if (i == count)
			users[count++] = (struct user_stats){
				.username = record->username,
				.last_ms = record->at_ms,
			};
		users[i].count++;
		users[i].first_ms = record->at_ms;
	}
	if (count > 1)
		qsort(users, count, sizeof(users[0]), monitor_users_compare);
	return count;
}

void
monitor_users_put(struct wire_text *out, const struct selection *selection)
{
	struct user_stats users[USERS_MOST];
	size_t count = users_collect(selection, users);

	wire_text_append(out, STR("["));
	for (size_t i = 0; i < count && i < selection->limit; i++) {
		struct selection of_user = *selection;
		struct types types;

		of_user.username = str_from(users[i].username);
		types = monitor_types_collect(&of_user);
		json_field_string(out,
		    i > 0 ? STR(",{\"username\":") : STR("{\"username\":"),
		    of_user.username);
		json_field_unsigned(out, STR(",\"commandCount\":"),
		    users[i].count);
		timestamp_put_utc(out, STR(",\"firstSeen\":"),
		    users[i].first_ms);
		timestamp_put_utc(out, STR(",\"lastSeen\":"), users[i].last_ms);
		monitor_types_put(out, STR(",\"topCommands\":"), &types,
		    TOP_MOST);
		wire_text_append(out, STR("}"));
	}
	wire_text_append(out, STR("]"));
}
