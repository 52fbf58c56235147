#include "tests/support/persistence/memory_file.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/persistence/chance.h"

/*
 * The most changes that are pending: older ones are written back, as a system
 * does after some time.
 */
#define CHANGES_MOST 256

static void *
memory_required(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

void
bytes_resize(struct bytes *bytes, size_t len)
{
	if (len > bytes->room) {
		bytes->room = len > 2 * bytes->room ? len : 2 * bytes->room;
		bytes->data =
		    memory_required(realloc(bytes->data, bytes->room));
	}
	if (len > bytes->len)
		memset(bytes->data + bytes->len, 0, len - bytes->len);
	bytes->len = len;
}

void
bytes_write(struct bytes *bytes, size_t at, const char *data, size_t len)
{
	if (at + len > bytes->len)
		bytes_resize(bytes, at + len);
	if (len > 0)
		memcpy(bytes->data + at, data, len);
}

void
bytes_set(struct bytes *bytes, const char *data, size_t len)
{
	bytes->len = 0;
	bytes_write(bytes, 0, data, len);
}

static bool
bytes_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

struct memory_file *
memory_file_create(void)
{
	struct memory_file *file = memory_required(calloc(1, sizeof(*file)));

	file->last = &file->first;
	return file;
}

void
memory_file_destroy(struct memory_file *file)
{
	memory_file_drop(file);
	free(file->now.data);
	free(file->kept.data);
	free(file);
}

static void
bytes_apply_change(struct bytes *bytes, const struct change *change)
{
	if (change->kind == CHANGE_WRITE)
		bytes_write(bytes, change->at, change->data, change->len);
	else if (change->kind == CHANGE_SIZE || change->at > bytes->len)
		bytes_resize(bytes, change->at);
}

static void
take_first(struct memory_file *file)
{
	struct change *change = file->first;

	file->first = change->next;
	if (file->first == NULL)
		file->last = &file->first;
	file->changes--;
	free(change);
}

static void
settle_first(struct memory_file *file)
{
	bytes_apply_change(&file->kept, file->first);
	take_first(file);
}

/* One block: the data behind it. */
static struct change *
copy_change(const struct change *change)
{
	struct change *copy =
	    memory_required(malloc(sizeof(*copy) + change->len));

	*copy = *change;
	copy->next = NULL;
	copy->data = (char *)(copy + 1);
	if (change->len > 0)
		memcpy(copy + 1, change->data, change->len);
	return copy;
}

void
memory_file_change(struct memory_file *file, const struct change *change)
{
	struct change *copy = copy_change(change);

	bytes_apply_change(&file->now, copy);
	*file->last = copy;
	file->last = &copy->next;
	if (++file->changes > CHANGES_MOST)
		settle_first(file);
}

void
memory_file_sync(struct memory_file *file)
{
	while (file->first != NULL)
		settle_first(file);
}

void
memory_file_drop(struct memory_file *file)
{
	while (file->first != NULL)
		take_first(file);
}

void
memory_file_reread(struct memory_file *file)
{
	bytes_set(&file->now, file->kept.data, file->kept.len);
	for (struct change *at = file->first; at != NULL; at = at->next)
		bytes_apply_change(&file->now, at);
}

static struct memory_file *
copy_of(const struct memory_file *file)
{
	struct memory_file *copy = memory_file_create();

	bytes_set(&copy->kept, file->kept.data, file->kept.len);
	for (struct change *at = file->first; at != NULL; at = at->next)
		memory_file_change(copy, at);
	bytes_set(&copy->now, file->now.data, file->now.len);
	return copy;
}

/* Whether the bytes of a change in one sector survive. */
enum fate {
	FATE_LOST,
	FATE_KEPT,
	FATE_GARBAGE
};

/*
 * A sector is written atomically: with none of its changes, all, or those up to
 * one of them.
 */
static enum fate
fate_by_chance(const struct memory_file *file, const struct crash *crash,
    const struct change *change, size_t sector)
{
	uint64_t first = file->first->serial;
	uint64_t lot = chance_mix(crash->seed ^ chance_mix(first) ^
				  chance_mix(~(uint64_t)sector));

	if (lot % 4 < 2)
		return crash->shape == CRASH_HALF_GARBAGE ? FATE_GARBAGE
							  : FATE_LOST;
	if (lot % 4 == 2)
		return FATE_KEPT;
	return change->serial - first < lot / 4 % (crash->end - first)
		   ? FATE_KEPT
		   : FATE_LOST;
}

static size_t
first_sector_written(const struct memory_file *file)
{
	const struct change *change = file->first;

	while (change != NULL && change->kind != CHANGE_WRITE)
		change = change->next;
	return change != NULL ? change->at / SECTOR : SIZE_MAX;
}

static enum fate
fate_of(const struct memory_file *file, const struct crash *crash,
    const struct change *change, size_t sector)
{
	if (crash->shape != CRASH_BUT_FIRST)
		return fate_by_chance(file, crash, change, sector);
	return sector == first_sector_written(file) ? FATE_LOST : FATE_KEPT;
}

static void
write_garbage(struct bytes *bytes, size_t at, size_t len, uint64_t seed)
{
	struct chance chance = { seed ^ at };
	char garbage[SECTOR];

	for (size_t i = 0; i < len; i++)
		garbage[i] = (char)chance_next(&chance);
	bytes_write(bytes, at, garbage, len);
}

static void
write_sectors(struct bytes *bytes, const struct memory_file *file,
    const struct crash *crash, const struct change *change)
{
	size_t done = 0;

	while (done < change->len) {
		size_t at = change->at + done;
		size_t len = SECTOR - at % SECTOR;

		if (len > change->len - done)
			len = change->len - done;
		switch (fate_of(file, crash, change, at / SECTOR)) {
		case FATE_LOST:
			break;
		case FATE_KEPT:
			bytes_write(bytes, at, change->data + done, len);
			break;
		case FATE_GARBAGE:
			write_garbage(bytes, at, len, crash->seed);
			break;
		}
		done += len;
	}
}

/* The file may have its new size, without the new content. */
static void
maybe_lengthen(struct bytes *bytes, const struct crash *crash,
    const struct change *change)
{
	size_t end = change->at + change->len;

	if (end > bytes->len && chance_mix(crash->seed ^ change->serial) & 1)
		bytes_resize(bytes, end);
}

/* Chooses at random, sector by sector. */
static void
apply_in_part(struct bytes *bytes, const struct memory_file *file,
    const struct crash *crash, const struct change *change)
{
	if (change->kind == CHANGE_WRITE) {
		write_sectors(bytes, file, crash, change);
		maybe_lengthen(bytes, crash, change);
	} else if (crash_leaves(crash, change->serial)) {
		bytes_apply_change(bytes, change);
	}
}

static void
apply_torn(struct bytes *bytes, const struct crash *crash,
    const struct change *change)
{
	struct chance chance = { crash->seed };
	size_t len = chance_below(&chance, change->len + 1);

	if (change->kind == CHANGE_WRITE)
		bytes_write(bytes, change->at, change->data, len);
	else if (chance_next(&chance) & 1)
		bytes_apply_change(bytes, change);
}

bool
crash_leaves(const struct crash *crash, uint64_t serial)
{
	switch (crash->shape) {
	case CRASH_PREFIX:
		return serial <= crash->cut;
	case CRASH_HALF:
	case CRASH_HALF_GARBAGE:
		return chance_mix(crash->seed ^ ~serial) & 1;
	default:
		return true;
	}
}

static void
apply_after(struct bytes *bytes, const struct memory_file *file,
    const struct crash *crash, const struct change *change)
{
	switch (crash->shape) {
	case CRASH_NOTHING:
	case CRASH_NAMES:
		break;
	case CRASH_PREFIX:
		if (change->serial < crash->cut)
			bytes_apply_change(bytes, change);
		else if (change->serial == crash->cut)
			apply_torn(bytes, crash, change);
		break;
	case CRASH_LAST:
		if (change->serial == crash->last)
			bytes_apply_change(bytes, change);
		break;
	case CRASH_BUT_FIRST:
	case CRASH_HALF:
	case CRASH_HALF_GARBAGE:
		apply_in_part(bytes, file, crash, change);
		break;
	default:
		bytes_apply_change(bytes, change);
	}
}

struct memory_file *
memory_file_crash(const struct memory_file *file, const struct crash *crash)
{
	struct memory_file *left;

	if (crash->shape == CRASH_KILL)
		return copy_of(file);
	left = memory_file_create();
	bytes_set(&left->kept, file->kept.data, file->kept.len);
	for (struct change *at = file->first; at != NULL; at = at->next)
		apply_after(&left->kept, file, crash, at);
	bytes_set(&left->now, left->kept.data, left->kept.len);
	return left;
}

static bool
changes_equal(const struct memory_file *a, const struct memory_file *b)
{
	const struct change *x = a->first, *y = b->first;

	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		if (x->kind != y->kind || x->at != y->at || x->len != y->len ||
		    (x->len > 0 && memcmp(x->data, y->data, x->len) != 0))
			return false;
	return x == y;
}

bool
memory_file_equal(const struct memory_file *a, const struct memory_file *b)
{
	return bytes_equal(&a->now, &b->now) &&
	       bytes_equal(&a->kept, &b->kept) && changes_equal(a, b);
}
