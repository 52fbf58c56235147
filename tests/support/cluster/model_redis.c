#include "tests/support/cluster/model_redis.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/place.h"
#include "domain/base/array.h"

enum {
	ENTRY_PLACE,
	ENTRY_CHAIN,
	ENTRY_ORIGIN,
	ENTRY_KEY,
	ENTRY_TOPIC,
	ENTRY_AT,
	ENTRY_PAYLOAD,
	ENTRY_TEXTS
};

struct model_entry {
	struct place place;
	struct str text[ENTRY_TEXTS];
};

struct model_field {
	struct str name;
	struct str value;
};

struct model_log {
	struct str name;
	struct model_entry *entries;
	size_t count;
	size_t capacity;
	struct model_field *fields;
	size_t field_count;
	size_t field_capacity;
};

struct model_lease {
	struct str node;
	struct str value;
	int64_t end_ms;
};

struct model_redis {
	int64_t now_ms;
	unsigned generation;
	bool forgets_origins;
	struct model_log *logs;
	size_t log_count;
	size_t log_capacity;
	struct model_lease *leases;
	size_t lease_count;
	size_t lease_capacity;
};

/* --- texts ---------------------------------------------------------------- */

static struct str
text_own(struct str text)
{
	char *copy = malloc(text.len + 1);

	if (copy == NULL)
		abort();
	*str_put(copy, text) = '\0';
	return str_slice(copy, text.len);
}

static void
text_free(struct str text)
{
	free((char *)(uintptr_t)text.data);
}

static void
text_replace(struct str *at, struct str text)
{
	text_free(*at);
	*at = text_own(text);
}

static void *
model_array_add(void *array, size_t count, size_t *capacity, size_t size)
{
	array = array_grow(array, count, capacity, size);
	if (array == NULL)
		abort();
	return array;
}

void
model_texts_add(struct model_texts *texts, struct str text)
{
	texts->at = model_array_add(texts->at, texts->count, &texts->capacity,
	    sizeof(*texts->at));
	texts->at[texts->count++] = text_own(text);
}

void
model_texts_copy(struct model_texts *texts, const struct str *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		model_texts_add(texts, at[i]);
}

void
model_texts_fini(struct model_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		text_free(texts->at[i]);
	free(texts->at);
	*texts = (struct model_texts){ 0 };
}

static void
number_add(struct model_texts *texts, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	model_texts_add(texts, str_from(text));
}

static void
place_add(struct model_texts *texts, const struct place *place)
{
	char text[PLACE_TEXT_SIZE];

	model_texts_add(texts, place_format(place, text));
	model_texts_add(texts, str_from(place->chain));
}

static void
model_entry_add(struct model_texts *texts, const struct model_entry *entry)
{
	model_texts_copy(texts, entry->text, ENTRY_TEXTS);
}

static int64_t
number_of(struct str text)
{
	return strtoll(text.data, NULL, 10);
}

void
model_chain_next(char chain[17], struct str origin)
{
	unsigned char digest[SHA_DIGEST_LENGTH];
	char before[17 + 256];
	size_t len = strlen(chain);

	assert(origin.len <= 256);
	str_put(str_put(before, str_slice(chain, len)), origin);
	SHA1((const unsigned char *)before, len + origin.len, digest);
	for (int i = 0; i < 8; i++)
		snprintf(chain + 2 * i, 3, "%02x", digest[i]);
}

/* --- logs ----------------------------------------------------------------- */

static struct model_log *
log_find(struct model_redis *redis, struct str name)
{
	struct model_log *log;

	for (size_t i = 0; i < redis->log_count; i++)
		if (str_equal(redis->logs[i].name, name))
			return &redis->logs[i];
	redis->logs = model_array_add(redis->logs, redis->log_count,
	    &redis->log_capacity, sizeof(*redis->logs));
	log = &redis->logs[redis->log_count++];
	*log = (struct model_log){ .name = text_own(name) };
	return log;
}

static void
entry_free(struct model_entry *entry)
{
	for (int i = 0; i < ENTRY_TEXTS; i++)
		text_free(entry->text[i]);
}

static void
entries_clear(struct model_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		entry_free(&log->entries[i]);
	log->count = 0;
}

static void
fields_clear(struct model_log *log)
{
	for (size_t i = 0; i < log->field_count; i++) {
		text_free(log->fields[i].name);
		text_free(log->fields[i].value);
	}
	log->field_count = 0;
}

static struct model_field *
field_find(const struct model_log *log, struct str name)
{
	for (size_t i = 0; i < log->field_count; i++)
		if (str_equal(log->fields[i].name, name))
			return &log->fields[i];
	return NULL;
}

static void
field_remove(struct model_log *log, struct str name)
{
	struct model_field *field = field_find(log, name);

	if (field == NULL)
		return;
	text_free(field->name);
	text_free(field->value);
	*field = log->fields[--log->field_count];
}

static void
field_set(struct model_log *log, struct str name, struct str value)
{
	field_remove(log, name);
	log->fields = model_array_add(log->fields, log->field_count,
	    &log->field_capacity, sizeof(*log->fields));
	log->fields[log->field_count++] =
	    (struct model_field){ text_own(name), text_own(value) };
}

/* A log that is not empty has a mark: a field without a name. */
static const struct model_entry *
log_last(const struct model_log *log)
{
	if (log->count == 0 || field_find(log, STR("")) == NULL)
		return NULL;
	return &log->entries[log->count - 1];
}

static struct place
log_top(const struct model_log *log)
{
	const struct model_entry *last = log_last(log);

	return last == NULL ? (struct place){ 0 } : last->place;
}

/* The mark of a log that is open: the generation, '+' if it is empty. */
static void
mark_write(const struct model_redis *redis, const struct model_log *log,
    char out[24])
{
	snprintf(out, 24, "%u%s", redis->generation,
	    log->count == 0 ? "+" : "");
}

static void
log_open(const struct model_redis *redis, struct model_log *log)
{
	char mark[24];

	mark_write(redis, log, mark);
	field_set(log, STR(""), str_from(mark));
}

static bool
log_is_open(const struct model_redis *redis, const struct model_log *log)
{
	const struct model_field *field = field_find(log, STR(""));
	char mark[24];

	mark_write(redis, log, mark);
	return field != NULL && str_equal(field->value, str_from(mark));
}

static void
log_append(struct model_log *log, const struct place *place,
    const struct str text[ENTRY_TEXTS])
{
	char written[PLACE_TEXT_SIZE];
	struct model_entry *entry;

	log->entries = model_array_add(log->entries, log->count, &log->capacity,
	    sizeof(*log->entries));
	entry = &log->entries[log->count++];
	entry->place = *place;
	for (int i = ENTRY_ORIGIN; i < ENTRY_TEXTS; i++)
		entry->text[i] = text_own(text[i]);
	entry->text[ENTRY_PLACE] = text_own(place_format(place, written));
	entry->text[ENTRY_CHAIN] = text_own(str_from(entry->place.chain));
}

/* The index of the first entry behind a place. */
static size_t
log_behind(const struct model_log *log, const struct place *place)
{
	size_t i = log->count;

	while (i > 0 && place_compare(&log->entries[i - 1].place, place) > 0)
		i--;
	return i;
}

static const char *
log_differs(const struct model_redis *redis, const struct model_log *log,
    const struct place *known)
{
	struct place top = log_top(log);
	const struct model_entry *entry;
	char chain[17];
	size_t behind;

	if (place_compare(&top, known) < 0)
		return log_is_open(redis, log) ? "forked" : "behind";
	if (place_compare(&top, known) == 0)
		return strcmp(top.chain, known->chain) == 0 ? NULL : "forked";
	behind = log_behind(log, known);
	entry = behind == 0 ? NULL : &log->entries[behind - 1];
	if (entry != NULL && place_compare(&entry->place, known) == 0) {
		if (strcmp(entry->place.chain, known->chain) == 0)
			return NULL;
		return entry->place.chain[0] == '\0' ? "trimmed" : "forked";
	}
	entry = &log->entries[behind];
	strcpy(chain, known->chain);
	model_chain_next(chain, entry->text[ENTRY_ORIGIN]);
	if (strcmp(chain, entry->place.chain) == 0)
		return NULL;
	/* There is nothing between a place and its next sub. */
	return entry->place.chain[0] != '\0' &&
		       entry->place.number == known->number &&
		       entry->place.sub == known->sub + 1
		   ? "forked"
		   : "trimmed";
}

/* All entries below a number, but the last. */
static void
log_trim(struct model_log *log, uint64_t number)
{
	size_t gone = 0;

	while (gone + 1 < log->count &&
	       log->entries[gone].place.number < number &&
	       log->entries[gone].place.number < log_top(log).number)
		entry_free(&log->entries[gone++]);
	log->count -= gone;
	if (gone > 0)
		memmove(log->entries, log->entries + gone,
		    log->count * sizeof(*log->entries));
}

/* --- scripts -------------------------------------------------------------- */

static void
state_add(struct model_texts *reply, const char *word,
    const struct model_log *log)
{
	struct place top = log_top(log);

	model_texts_add(reply, str_from(word));
	place_add(reply, &top);
}

static bool
conditions_hold(struct model_log *log, const struct str *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str name =
		    str_slice(fields[i].data + 1, fields[i].len - 1);
		bool exists = field_find(log, name) != NULL;

		if ((fields[i].data[0] == '+' && !exists) ||
		    (fields[i].data[0] == '-' && exists))
			return false;
	}
	return true;
}

static void
fields_apply(struct model_log *log, const struct str *fields, size_t count,
    struct str payload)
{
	for (size_t i = 0; i < count; i++) {
		struct str name =
		    str_slice(fields[i].data + 1, fields[i].len - 1);

		if (fields[i].data[0] == '=')
			field_set(log, name, payload);
		else if (fields[i].data[0] == '!')
			field_remove(log, name);
	}
}

/* An entry of an append: origin, key, topic, at_ms, flags, payload, n. */
static bool
append_one(const struct model_redis *redis, struct model_log *log,
    size_t behind, const struct str *args, struct model_texts *reply)
{
	struct str text[ENTRY_TEXTS] = {
		[ENTRY_ORIGIN] = args[0],
		[ENTRY_KEY] = args[1],
		[ENTRY_TOPIC] = args[2],
		[ENTRY_AT] = args[3],
		[ENTRY_PAYLOAD] = args[5],
	};
	size_t field_count = (size_t)number_of(args[6]);
	const struct model_entry *found = NULL, *last = log_last(log);
	struct place place = log_top(log);
	const char *result = "~";
	bool is_topical = false;

	for (size_t i = behind; i < log->count; i++) {
		if (!redis->forgets_origins &&
		    str_equal(log->entries[i].text[ENTRY_ORIGIN], args[0]))
			found = &log->entries[i];
		if (str_equal(log->entries[i].text[ENTRY_TOPIC], args[2]))
			is_topical = true;
	}
	for (size_t i = behind; i < log->count && found == NULL; i++)
		if (args[1].len > 0 &&
		    str_equal(log->entries[i].text[ENTRY_KEY], args[1])) {
			found = &log->entries[i];
			result = "=";
		}
	if (found == NULL &&
	    ((memchr(args[4].data, 'x', args[4].len) != NULL && is_topical) ||
		!conditions_hold(log, args + 7, field_count))) {
		model_texts_add(reply, STR("!"));
		model_texts_add(reply, STR("0-0"));
		model_texts_add(reply, STR(""));
		model_texts_add(reply, STR("0"));
		return false;
	}
	if (found == NULL) {
		if (memchr(args[4].data, 'n', args[4].len) != NULL) {
			place.number++;
			place.sub = 0;
		} else
			place.sub++;
		if (last != NULL &&
		    number_of(last->text[ENTRY_AT]) >= number_of(args[3]))
			text[ENTRY_AT] = last->text[ENTRY_AT];
		model_chain_next(place.chain, args[0]);
		fields_apply(log, args + 7, field_count, args[5]);
		log_append(log, &place, text);
		if (last == NULL)
			log_open(redis, log);
	}
	model_texts_add(reply, str_from(found == NULL ? "+" : result));
	place_add(reply, found == NULL ? &place : &found->place);
	model_texts_add(reply, found == NULL
				   ? log->entries[log->count - 1].text[ENTRY_AT]
				   : found->text[ENTRY_AT]);
	return found == NULL;
}

static bool
run_append(struct model_redis *redis, struct model_log *log,
    const struct str *args, struct model_texts *reply,
    struct model_texts *published)
{
	struct place known, top = log_top(log);
	const char *differs;
	uint64_t trim = (uint64_t)number_of(args[2]);
	size_t behind, first, at = 4;
	char text[PLACE_TEXT_SIZE];
	bool appended = false;

	if (!place_parse(args[0], args[1], &known))
		return false;
	differs = log_differs(redis, log, &known);
	if (differs == NULL && !log_is_open(redis, log))
		differs = "closed";
	if (differs != NULL) {
		state_add(reply, differs, log);
		return true;
	}
	behind = log_behind(log, &known);
	first = log->count;
	model_texts_add(reply, STR("ok"));
	model_texts_add(reply, STR("")); /* the top: below */
	model_texts_add(reply, STR(""));
	for (int64_t i = 0; i < number_of(args[3]); i++) {
		if (append_one(redis, log, behind, args + at, reply))
			appended = true;
		at += 7 + (size_t)number_of(args[at + 6]);
	}
	if (appended) {
		place_add(published, &top);
		for (size_t i = first; i < log->count; i++)
			model_entry_add(published, &log->entries[i]);
	}
	top = log_top(log);
	text_replace(&reply->at[1], place_format(&top, text));
	text_replace(&reply->at[2], str_from(top.chain));
	if (appended)
		log_trim(log, trim);
	return true;
}

static bool
run_read(const struct model_log *log, struct model_texts *reply)
{
	const struct model_entry *last = log_last(log);
	struct place top = log_top(log);

	model_texts_add(reply, STR("ok"));
	place_add(reply, &top);
	model_texts_add(reply, last == NULL ? STR("0") : last->text[ENTRY_AT]);
	number_add(reply, last == NULL ? 0 : log->field_count - 1);
	if (last == NULL)
		return true;
	for (size_t i = 0; i < log->field_count; i++) {
		if (log->fields[i].name.len == 0)
			continue;
		model_texts_add(reply, log->fields[i].name);
		model_texts_add(reply, log->fields[i].value);
	}
	for (size_t i = 0; i < log->count; i++)
		model_entry_add(reply, &log->entries[i]);
	return true;
}

static bool
run_range(const struct model_redis *redis, const struct model_log *log,
    const struct str *args, struct model_texts *reply)
{
	struct place known;
	const char *differs;
	size_t end;

	if (!place_parse(args[0], args[1], &known))
		return false;
	differs = log_differs(redis, log, &known);
	state_add(reply, differs == NULL ? "ok" : differs, log);
	if (differs != NULL || log_last(log) == NULL)
		return true;
	end = log_behind(log, &known) + (size_t)number_of(args[2]);
	for (size_t i = log_behind(log, &known); i < log->count && i < end; i++)
		model_entry_add(reply, &log->entries[i]);
	return true;
}

/*
 * Whether the entries continue each other, and `last`: what is before them, and
 * then the last one.
 */
static bool
entries_continue(struct place *last, bool is_whole, const struct str *args,
    size_t count)
{
	struct place place;

	for (size_t i = 0; i < count; i += ENTRY_TEXTS) {
		if (!place_parse(args[i], args[i + 1], &place))
			return false;
		if ((!is_whole || i > 0) && place_compare(last, &place) >= 0)
			return false;
		if (!is_whole || last->chain[0] != '\0') {
			model_chain_next(last->chain, args[i + 2]);
			if (strcmp(last->chain, place.chain) != 0)
				return false;
		}
		*last = place;
	}
	return last->chain[0] != '\0' || (last->number == 0 && last->sub == 0);
}

/* Where the arguments of BROKER_HEAL are. */
enum {
	HEAL_OPENS = 2,
	HEAL_ORIGIN,
	HEAL_AT,
	HEAL_PAYLOAD,
	HEAL_FIELDS,
	HEAL_FIRST_FIELD
};

static void
heal_add(struct model_log *log, const struct place *place,
    const struct str *text, struct model_texts *published)
{
	log_append(log, place, text);
	model_entry_add(published, &log->entries[log->count - 1]);
}

static void
heal_write(struct model_log *log, const struct str *args, size_t first,
    size_t arg_count, struct model_texts *published)
{
	struct place place;

	if (log->count == 0 || args[HEAL_FIELDS].len > 0)
		fields_clear(log);
	field_set(log, STR(""), STR(""));
	for (size_t i = HEAL_FIRST_FIELD; i < first; i += 2)
		field_set(log, args[i], args[i + 1]);
	model_texts_copy(published, args, 2);
	for (size_t i = first; i < arg_count; i += ENTRY_TEXTS) {
		if (!place_parse(args[i], args[i + 1], &place))
			abort();
		heal_add(log, &place, args + i, published);
	}
}

/* The entry that follows the others. */
static void
heal_add_last(struct model_log *log, struct place last, const struct str *args,
    struct model_texts *published)
{
	struct str text[ENTRY_TEXTS] = {
		[ENTRY_ORIGIN] = args[HEAL_ORIGIN],
		[ENTRY_KEY] = STR(""),
		[ENTRY_TOPIC] = STR(""),
		[ENTRY_AT] = args[HEAL_AT],
		[ENTRY_PAYLOAD] = args[HEAL_PAYLOAD],
	};
	const struct model_entry *before = log_last(log);

	if (before != NULL &&
	    number_of(before->text[ENTRY_AT]) > number_of(text[ENTRY_AT]))
		text[ENTRY_AT] = before->text[ENTRY_AT];
	last.sub++;
	model_chain_next(last.chain, args[HEAL_ORIGIN]);
	heal_add(log, &last, text, published);
}

static bool
run_heal(struct model_redis *redis, struct model_log *log,
    const struct str *args, size_t arg_count, struct model_texts *reply,
    struct model_texts *published)
{
	struct place before = { 0 }, last, top = log_top(log);
	bool is_whole = str_equal(args[0], STR("*"));
	bool opens = str_equal(args[HEAL_OPENS], STR("1"));
	size_t first =
	    HEAL_FIRST_FIELD + 2 * (size_t)number_of(args[HEAL_FIELDS]);

	if (first > arg_count || (arg_count - first) % ENTRY_TEXTS != 0 ||
	    (first == arg_count && (is_whole || !opens)) ||
	    (!is_whole && !place_parse(args[0], args[1], &before)))
		return false;
	last = before;
	if (is_whole &&
	    !place_parse(args[arg_count - 7], args[arg_count - 6], &last))
		return false;
	if (log_is_open(redis, log) ||
	    (is_whole ? place_compare(&top, &last) >= 0
		      : place_compare(&top, &before) != 0 ||
			    strcmp(top.chain, before.chain) != 0)) {
		state_add(reply, "forked", log);
		return true;
	}
	last = before;
	if (!entries_continue(&last, is_whole, args + first, arg_count - first))
		return false;
	if (is_whole || log_last(log) == NULL)
		entries_clear(log);
	heal_write(log, args, first, arg_count, published);
	if (opens && args[HEAL_ORIGIN].len > 0)
		heal_add_last(log, last, args, published);
	if (opens)
		log_open(redis, log);
	model_texts_add(reply, STR("ok"));
	return true;
}

/* Whether a field is a piece of a snapshot, and the name of that. */
static bool
field_is_piece(const struct model_field *field, struct str *name)
{
	const char *slash = memrchr(field->name.data, '/', field->name.len);

	if (slash == NULL || slash[1] == '\0' ||
	    slash[1 + strspn(slash + 1, "0123456789")] != '\0')
		return false;
	*name = str_slice(field->name.data, (size_t)(slash - field->name.data));
	return true;
}

/* Removes pieces of one snapshot, or of all others. */
static void
pieces_remove(struct model_log *log, struct str name, bool of_others)
{
	struct str of;

	for (size_t i = log->field_count; i-- > 0;)
		if (field_is_piece(&log->fields[i], &of) &&
		    str_equal(of, name) != of_others)
			field_remove(log, log->fields[i].name);
}

static size_t
pieces_count(struct model_log *log, struct str name)
{
	size_t count = 0;
	struct str of;

	for (size_t i = 0; i < log->field_count; i++)
		if (field_is_piece(&log->fields[i], &of) && str_equal(of, name))
			count++;
	return count;
}

static bool
run_save(struct model_log *log, const struct str *args,
    struct model_texts *reply)
{
	int64_t count = number_of(args[1]), index = number_of(args[2]);
	char field[256];

	if (log_last(log) == NULL) {
		model_texts_add(reply, STR("gone"));
		return true;
	}
	snprintf(field, sizeof(field), "%.*s/%" PRId64, (int)args[0].len,
	    args[0].data, index);
	field_set(log, str_from(field), args[3]);
	if (index + 1 == count && pieces_count(log, args[0]) != (size_t)count) {
		pieces_remove(log, args[0], false);
		model_texts_add(reply, STR("gone"));
		return true;
	}
	if (index + 1 == count) {
		pieces_remove(log, args[0], true);
		field_set(log, STR("snapshot"), args[0]);
		log_trim(log, (uint64_t)number_of(args[4]));
	}
	model_texts_add(reply, STR("ok"));
	return true;
}

static bool
run_drop(struct model_log *log, struct model_texts *reply)
{
	entries_clear(log);
	fields_clear(log);
	model_texts_add(reply, STR("ok"));
	return true;
}

/* at_ms of the entry with this number, which may be followed by others. */
static struct str
numbered_at(const struct model_log *log, uint64_t number)
{
	for (size_t i = number > 0 ? log->count : 0; i > 0; i--)
		if (log->entries[i - 1].place.number == number &&
		    log->entries[i - 1].place.sub == 0)
			return log->entries[i - 1].text[ENTRY_AT];
	return STR("0");
}

static bool
run_tops(struct model_redis *redis, const struct str *args, size_t count,
    struct model_texts *reply)
{
	for (size_t i = 0; i < count; i++) {
		const struct model_log *log = log_find(redis, args[i]);
		struct place top = log_top(log);

		place_add(reply, &top);
		model_texts_add(reply, numbered_at(log, top.number));
	}
	return true;
}

static void
lease_remove(struct model_redis *redis, struct str node)
{
	for (size_t i = 0; i < redis->lease_count; i++) {
		struct model_lease *lease = &redis->leases[i];

		if (!str_equal(lease->node, node))
			continue;
		text_free(lease->node);
		text_free(lease->value);
		*lease = redis->leases[--redis->lease_count];
		return;
	}
}

static bool
run_lease(struct model_redis *redis, const struct str *args,
    struct model_texts *reply)
{
	int64_t ttl_ms = number_of(args[2]);

	lease_remove(redis, args[0]);
	if (ttl_ms > 0) {
		redis->leases =
		    model_array_add(redis->leases, redis->lease_count,
			&redis->lease_capacity, sizeof(*redis->leases));
		redis->leases[redis->lease_count++] =
		    (struct model_lease){ text_own(args[0]), text_own(args[1]),
			    redis->now_ms + ttl_ms };
	}
	for (size_t i = 0; i < redis->lease_count; i++) {
		const struct model_lease *lease = &redis->leases[i];

		model_texts_add(reply, lease->node);
		model_texts_add(reply, lease->value);
		model_texts_add(reply,
		    redis->now_ms < lease->end_ms ? STR("1") : STR("0"));
	}
	return true;
}

bool
model_redis_run(struct model_redis *redis, enum broker_script script,
    struct str slot, const struct str *args, size_t arg_count,
    struct model_texts *reply, struct model_texts *published)
{
	switch (script) {
	case BROKER_APPEND:
		return run_append(redis, log_find(redis, slot), args, reply,
		    published);
	case BROKER_READ:
		return run_read(log_find(redis, slot), reply);
	case BROKER_RANGE:
		return run_range(redis, log_find(redis, slot), args, reply);
	case BROKER_TOPS:
		return run_tops(redis, args, arg_count, reply);
	case BROKER_HEAL:
		return run_heal(redis, log_find(redis, slot), args, arg_count,
		    reply, published);
	case BROKER_SAVE:
		return run_save(log_find(redis, slot), args, reply);
	case BROKER_DROP:
		return run_drop(log_find(redis, slot), reply);
	case BROKER_LEASE:
		return run_lease(redis, args, reply);
	case BROKER_SCRIPTS:
		break;
	}
	return false;
}

/* --- the model ------------------------------------------------------------ */

struct model_redis *
model_redis_create(void)
{
	struct model_redis *redis = calloc(1, sizeof(*redis));

	if (redis == NULL)
		abort();
	return redis;
}

void
model_redis_flush(struct model_redis *redis)
{
	for (size_t i = 0; i < redis->log_count; i++) {
		entries_clear(&redis->logs[i]);
		fields_clear(&redis->logs[i]);
		free(redis->logs[i].entries);
		free(redis->logs[i].fields);
		text_free(redis->logs[i].name);
	}
	redis->log_count = 0;
	while (redis->lease_count > 0)
		lease_remove(redis, redis->leases[0].node);
}

void
model_redis_destroy(struct model_redis *redis)
{
	if (redis == NULL)
		return;
	model_redis_flush(redis);
	free(redis->logs);
	free(redis->leases);
	free(redis);
}

struct model_redis *
model_redis_copy(const struct model_redis *from)
{
	struct model_redis *copy = model_redis_create();

	copy->now_ms = from->now_ms;
	copy->generation = from->generation;
	copy->forgets_origins = from->forgets_origins;
	for (size_t i = 0; i < from->log_count; i++) {
		const struct model_log *log = &from->logs[i];
		struct model_log *to = log_find(copy, log->name);

		for (size_t j = 0; j < log->count; j++)
			log_append(to, &log->entries[j].place,
			    log->entries[j].text);
		for (size_t j = 0; j < log->field_count; j++)
			field_set(to, log->fields[j].name,
			    log->fields[j].value);
	}
	for (size_t i = 0; i < from->lease_count; i++) {
		copy->leases = model_array_add(copy->leases, copy->lease_count,
		    &copy->lease_capacity, sizeof(*copy->leases));
		copy->leases[copy->lease_count++] =
		    (struct model_lease){ text_own(from->leases[i].node),
			    text_own(from->leases[i].value),
			    from->leases[i].end_ms };
	}
	return copy;
}

void
model_redis_set_now(struct model_redis *redis, int64_t now_ms)
{
	redis->now_ms = now_ms;
}

void
model_redis_restart(struct model_redis *redis, const struct model_redis *before)
{
	redis->generation = before->generation + 1;
}

void
model_redis_forget_origins(struct model_redis *redis)
{
	redis->forgets_origins = true;
}

bool
model_redis_log_is_open(struct model_redis *redis, struct str log)
{
	return log_is_open(redis, log_find(redis, log));
}

bool
model_redis_log_has(struct model_redis *redis, struct str log, struct str chain)
{
	const struct model_log *in = log_find(redis, log);

	for (size_t i = in->count; i-- > 0;)
		if (str_equal(str_from(in->entries[i].place.chain), chain))
			return true;
	return false;
}

void
model_redis_evict_stream(struct model_redis *redis, struct str log)
{
	entries_clear(log_find(redis, log));
}

void
model_redis_evict_table(struct model_redis *redis, struct str log)
{
	fields_clear(log_find(redis, log));
}

size_t
model_redis_log_count(const struct model_redis *redis)
{
	return redis->log_count;
}

struct str
model_redis_log_name(const struct model_redis *redis, size_t index)
{
	return redis->logs[index].name;
}
