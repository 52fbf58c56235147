#include "auth/password_worker.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct check_queue {
	struct password_check *first;
	struct password_check **end;
};

struct password_worker {
	pthread_t thread;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t changed;
	struct check_queue waiting;
	struct check_queue done;
	size_t count; /* submitted and not taken */
	bool stops;
	int event_fd;
};

static void
queue_init(struct check_queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

static void
queue_append(struct check_queue *queue, struct password_check *check)
{
	check->next = NULL;
	*queue->end = check;
	queue->end = &check->next;
}

static struct password_check *
queue_take(struct check_queue *queue)
{
	struct password_check *check = queue->first;

	if (check == NULL)
		return NULL;
	queue->first = check->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	return check;
}

/* --- the thread ----------------------------------------------------------- */

static void
password_check_run(struct password_check *check)
{
	check->result = password_compare(&check->hash,
	    str_slice(check->password, check->len));
	OPENSSL_cleanse(check->password, sizeof(check->password));
}

/* An eventfd takes 2^64 - 2 events before it blocks. */
static void
event_signal(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *
worker_run(void *arg)
{
	struct password_worker *worker = arg;
	struct password_check *check;

	pthread_mutex_lock(&worker->mutex);
	while (!worker->stops) {
		check = queue_take(&worker->waiting);
		if (check == NULL) {
			pthread_cond_wait(&worker->changed, &worker->mutex);
			continue;
		}
		pthread_mutex_unlock(&worker->mutex);
		password_check_run(check);
		pthread_mutex_lock(&worker->mutex);
		queue_append(&worker->done, check);
		event_signal(worker->event_fd);
	}
	pthread_mutex_unlock(&worker->mutex);
	return NULL;
}

/* Signals are for the event loop. */
static int
password_thread_start(struct password_worker *worker)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&worker->thread, NULL, worker_run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* --- its owner ------------------------------------------------------------ */

struct password_worker *
password_worker_create(int event_fd)
{
	struct password_worker *worker = calloc(1, sizeof(*worker));
	int error;

	if (worker == NULL)
		return NULL;
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->changed, NULL);
	queue_init(&worker->waiting);
	queue_init(&worker->done);
	worker->event_fd = event_fd;
	error = password_thread_start(worker);
	if (error == 0)
		return worker;
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->mutex);
	free(worker);
	errno = error;
	return NULL;
}

void
password_worker_destroy(struct password_worker *worker)
{
	if (worker == NULL)
		return;
	pthread_mutex_lock(&worker->mutex);
	worker->stops = true;
	pthread_cond_signal(&worker->changed);
	pthread_mutex_unlock(&worker->mutex);
	pthread_join(worker->thread, NULL);
	pthread_cond_destroy(&worker->changed);
	pthread_mutex_destroy(&worker->mutex);
	free(worker);
}

bool
password_worker_submit(struct password_worker *worker,
    struct password_check *check)
{
	bool fits;

	assert(check->len <= sizeof(check->password));
	pthread_mutex_lock(&worker->mutex);
	fits = worker->count < PASSWORD_CHECKS_MAX;
	if (fits) {
		worker->count++;
		queue_append(&worker->waiting, check);
		pthread_cond_signal(&worker->changed);
	}
	pthread_mutex_unlock(&worker->mutex);
	return fits;
}

struct password_check *
password_worker_take(struct password_worker *worker)
{
	struct password_check *check;

	pthread_mutex_lock(&worker->mutex);
	check = queue_take(&worker->done);
	if (check != NULL)
		worker->count--;
	pthread_mutex_unlock(&worker->mutex);
	return check;
}
