#include "auth/password_worker.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct password_worker {
	pthread_t thread;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t changed;
	struct list waiting;
	struct list done;
	size_t count; /* submitted and not taken */
	bool stops;
	int event_fd;
};

/* NULL: there is none. */
static struct password_check *
password_check_take(struct list *checks)
{
	struct password_check *check;

	if (list_is_empty(checks))
		return NULL;
	check = LIST_OWNER(checks->next, struct password_check, link);
	list_remove(&check->link);
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
		check = password_check_take(&worker->waiting);
		if (check == NULL) {
			pthread_cond_wait(&worker->changed, &worker->mutex);
			continue;
		}
		pthread_mutex_unlock(&worker->mutex);
		password_check_run(check);
		pthread_mutex_lock(&worker->mutex);
		list_append(&worker->done, &check->link);
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

	assert(event_fd >= 0);
	if (worker == NULL)
		return NULL;
	pthread_mutex_init(&worker->mutex, NULL);
	pthread_cond_init(&worker->changed, NULL);
	list_init(&worker->waiting);
	list_init(&worker->done);
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
		list_append(&worker->waiting, &check->link);
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
	check = password_check_take(&worker->done);
	if (check != NULL)
		worker->count--;
	pthread_mutex_unlock(&worker->mutex);
	return check;
}
