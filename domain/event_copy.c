#include "domain/event_copy.h"

#include <string.h>

#include "domain/base/count_of.h"

/* Where in a struct its texts are: what is not listed here is not copied. */
struct layout {
	size_t size;
	const size_t *texts;
	size_t text_count;
};

#define LAYOUT(type)      \
	((struct layout){ \
	    sizeof(struct type), type##_texts, COUNT_OF(type##_texts) })

static const size_t event_texts[] = {
	offsetof(struct event, ref),
	offsetof(struct event, room),
	offsetof(struct event, room_name),
	offsetof(struct event, epoch),
	offsetof(struct event, member),
	offsetof(struct event, member_id),
	offsetof(struct event, was),
	offsetof(struct event, body),
	offsetof(struct event, profile.server),
	offsetof(struct event, profile.durability),
	offsetof(struct event, failure.command),
	offsetof(struct event, failure.text),
	offsetof(struct event, failure.field),
	offsetof(struct event, bye.reason),
	offsetof(struct event, bye.room),
};

static const size_t message_texts[] = {
	offsetof(struct message, author),
	offsetof(struct message, author_id),
	offsetof(struct message, body),
	offsetof(struct message, key),
};

static const size_t room_entry_texts[] = {
	offsetof(struct room_entry, id),
	offsetof(struct room_entry, name),
};

static const size_t str_texts[] = { 0 };

/* Things of one kind, one behind the other. */
struct things {
	struct layout layout;
	const void *items;
	size_t count;
};

static size_t
things_size(const struct things *things)
{
	const struct layout *layout = &things->layout;
	const char *thing = things->items;
	size_t size = things->count * layout->size;

	for (size_t i = 0; i < things->count; i++, thing += layout->size)
		for (size_t j = 0; j < layout->text_count; j++) {
			const struct str *text =
			    (const void *)(thing + layout->texts[j]);

			size += text->len;
		}
	return size;
}

/* The things go to `at`, their texts to *end. */
static void
things_copy(const struct things *things, char *at, char **end)
{
	const struct layout *layout = &things->layout;
	char *thing = at;

	if (things->count > 0)
		memcpy(at, things->items, things->count * layout->size);
	for (size_t i = 0; i < things->count; i++, thing += layout->size)
		for (size_t j = 0; j < layout->text_count; j++) {
			struct str *text = (void *)(thing + layout->texts[j]);

			if (text->data == NULL)
				continue;
			memcpy(*end, text->data, text->len);
			text->data = *end;
			*end += text->len;
		}
}

enum {
	THE_EVENT,
	ITS_PAGE,
	ITS_ROOMS,
	ITS_NAMES,
	PARTS
};

struct parts {
	struct things of[PARTS];
};

static struct parts
parts_of(const struct event *event)
{
	struct parts parts = {
		.of[THE_EVENT] = { LAYOUT(event), event, 1 },
		.of[ITS_PAGE] = { LAYOUT(message), event->page.items,
		    event->page.count },
		.of[ITS_ROOMS] = { LAYOUT(room_entry), event->rooms.items,
		    event->rooms.count },
		.of[ITS_NAMES] = { LAYOUT(str), event->names.items,
		    event->names.count },
	};

	return parts;
}

size_t
event_size(const struct event *event)
{
	struct parts parts = parts_of(event);
	size_t size = 0;

	for (size_t i = 0; i < PARTS; i++)
		size += things_size(&parts.of[i]);
	return size;
}

struct event *
event_copy(const struct event *event, void *to)
{
	struct parts parts = parts_of(event);
	struct event *copy = to;
	char *at[PARTS], *end = to;

	for (size_t i = 0; i < PARTS; i++) {
		at[i] = end;
		end += parts.of[i].count * parts.of[i].layout.size;
	}
	for (size_t i = 0; i < PARTS; i++)
		things_copy(&parts.of[i], at[i], &end);
	copy->page.items = (void *)at[ITS_PAGE];
	copy->rooms.items = (void *)at[ITS_ROOMS];
	copy->names.items = (void *)at[ITS_NAMES];
	return copy;
}
