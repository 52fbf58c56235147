#include "domain/role.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "domain/base/count_of.h"

static const struct {
	struct str word;
	unsigned rights;
	unsigned moderated;
} roles[] = {
#define X(constant, word, rights, moderated) \
	[constant] = { { word, sizeof(word) - 1 }, rights, moderated },
	ROLES(X)
#undef X
};

struct str
role_word(enum role role)
{
	assert((size_t)role < COUNT_OF(roles));
	return roles[role].word;
}

static bool
word_is_of_role(struct str word, size_t first, size_t last, enum role *out)
{
	for (size_t i = first; i <= last; i++)
		if (str_equal(roles[i].word, word)) {
			*out = (enum role)i;
			return true;
		}
	return false;
}

bool
role_of_word(struct str word, enum role *out)
{
	return word_is_of_role(word, ROLE_MEMBER, ROLE_OWNER, out);
}

unsigned
role_rights(enum role role, bool in_moderated_room)
{
	assert((size_t)role < COUNT_OF(roles));
	return in_moderated_room ? roles[role].moderated : roles[role].rights;
}

enum role
standing_role(const struct standing *standing, int64_t now_ms)
{
	if (standing->penalty < ROLE_MEMBER &&
	    (standing->until_ms == 0 || now_ms < standing->until_ms))
		return standing->penalty;
	return standing->role;
}

size_t
standing_write(const struct standing *standing, char out[STANDING_SIZE])
{
	int len;

	assert(standing->role >= ROLE_MEMBER && standing->until_ms >= 0);
	if (standing->penalty < ROLE_MEMBER)
		len = snprintf(out, STANDING_SIZE, "%s %s %" PRId64,
		    roles[standing->role].word.data,
		    roles[standing->penalty].word.data, standing->until_ms);
	else
		len = snprintf(out, STANDING_SIZE, "%s",
		    roles[standing->role].word.data);
	assert(len > 0 && len < STANDING_SIZE);
	return (size_t)len;
}

/* Removes and returns the text up to the next space. */
static struct str
standing_word_take(struct str *text)
{
	const char *end =
	    text->len > 0 ? memchr(text->data, ' ', text->len) : NULL;
	struct str word = *text;

	if (end == NULL) {
		*text = STR("");
		return word;
	}
	word.len = (size_t)(end - text->data);
	*text = str_slice(end + 1, text->len - word.len - 1);
	return word;
}

static bool
until_read(struct str digits, int64_t *out)
{
	*out = 0;
	if (digits.len == 0 || digits.len > 18)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
		*out = *out * 10 + (digits.data[i] - '0');
	}
	return true;
}

void
standing_read(struct str value, struct standing *out)
{
	struct str role = standing_word_take(&value);
	struct str penalty = standing_word_take(&value);

	*out = STANDING_PLAIN;
	if (!role_of_word(role, &out->role) ||
	    (penalty.len > 0 && (!word_is_of_role(penalty, ROLE_BANNED,
				     ROLE_MUTED, &out->penalty) ||
				    !until_read(value, &out->until_ms))))
		*out = STANDING_PLAIN;
}
