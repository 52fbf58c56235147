#include "cmd/parley/place.h"

static bool
copy(char out[PLACE_TEXT_SIZE], struct str text)
{
	if (text.len >= PLACE_TEXT_SIZE ||
	    (text.len > 0 && memchr(text.data, '\0', text.len) != NULL))
		return false;
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
	return true;
}

static struct str
given(const char *text)
{
	struct str absent = STR_ABSENT;

	return text[0] == '\0' ? absent : str_from(text);
}

struct str
place_room(const struct place *place)
{
	return given(place->room);
}

struct str
place_epoch(const struct place *place)
{
	return given(place->epoch);
}

bool
place_enter(struct place *place, struct str room, struct str epoch)
{
	if (str_equal(room, str_from(place->room)))
		return true;
	place->seq = 0;
	place->behind = false;
	return room.len > 0 && copy(place->room, room) &&
	       copy(place->epoch, epoch);
}

void
place_leave(struct place *place)
{
	*place = (struct place){ 0 };
}

bool
place_go_on(struct place *place, struct str epoch, uint64_t seq)
{
	bool same = str_equal(epoch, str_from(place->epoch));

	place->behind = false;
	if (!same || seq > place->seq)
		place->seq = seq;
	return copy(place->epoch, epoch);
}

enum place_verdict
place_read(struct place *place, uint64_t seq)
{
	if (seq == 0)
		return PLACE_READ;
	if (seq <= place->seq)
		return PLACE_DOUBLE;
	if (seq > place->seq + 1)
		return PLACE_HOLE;
	place->seq = seq;
	return PLACE_READ;
}
