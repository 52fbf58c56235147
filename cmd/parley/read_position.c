#include "cmd/parley/read_position.h"

static bool
position_copy_text(char out[READ_POSITION_TEXT_SIZE], struct str text)
{
	if (text.len >= READ_POSITION_TEXT_SIZE ||
	    (text.len > 0 && memchr(text.data, '\0', text.len) != NULL))
		return false;
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return true;
}

static struct str
text_or_absent(const char *text)
{
	struct str absent = STR_ABSENT;

	return text[0] == '\0' ? absent : str_from(text);
}

struct str
read_position_room(const struct read_position *place)
{
	return text_or_absent(place->room);
}

struct str
read_position_epoch(const struct read_position *place)
{
	return text_or_absent(place->epoch);
}

bool
read_position_enter(struct read_position *place, struct str room,
    struct str epoch)
{
	if (str_equal(room, str_from(place->room)))
		return true;
	place->seq = 0;
	place->behind = false;
	return room.len > 0 && position_copy_text(place->room, room) &&
	       position_copy_text(place->epoch, epoch);
}

void
read_position_leave(struct read_position *place)
{
	*place = (struct read_position){ 0 };
}

bool
read_position_set_epoch(struct read_position *place, struct str epoch)
{
	return epoch.len > 0 && position_copy_text(place->epoch, epoch);
}

bool
read_position_set(struct read_position *place, struct str epoch, uint64_t seq)
{
	bool same = str_equal(epoch, str_from(place->epoch));

	place->behind = false;
	if (!same || seq > place->seq)
		place->seq = seq;
	return position_copy_text(place->epoch, epoch);
}

enum read_result
read_position_read(struct read_position *place, uint64_t seq)
{
	if (seq == 0)
		return READ_NEXT;
	if (seq <= place->seq)
		return READ_DUPLICATE;
	if (seq > place->seq + 1)
		return READ_GAP;
	place->seq = seq;
	return READ_NEXT;
}
