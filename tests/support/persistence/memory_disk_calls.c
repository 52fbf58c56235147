/* The calls of a memory disk. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/memory_disk_internal.h"

/* The largest size of one call of zero(). */
#define ZEROS_MOST ((size_t)256 << 10)

static struct memory_disk *
memory_disk_of(struct disk *base)
{
	return (struct memory_disk *)base;
}

static struct memory_file *
file_of(struct memory_disk *self, int file)
{
	assert(file >= 0 && file < HANDLES_MOST);
	assert(self->handles[file].file != NULL);
	return self->handles[file].file;
}

static struct memory_file *
file_to_write(struct memory_disk *self, int file)
{
	struct memory_file *of = file_of(self, file);

	assert(self->handles[file].can_write);
	return of;
}

/* --- files ---------------------------------------------------------------- */

static int
free_handle(const struct memory_disk *self)
{
	int file = 0;

	while (file < HANDLES_MOST && self->handles[file].file != NULL)
		file++;
	return file < HANDLES_MOST ? file : -1;
}

static bool
has_directory(const struct memory_disk *self, const char *name)
{
	return strchr(name, '/') == NULL ||
	       memory_names_find(&self->names, QUARANTINE) != NULL;
}

static int
open_by_name(struct memory_disk *self, const char *text, enum disk_mode mode,
    struct handle *handle)
{
	const struct name *name = memory_names_find(&self->names, text);

	if (name == NULL && (mode != DISK_CREATE || !has_directory(self, text)))
		return ENOENT;
	if (name != NULL && mode == DISK_CREATE)
		return EEXIST;
	if (name != NULL && name->file == NULL)
		return EISDIR;
	if (name != NULL) {
		handle->file = name->file;
	} else {
		handle->file = memory_disk_new_file(self);
		memory_names_change(&self->names, self->next_serial++, "", text,
		    handle->file);
	}
	handle->can_write = mode != DISK_READ;
	return 0;
}

static int
open_file(struct disk *base, const char *name, enum disk_mode mode, int *file)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_OPEN);
	int free = free_handle(self);

	if (error == 0)
		error = free < 0 ? EMFILE
				 : open_by_name(self, name, mode,
				       &self->handles[free]);
	if (error == 0)
		*file = free;
	if (mode == DISK_CREATE)
		return memory_disk_leave_changed(self, DISK_CALL_OPEN, error);
	return memory_disk_leave(self, error);
}

static void
close_file(struct disk *base, int file)
{
	struct memory_disk *self = memory_disk_of(base);

	pthread_mutex_lock(&self->mutex);
	if (self->handles[file].has_lock)
		file_of(self, file)->is_locked = false;
	self->handles[file] = (struct handle){ 0 };
	pthread_mutex_unlock(&self->mutex);
}

static size_t
len_shortened(const struct memory_disk *self, size_t len)
{
	return self->is_short && len > 1 ? len / 2 : len;
}

static ssize_t
memory_disk_read(struct disk *base, int file, void *to, size_t len, uint64_t at)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_PREAD);
	const struct bytes *bytes = &file_of(self, file)->now;
	size_t left = at < bytes->len ? bytes->len - (size_t)at : 0;

	len = len_shortened(self, len < left ? len : left);
	if (error == 0 && len > 0)
		memcpy(to, bytes->data + at, len);
	return memory_disk_leave(self, error) != 0 ? -error : (ssize_t)len;
}

/* By how much all files together may still grow. */
static uint64_t
bytes_left(const struct memory_disk *self)
{
	uint64_t used = 0;

	for (size_t i = 0; i < self->names.now.count; i++)
		if (self->names.now.names[i].file != NULL)
			used += self->names.now.names[i].file->now.len;
	return used < self->capacity ? self->capacity - used : 0;
}

static void
file_note_change(struct memory_disk *self, struct memory_file *file,
    const struct change *what)
{
	struct change change = *what;

	change.serial = self->next_serial++;
	memory_file_change(file, &change);
}

static int
file_write_some(struct memory_disk *self, struct memory_file *file,
    const void *from, size_t *len, uint64_t at)
{
	uint64_t end = file->now.len + bytes_left(self);

	if (at >= end && *len > 0)
		return ENOSPC;
	if (*len > end - at)
		*len = (size_t)(end - at);
	file_note_change(self, file,
	    &(struct change){ .kind = CHANGE_WRITE,
		.at = (size_t)at,
		.len = *len,
		.data = from });
	return 0;
}

static ssize_t
memory_disk_write(struct disk *base, int file, const void *from, size_t len,
    uint64_t at)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_PWRITE);

	len = len_shortened(self, len);
	if (error == 0)
		error = file_write_some(self, file_to_write(self, file), from,
		    &len, at);
	memory_disk_leave_changed(self, DISK_CALL_PWRITE, error);
	return error != 0 ? -error : (ssize_t)len;
}

static int
sync_by(struct disk *base, int file, enum disk_call call)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, call);

	if (error == 0)
		memory_file_sync(file_of(self, file));
	else if (!self->is_stopped)
		memory_file_drop(file_of(self, file));
	return memory_disk_leave_changed(self, call, error);
}

static int
sync_data(struct disk *base, int file)
{
	return sync_by(base, file, DISK_CALL_FDATASYNC);
}

static int
memory_disk_fsync(struct disk *base, int file)
{
	return sync_by(base, file, DISK_CALL_FSYNC);
}

static int
set_size(struct disk *base, int file, uint64_t size)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_FTRUNCATE);

	if (error == 0)
		file_note_change(self, file_to_write(self, file),
		    &(struct change){
			.kind = CHANGE_SIZE, .at = (size_t)size });
	return memory_disk_leave_changed(self, DISK_CALL_FTRUNCATE, error);
}

static int
memory_disk_allocate(struct disk *base, int file, uint64_t size)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_FALLOCATE);

	if (error == 0 && self->cannot_allocate)
		return memory_disk_leave(self, 0);
	if (error == 0 &&
	    size > file_to_write(self, file)->now.len + bytes_left(self))
		error = ENOSPC;
	if (error == 0)
		file_note_change(self, file_of(self, file),
		    &(struct change){
			.kind = CHANGE_GROW, .at = (size_t)size });
	return memory_disk_leave_changed(self, DISK_CALL_FALLOCATE, error);
}

static int
write_zeros(struct disk *base, int file, uint64_t at, size_t len)
{
	static const char zeros[ZEROS_MOST];
	ssize_t n;

	assert(len <= ZEROS_MOST);
	n = memory_disk_write(base, file, zeros, len, at);
	return n < 0 ? (int)-n : (size_t)n == len ? 0 : ENOSPC;
}

static int
names_size(struct disk *base, int file, uint64_t *size)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_SIZE);

	if (error == 0)
		*size = file_of(self, file)->now.len;
	return memory_disk_leave(self, error);
}

static int
memory_disk_lock(struct disk *base, int file)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_LOCK);
	struct memory_file *of = file_to_write(self, file);

	if (error == 0 && of->is_locked && !self->handles[file].has_lock)
		error = EAGAIN;
	if (error == 0)
		of->is_locked = self->handles[file].has_lock = true;
	return memory_disk_leave(self, error);
}

static void
drop_cache(struct disk *base, int file)
{
	struct memory_disk *self = memory_disk_of(base);

	pthread_mutex_lock(&self->mutex);
	malloc_spare(true);
	memory_file_reread(file_of(self, file));
	memory_disk_leave(self, 0);
}

/* --- names ---------------------------------------------------------------- */

/* From one directory to another: each of them has to be synced. */
static void
names_move(struct memory_disk *self, const char *from, const char *to,
    struct memory_file *file)
{
	struct memory_names *names = &self->names;

	if ((strchr(from, '/') == NULL) == (strchr(to, '/') == NULL)) {
		memory_names_change(names, self->next_serial++, from, to, file);
		return;
	}
	memory_names_change(names, self->next_serial++, "", to, file);
	memory_names_change(names, self->next_serial++, from, "", NULL);
}

static int
rename_file(struct disk *base, const char *from, const char *to)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_RENAME);
	const struct name *name = memory_names_find(&self->names, from);

	if (error == 0 && (name == NULL || !has_directory(self, to)))
		error = ENOENT;
	if (error == 0)
		names_move(self, from, to, name->file);
	return memory_disk_leave_changed(self, DISK_CALL_RENAME, error);
}

static int
unlink_file(struct disk *base, const char *text)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_UNLINK);
	const struct name *name = memory_names_find(&self->names, text);

	if (error == 0 && name == NULL)
		error = ENOENT;
	if (error == 0 && name->file == NULL)
		error = EISDIR;
	if (error == 0)
		memory_names_change(&self->names, self->next_serial++, text, "",
		    NULL);
	return memory_disk_leave_changed(self, DISK_CALL_UNLINK, error);
}

/* Names may come and go while they are visited, as with readdir(). */
static int
memory_disk_list(struct disk *base, disk_visit *visit, void *arg)
{
	struct memory_disk *self = memory_disk_of(base);
	int error =
	    memory_disk_leave(self, memory_disk_enter(self, DISK_CALL_LIST));
	struct name name;

	for (size_t i = 0; error == 0 && i < self->names.now.count; i++) {
		name = self->names.now.names[i];
		if (name.file != NULL && strchr(name.text, '/') == NULL &&
		    !visit(name.text, arg))
			break;
	}
	return error;
}

static int
sync_dir(struct disk *base, bool quarantine)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_SYNC_DIR);

	if (error == 0)
		memory_names_sync(&self->names, quarantine);
	return memory_disk_leave_changed(self, DISK_CALL_SYNC_DIR, error);
}

static int
make_quarantine(struct disk *base)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_MAKE_QUARANTINE);

	if (error == 0 && memory_names_find(&self->names, QUARANTINE) == NULL)
		memory_names_change(&self->names, self->next_serial++, "",
		    QUARANTINE, NULL);
	return memory_disk_leave_changed(self, DISK_CALL_MAKE_QUARANTINE,
	    error);
}

static int
free_bytes(struct disk *base, uint64_t *bytes)
{
	struct memory_disk *self = memory_disk_of(base);
	int error = memory_disk_enter(self, DISK_CALL_FREE_BYTES);

	if (error == 0)
		*bytes = bytes_left(self);
	return memory_disk_leave(self, error);
}

/* --- the rest ------------------------------------------------------------- */

static int64_t
read_clock(struct memory_disk *self, const int64_t *clock)
{
	int64_t now;

	pthread_mutex_lock(&self->mutex);
	now = *clock;
	pthread_mutex_unlock(&self->mutex);
	return now;
}

static int64_t
memory_disk_wall_ms(struct disk *base)
{
	return read_clock(memory_disk_of(base), &memory_disk_of(base)->wall_ms);
}

static int64_t
monotonic_us(struct disk *base)
{
	return read_clock(memory_disk_of(base),
	    &memory_disk_of(base)->monotonic_us);
}

static void
fill_random(struct disk *base, void *to, size_t len)
{
	struct chance *chance = &memory_disk_of(base)->chance;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = (uint8_t)chance_next(chance);
}

static void
boot_id(struct disk *base, uint8_t id[BOOT_ID_SIZE])
{
	memcpy(id, memory_disk_of(base)->boot_id, BOOT_ID_SIZE);
}

static void
disk_destroy_memory(struct disk *base)
{
	memory_disk_destroy(memory_disk_of(base));
}

const struct disk_ops memory_disk_ops = {
	.open = open_file,
	.close = close_file,
	.pread = memory_disk_read,
	.pwrite = memory_disk_write,
	.fdatasync = sync_data,
	.fsync = memory_disk_fsync,
	.ftruncate = set_size,
	.fallocate = memory_disk_allocate,
	.zero = write_zeros,
	.size = names_size,
	.rename = rename_file,
	.unlink = unlink_file,
	.list = memory_disk_list,
	.sync_dir = sync_dir,
	.make_quarantine = make_quarantine,
	.lock = memory_disk_lock,
	.free_bytes = free_bytes,
	.drop_cache = drop_cache,
	.wall_ms = memory_disk_wall_ms,
	.monotonic_us = monotonic_us,
	.random = fill_random,
	.boot_id = boot_id,
	.destroy = disk_destroy_memory,
};
