#include "cmd/parley/sayings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void
sayings_init(struct sayings *sayings, uint64_t chance)
{
	*sayings = (struct sayings){ 0 };
	sayings->last = &sayings->first;
	snprintf(sayings->run, sizeof(sayings->run), "%016" PRIx64, chance);
}

void
sayings_fini(struct sayings *sayings)
{
	while (sayings->first != NULL)
		sayings_drop(sayings);
}

uint64_t
sayings_ref(struct sayings *sayings)
{
	return ++sayings->refs;
}

static struct str
keep(char *at, struct str text)
{
	if (text.data == NULL)
		return text;
	memcpy(at, text.data, text.len);
	return str_slice(at, text.len);
}

bool
sayings_add(struct sayings *sayings, struct str room, struct str text,
    bool with_key)
{
	struct saying *saying =
	    malloc(sizeof(*saying) + room.len + text.len + 1);

	if (saying == NULL)
		return false;
	*saying = (struct saying){ .ref = sayings_ref(sayings) };
	saying->room = keep(saying->data, room);
	saying->text = keep(saying->data + room.len, text);
	if (with_key)
		snprintf(saying->key, sizeof(saying->key), "%s-%" PRIu64,
		    sayings->run, saying->ref);
	*sayings->last = saying;
	sayings->last = &saying->next;
	sayings->count++;
	return true;
}

void
sayings_drop(struct sayings *sayings)
{
	struct saying *saying = sayings->first;

	assert(saying != NULL);
	sayings->first = saying->next;
	if (sayings->first == NULL)
		sayings->last = &sayings->first;
	sayings->count--;
	free(saying);
}
