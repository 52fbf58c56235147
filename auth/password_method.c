#include "auth/password_method.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/file_content.h"
#include "auth/users_file.h"
#include "domain/log.h"

/* After a locked or removed account, and after one that has changed. */
#define CLOSE_FORBIDDEN 4003
#define CLOSE_CHANGED 4202

static int64_t
now_s(const struct password_method *method)
{
	return clock_wall_ms(method->context.clock) / 1000;
}

/* --- tokens --------------------------------------------------------------- */

static const char *
password_method_verify(struct auth_method *base, struct str token,
    struct principal *out)
{
	struct password_method *method = (struct password_method *)base;
	struct session_claims *claims = &method->claims;
	const char *why = session_token_verify(method->key, method->users,
	    token, now_s(method), claims);

	if (why != NULL)
		return why;
	if (revoked_tokens_contain(method->revoked, claims->id))
		return "Logged out\n";
	*out = (struct principal){
		.user_id = str_from(claims->user->name),
		.name = str_from(claims->user->name),
		.rights = user_role_rights(claims->user->role),
		.expires_at_ms = claims->jwt.expires_s * 1000,
		.issued_s = claims->jwt.issued_s,
	};
	auth_set_token(out, claims->id);
	return NULL;
}

/* --- the users file ------------------------------------------------------- */

static bool
password_is_same(const struct user *a, const struct user *b)
{
	return memcmp(a->password.salt, b->password.salt,
		   sizeof(a->password.salt)) == 0;
}

/* Ends the connections of users that are not what they were. */
static void
users_compare(struct password_method *method, const struct users *fresh)
{
	for (size_t i = 0; i < users_count(method->users); i++) {
		const struct user *was = users_at(method->users, i);
		const struct user *is = users_find(fresh, str_from(was->name));
		struct str id = str_from(was->member_id);

		if (is == NULL || strcmp(is->name, was->name) != 0 ||
		    is->is_locked)
			admission_end_user(method->context.admission, id,
			    CLOSE_FORBIDDEN, "forbidden");
		else if (is->role != was->role || !password_is_same(was, is))
			admission_end_user(method->context.admission, id,
			    CLOSE_CHANGED, "account_changed");
	}
}

static void
users_replace(struct password_method *method, struct users *fresh)
{
	users_compare(method, fresh);
	users_destroy(method->users);
	method->users = fresh;
}

static void
warn_of_readers(const char *path, const struct stat *status)
{
	if (status->st_mode & (S_IRWXG | S_IRWXO))
		log_warn("%s: others than its owner may open it (mode %o)",
		    path, (unsigned)status->st_mode & 07777u);
}

/* A file that is missing or wrong changes nothing, and is reported once. */
static void
password_method_tick(struct auth_method *base)
{
	struct password_method *method = (struct password_method *)base;
	struct users *fresh;
	struct stat status;
	char why[512];

	if (stat(method->path, &status) != 0)
		memset(&status, 0, sizeof(status));
	if (file_content_is_same(&status, &method->status))
		return;
	method->status = status;
	fresh = users_file_read(method->path, &status, why, sizeof(why));
	if (fresh == NULL) {
		log_error("users not reloaded: auth.users %s", why);
		return;
	}
	method->status = status;
	users_replace(method, fresh);
	log_info("users reloaded: %zu", users_count(fresh));
}

/* --- configuration -------------------------------------------------------- */

/* What is read of files. */
struct password_files {
	char path[PATH_MAX];
	struct users *users;
	struct stat status;
	struct session_key *key;
	struct revoked_tokens *revoked;
};

static void
password_files_destroy(struct password_files *files)
{
	users_destroy(files->users);
	session_key_destroy(files->key);
	revoked_tokens_destroy(files->revoked);
}

/* False: `why` has the path; nothing is left to be freed. */
static bool
password_files_read(struct password_files *files, struct str path, int64_t now,
    char *why, size_t size)
{
	char beside[PATH_MAX + 16];

	memset(files, 0, sizeof(*files));
	snprintf(files->path, sizeof(files->path), "%.*s", (int)path.len,
	    path.data);
	files->users = users_file_read(files->path, &files->status, why, size);
	if (files->users == NULL)
		return false;
	snprintf(beside, sizeof(beside), "%s.key", files->path);
	files->key = session_key_load(beside, why, size);
	if (files->key != NULL) {
		snprintf(beside, sizeof(beside), "%s.revoked", files->path);
		files->revoked = revoked_tokens_load(beside, now, why, size);
	}
	if (files->revoked != NULL)
		return true;
	password_files_destroy(files);
	return false;
}

static bool
password_method_configure(struct auth_method *base,
    const struct authenticator_config *config, char *why, size_t size)
{
	struct password_method *method = (struct password_method *)base;
	struct password_files files;
	char problem[512];

	if (!password_files_read(&files, config->users_file, now_s(method),
		problem, sizeof(problem))) {
		snprintf(why, size, "auth.users %s", problem);
		return false;
	}
	warn_of_readers(files.path, &files.status);
	memcpy(method->path, files.path, sizeof(method->path));
	method->status = files.status;
	if (method->users == NULL)
		method->users = files.users;
	else
		users_replace(method, files.users);
	session_key_destroy(method->key);
	method->key = files.key;
	revoked_tokens_destroy(method->revoked);
	method->revoked = files.revoked;
	method->session_s = config->session_s;
	method->limits.per_minute = config->logins_per_minute;
	return true;
}

static void
password_method_destroy(struct auth_method *base)
{
	struct password_method *method = (struct password_method *)base;

	password_worker_destroy(method->worker);
	logins_end(method);
	users_destroy(method->users);
	session_key_destroy(method->key);
	revoked_tokens_destroy(method->revoked);
	free(method);
}

static struct auth_method *
password_method_create(const struct authenticator_config *config,
    const struct auth_context *context, char *why, size_t size)
{
	struct password_method *method = calloc(1, sizeof(*method));
	uint64_t seed[2];

	if (method == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	method->base.ops = &auth_password_ops;
	method->context = *context;
	method->on_failed_login = config->on_failed_login;
	method->arg = config->arg;
	list_init(&method->logins);
	method->worker = password_worker_create(context->event_fd);
	if (method->worker == NULL ||
	    RAND_bytes((unsigned char *)seed, sizeof(seed)) != 1)
		snprintf(why, size, "no thread to compare passwords");
	else {
		login_limits_init(&method->limits,
		    config->login_seed != NULL ? config->login_seed : seed);
		if (password_method_configure(&method->base, config, why, size))
			return &method->base;
	}
	password_method_destroy(&method->base);
	return NULL;
}

static void
password_method_note_failed_login(struct auth_method *base,
    const uint64_t keys[2])
{
	struct password_method *method = (struct password_method *)base;
	int64_t now_ms = clock_monotonic_ms(method->context.clock);

	login_limits_note(&method->limits, keys[0], now_ms);
	login_limits_note(&method->limits, keys[1], now_ms);
}

static void
password_method_on_ready(struct auth_method *base)
{
	logins_answer((struct password_method *)base);
}

const struct auth_method_ops auth_password_ops = {
	.name = "password",
	.create = password_method_create,
	.configure = password_method_configure,
	.verify = password_method_verify,
	.cookie = AUTH_COOKIE,
	.login = password_login,
	.logout = password_logout,
	.note_failed_login = password_method_note_failed_login,
	.on_ready = password_method_on_ready,
	.tick = password_method_tick,
	.destroy = password_method_destroy,
};
