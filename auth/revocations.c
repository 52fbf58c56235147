#include "auth/revocations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/member_id.h"
#include "auth/sha256.h"
#include "domain/base/array.h"
#include "domain/base/str_take.h"
#include "domain/base/str_trim.h"

#define BLANKS STR(" \t\r")
#define NO_MEMORY "no memory"

struct revoked_user {
	char member_id[PRINCIPAL_MEMBER_ID_LEN + 1];
	int64_t before_s; /* INT64_MAX: whenever its tokens were issued */
};

/* Both arrays are sorted once the file is read. */
struct revocations {
	uint64_t *tokens;
	size_t token_count;
	size_t token_capacity;
	struct revoked_user *users; /* each once */
	size_t user_count;
	size_t user_capacity;
	int64_t before_s; /* for all users; 0: none */
};

uint64_t
revocations_token(struct str id)
{
	uint8_t hash[SHA256_SIZE];
	uint64_t token;

	sha256(id, hash);
	memcpy(&token, hash, sizeof(token));
	return token | 1;
}

/* --- one line: NULL, or what is wrong with it ----------------------------- */

static const char *
token_add(struct revocations *revocations, struct str id)
{
	uint64_t *tokens =
	    array_grow(revocations->tokens, revocations->token_count,
		&revocations->token_capacity, sizeof(*tokens));

	if (tokens == NULL)
		return NO_MEMORY;
	revocations->tokens = tokens;
	tokens[revocations->token_count++] = revocations_token(id);
	return NULL;
}

static const char *
user_add(struct revocations *revocations, struct str user, int64_t before_s)
{
	struct revoked_user *users =
	    array_grow(revocations->users, revocations->user_count,
		&revocations->user_capacity, sizeof(*users));
	struct revoked_user *added;

	if (users == NULL)
		return NO_MEMORY;
	revocations->users = users;
	added = &users[revocations->user_count++];
	added->before_s = before_s;
	user_member_id(user, added->member_id);
	return NULL;
}

/* Digits alone. */
static bool
time_read(struct str text, int64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (text.data[i] - '0');
	}
	return text.len > 0;
}

static const char *
before_add(struct revocations *revocations, struct str rest)
{
	struct str time = str_take(&rest, BLANKS);
	struct str user = str_trim(rest, BLANKS);
	int64_t before_s;

	if (time.len > 18 || !time_read(time, &before_s))
		return "before needs a Unix time in seconds";
	if (user.len > 0)
		return user_add(revocations, user, before_s);
	if (revocations->before_s < before_s)
		revocations->before_s = before_s;
	return NULL;
}

/* An id may contain blanks. */
static const char *
revocation_line_read(struct revocations *revocations, struct str line)
{
	struct str word = str_take(&line, BLANKS);
	struct str rest = str_trim(line, BLANKS);

	if (word.len == 0 || word.data[0] == '#')
		return NULL;
	if (str_equal(word, STR("before")))
		return before_add(revocations, rest);
	if (str_equal(word, STR("jti")))
		return rest.len == 0 ? "jti needs an id"
				     : token_add(revocations, rest);
	if (str_equal(word, STR("sub")))
		return rest.len == 0 ? "sub needs a user"
				     : user_add(revocations, rest, INT64_MAX);
	return "expected jti, sub or before";
}

/* --- the file ------------------------------------------------------------- */

static struct str
revocation_line_take(struct str *content)
{
	const char *end = memchr(content->data, '\n', content->len);
	size_t len = end == NULL ? content->len : (size_t)(end - content->data);
	struct str line = str_slice(content->data, len);

	if (end != NULL)
		len++;
	*content = str_slice(content->data + len, content->len - len);
	return line;
}

static int
token_compare(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static int
user_compare(const void *a, const void *b)
{
	const struct revoked_user *one = a, *other = b;

	return strcmp(one->member_id, other->member_id);
}

/* Sorts both arrays; of several lines about a user the latest time counts. */
static void
revocations_sort(struct revocations *revocations)
{
	struct revoked_user *users = revocations->users;
	size_t kept = 0;

	if (revocations->token_count > 0)
		qsort(revocations->tokens, revocations->token_count,
		    sizeof(*revocations->tokens), token_compare);
	if (revocations->user_count == 0)
		return;
	qsort(users, revocations->user_count, sizeof(*users), user_compare);
	for (size_t i = 1; i < revocations->user_count; i++)
		if (user_compare(&users[kept], &users[i]) != 0)
			users[++kept] = users[i];
		else if (users[kept].before_s < users[i].before_s)
			users[kept].before_s = users[i].before_s;
	revocations->user_count = kept + 1;
}

struct revocations *
revocations_read(struct str content, char *why, size_t size)
{
	struct revocations *revocations = calloc(1, sizeof(*revocations));
	const char *problem = NULL;
	unsigned number = 0;

	if (revocations == NULL) {
		snprintf(why, size, NO_MEMORY);
		return NULL;
	}
	while (problem == NULL && content.len > 0) {
		number++;
		problem = revocation_line_read(revocations,
		    revocation_line_take(&content));
	}
	if (problem == NULL) {
		revocations_sort(revocations);
		return revocations;
	}
	snprintf(why, size, "line %u: %s", number, problem);
	revocations_destroy(revocations);
	return NULL;
}

void
revocations_destroy(struct revocations *revocations)
{
	if (revocations == NULL)
		return;
	free(revocations->tokens);
	free(revocations->users);
	free(revocations);
}

/* --- the decision --------------------------------------------------------- */

bool
revocations_match(const struct revocations *revocations,
    const struct principal_mark *mark)
{
	struct revoked_user key;
	const struct revoked_user *user = NULL;

	if (revocations == NULL)
		return false;
	if (mark->issued_s < revocations->before_s)
		return true;
	if (mark->token != 0 && revocations->token_count > 0 &&
	    bsearch(&mark->token, revocations->tokens, revocations->token_count,
		sizeof(mark->token), token_compare) != NULL)
		return true;
	memcpy(key.member_id, mark->member_id, sizeof(key.member_id));
	if (revocations->user_count > 0)
		user = bsearch(&key, revocations->users,
		    revocations->user_count, sizeof(key), user_compare);
	return user != NULL && mark->issued_s < user->before_s;
}
