/* What a node has, for a broker that has lost it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster/cluster_internal.h"
#include "domain/private_talk.h"

/* The arguments of BROKER_HEAL behind place and chain. */
struct healing {
	struct feed *feed;
	struct str room_id;
	struct place after; /* all zero: everything is written */
	struct str *items;
	size_t count, capacity;
	struct list texts; /* that the items point into */
	bool failed;
};

struct healing_text {
	struct list link;
	struct packer payload;
	char place[PLACE_TEXT_SIZE];
	char at[24];
	char key[ATTRIBUTE_KEY_MOST];
};

static void
healing_init(struct healing *healing, struct feed *feed,
    const struct place *after)
{
	*healing = (struct healing){ .feed = feed };
	if (after != NULL)
		healing->after = *after;
	list_init(&healing->texts);
}

static void
healing_send(struct healing *healing)
{
	const struct place *after =
	    healing->after.number > 0 ? &healing->after : NULL;

	if (!healing->failed)
		feed_heal(healing->feed, after, healing->items, healing->count);
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

	healing_add_known(healing, known != NULL ? &known->place : place,
	    known != NULL ? str_from(known->origin) : STR(""), key, at_ms,
	    payload, text);
}

/* Changes, of which only the state in the table is kept, have no payload. */
static void
healing_add_empty(struct healing *healing, const struct place *place,
    int64_t at_ms)
{
	struct healing_text *text = healing_add_text(healing);

	if (!healing->failed)
		healing_add_entry(healing, place, STR(""), at_ms, STR(""),
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
		healing_add_empty(healing, &place, at_ms);
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
		healing_add_empty(healing, &healing->feed->at, now_ms);
}

void
room_feed_heal(struct feed *feed, const struct place *after)
{
	struct room_feed *room = (struct room_feed *)feed;
	struct healing healing;

	healing_init(&healing, feed, after);
	healing.room_id = str_from(room->room_id);
	table_write(&healing, room->cluster);
	messages_write(&healing, room->cluster);
	healing_send(&healing);
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

/*
 * If too much is lost, the last entry alone is written, and a snapshot follows
 * at once.
 */
void
chat_feed_heal(struct feed *feed, const struct place *after)
{
	struct cluster *cluster = LIST_OWNER(feed, struct cluster, chat);
	bool is_all = after == NULL || !tail_reaches(cluster, after);
	size_t i = cluster->tail_count > TAIL_ENTRIES
		       ? cluster->tail_count - TAIL_ENTRIES
		       : 0;
	struct healing healing;

	healing_init(&healing, feed, is_all ? NULL : after);
	healing_add_item(&healing, STR("0"));
	if (is_all && cluster->tail_count == 0)
		healing_add_empty(&healing, &feed->at, 0);
	for (; i < cluster->tail_count; i++) {
		const struct tail_entry *entry =
		    &cluster->tail[i % TAIL_ENTRIES];
		struct healing_text *text;

		if (!is_all && place_compare(&entry->place, after) <= 0)
			continue;
		text = healing_add_text(&healing);
		if (healing.failed)
			break;
		healing_add_known(&healing, &entry->place,
		    str_from(entry->origin), STR(""), entry->at_ms,
		    entry->payload, text);
	}
	/* The table is lost. */
	cluster->must_save = true;
	healing_send(&healing);
}
