#include "auth/session_token.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/file_content.h"
#include "domain/text/base64.h"
#include "wire/common/wire_text.h"
#include "wire/json/json_reader.h"
#include "wire/json/json_writer.h"

#define SECRET_SIZE 32
#define SECRET_LEN BASE64URL_LEN(SECRET_SIZE)
#define ID_BYTES 16
#define ISSUER "parley"

/* A part of the salt names the password that a token was given for. */
#define PASSWORD_MARK_BYTES 12
#define PASSWORD_MARK_LEN BASE64URL_LEN(PASSWORD_MARK_BYTES)

static_assert(SECRET_LEN >= JWS_SECRET_MIN, "jws_sign() takes it");
static_assert(TOKEN_ID_LEN == BASE64URL_LEN(ID_BYTES), "of all of it");

/* --- the secret ----------------------------------------------------------- */

struct session_key {
	char secret[SECRET_LEN];
	struct jws_keys *keys; /* the same, to verify */
};

/* False: errno has the reason; EEXIST: another server was faster. */
static bool
secret_make(const char *path)
{
	uint8_t secret[SECRET_SIZE];
	char line[SECRET_LEN + 1];
	bool ok;

	errno = EIO;
	if (RAND_bytes(secret, sizeof(secret)) != 1)
		return false;
	base64url_encode(secret, sizeof(secret), line);
	line[SECRET_LEN] = '\n';
	ok = file_content_create(path, str_slice(line, sizeof(line)));
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(line, sizeof(line));
	return ok;
}

/* Returns 0, or an errno: EINVAL for what is no secret of ours. */
static int
secret_read(const char *path, char out[SECRET_LEN])
{
	size_t len;
	char *content = file_content_read(path, SECRET_LEN + 1, &len, NULL);
	uint8_t secret[SECRET_SIZE];
	size_t secret_len;
	bool fits;

	if (content == NULL)
		return errno == EFBIG ? EINVAL : errno;
	fits = len >= SECRET_LEN &&
	       base64url_decode(str_slice(content, SECRET_LEN), secret,
		   sizeof(secret), &secret_len);
	if (fits)
		memcpy(out, content, SECRET_LEN);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(content, len);
	free(content);
	return fits ? 0 : EINVAL;
}

static int
secret_load(const char *path, char out[SECRET_LEN])
{
	int error = secret_read(path, out);

	if (error != ENOENT)
		return error;
	if (!secret_make(path) && errno != EEXIST)
		return errno;
	return secret_read(path, out);
}

struct session_key *
session_key_load(const char *path, char *why, size_t size)
{
	struct session_key *key = calloc(1, sizeof(*key));
	char problem[128];
	int error;

	if (key == NULL) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	error = secret_load(path, key->secret);
	if (error != 0)
		snprintf(why, size, "%s: %s", path,
		    error == EINVAL ? "not a key that the server has made"
				    : strerror(error));
	else {
		key->keys = jws_keys_read(str_slice(key->secret, SECRET_LEN),
		    problem, sizeof(problem));
		if (key->keys != NULL)
			return key;
		snprintf(why, size, "%s: %s", path, problem);
	}
	session_key_destroy(key);
	return NULL;
}

void
session_key_destroy(struct session_key *key)
{
	if (key == NULL)
		return;
	jws_keys_destroy(key->keys);
	OPENSSL_cleanse(key->secret, sizeof(key->secret));
	free(key);
}

/* --- tokens --------------------------------------------------------------- */

static void
password_mark(const struct user *user, char out[PASSWORD_MARK_LEN])
{
	static_assert(PASSWORD_MARK_BYTES <= PASSWORD_SALT_SIZE, "a part");
	base64url_encode(user->password.salt, PASSWORD_MARK_BYTES, out);
}

static void
claims_write(struct wire_text *out, const struct user *user,
    const char id[TOKEN_ID_LEN], int64_t now_s, int64_t expires_s)
{
	char mark[PASSWORD_MARK_LEN];

	password_mark(user, mark);
	wire_text_append(out, STR("{\"iss\":\"" ISSUER "\",\"sub\":"));
	json_put_string(out, str_from(user->name));
	wire_text_append(out, STR(",\"iat\":"));
	json_put_signed(out, now_s);
	wire_text_append(out, STR(",\"exp\":"));
	json_put_signed(out, expires_s);
	wire_text_append(out, STR(",\"jti\":\""));
	wire_text_append(out, str_slice(id, TOKEN_ID_LEN));
	wire_text_append(out, STR("\",\"parley\":{\"password\":\""));
	wire_text_append(out, str_slice(mark, sizeof(mark)));
	wire_text_append(out, STR("\"}}"));
}

size_t
session_token_sign(const struct session_key *key, const struct user *user,
    int64_t now_s, int64_t expires_s, char out[SESSION_TOKEN_SIZE])
{
	uint8_t random[ID_BYTES];
	char id[TOKEN_ID_LEN];
	struct wire_text claims;
	size_t len = 0;

	if (RAND_bytes(random, sizeof(random)) != 1)
		return 0;
	base64url_encode(random, sizeof(random), id);
	wire_text_init(&claims);
	claims_write(&claims, user, id, now_s, expires_s);
	if (!claims.failed)
		len = jws_sign(str_slice(key->secret, SECRET_LEN),
		    str_slice(claims.data, claims.len), out,
		    SESSION_TOKEN_SIZE);
	wire_text_fini(&claims);
	return len;
}

/* Whether the log-in was with the password that the user has now. */
static bool
password_is_current(struct str claim, const struct user *user)
{
	char mark[PASSWORD_MARK_LEN];
	struct json_reader reader;
	struct json_member member;
	bool found = false;

	if (claim.data == NULL)
		return false;
	password_mark(user, mark);
	json_open(&reader, claim, 2, NULL);
	while (json_next(&reader, &member))
		if (json_string_is(&member.key, STR("password")))
			found = member.value.type == JSON_STRING &&
				json_string_is(&member.value.string,
				    str_slice(mark, sizeof(mark)));
	return found;
}

const char *
session_token_verify(const struct session_key *key, const struct users *users,
    struct str token, int64_t now_s, struct session_claims *out)
{
	static const struct jwt_policy policy = {
		.issuer = { ISSUER, sizeof(ISSUER) - 1 },
	};
	const char *why =
	    jwt_verify(&out->jwt, key->keys, token, &policy, now_s);

	if (why != NULL)
		return why;
	out->id = out->jwt.id;
	out->user = users_find(users, out->jwt.subject);
	if (out->id.len != TOKEN_ID_LEN)
		return jwt_result_reason(JWT_MALFORMED);
	if (out->user == NULL ||
	    !str_equal(out->jwt.subject, str_from(out->user->name)))
		return "Account removed\n";
	if (out->user->is_locked)
		return "Account locked\n";
	if (!password_is_current(out->jwt.parley, out->user))
		return "Password changed: log in again\n";
	return NULL;
}
