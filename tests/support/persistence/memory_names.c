#include "tests/support/persistence/memory_names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool
is_quarantined(const char *name)
{
	return strncmp(name, QUARANTINE "/", sizeof(QUARANTINE)) == 0;
}

static size_t
name_list_find(const struct name_list *list, const char *text)
{
	size_t i = 0;

	while (i < list->count && strcmp(list->names[i].text, text) != 0)
		i++;
	return i;
}

static void
name_list_remove(struct name_list *list, const char *text)
{
	size_t i = name_list_find(list, text);

	if (i == list->count)
		return;
	list->count--;
	memmove(&list->names[i], &list->names[i + 1],
	    (list->count - i) * sizeof(list->names[0]));
}

static struct name *
name_add(struct name_list *list)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 16 : 2 * list->room;
		list->names =
		    realloc(list->names, list->room * sizeof(list->names[0]));
		if (list->names == NULL)
			abort();
	}
	return &list->names[list->count++];
}

static void
name_list_apply(struct name_list *list, const struct name_change *change)
{
	struct name *name;

	name_list_remove(list, change->gone);
	if (change->come[0] == '\0')
		return;
	name_list_remove(list, change->come);
	name = name_add(list);
	strcpy(name->text, change->come);
	name->file = change->file;
}

void
memory_names_init(struct memory_names *names)
{
	*names = (struct memory_names){ 0 };
	names->last = &names->first;
}

void
memory_names_fini(struct memory_names *names)
{
	while (names->first != NULL) {
		struct name_change *change = names->first;

		names->first = change->next;
		free(change);
	}
	free(names->now.names);
	free(names->kept.names);
}

const struct name *
memory_names_find(const struct memory_names *names, const char *text)
{
	size_t i = name_list_find(&names->now, text);

	return i < names->now.count ? &names->now.names[i] : NULL;
}

static void
names_push_change(struct memory_names *names, const struct name_change *change)
{
	struct name_change *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		abort();
	*copy = *change;
	copy->next = NULL;
	name_list_apply(&names->now, copy);
	*names->last = copy;
	names->last = &copy->next;
}

void
memory_names_change(struct memory_names *names, uint64_t serial,
    const char *gone, const char *come, struct memory_file *file)
{
	struct name_change change = { .serial = serial, .file = file };

	assert(strlen(gone) < DISK_NAME_SIZE && strlen(come) < DISK_NAME_SIZE);
	strcpy(change.gone, gone);
	strcpy(change.come, come);
	names_push_change(names, &change);
}

static bool
is_of_quarantine(const struct name_change *change)
{
	return is_quarantined(change->come[0] != '\0' ? change->come
						      : change->gone);
}

void
memory_names_sync(struct memory_names *names, bool quarantine)
{
	struct name_change **at = &names->first;

	while (*at != NULL) {
		struct name_change *change = *at;

		if (is_of_quarantine(change) != quarantine) {
			at = &change->next;
			continue;
		}
		name_list_apply(&names->kept, change);
		*at = change->next;
		free(change);
	}
	names->last = at;
}

static void
copy_list(struct name_list *to, const struct name_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		*name_add(to) = from->names[i];
}

/* A directory that is lost takes all with it that is in it. */
static void
forget_lost_quarantine(struct name_list *list)
{
	size_t i = 0;

	if (name_list_find(list, QUARANTINE) < list->count)
		return;
	while (i < list->count)
		if (is_quarantined(list->names[i].text))
			name_list_remove(list, list->names[i].text);
		else
			i++;
}

void
memory_names_crash(const struct memory_names *names, const struct crash *crash,
    struct memory_names *out)
{
	const struct name_change *at = names->first;

	memory_names_init(out);
	copy_list(&out->kept, &names->kept);
	if (crash->shape == CRASH_KILL) {
		copy_list(&out->now, &names->kept);
		for (; at != NULL; at = at->next)
			names_push_change(out, at);
		return;
	}
	if (crash->shape != CRASH_NOTHING && crash->shape != CRASH_DATA)
		for (; at != NULL; at = at->next)
			if (crash_leaves(crash, at->serial))
				name_list_apply(&out->kept, at);
	forget_lost_quarantine(&out->kept);
	copy_list(&out->now, &out->kept);
}
