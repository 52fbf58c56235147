/* Creates and destroys a memory disk; the common part of all its calls. */
#include "tests/support/persistence/memory_disk.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/support/failing_malloc.h"
#include "tests/support/persistence/memory_disk_internal.h"

struct memory_disk *
memory_disk_create(void)
{
	struct memory_disk *self;

	malloc_spare(true);
	self = calloc(1, sizeof(*self));
	malloc_spare(false);
	if (self == NULL)
		abort();
	self->base.ops = &memory_disk_ops;
	self->capacity = UINT64_MAX;
	disk_random(&self->base, self->boot_id, BOOT_ID_SIZE);
	pthread_mutex_init(&self->mutex, NULL);
	memory_names_init(&self->names);
	return self;
}

void
memory_disk_destroy(struct memory_disk *self)
{
	if (self == NULL)
		return;
	while (self->files != NULL) {
		struct memory_file *file = self->files;

		self->files = file->next;
		memory_file_destroy(file);
	}
	memory_names_fini(&self->names);
	pthread_mutex_destroy(&self->mutex);
	free(self);
}

struct memory_file *
memory_disk_new_file(struct memory_disk *self)
{
	struct memory_file *file = memory_file_create();

	file->next = self->files;
	self->files = file;
	return file;
}

static bool
fault_is_hit(struct disk_fault *fault, enum disk_call call)
{
	if (fault->nth == 0 ||
	    (fault->call != DISK_CALL_ANY && fault->call != call))
		return false;
	if (fault->nth > 1) {
		fault->nth--;
		return false;
	}
	if (!fault->forever)
		fault->nth = 0;
	return true;
}

/* All faults count this call; the first one that is due is used. */
static int
next_fault(struct memory_disk *self, enum disk_call call)
{
	const struct disk_fault *hit = NULL;

	for (size_t i = 0; i < self->fault_count; i++)
		if (fault_is_hit(&self->faults[i], call) && hit == NULL)
			hit = &self->faults[i];
	self->is_short = hit != NULL && hit->error == 0;
	self->failures += hit != NULL;
	return hit != NULL ? hit->error : 0;
}

int
memory_disk_enter(struct memory_disk *self, enum disk_call call)
{
	pthread_mutex_lock(&self->mutex);
	malloc_spare(true);
	self->calls[DISK_CALL_ANY]++;
	self->calls[call]++;
	self->is_stopped = self->will_stop && self->calls_left == 0;
	if (self->is_stopped)
		return EIO;
	self->calls_left--;
	return next_fault(self, call);
}

int
memory_disk_leave(struct memory_disk *self, int error)
{
	malloc_spare(false);
	pthread_mutex_unlock(&self->mutex);
	return error;
}

int
memory_disk_leave_changed(struct memory_disk *self, enum disk_call call,
    int error)
{
	bool is_watched = self->watch != NULL && !self->is_stopped;

	memory_disk_leave(self, error);
	if (is_watched)
		self->watch(self, call, self->watch_arg);
	return error;
}
