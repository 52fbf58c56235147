/* The threads of the writer and of the compactor. */
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "domain/log.h"
#include "persistence/journal/journal_internal.h"

#define COMPACTOR_NICE 10

static int64_t
writer_due_us(const struct journal *journal)
{
	int64_t sync_us = journal_sync_due_us(journal);
	int64_t probe_us = journal->probe_at_us;

	return sync_us < probe_us || journal->is_permanent ? sync_us : probe_us;
}

static struct timespec
time_in_us(int64_t us)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += (time_t)(us / 1000000);
	time.tv_nsec += (long)(us % 1000000) * 1000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

/*
 * Under the lock: waits until there is work, or a sync or probe is due. The
 * clock of the disk need not be that of the system.
 */
static void
writer_wait(struct journal *journal)
{
	int64_t due_us = writer_due_us(journal);
	struct timespec until;

	journal->writer_waits = true;
	if (due_us == INT64_MAX) {
		pthread_cond_wait(&journal->wake_writer, &journal->lock);
	} else {
		due_us -= disk_monotonic_us(journal->disk);
		until = time_in_us(due_us > 0 ? due_us : 0);
		pthread_cond_timedwait(&journal->wake_writer, &journal->lock,
		    &until);
	}
	journal->writer_waits = false;
}

static void
thread_set_ended(struct journal *journal, bool *has_ended)
{
	journal_lock(journal);
	*has_ended = true;
	pthread_cond_signal(&journal->end);
	journal_unlock(journal);
}

static void *
writer_run(void *arg)
{
	struct journal *journal = arg;
	bool is_stopping;

	do {
		while (journal_step(journal))
			continue;
		journal_lock(journal);
		is_stopping = journal->is_stopping;
		if (!is_stopping && !journal_can_write(journal) &&
		    !journal_has_cursor(journal))
			writer_wait(journal);
		journal_unlock(journal);
	} while (!is_stopping);
	journal_end(journal);
	thread_set_ended(journal, &journal->writer_ended);
	return NULL;
}

static void *
compactor_run(void *arg)
{
	struct journal *journal = arg;
	bool is_stopping;

	/*
	 * A compaction reads the whole store, perhaps on the processor of the
	 * loop. Linux applies this to the calling thread alone.
	 */
	setpriority(PRIO_PROCESS, 0,
	    getpriority(PRIO_PROCESS, 0) + COMPACTOR_NICE);
	do {
		journal_lock(journal);
		while (!journal->is_stopping && !journal_is_to_compact(journal))
			pthread_cond_wait(&journal->wake_compactor,
			    &journal->lock);
		is_stopping = journal->is_stopping;
		journal_unlock(journal);
		if (!is_stopping)
			journal_compact(journal);
	} while (!is_stopping);
	thread_set_ended(journal, &journal->compactor_ended);
	return NULL;
}

/* Signals are for the main thread: a thread that blocks them gets none. */
static bool
thread_start(pthread_t *thread, void *(*play)(void *), struct journal *journal)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, NULL, play, journal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		log_error("store: thread: %s", strerror(error));
	return error == 0;
}

bool
journal_start(struct journal *journal)
{
	journal->has_threads = true;
	journal->writer_runs =
	    thread_start(&journal->writer, writer_run, journal);
	journal->compactor_runs =
	    journal->writer_runs && journal->compact.run != NULL &&
	    thread_start(&journal->compactor, compactor_run, journal);
	return journal->writer_runs &&
	       (journal->compactor_runs || journal->compact.run == NULL);
}

/* Under the lock. */
static bool
threads_have_ended(const struct journal *journal)
{
	return (!journal->writer_runs || journal->writer_ended) &&
	       (!journal->compactor_runs || journal->compactor_ended);
}

/* *runs: cleared once the thread was joined. */
static void
thread_join(pthread_t thread, bool has_ended, const char *what, bool *runs)
{
	if (!*runs)
		return;
	if (has_ended) {
		pthread_join(thread, NULL);
		*runs = false;
	} else {
		log_warn("store: %s: gave up waiting for the disk", what);
	}
}

bool
journal_stop(struct journal *journal)
{
	struct timespec until = time_in_us(journal->end_ms * 1000);
	bool writer_ended, compactor_ended;
	int error = 0;

	journal_lock(journal);
	journal->is_stopping = true;
	pthread_cond_signal(&journal->wake_writer);
	pthread_cond_signal(&journal->wake_compactor);
	while (!threads_have_ended(journal) && error == 0)
		error = pthread_cond_timedwait(&journal->end, &journal->lock,
		    &until);
	writer_ended = journal->writer_ended;
	compactor_ended = journal->compactor_ended;
	journal_unlock(journal);
	thread_join(journal->writer, writer_ended, "the end of the journal",
	    &journal->writer_runs);
	thread_join(journal->compactor, compactor_ended, "compaction",
	    &journal->compactor_runs);
	return !journal->writer_runs && !journal->compactor_runs;
}
