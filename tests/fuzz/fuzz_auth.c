/*
 * The input of auth/ from clients, operators and hooks: tokens, the claims of
 * tokens, keys, origins, users files, answers, revocations. The first byte
 * chooses. No token that was not signed with the secret is valid, unless it is
 * the one of the corpus.
 */
#include <stdlib.h>

#include "auth/hook_answer.h"
#include "auth/jwt.h"
#include "auth/origin.h"
#include "auth/revocations.h"
#include "auth/users.h"
#include "wire/common/wire_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
token_verify(struct str token)
{
	static struct jws_keys *keys;
	char payload[JWS_TOKEN_MAX], why[128];
	size_t len;

	if (keys == NULL)
		keys = jws_keys_read(STR("0123456789abcdef0123456789abcdef"),
		    why, sizeof(why));
	/* The fuzzer does not know the secret. */
	if (jws_verify(keys, token, payload, &len) == JWS_OK && len != 13)
		abort();
}

static void
claims_read(struct str payload)
{
	static struct jwt_claims claims;
	struct jwt_policy policy = {
		.issuer = STR("me"),
		.audience = STR("us"),
	};

	if (payload.len > JWS_TOKEN_MAX)
		return;
	if (jwt_claims_read(&claims, payload, &policy, 1800000000) == JWT_OK &&
	    (claims.subject.len == 0 || claims.expires_s <= 1800000000))
		abort();
}

static void
origins_compare(struct str text)
{
	const char *line = memchr(text.data, '\n', text.len);
	size_t len = line == NULL ? 0 : (size_t)(line - text.data);
	struct str list = str_slice(text.data + len, text.len - len);

	for (int is_secure = 0; is_secure < 2; is_secure++)
		origin_is_allowed(str_slice(text.data, len),
		    STR("chat.example"), is_secure, list);
	origin_list_is_valid(list);
}

/* What was read can be written, and is the same when it is read again. */
static void
users_file_read_and_write(struct str text)
{
	char why[128];
	struct users *users = users_read(text, why, sizeof(why)), *again;
	struct wire_text first, second;

	if (users == NULL)
		return;
	wire_text_init(&first);
	wire_text_init(&second);
	users_write(users, &first);
	again = users_read(str_slice(first.data, first.len), why, sizeof(why));
	if (again == NULL || users_count(again) != users_count(users))
		abort();
	users_write(again, &second);
	if (!str_equal(str_slice(first.data, first.len),
		str_slice(second.data, second.len)))
		abort();
	wire_text_fini(&first);
	wire_text_fini(&second);
	users_destroy(again);
	users_destroy(users);
}

/* No text of the hook ends a line of the answer to a client. */
static void
hook_answer_check(struct str text)
{
	char reason[HOOK_TEXT_SIZE + 1];
	struct hook_answer answer;

	if (hook_answer_read(text, &answer) == NULL &&
	    (answer.user[0] == '\0' || answer.ttl_s < 0 ||
		strpbrk(answer.user, "\r\n") != NULL ||
		strpbrk(answer.name, "\r\n") != NULL))
		abort();
	if (hook_reason_read(text, reason) &&
	    strcspn(reason, "\r\n") + 1 != strlen(reason))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_slice((const char *)data + 1, size - 1);
	char why[128];

	if (size < 2)
		return 0;
	switch (data[0]) {
	case 't':
		token_verify(text);
		break;
	case 'c':
		claims_read(text);
		break;
	case 'h':
		hook_answer_check(text);
		break;
	case 'r':
		revocations_destroy(revocations_read(text, why, sizeof(why)));
		break;
	case 'o':
		origins_compare(text);
		break;
	case 'u':
		users_file_read_and_write(text);
		break;
	default:
		jws_keys_destroy(jws_keys_read(text, why, sizeof(why)));
	}
	return 0;
}
