#include "persistence/blobs/blob_worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "persistence/blobs/blob_files.h"

struct blob_worker {
	struct disk *disk;
	int event_fd;
	pthread_t thread;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t changed;
	struct list waiting;
	struct list done;
	bool stops;
};

struct blob_job *
blob_job_create(enum blob_job_kind kind, const struct blob *blob)
{
	struct blob_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->kind = kind;
	if (blob != NULL)
		job->blob = *blob;
	return job;
}

void
blob_job_free(struct blob_job *job)
{
	if (job == NULL)
		return;
	blob_hash_destroy(job->hash);
	free(job->ids.ids);
	free(job);
}

/* NULL: there is none. */
static struct blob_job *
blob_job_take(struct list *jobs)
{
	struct blob_job *job;

	if (list_is_empty(jobs))
		return NULL;
	job = LIST_OWNER(jobs->next, struct blob_job, link);
	list_remove(&job->link);
	return job;
}

static void
blob_jobs_destroy(struct list *jobs)
{
	struct blob_job *job;

	while ((job = blob_job_take(jobs)) != NULL)
		blob_job_free(job);
}

/* --- the thread ----------------------------------------------------------- */

static void
blob_job_run(struct disk *disk, struct blob_job *job)
{
	switch (job->kind) {
	case BLOB_JOB_FLUSH:
		/* The system reports it once: nothing of it is to be used. */
		job->error = blob_files_flush(disk, job->blob.id);
		if (job->error != 0)
			blob_files_remove(disk, job->blob.id);
		break;
	case BLOB_JOB_COMPLETE:
		job->error = blob_files_complete(disk, &job->blob);
		if (job->error != 0 && job->error != EAGAIN)
			blob_files_remove(disk, job->blob.id);
		break;
	case BLOB_JOB_SYNC:
		job->error = blob_files_sync_record(disk, job->blob.id);
		break;
	case BLOB_JOB_REMOVE:
		blob_files_remove(disk, job->blob.id);
		break;
	case BLOB_JOB_CHECK:
		job->error =
		    blob_files_check(disk, &job->blob, job->hash, &job->at);
		if (job->error == EBADMSG)
			blob_files_set_aside(disk, job->blob.id);
		break;
	case BLOB_JOB_LIST:
		job->error = blob_scan_ids(disk, &job->ids);
		break;
	}
}

static void
worker_signal(const struct blob_worker *worker)
{
	uint64_t one = 1;

	while (write(worker->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *
blob_worker_run(void *arg)
{
	struct blob_worker *worker = arg;
	struct blob_job *job;

	pthread_mutex_lock(&worker->mutex);
	while ((job = blob_job_take(&worker->waiting)) != NULL ||
	       !worker->stops) {
		if (job == NULL) {
			pthread_cond_wait(&worker->changed, &worker->mutex);
			continue;
		}
		pthread_mutex_unlock(&worker->mutex);
		blob_job_run(worker->disk, job);
		pthread_mutex_lock(&worker->mutex);
		list_append(&worker->done, &job->link);
		worker_signal(worker);
	}
	pthread_mutex_unlock(&worker->mutex);
	return NULL;
}

/* Signals are for the event loop. */
static int
worker_thread_start(struct blob_worker *worker)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, blob_worker_run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* --- its owner ------------------------------------------------------------ */

static void
worker_free(struct blob_worker *worker)
{
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->mutex);
	close(worker->event_fd);
	free(worker);
}

struct blob_worker *
blob_worker_create(struct disk *disk)
{
	struct blob_worker *worker = calloc(1, sizeof(*worker));
	int error;

	if (worker == NULL)
		return NULL;
	worker->disk = disk;
	worker->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (worker->event_fd < 0) {
		free(worker);
		return NULL;
	}
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->changed, NULL);
	list_init(&worker->waiting);
	list_init(&worker->done);
	error = worker_thread_start(worker);
	if (error == 0)
		return worker;
	worker_free(worker);
	errno = error;
	return NULL;
}

void
blob_worker_destroy(struct blob_worker *worker)
{
	if (worker == NULL)
		return;
	pthread_mutex_lock(&worker->mutex);
	worker->stops = true;
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	blob_jobs_destroy(&worker->done);
	worker_free(worker);
}

void
blob_worker_submit(struct blob_worker *worker, struct blob_job *job)
{
	pthread_mutex_lock(&worker->mutex);
	list_append(&worker->waiting, &job->link);
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->mutex);
}

struct blob_job *
blob_worker_take(struct blob_worker *worker)
{
	struct blob_job *job;
	uint64_t count;

	while (read(worker->event_fd, &count, sizeof(count)) < 0 &&
	       errno == EINTR)
		;
	pthread_mutex_lock(&worker->mutex);
	job = blob_job_take(&worker->done);
	pthread_mutex_unlock(&worker->mutex);
	return job;
}

int
blob_worker_fd(const struct blob_worker *worker)
{
	return worker->event_fd;
}
