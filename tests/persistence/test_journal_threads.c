/* With real threads; the disk is one in memory that can be made to hang. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/persistence/journal_rig.h"

static struct journal_rig rig;

/* Between the journal and the disk in memory: a sync that waits. */
static struct {
	struct disk base;
	struct disk_ops ops;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool hangs, is_inside;
} hanging = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER };
