/* auth.kind = password: what its files share. */
#ifndef AUTH_PASSWORD_METHOD_H
#define AUTH_PASSWORD_METHOD_H

#include <limits.h>
#include <sys/stat.h>

#include "auth/auth_method.h"
#include "auth/login_limits.h"
#include "auth/password_worker.h"
#include "auth/revoked_tokens.h"
#include "auth/session_token.h"
#include "auth/users.h"
#include "domain/base/list.h"

struct password_method {
	struct auth_method base;
	struct auth_context context;
	char path[PATH_MAX]; /* of the users file */
	struct users *users;
	struct stat status; /* of the users file that was looked at last */
	struct session_key *key;
	struct revoked_tokens *revoked;
	struct password_worker *worker;
	struct login_limits limits;
	int64_t session_s;
	struct list logins; /* that are not answered, or are being checked */
	struct session_claims claims; /* of the token being verified */
	void (*on_failed_login)(void *arg, const uint64_t keys[2]);
	void *arg;
};

/* login.c */
void password_login(struct auth_method *, struct http_exchange *);
void password_logout(struct auth_method *, struct http_exchange *);

/* Answers log-ins whose passwords were compared. */
void logins_answer(struct password_method *);

/* Refuses those that wait (503), and frees all; the worker is gone. */
void logins_end(struct password_method *);

#endif
