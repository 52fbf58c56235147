/* Crashes and damage of a memory disk. */
#include <assert.h>
#include <string.h>

#include "domain/base/count_of.h"
#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/chance.h"
#include "tests/support/persistence/memory_disk_internal.h"

const char *
crash_shape_name(enum crash_shape shape)
{
	static const char *const names[CRASH_SHAPES] = { "kill", "nothing",
		"all", "names", "data", "prefix", "but_first", "last", "half",
		"half_garbage" };

	return names[shape];
}

const char *
damage_kind_name(enum damage_kind kind)
{
	static const char *const names[DAMAGE_KINDS] = { "bit", "bytes",
		"sector", "cut", "longer", "removed", "copy" };

	return names[kind];
}

/* --- crashes -------------------------------------------------------------- */

/* Calls for every change that is not synced. */
static void
each_serial(const struct memory_disk *disk,
    void (*visit)(uint64_t serial, bool is_write, void *arg), void *arg)
{
	for (const struct memory_file *file = disk->files; file != NULL;
	     file = file->next)
		for (const struct change *at = file->first; at != NULL;
		     at = at->next)
			visit(at->serial, at->kind == CHANGE_WRITE, arg);
	for (const struct name_change *at = disk->names.first; at != NULL;
	     at = at->next)
		visit(at->serial, false, arg);
}

static void
note_last(uint64_t serial, bool is_write, void *last)
{
	if (is_write && serial > *(uint64_t *)last)
		*(uint64_t *)last = serial;
}

/*
 * Chooses one of all serials at random: the n-th replaces the choice with a
 * probability of 1/n.
 */
struct lot {
	struct chance chance;
	size_t met;
	uint64_t serial;
};

static void
lot_draw(uint64_t serial, bool is_write, void *arg)
{
	struct lot *lot = arg;

	(void)is_write;
	if (chance_below(&lot->chance, ++lot->met) == 0)
		lot->serial = serial;
}

static struct crash
crash_decide(const struct memory_disk *disk, enum crash_shape shape,
    uint64_t seed)
{
	struct crash crash = { .shape = shape,
		.seed = chance_mix(seed + 1),
		.end = disk->next_serial };
	struct lot lot = { .chance = { crash.seed } };

	each_serial(disk, note_last, &crash.last);
	each_serial(disk, lot_draw, &lot);
	crash.cut = lot.serial;
	return crash;
}

static struct memory_file *
heir_of(struct memory_disk *left, struct memory_file *file,
    const struct crash *crash)
{
	if (file != NULL && file->heir == NULL) {
		file->heir = memory_file_crash(file, crash);
		file->heir->next = left->files;
		left->files = file->heir;
	}
	return file != NULL ? file->heir : NULL;
}

/* The names refer to the files of the old disk: each gets a copy. */
static void
names_inherit(struct memory_disk *left, const struct crash *crash)
{
	struct name_list *lists[] = { &left->names.kept, &left->names.now };

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (size_t j = 0; j < lists[i]->count; j++) {
			struct name *name = &lists[i]->names[j];

			name->file = heir_of(left, name->file, crash);
		}
	for (struct name_change *at = left->names.first; at != NULL;
	     at = at->next)
		at->file = heir_of(left, at->file, crash);
}

/*
 * The clocks go on if only the process ended; otherwise the boot has another
 * id.
 */
static void
keep_time(struct memory_disk *left, const struct memory_disk *disk,
    enum crash_shape shape)
{
	left->wall_ms = disk->wall_ms;
	left->chance = disk->chance;
	if (shape == CRASH_KILL) {
		left->monotonic_us = disk->monotonic_us;
		memcpy(left->boot_id, disk->boot_id, BOOT_ID_SIZE);
	} else {
		disk_random(&left->base, left->boot_id, BOOT_ID_SIZE);
	}
}

struct memory_disk *
memory_disk_crash(struct memory_disk *disk, enum crash_shape shape,
    uint64_t seed)
{
	struct memory_disk *left = memory_disk_create();
	struct crash crash;

	pthread_mutex_lock(&disk->mutex);
	malloc_spare(true);
	crash = crash_decide(disk, shape, seed);
	for (struct memory_file *at = disk->files; at != NULL; at = at->next)
		at->heir = NULL;
	memory_names_crash(&disk->names, &crash, &left->names);
	names_inherit(left, &crash);
	left->next_serial = disk->next_serial;
	left->capacity = disk->capacity;
	left->cannot_allocate = disk->cannot_allocate;
	keep_time(left, disk, shape);
	malloc_spare(false);
	pthread_mutex_unlock(&disk->mutex);
	return left;
}

/* --- comparing ------------------------------------------------------------ */

static const struct name *
name_find(const struct name_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->names[i].text, text) == 0)
			return &list->names[i];
	return NULL;
}

static bool
names_equal(const struct name_list *a, const struct name_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct name *other = name_find(b, a->names[i].text);

		if (other == NULL ||
		    (other->file == NULL) != (a->names[i].file == NULL))
			return false;
		if (other->file != NULL &&
		    !memory_file_equal(other->file, a->names[i].file))
			return false;
	}
	return true;
}

bool
memory_disk_equal(const struct memory_disk *a, const struct memory_disk *b)
{
	return names_equal(&a->names.now, &b->names.now) &&
	       names_equal(&a->names.kept, &b->names.kept);
}

/* --- damage
 * ---------------------------------------------------------------- */

void
memory_disk_put(struct memory_disk *disk, const char *text, const void *data,
    size_t len)
{
	const struct name *name;

	malloc_spare(true);
	if (memory_names_find(&disk->names, text) == NULL) {
		memory_names_change(&disk->names, disk->next_serial++, "", text,
		    memory_disk_new_file(disk));
		memory_names_sync(&disk->names, strchr(text, '/') != NULL);
	}
	name = memory_names_find(&disk->names, text);
	memory_file_drop(name->file);
	bytes_set(&name->file->now, data, len);
	bytes_set(&name->file->kept, data, len);
	malloc_spare(false);
}

static void
change_some(struct bytes *bytes, size_t at, size_t len, struct chance *chance)
{
	for (size_t i = at; i < at + len; i++)
		bytes->data[i] ^= (char)(1 + chance_below(chance, 255));
}

static struct damage
change_bytes(struct bytes *bytes, size_t len, struct chance *chance)
{
	size_t count = 1 + chance_below(chance, len < 60 ? len : 60);
	size_t at = chance_below(chance, len - count + 1);

	change_some(bytes, at, count, chance);
	return (struct damage){ at, at + count };
}

static struct damage
turn_bit(struct bytes *bytes, size_t len, struct chance *chance)
{
	size_t at = chance_below(chance, len);

	bytes->data[at] ^= (char)(1 << chance_below(chance, 8));
	return (struct damage){ at, at + 1 };
}

/* Only bytes that were not zero before count. */
static struct damage
zero_sector(struct bytes *bytes, size_t len, struct chance *chance)
{
	size_t at = chance_below(chance, len) / SECTOR * SECTOR;
	size_t end = at + SECTOR < len ? at + SECTOR : len;

	while (at < end && bytes->data[at] == 0)
		at++;
	while (at < end && bytes->data[end - 1] == 0)
		end--;
	memset(bytes->data + at, 0, end - at);
	return (struct damage){ at, end };
}

static struct damage
bytes_cut(struct bytes *bytes, size_t len, struct chance *chance)
{
	struct damage damage = { chance_below(chance, len), bytes->len };

	bytes_resize(bytes, damage.from);
	return damage;
}

static struct damage
bytes_lengthen(struct bytes *bytes, size_t len, struct chance *chance)
{
	struct damage damage = { bytes->len, bytes->len };

	(void)len;
	damage.to += 1 + chance_below(chance, 2 * SECTOR);
	bytes_resize(bytes, damage.to);
	change_some(bytes, damage.from, damage.to - damage.from, chance);
	return damage;
}

static struct damage
copy_part(struct bytes *bytes, size_t len, struct chance *chance)
{
	size_t from = chance_below(chance, len) / 8 * 8;
	size_t end = len + (len - from);

	if (end > bytes->len)
		bytes_resize(bytes, end);
	memcpy(bytes->data + len, bytes->data + from, len - from);
	return (struct damage){ len, end };
}

struct damage
memory_disk_damage(struct memory_disk *disk, const char *text, size_t len,
    enum damage_kind kind, uint64_t seed)
{
	static struct damage (*const kinds[DAMAGE_KINDS])(struct bytes *,
	    size_t, struct chance *) = { turn_bit, change_bytes, zero_sector,
		bytes_cut, bytes_lengthen, NULL, copy_part };
	const struct name *name = memory_names_find(&disk->names, text);
	struct chance chance = { seed };
	struct damage damage = { 0, len };

	assert(name != NULL && name->file != NULL);
	assert(len > 0 && len <= name->file->now.len);
	malloc_spare(true);
	memory_file_sync(name->file);
	if (kind != DAMAGE_REMOVED) {
		damage = kinds[kind](&name->file->now, len, &chance);
		bytes_set(&name->file->kept, name->file->now.data,
		    name->file->now.len);
	} else {
		memory_names_change(&disk->names, disk->next_serial++, text, "",
		    NULL);
		memory_names_sync(&disk->names, strchr(text, '/') != NULL);
	}
	malloc_spare(false);
	return damage;
}
