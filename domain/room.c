#include "domain/room.h"

#include <assert.h>

#include "domain/private_talk.h"
#include "domain/text/names.h"

static_assert(ROOM_NAME_SIZE == NAME_SIZE(ROOM_NAME_CHARS), "holds a name");

static bool
is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool
room_continues_epoch(const struct room *room, struct str epoch, uint64_t seq)
{
	return str_equal(epoch, str_from(room->epoch)) ||
	       (seq <= room->former_seq && room->former_epoch[0] != '\0' &&
		   str_equal(epoch, str_from(room->former_epoch)));
}

bool
room_id_is_valid(struct str id)
{
	if (id.len == 0 || id.len >= ROOM_ID_SIZE)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!is_id_character(id.data[i]))
			return false;
	return true;
}

bool
room_id_is_stored(struct str id)
{
	return room_id_is_valid(id) || talk_id_is_valid(id);
}

enum chat_error
room_name_normalize(struct str wish, char out[ROOM_NAME_SIZE])
{
	return name_normalize(wish, ROOM_NAME_CHARS, out);
}

bool
room_name_sanitize(struct str wish, char out[ROOM_NAME_SIZE])
{
	return name_sanitize(wish, ROOM_NAME_CHARS, out);
}
