/* What a node has, for a broker that has lost it. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/base/count_of.h"
#include "domain/private_talk.h"

/* The arguments of BROKER_HEAL behind place and chain. */
struct healing {
	struct feed *feed;
	struct str room_id;
	struct place after;           /* everything behind it is written */
	bool is_whole;                /* in place of what the broker has */
	const struct room_feed *room; /* NULL: it is the log of the chat */
	struct room epoch; /* the room, with its epoch from here on */
	struct str *items;
	size_t count, capacity;
	struct list texts; /* that the items point into */
	bool failed;
};

struct healing_text {
	struct list link;
	struct packer payload;
	char place[PLACE_TEXT_SIZE];
	char piece[SNAPSHOT_NAME_SIZE + 24];
	char at[24];
	char key[ATTRIBUTE_KEY_MOST];
	char origin[ORIGIN_SIZE];
};

static void
healing_init(struct healing *healing, struct feed *feed,
    const struct place *after)
{
	*healing = (struct healing){ .feed = feed, .is_whole = after == NULL };
	if (after != NULL)
		healing->after = *after;
	list_init(&healing->texts);
}

static void
healing_send(struct healing *healing)
{
	if (!healing->failed)
		feed_heal(healing->feed,
		    healing->is_whole ? NULL : &healing->after, healing->items,
		    healing->count);
	while (!list_is_empty(&healing->texts)) {
		struct healing_text *text =
		    LIST_OWNER(healing->texts.next, struct healing_text, link);

		list_remove(&text->link);
		packer_fini(&text->payload);
		free(text);
	}
	free(healing->items);
}

static void
healing_add_item(struct healing *healing, struct str item)
{
	struct str *items;

	if (healing->count == healing->capacity) {
		healing->capacity = healing->capacity * 2 + 64;
		items =
		    realloc(healing->items, healing->capacity * sizeof(*items));
		healing->failed |= items == NULL;
		if (items == NULL)
			return;
		healing->items = items;
	}
	healing->items[healing->count++] = item;
}

/* Whether the log is open then, with an entry behind the others: or "". */
static void
healing_add_opening(struct healing *healing, bool opens, struct str origin,
    struct str at, struct str payload)
{
	healing_add_item(healing, opens ? STR("1") : STR("0"));
	healing_add_item(healing, origin);
	healing_add_item(healing, at);
	healing_add_item(healing, payload);
}

/* NULL: no memory. */
static struct healing_text *
healing_add_text(struct healing *healing)
{
	struct healing_text *text = calloc(1, sizeof(*text));

	healing->failed |= text == NULL;
	if (text != NULL)
		list_append(&healing->texts, &text->link);
	return text;
}

/* An ENTRY. */
static void
healing_add_known(struct healing *healing, const struct place *place,
    struct str origin, struct str key, int64_t at_ms, struct str payload,
    struct healing_text *text)
{
	snprintf(text->at, sizeof(text->at), "%" PRId64, at_ms);
	healing_add_item(healing, place_format(place, text->place));
	healing_add_item(healing, str_from(place->chain));
	healing_add_item(healing, origin);
	healing_add_item(healing, key.data != NULL ? key : STR(""));
	healing_add_item(healing, STR(""));
	healing_add_item(healing, str_from(text->at));
	healing_add_item(healing, payload);
}

/* Its chain and origin, as far as they are remembered. */
static void
healing_add_entry(struct healing *healing, const struct place *place,
    struct str key, int64_t at_ms, struct str payload,
    struct healing_text *text)
{
	const struct feed_place *known = feed_find_place(healing->feed, place);

	if (healing->room != NULL &&
	    place_compare(place, &healing->room->former_epoch_at) <= 0)
		known = NULL;
	healing_add_known(healing, known != NULL ? &known->place : place,
	    known != NULL ? str_from(known->origin) : STR(""), key, at_ms,
	    payload, text);
}

/* The epoch of the room, as an item. */
static struct str
epoch_pack(const struct room *room, struct packer *payload)
{
	struct item item = { .kind = ITEM_EPOCH,
		.node = STR(""),
		.epoch = { str_from(room->epoch), str_from(room->former_epoch),
		    room->former_seq } };

	(void)item_pack(&item, payload);
	return packer_str(payload);
}

/*
 * Changes, of which only the state in the table is kept, have no payload; the
 * begin of the epoch has. A numbered entry that is not kept has no origin, so
 * that no node continues with it.
 */
static void
healing_add_change(struct healing *healing, const struct place *place,
    int64_t at_ms)
{
	struct healing_text *text = healing_add_text(healing);
	struct str payload = STR("");

	if (healing->failed)
		return;
	if (healing->room != NULL &&
	    place_compare(place, &healing->room->epoch_at) == 0)
		payload = epoch_pack(&healing->epoch, &text->payload);
	healing->failed |= text->payload.failed;
	if (place->sub == 0)
		healing_add_known(healing, place, STR(""), STR(""), at_ms,
		    payload, text);
	else
		healing_add_entry(healing, place, STR(""), at_ms, payload,
		    text);
}

static void
healing_add_changes(struct healing *healing, uint64_t number, int64_t at_ms)
{
	struct place place = { .number = number, .sub = 1 };

	if (number == healing->after.number)
		place.sub = healing->after.sub + 1;
	for (; place_compare(&place, &healing->feed->at) <= 0 &&
	       feed_find_place(healing->feed, &place) != NULL;
	     place.sub++)
		healing_add_change(healing, &place, at_ms);
}

static bool
healing_add_message(const struct message *message, void *arg)
{
	struct healing *healing = arg;
	struct place place = { .number = message->seq };
	struct healing_text *text = healing_add_text(healing);
	struct item item = { .kind = ITEM_ENTRY,
		.node = STR(""),
		.entry = { .kind = ENTRY_MESSAGE,
		    .room_id = healing->room_id,
		    .message = *message } };

	if (healing->failed)
		return false;
	/* Nodes that have not applied it publish it. */
	item.command.kind =
	    talk_id_is_valid(healing->room_id) ? COMMAND_DM : COMMAND_BROADCAST;
	item.command.room = healing->room_id;
	if (message->author_id.len < ID_SIZE)
		item.command.author = message->author_id;
	/* The table has the redaction. */
	if (message->is_redacted)
		item.entry.message.body = STR("null");
	healing->failed |= !item_pack(&item, &text->payload);
	healing_add_entry(healing, &place, message->key, message->at_ms,
	    packer_str(&text->payload), text);
	healing_add_changes(healing, message->seq, message->at_ms);
	return !healing->failed;
}

/* --- the log of a room ---------------------------------------------------- */

struct table_writing {
	struct healing *healing;
	struct str body; /* of the message that the attributes are about */
};

static bool
table_add(const struct attribute *attribute, void *arg)
{
	struct table_writing *writing = arg;
	struct healing *healing = writing->healing;
	struct healing_text *text = healing_add_text(healing);
	struct item item = { .kind = ITEM_ENTRY,
		.node = STR(""),
		.command.kind = COMMAND_NOOP,
		.entry = { .kind = ENTRY_ATTRIBUTE,
		    .room_id = healing->room_id,
		    .attribute = *attribute } };

	if (healing->failed)
		return false;
	if (attribute->kind == ATTRIBUTE_EDIT)
		item.entry.attribute.body = writing->body;
	healing->failed |= !item_pack(&item, &text->payload);
	healing_add_item(healing, attribute_key_write(text->key, attribute));
	healing_add_item(healing, packer_str(&text->payload));
	return !healing->failed;
}

struct table_messages {
	struct table_writing writing;
	struct attribute_store *attributes;
};

static bool
table_add_message(const struct message *message, void *arg)
{
	struct table_messages *table = arg;

	table->writing.body = message->body;
	attribute_store_each_of_message(table->attributes,
	    table->writing.healing->room_id, message->seq, table_add,
	    &table->writing);
	return !table->writing.healing->failed;
}

/* For nodes that load the log. */
static void
table_add_epoch(struct healing *healing)
{
	struct healing_text *text = healing_add_text(healing);

	if (healing->failed || healing->epoch.former_epoch[0] == '\0')
		return;
	healing_add_item(healing, STR(EPOCH_FIELD));
	healing_add_item(healing, epoch_pack(&healing->epoch, &text->payload));
	healing->failed |= text->payload.failed;
}

/* The number of fields comes first. */
static void
table_write(struct healing *healing, struct cluster *cluster)
{
	struct table_messages table = { { .healing = healing },
		cluster->config.attributes };
	struct healing_text *text = healing_add_text(healing);
	int64_t now_ms = clock_wall_ms(cluster->config.clock);
	size_t first = healing->count;

	healing_add_item(healing, STR(""));
	table_add_epoch(healing);
	attribute_store_each(cluster->config.attributes, healing->room_id,
	    ATTRIBUTE_READ, table_add, &table.writing);
	history_each(cluster->config.history, healing->room_id, 1, now_ms,
	    table_add_message, &table);
	if (healing->failed)
		return;
	snprintf(text->at, sizeof(text->at), "%zu",
	    (healing->count - first - 1) / 2);
	healing->items[first] = str_from(text->at);
}

static bool
kept_message_count(const struct message *message, void *count)
{
	(void)message;
	++*(uint64_t *)count;
	return true;
}

/* Whether the history has all messages behind a place. */
static bool
messages_are_kept(const struct room_feed *room, const struct place *after)
{
	const struct cluster_config *config = &room->cluster->config;
	uint64_t kept = 0;

	history_each(config->history, str_from(room->room_id),
	    after->number + 1, clock_wall_ms(config->clock), kept_message_count,
	    &kept);
	return kept == room->feed.at.number - after->number;
}

/* The last entry is written even if no message is kept. */
static void
messages_write(struct healing *healing, struct cluster *cluster)
{
	int64_t now_ms = clock_wall_ms(cluster->config.clock);
	struct history_span span = { .last = 0 };
	size_t before = healing->count;

	(void)history_span(cluster->config.history, healing->room_id, now_ms,
	    &span);
	healing_add_changes(healing, healing->after.number, now_ms);
	history_each(cluster->config.history, healing->room_id,
	    healing->after.number + 1, now_ms, healing_add_message, healing);
	if (healing->count == before || span.last < healing->feed->at.number)
		healing_add_change(healing, &healing->feed->at, now_ms);
}

/*
 * The log is opened with an entry that begins another epoch: what a node has
 * got behind this place, and no living one has written back, is of the former.
 */
static void
epoch_begin(struct healing *healing, struct cluster *cluster)
{
	struct healing_text *text = healing_add_text(healing);
	struct room *room = &healing->epoch;
	char id[ID_SIZE];

	assert(healing->room != NULL);
	if (healing->failed)
		return;
	memcpy(room->former_epoch, room->epoch, sizeof(room->epoch));
	room->former_seq = healing->feed->at.number;
	id_source_next(cluster->config.ids, ID_HEX8, id);
	snprintf(room->epoch, sizeof(room->epoch), "%.*s.%.8s",
	    (int)strcspn(room->former_epoch, "."), room->former_epoch, id);
	cluster_origin_next(cluster, text->origin);
	snprintf(text->at, sizeof(text->at), "%" PRId64,
	    clock_wall_ms(cluster->config.clock));
	healing_add_opening(healing, true, str_from(text->origin),
	    str_from(text->at), epoch_pack(room, &text->payload));
	healing->failed |= text->payload.failed;
}

void
room_feed_heal(struct feed *feed, const struct place *after, bool opens)
{
	struct room_feed *room = (struct room_feed *)feed;
	struct cluster *cluster = room->cluster;
	struct healing healing;

	if (after != NULL &&
	    (place_compare(after, &room->former_epoch_at) < 0 ||
		!messages_are_kept(room, after)))
		after = NULL;
	healing_init(&healing, feed, after);
	healing.room = room;
	healing.room_id = str_from(room->room_id);
	if (room_store_get(cluster->config.rooms, healing.room_id,
		&healing.epoch) != CHAT_OK)
		return; /* it is being removed */
	if (opens)
		epoch_begin(&healing, cluster);
	else
		healing_add_opening(&healing, false, STR(""), STR(""), STR(""));
	table_write(&healing, cluster);
	if (!opens)
		messages_write(&healing, cluster);
	healing_send(&healing);
}

void
room_log_open(struct cluster *cluster, const char *log)
{
	const struct str args[] = { STR("0-0"), STR(""), STR("1"), STR(""),
		STR(""), STR(""), STR("") };
	struct broker_call call = {
		.script = BROKER_HEAL,
		.slot = str_from(log),
		.args = args,
		.arg_count = COUNT_OF(args),
		.done = cluster_ignore_answer,
	};

	broker_call(cluster->broker, &call);
}

/* --- the log of the chat -------------------------------------------------- */

/* Whether all entries behind a place are kept. */
static bool
tail_reaches(const struct cluster *cluster, const struct place *after)
{
	size_t count = cluster->tail_count;
	const struct tail_entry *oldest;

	if (count == 0)
		return false;
	oldest = count <= TAIL_ENTRIES ? &cluster->tail[0]
				       : &cluster->tail[count % TAIL_ENTRIES];
	return oldest->place.number <= after->number + 1;
}

static void
tail_write(struct healing *healing, struct cluster *cluster)
{
	size_t i = cluster->tail_count > TAIL_ENTRIES
		       ? cluster->tail_count - TAIL_ENTRIES
		       : 0;

	for (; i < cluster->tail_count; i++) {
		const struct tail_entry *entry =
		    &cluster->tail[i % TAIL_ENTRIES];
		struct healing_text *text;

		if (!healing->is_whole &&
		    place_compare(&entry->place, &healing->after) <= 0)
			continue;
		text = healing_add_text(healing);
		if (healing->failed)
			return;
		healing_add_known(healing, &entry->place,
		    str_from(entry->origin), STR(""), entry->at_ms,
		    entry->payload, text);
	}
}

/*
 * A snapshot as fields of the table: the entries that are kept do not begin
 * with the first.
 */
static void
healing_add_snapshot(struct healing *healing, struct cluster *cluster)
{
	struct healing_text *first = healing_add_text(healing);
	char name[SNAPSHOT_NAME_SIZE];
	size_t pieces;

	if (healing->failed || !chat_log_snapshot(cluster, &first->payload)) {
		healing->failed = true;
		return;
	}
	chat_log_snapshot_name(cluster, name);
	pieces = (first->payload.len + SNAPSHOT_PIECE_BYTES - 1) /
		 SNAPSHOT_PIECE_BYTES;
	snprintf(first->at, sizeof(first->at), "%zu", pieces + 1);
	healing_add_item(healing, str_from(first->at));
	healing_add_item(healing, STR("snapshot"));
	snprintf(first->piece, sizeof(first->piece), "%s", name);
	healing_add_item(healing, str_from(first->piece));
	for (size_t i = 0; i < pieces; i++) {
		struct healing_text *text = healing_add_text(healing);
		size_t at = i * SNAPSHOT_PIECE_BYTES;

		if (healing->failed)
			return;
		snprintf(text->piece, sizeof(text->piece), "%s/%zu", name, i);
		healing_add_item(healing, str_from(text->piece));
		healing_add_item(healing,
		    str_slice(first->payload.bytes + at,
			i + 1 < pieces ? SNAPSHOT_PIECE_BYTES
				       : first->payload.len - at));
	}
}

/* If too much is lost, all of it is replaced by the last entries. */
void
chat_feed_heal(struct feed *feed, const struct place *after, bool opens)
{
	struct cluster *cluster = LIST_OWNER(feed, struct cluster, chat);
	bool is_whole =
	    !opens && (after == NULL || !tail_reaches(cluster, after));
	struct healing healing;

	/* Another node may have claimed in what is gone, and sent. */
	cluster->relay_lapsed = true;
	healing_init(&healing, feed, is_whole ? NULL : after);
	healing_add_opening(&healing, opens, STR(""), STR(""), STR(""));
	if (is_whole)
		healing_add_snapshot(&healing, cluster);
	else
		healing_add_item(&healing, STR(""));
	if (is_whole && cluster->tail_count == 0)
		healing_add_change(&healing, &feed->at, 0);
	else if (!opens)
		tail_write(&healing, cluster);
	healing_send(&healing);
}
