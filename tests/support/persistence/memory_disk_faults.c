/* How a test sets the faults of a memory disk, and its statistics. */
#include <assert.h>
#include <string.h>

#include "tests/support/persistence/memory_disk_internal.h"

const char *
disk_call_name(enum disk_call call)
{
	static const char *const names[DISK_CALLS] = { "any", "open", "pread",
		"pwrite", "fdatasync", "fsync", "ftruncate", "fallocate",
		"size", "rename", "unlink", "list", "sync_dir",
		"make_quarantine", "lock", "free_bytes" };

	return names[call];
}

struct disk *
memory_disk_disk(struct memory_disk *self)
{
	return &self->base;
}

void
memory_disk_advance(struct memory_disk *self, int64_t ms)
{
	pthread_mutex_lock(&self->mutex);
	self->wall_ms += ms;
	self->monotonic_us += ms * 1000;
	pthread_mutex_unlock(&self->mutex);
}

void
memory_disk_set_wall(struct memory_disk *self, int64_t ms)
{
	pthread_mutex_lock(&self->mutex);
	self->wall_ms = ms;
	pthread_mutex_unlock(&self->mutex);
}

void
memory_disk_set_capacity(struct memory_disk *self, uint64_t bytes)
{
	pthread_mutex_lock(&self->mutex);
	self->capacity = bytes;
	pthread_mutex_unlock(&self->mutex);
}

void
memory_disk_cannot_allocate(struct memory_disk *self)
{
	self->cannot_allocate = true;
}

void
memory_disk_fail(struct memory_disk *self, struct disk_fault fault)
{
	pthread_mutex_lock(&self->mutex);
	assert(self->fault_count < DISK_FAULTS_MOST);
	self->faults[self->fault_count++] = fault;
	pthread_mutex_unlock(&self->mutex);
}

void
memory_disk_heal(struct memory_disk *self)
{
	pthread_mutex_lock(&self->mutex);
	self->fault_count = 0;
	pthread_mutex_unlock(&self->mutex);
}

unsigned
memory_disk_failures(const struct memory_disk *self)
{
	return self->failures;
}

unsigned
memory_disk_calls(const struct memory_disk *self, enum disk_call call)
{
	return self->calls[call];
}

unsigned
memory_disk_open_files(const struct memory_disk *self)
{
	unsigned count = 0;

	for (size_t i = 0; i < HANDLES_MOST; i++)
		count += self->handles[i].file != NULL;
	return count;
}

void
memory_disk_stop_after(struct memory_disk *self, unsigned calls)
{
	self->will_stop = true;
	self->calls_left = calls;
}

void
memory_disk_watch(struct memory_disk *self, disk_watch *watch, void *arg)
{
	self->watch = watch;
	self->watch_arg = arg;
}

const char *
memory_disk_file(const struct memory_disk *self, const char *text, size_t *len)
{
	const struct name *name = memory_names_find(&self->names, text);

	if (name == NULL || name->file == NULL)
		return NULL;
	*len = name->file->now.len;
	return *len > 0 ? name->file->now.data : "";
}

const char *
memory_disk_name(const struct memory_disk *self, size_t i)
{
	const struct name_list *names = &self->names.now;

	return i < names->count ? names->names[i].text : NULL;
}
