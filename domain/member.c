#include "domain/member.h"

#include <assert.h>
#include <stdio.h>

#include "domain/text/names.h"

static_assert(MEMBER_NAME_SIZE > NAME_SIZE(MEMBER_NAME_CHARS), "holds a name");
static_assert(MEMBER_SKELETON_SIZE > (MEMBER_NAME_SIZE - 1) * 3,
    "folding can triple");

enum chat_error
member_name_normalize(struct str wish, char out[MEMBER_NAME_SIZE])
{
	enum chat_error error = name_normalize(wish, MEMBER_NAME_CHARS, out);

	if (error == CHAT_OK && name_is_of_server(str_from(out)))
		return CHAT_NAME_INVALID;
	return error;
}

size_t
member_name_skeleton(struct str name, char out[MEMBER_SKELETON_SIZE])
{
	/* Recipients come from peers, in any length. */
	if (name.len >= MEMBER_NAME_SIZE)
		name.len = 0;
	return name_skeleton(name, out, MEMBER_SKELETON_SIZE);
}

/* A NUL separates them: room ids and names contain none. */
size_t
member_name_key(struct str scope, struct str name, char out[MEMBER_KEY_SIZE])
{
	size_t before = scope.data == NULL ? 0 : scope.len + 1;
	size_t len;

	assert(scope.len < ROOM_ID_SIZE);
	if (name.len > 0 && memchr(name.data, '\0', name.len) != NULL)
		return 0;
	len = member_name_skeleton(name, out + before);
	if (len == 0 || before == 0)
		return len;
	memcpy(out, scope.data, scope.len);
	out[scope.len] = '\0';
	return before + len;
}

void
member_name_suffix(const char name[MEMBER_NAME_SIZE], unsigned n,
    char out[MEMBER_NAME_SIZE])
{
	int len = snprintf(out, MEMBER_NAME_SIZE, "%s#%u", name, n);

	assert(len > 0 && len < MEMBER_NAME_SIZE);
}
