#include "domain/private_talk.h"

#include <assert.h>

#include "domain/principal.h"

#define USER_ID_LEN PRINCIPAL_MEMBER_ID_LEN
#define TALK_ID_LEN (1 + USER_ID_LEN + 1 + USER_ID_LEN)

static_assert(TALK_ID_LEN < ROOM_ID_SIZE, "an id of a room");

static bool
is_base32(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

bool
member_id_is_of_user(struct str id)
{
	if (id.len != USER_ID_LEN || id.data[0] != 'u')
		return false;
	for (size_t i = 1; i < id.len; i++)
		if (!is_base32(id.data[i]))
			return false;
	return true;
}

static struct str
talk_first(struct str room)
{
	return str_slice(room.data + 1, USER_ID_LEN);
}

static struct str
talk_second(struct str room)
{
	return str_slice(room.data + 1 + USER_ID_LEN + 1, USER_ID_LEN);
}

bool
talk_id_is_valid(struct str room)
{
	return room.len == TALK_ID_LEN && room.data[0] == '@' &&
	       room.data[1 + USER_ID_LEN] == '+' &&
	       member_id_is_of_user(talk_first(room)) &&
	       member_id_is_of_user(talk_second(room)) &&
	       memcmp(talk_first(room).data, talk_second(room).data,
		   USER_ID_LEN) < 0;
}

void
talk_id_make(struct str member_id, struct str other_id, char out[ROOM_ID_SIZE])
{
	struct str first = member_id, second = other_id;

	assert(member_id_is_of_user(first) && member_id_is_of_user(second));
	if (memcmp(first.data, second.data, USER_ID_LEN) > 0) {
		first = other_id;
		second = member_id;
	}
	out[0] = '@';
	memcpy(out + 1, first.data, USER_ID_LEN);
	out[1 + USER_ID_LEN] = '+';
	memcpy(out + 1 + USER_ID_LEN + 1, second.data, USER_ID_LEN);
	out[TALK_ID_LEN] = '\0';
	assert(talk_id_is_valid(str_from(out)));
}

struct str
talk_other(struct str room, struct str member_id)
{
	if (!talk_id_is_valid(room))
		return STR_ABSENT;
	if (str_equal(talk_first(room), member_id))
		return talk_second(room);
	if (str_equal(talk_second(room), member_id))
		return talk_first(room);
	return STR_ABSENT;
}
