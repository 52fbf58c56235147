/*
 * Any text as a name: what is accepted is valid and normalized, and a skeleton
 * has the same skeleton.
 */
#include <stdlib.h>

#include "domain/member.h"
#include "domain/room.h"
#include "domain/text/unicode.h"
#include "domain/text/utf8.h"

#define CHECK(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
name_check(const char *name, size_t most)
{
	struct str text = str_from(name);
	uint32_t character = 0;
	size_t count = 0;

	CHECK(text.len > 0 && utf8_is_valid(text));
	for (size_t offset = 0; offset < text.len; count++) {
		character = utf8_next(text, &offset);
		CHECK(unicode_kind(character) != UNICODE_HIDDEN);
		CHECK(count > 0 || unicode_kind(character) != UNICODE_SPACE);
		CHECK(count > 0 || !unicode_is_mark(character));
	}
	CHECK(count <= most && unicode_kind(character) != UNICODE_SPACE);
}

static void
check_skeleton(struct str text)
{
	char skeleton[MEMBER_SKELETON_SIZE], again[MEMBER_SKELETON_SIZE];
	size_t len = member_name_skeleton(text, skeleton);

	CHECK(len < sizeof(skeleton) && skeleton[len] == '\0');
	CHECK(len <= text.len * 3);
	CHECK(utf8_is_valid(str_slice(skeleton, len)));
	if (len == 0)
		CHECK(text.len == 0 || text.len >= MEMBER_NAME_SIZE ||
		      !utf8_is_valid(text));
	if (len >= MEMBER_NAME_SIZE)
		return;
	CHECK(member_name_skeleton(str_slice(skeleton, len), again) == len);
	CHECK(memcmp(skeleton, again, len) == 0);
}

/* A wish and the name made of it fold to the same. */
static void
check_same(struct str wish, const char *name)
{
	char one[MEMBER_SKELETON_SIZE], other[MEMBER_SKELETON_SIZE];
	size_t len = member_name_skeleton(wish, one);

	if (len > 0)
		CHECK(str_equal(str_slice(one, len),
		    str_slice(other,
			member_name_skeleton(str_from(name), other))));
}

static void
member_wish_check(struct str wish)
{
	char name[MEMBER_NAME_SIZE], again[MEMBER_NAME_SIZE];

	if (member_name_normalize(wish, name) != CHAT_OK)
		return;
	name_check(name, MEMBER_NAME_CHARS);
	check_same(wish, name);
	CHECK(member_name_normalize(str_from(name), again) == CHAT_OK);
	CHECK(strcmp(name, again) == 0);
	member_name_suffix(name, (unsigned)wish.data[0] + 2, again);
	CHECK(strncmp(name, again, strlen(name)) == 0);
	check_skeleton(str_from(again));
}

static void
room_wish_check(struct str wish)
{
	char name[ROOM_NAME_SIZE], again[ROOM_NAME_SIZE];

	if (room_name_normalize(wish, name) != CHAT_OK) {
		CHECK(member_name_normalize(wish, again) != CHAT_OK);
		CHECK(!room_id_is_valid(wish));
		return;
	}
	name_check(name, ROOM_NAME_CHARS);
	CHECK(room_name_normalize(str_from(name), again) == CHAT_OK);
	CHECK(strcmp(name, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str wish = { (const char *)data, size };

	check_skeleton(wish);
	member_wish_check(wish);
	room_wish_check(wish);
	return 0;
}
