#include "transport/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "domain/clock.h"
#include "domain/id_source.h"
#include "domain/room.h"
#include "wire/json/json_fields.h"

/*
 * Connections that a watch of a room or member has seen there: their pauses and
 * ends concern it, too. The oldest is forgotten.
 */
#define CONNECTIONS_KNOWN 64

struct trace_watch {
	struct trace_watch *next;
	struct trace_config config;
	char room[ROOM_ID_SIZE];
	char member[ID_SIZE];
	uint32_t connections[CONNECTIONS_KNOWN];
	unsigned connection_count; /* ever seen */
	uint64_t sampled;          /* entries that a sample is taken of */
	uint64_t dropped;
	struct wire_text lines;
};

static const char *const kind_words[] = {
#define X(constant, word) [constant] = word,
	TRACE_KINDS(X)
#undef X
};

/* --- filters ------------------------------------------------------------- */

static bool
watch_knows(const struct trace_watch *watch, uint32_t connection)
{
	for (size_t i = 0; i < CONNECTIONS_KNOWN; i++)
		if (watch->connections[i] == connection)
			return true;
	return false;
}

static void
watch_learn(struct trace_watch *watch, uint32_t connection)
{
	if (connection == 0 || watch_knows(watch, connection))
		return;
	watch->connections[watch->connection_count++ % CONNECTIONS_KNOWN] =
	    connection;
}

/*
 * Entries that name no room, of a connection: its refusals, pauses and its end,
 * not commands that have nothing to do with the room.
 */
static bool
watch_concerns_known(const struct trace_watch *watch,
    const struct trace_entry *entry)
{
	return entry->connection != 0 && entry->room.len == 0 &&
	       entry->kind != TRACE_ACCEPTED &&
	       watch_knows(watch, entry->connection);
}

static bool
watch_concerns(struct trace_watch *watch, const struct trace_entry *entry)
{
	const struct trace_config *config = &watch->config;

	if (config->connection != 0)
		return entry->connection == config->connection;
	if (!str_equal(entry->room, config->room) &&
	    !str_equal(entry->member, config->member))
		return watch_concerns_known(watch, entry);
	watch_learn(watch, entry->connection);
	return true;
}

/* Only entries that are frequent in normal operation are sampled. */
static bool
watch_skips(struct trace_watch *watch, const struct trace_entry *entry)
{
	if (watch->config.sample <= 1 ||
	    (entry->kind != TRACE_ACCEPTED && entry->kind != TRACE_PUBLISHED &&
		entry->kind != TRACE_SENT))
		return false;
	return watch->sampled++ % watch->config.sample != 0;
}

/* --- lines ---------------------------------------------------------------- */

static void
entry_put_text(struct wire_text *out, struct str head, struct str text)
{
	if (text.len == 0)
		return;
	wire_text_append(out, head);
	json_put_string(out, text);
}

static void
entry_put_number(struct wire_text *out, struct str head, uint64_t number)
{
	if (number != 0)
		json_field_unsigned(out, head, number);
}

static void
entry_put(struct trace_watch *watch, const struct trace_entry *entry,
    int64_t now_ms)
{
	struct wire_text *out = &watch->lines;

	json_field_signed(out, STR("{\"at_ms\":"), now_ms);
	entry_put_text(out, STR(",\"event\":"),
	    str_from(kind_words[entry->kind]));
	entry_put_number(out, STR(",\"connection\":"), entry->connection);
	entry_put_text(out, STR(",\"member\":"), entry->member);
	entry_put_text(out, STR(",\"room\":"), entry->room);
	entry_put_text(out, STR(",\"what\":"), entry->what);
	entry_put_text(out, STR(",\"why\":"), entry->why);
	entry_put_text(out, STR(",\"detail\":"), entry->detail);
	entry_put_number(out, STR(",\"limit\":"), entry->limit);
	entry_put_number(out, STR(",\"code\":"), entry->code);
	entry_put_number(out, STR(",\"seq\":"), entry->seq);
	if (entry->has_count)
		json_field_unsigned(out, STR(",\"count\":"), entry->count);
	entry_put_number(out, STR(",\"behind\":"), entry->behind);
	entry_put_number(out, STR(",\"dropped\":"), watch->dropped);
	wire_text_append(out, STR("}\n"));
	watch->dropped = 0;
}

void
trace_put(struct trace *trace, const struct trace_entry *entry)
{
	int64_t now_ms = clock_wall_ms(trace->clock);

	for (struct trace_watch *watch = trace->watches; watch != NULL;
	     watch = watch->next) {
		if (!watch_concerns(watch, entry) || watch_skips(watch, entry))
			continue;
		if (watch->lines.len >= TRACE_BYTES_MOST ||
		    watch->lines.failed) {
			watch->dropped++;
			continue;
		}
		entry_put(watch, entry, now_ms);
		watch->config.wake(watch->config.arg);
	}
}

/* --- watches -------------------------------------------------------------- */

/* An absent text differs from all. */
static struct str
config_copy(struct str text, char *out, size_t size)
{
	if (text.len == 0 || text.len >= size)
		return STR("\n");
	memcpy(out, text.data, text.len);
	return str_slice(out, text.len);
}

struct trace_watch *
trace_watch_add(struct trace *trace, const struct trace_config *config)
{
	struct trace_watch *watch = calloc(1, sizeof(*watch));

	assert((config->room.len > 0) + (config->member.len > 0) +
		   (config->connection != 0) ==
	       1);
	if (watch == NULL)
		return NULL;
	watch->config = *config;
	watch->config.room =
	    config_copy(config->room, watch->room, sizeof(watch->room));
	watch->config.member =
	    config_copy(config->member, watch->member, sizeof(watch->member));
	watch->next = trace->watches;
	trace->watches = watch;
	return watch;
}

void
trace_watch_remove(struct trace *trace, struct trace_watch *watch)
{
	struct trace_watch **at = &trace->watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	wire_text_fini(&watch->lines);
	free(watch);
}

/* Lines that there was no memory for are missing like dropped ones. */
void
trace_watch_take(struct trace_watch *watch, struct wire_text *out)
{
	if (watch->lines.failed)
		watch->dropped++;
	else if (watch->lines.len > 0)
		wire_text_append(out,
		    str_slice(watch->lines.data, watch->lines.len));
	wire_text_fini(&watch->lines);
}
