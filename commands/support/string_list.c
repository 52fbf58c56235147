#include "commands/support/string_list.h"

#include <stdint.h>
#include <stdlib.h>

#include "domain/base/array.h"

#define BYTES_LEAST 512

void
string_list_fini(struct string_list *strings)
{
	free(strings->items);
	free(strings->bytes);
}

static bool
grow_items(struct string_list *strings)
{
	struct str *items = array_grow(strings->items, strings->count,
	    &strings->capacity, sizeof(*items));

	if (items == NULL)
		return false;
	strings->items = items;
	return true;
}

static bool
grow_bytes(struct string_list *strings, size_t more)
{
	size_t size = strings->size == 0 ? BYTES_LEAST : strings->size;
	char *bytes;

	while (size - strings->used < more)
		size *= 2;
	if (size == strings->size)
		return true;
	bytes = realloc(strings->bytes, size);
	if (bytes == NULL)
		return false;
	strings->bytes = bytes;
	strings->size = size;
	return true;
}

static bool
is_too_much(const struct string_list *strings, struct str text)
{
	size_t cost =
	    strings->used + text.len + (strings->count + 1) * strings->extra;

	return cost > strings->most;
}

/* The bytes may still move, so it stays open where a text will be. */
bool
string_list_add(struct string_list *strings, struct str text)
{
	if (is_too_much(strings, text))
		return false;
	if (!grow_items(strings) || !grow_bytes(strings, text.len)) {
		strings->failed = true;
		return false;
	}
	memcpy(strings->bytes + strings->used, text.data, text.len);
	strings->used += text.len;
	strings->items[strings->count++] = str_slice(NULL, text.len);
	return true;
}

enum chat_error
string_list_finish(struct string_list *strings)
{
	const char *at = strings->bytes;

	for (size_t i = 0; i < strings->count; i++) {
		strings->items[i].data = at;
		at += strings->items[i].len;
	}
	return strings->failed ? CHAT_UNAVAILABLE : CHAT_OK;
}
