/*
 * Compares passwords on a thread of its own, since each takes tens of
 * milliseconds.
 */
#ifndef AUTH_PASSWORD_WORKER_H
#define AUTH_PASSWORD_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/password_hash.h"
#include "domain/base/list.h"

/* Checks that wait or were not taken yet. */
#define PASSWORD_CHECKS_MAX 32

/* One comparison; the worker does not touch it after it was taken. */
struct password_check {
	struct password_hash hash;
	enum password_result result;
	size_t len;
	char password[PASSWORD_BYTES_MAX];
	struct list link; /* of the worker */
};

struct password_worker;

/* After each check 1 is added to the eventfd. NULL: errno has the reason. */
struct password_worker *password_worker_create(int event_fd);

/* Waits for the check that is running; others are not done. Accepts NULL. */
void password_worker_destroy(struct password_worker *);

/*
 * The check must stay until password_worker_take() returns it, or the worker is
 * destroyed. False: the queue is full.
 */
bool password_worker_submit(struct password_worker *, struct password_check *);

/* A check that is done; its password is erased. NULL: there is none. */
struct password_check *password_worker_take(struct password_worker *);

#endif
