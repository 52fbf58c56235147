#include "domain/member.h"

#include <assert.h>
#include <stdio.h>

#include "domain/names.h"

static_assert(MEMBER_NAME_SIZE > NAME_SIZE(MEMBER_NAME_CHARS), "holds a name");
static_assert(MEMBER_FOLDED_SIZE > (MEMBER_NAME_SIZE - 1) * 3, "may triple");

/* Whoever has one of these could be taken for the server. */
static const struct str reserved[] = { STR("system"), STR("admin"),
	STR("root") };

static bool
is_reserved(const char *name)
{
	char folded[MEMBER_FOLDED_SIZE];
	struct str text = { folded, member_name_fold(str_from(name), folded) };

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (str_equal(text, reserved[i]))
			return true;
	return false;
}

enum chat_error
member_name_normalize(struct str wish, char out[MEMBER_NAME_SIZE])
{
	enum chat_error error = name_normalize(wish, MEMBER_NAME_CHARS, out);

	if (error == CHAT_OK && is_reserved(out))
		return CHAT_NAME_INVALID;
	return error;
}

size_t
member_name_fold(struct str name, char out[MEMBER_FOLDED_SIZE])
{
	/* Peers look for names of any length; no member has a longer one. */
	if (name.len >= MEMBER_NAME_SIZE)
		name.len = 0;
	return name_fold(name, out, MEMBER_FOLDED_SIZE);
}

void
member_name_suffix(const char name[MEMBER_NAME_SIZE], unsigned n,
    char out[MEMBER_NAME_SIZE])
{
	int len = snprintf(out, MEMBER_NAME_SIZE, "%s#%u", name, n);

	assert(len > 0 && len < MEMBER_NAME_SIZE);
}
