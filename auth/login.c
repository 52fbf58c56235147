/* POST /v1/login and POST /v1/logout. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/password_method.h"
#include "auth/request_token.h"
#include "domain/log.h"
#include "transport/http/http_conn.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_select.h"
#include "wire/json/json_writer.h"

#define BODY_MAX ((size_t)16 * 1024)
#define BODY_DEPTH 4
#define NAME_BYTES_MAX 512
#define BUSY_RETRY_MS 1000

/* One request. It ends with its exchange, or with its check after that. */
struct login {
	struct password_check check; /* first: its address is this one */
	struct list link;
	struct password_method *method;
	struct http_exchange *exchange; /* NULL: the client is gone */
	bool is_checked;                /* the worker has it */
	uint64_t address_key, user_key;
	char name[NAME_BYTES_MAX + 1];
	struct wire_text body; /* of the request, then of the answer */
	char headers[SESSION_TOKEN_SIZE + 256];
};

static void
login_free(struct login *login)
{
	list_remove(&login->link);
	if (login->body.data != NULL)
		OPENSSL_cleanse(login->body.data, login->body.capacity);
	wire_text_fini(&login->body);
	OPENSSL_cleanse(&login->check, sizeof(login->check));
	free(login);
}

/* --- answers -------------------------------------------------------------- */

/* The login may be freed when this returns. */
static void
login_respond(struct login *login, int status)
{
	struct http_exchange *exchange = login->exchange;
	struct http_response *response = &exchange->response;

	if (login->body.failed) {
		http_refuse(response, 503, "Out of memory\n");
	} else {
		response->status = status;
		response->content_type = "application/json";
		response->body = str_slice(login->body.data, login->body.len);
		response->headers = login->headers;
	}
	http_exchange_respond(exchange);
}

__attribute__((format(printf, 2, 3))) static void
login_set_headers(struct login *login, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(login->headers, sizeof(login->headers), format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < sizeof(login->headers));
}

/* {"error":"…","field":"…","message":"…"}; field NULL: none. */
static void
login_refuse(struct login *login, int status, const char *error,
    const char *field, const char *message)
{
	struct wire_text *body = &login->body;

	wire_text_reset(body);
	wire_text_append(body, STR("{\"error\":"));
	json_put_string(body, str_from(error));
	if (field != NULL) {
		wire_text_append(body, STR(",\"field\":"));
		json_put_string(body, str_from(field));
	}
	wire_text_append(body, STR(",\"message\":"));
	json_put_string(body, str_from(message));
	wire_text_append(body, STR("}\n"));
	if (login->headers[0] == '\0')
		login_set_headers(login, AUTH_NOT_CACHED);
	login_respond(login, status);
}

static void
login_refuse_for(struct login *login, int status, const char *error,
    const char *message, int64_t wait_ms)
{
	login_set_headers(login, AUTH_NOT_CACHED "Retry-After: %" PRId64 "\r\n",
	    (wait_ms + 999) / 1000);
	login_refuse(login, status, error, NULL, message);
}

static void
login_accept(struct login *login, const struct user *user)
{
	struct password_method *method = login->method;
	int64_t now_s = clock_wall_ms(method->context.clock) / 1000;
	int64_t expires_s = now_s + method->session_s;
	struct wire_text *body = &login->body;
	char token[SESSION_TOKEN_SIZE];
	size_t len =
	    session_token_sign(method->key, user, now_s, expires_s, token);

	if (len == 0) {
		login_refuse_for(login, 503, "unavailable", "Out of memory",
		    BUSY_RETRY_MS);
		return;
	}
	login_set_headers(login,
	    AUTH_NOT_CACHED "Set-Cookie: " AUTH_COOKIE
			    "=%.*s; HttpOnly; SameSite=Strict; Path=/; "
			    "Max-Age=%" PRId64 "%s\r\n",
	    (int)len, token, method->session_s,
	    http_exchange_is_secure(login->exchange) ? "; Secure" : "");
	wire_text_reset(body);
	wire_text_append(body, STR("{\"token\":\""));
	wire_text_append(body, str_slice(token, len));
	wire_text_append(body, STR("\",\"user\":"));
	json_put_string(body, str_from(user->name));
	wire_text_append(body, STR(",\"expires_at\":"));
	json_put_signed(body, expires_s * 1000);
	wire_text_append(body, STR("}\n"));
	log_info("log-in: %s", user->name);
	login_respond(login, 200);
}

/* --- after the comparison ------------------------------------------------- */

/* Attempts with the right password do not count. */
static void
login_give_back(struct login *login)
{
	struct password_method *method = login->method;
	int64_t now_ms = clock_monotonic_ms(method->context.clock);

	login_limits_give_back(&method->limits, login->address_key, now_ms);
	login_limits_give_back(&method->limits, login->user_key, now_ms);
}

/* It counts at other nodes, too. */
static void
login_spread_failure(const struct login *login)
{
	const struct password_method *method = login->method;
	const uint64_t keys[2] = { login->address_key, login->user_key };

	if (method->on_failed_login != NULL)
		method->on_failed_login(method->arg, keys);
}

/* The user file may be another one by now. */
static const struct user *
login_user(const struct login *login)
{
	const struct user *user =
	    users_find(login->method->users, str_from(login->name));

	return user != NULL && !user->is_locked &&
		       memcmp(&user->password, &login->check.hash,
			   sizeof(user->password)) == 0
		   ? user
		   : NULL;
}

static void
login_answer(struct login *login)
{
	enum password_result result = login->check.result;
	const struct user *user =
	    result == PASSWORD_MATCHES ? login_user(login) : NULL;

	login->is_checked = false;
	if (user != NULL || result == PASSWORD_FAILED)
		login_give_back(login);
	else
		login_spread_failure(login);
	if (login->exchange == NULL)
		login_free(login);
	else if (user != NULL)
		login_accept(login, user);
	else if (result == PASSWORD_FAILED)
		login_refuse_for(login, 503, "unavailable", "Out of memory",
		    BUSY_RETRY_MS);
	else {
		log_limited(LOG_INFO, "log-in refused: wrong user or password");
		http_exchange_count_auth_failure(login->exchange,
		    "wrong_credentials");
		login_refuse(login, 401, "wrong_credentials", NULL,
		    "Wrong user or password");
	}
}

void
logins_answer(struct password_method *method)
{
	struct password_check *check;

	while ((check = password_worker_take(method->worker)) != NULL)
		login_answer((struct login *)check);
}

void
logins_end(struct password_method *method)
{
	while (!list_is_empty(&method->logins)) {
		struct login *login =
		    LIST_OWNER(method->logins.next, struct login, link);

		login->is_checked = false;
		if (login->exchange == NULL)
			login_free(login);
		else
			login_refuse_for(login, 503, "unavailable",
			    "Log-ins have ended", BUSY_RETRY_MS);
	}
}

/* --- the request ---------------------------------------------------------- */

/* A user that does not exist costs as much time. */
static void
login_check(struct login *login)
{
	struct password_method *method = login->method;
	const struct user *user =
	    users_find(method->users, str_from(login->name));

	login->check.hash =
	    user != NULL ? user->password : password_hash_dummy();
	login->is_checked =
	    password_worker_submit(method->worker, &login->check);
	if (login->is_checked)
		return;
	login_give_back(login);
	login_refuse_for(login, 503, "unavailable", "Too many log-ins",
	    BUSY_RETRY_MS);
}

/* How long until this address may try for this user; 0: now. */
static int64_t
login_wait_ms(struct login *login)
{
	struct login_limits *limits = &login->method->limits;
	int64_t now_ms = clock_monotonic_ms(login->method->context.clock);
	int64_t wait_ms;

	login->user_key = login_limits_user_key(limits, str_from(login->name));
	wait_ms = login_limits_take(limits, login->address_key, now_ms);
	if (wait_ms == 0)
		wait_ms = login_limits_take(limits, login->user_key, now_ms);
	return wait_ms;
}

/* False: it is not a text, is empty or longer, or has a NUL. */
static bool
field_read(const struct json_value *value, char *out, size_t size, size_t *len)
{
	return json_is_string(value) &&
	       json_string_copy(&value->string, out, size, len) && *len > 0 &&
	       memchr(out, '\0', *len) == NULL;
}

/* NULL: it was read; else what is wrong. Sets *field if it is one. */
static const char *
login_read(struct login *login, const char **field)
{
	static const struct str keys[] = { { "user", 4 }, { "password", 8 } };
	struct json_value values[2];
	struct str body = login->body.len == 0
			      ? STR("")
			      : str_slice(login->body.data, login->body.len);
	/* Without a table duplicates are found, unless it has many keys. */
	enum json_error error =
	    json_select(body, BODY_DEPTH, NULL, keys, values, 2);
	size_t len;

	*field = NULL;
	if (error != JSON_OK)
		return json_error_text(error).data;
	*field = "user";
	if (!field_read(&values[0], login->name, NAME_BYTES_MAX, &len))
		return "user: expected a text of 1 to 512 bytes";
	login->name[len] = '\0';
	*field = "password";
	if (!field_read(&values[1], login->check.password, PASSWORD_BYTES_MAX,
		&login->check.len))
		return "password: expected a text of 1 to 1024 bytes";
	return NULL;
}

static void
login_on_request_end(struct http_exchange *exchange)
{
	struct login *login = exchange->arg;
	const char *field, *problem = login_read(login, &field);
	int64_t wait_ms;

	if (login->body.data != NULL)
		OPENSSL_cleanse(login->body.data, login->body.len);
	if (problem != NULL) {
		login_refuse(login, 400, field == NULL ? "bad_json" : "invalid",
		    field, problem);
		return;
	}
	wait_ms = login_wait_ms(login);
	if (wait_ms == 0) {
		login_check(login);
		return;
	}
	http_exchange_count_refusal(exchange, "limits.logins");
	login_refuse_for(login, 429, "rate_limited",
	    "Too many log-ins of this address or user", wait_ms);
}

static void
login_on_body(struct http_exchange *exchange, struct str piece)
{
	struct login *login = exchange->arg;

	if (piece.len <= BODY_MAX - login->body.len) {
		wire_text_append(&login->body, piece);
		return;
	}
	login_refuse(login, 413, "too_large", NULL,
	    "The body of a log-in has at most 16384 bytes");
}

static void
login_on_close(struct http_exchange *exchange)
{
	struct login *login = exchange->arg;

	login->exchange = NULL;
	if (!login->is_checked)
		login_free(login);
}

static const struct http_exchange_ops login_ops = {
	.on_body = login_on_body,
	.on_request_end = login_on_request_end,
	.on_close = login_on_close,
};

void
password_login(struct auth_method *base, struct http_exchange *exchange)
{
	struct password_method *method = (struct password_method *)base;
	struct login *login = calloc(1, sizeof(*login));

	if (login == NULL) {
		http_refuse(&exchange->response, 503, "Out of memory\n");
		return;
	}
	login->method = method;
	login->exchange = exchange;
	login->address_key = login_limits_address_key(&method->limits,
	    http_exchange_peer_key(exchange));
	wire_text_init(&login->body);
	list_append(&method->logins, &login->link);
	http_exchange_begin(exchange, &login_ops, login);
}

/* --- log-out -------------------------------------------------------------- */

/* A token that is not valid needs no end. */
void
password_logout(struct auth_method *base, struct http_exchange *exchange)
{
	struct password_method *method = (struct password_method *)base;
	int64_t now_s = clock_wall_ms(method->context.clock) / 1000;
	char scratch[REQUEST_TOKEN_SIZE];
	struct str token =
	    request_token_find(exchange->request, AUTH_COOKIE, scratch);
	struct session_claims *claims = &method->claims;

	if (token.data != NULL &&
	    session_token_verify(method->key, method->users, token, now_s,
		claims) == NULL &&
	    !revoked_tokens_add(method->revoked, claims->id,
		claims->jwt.expires_s, now_s)) {
		http_refuse(&exchange->response, 503, "Out of memory\n");
		return;
	}
	exchange->response.status = 204;
	exchange->response.headers = AUTH_COOKIE_CLEARED;
}
