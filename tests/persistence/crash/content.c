#include "tests/persistence/crash/content.h"

#include <string.h>

#include "tests/support/persistence/chance.h"

static void
complain(struct content *content, const char *why, unsigned place)
{
	if (content->wrong != NULL)
		return;
	content->wrong = why;
	content->wrong_room = place;
}

void
content_complain(struct content *content, const char *why)
{
	complain(content, why, ROOMS);
}

void
content_clear(struct content *content)
{
	content->wrong = NULL;
	for (size_t i = 0; i < ROOMS; i++)
		content->rooms[i].life = 0;
}

/* NULL: there is no such room, which is complained of. */
static struct found_room *
room_of(struct content *content, struct str id, const char *why)
{
	unsigned place = speech_room_place(id);

	if (place < ROOMS && content->rooms[place].life != 0)
		return &content->rooms[place];
	complain(content, why, place);
	return NULL;
}

/* Once more: it got another epoch. */
void
content_add_room(struct content *content, const struct room *room)
{
	unsigned place = speech_room_place(str_from(room->id));
	unsigned life = speech_room_life(room);
	struct found_room *found = &content->rooms[place];

	if (place >= ROOMS || life == 0 || !room->persistent) {
		complain(content, "a room that never was", place);
		return;
	}
	if (found->life != life) {
		found->first = 1;
		found->last = 0;
	}
	found->life = life;
	strcpy(found->epoch, room->epoch);
}

void
content_remove_room(struct content *content, struct str id)
{
	struct found_room *room =
	    room_of(content, id, "a room that is gone, but never was");

	if (room != NULL)
		room->life = 0;
}

void
content_add_message(struct content *content, struct str id,
    const struct message *message)
{
	struct found_room *room =
	    room_of(content, id, "a message of a room that is not there");
	unsigned n = speech_number(message);

	if (room == NULL)
		return;
	if (n == 0)
		complain(content, "a message that was not sent",
		    speech_room_place(id));
	if (message->seq <= room->last || message->seq >= SEQ_MOST) {
		complain(content, "a seq twice, or a wild one",
		    speech_room_place(id));
		return;
	}
	if (room->first > room->last)
		room->first = message->seq;
	for (uint64_t i = room->last + 1; i < message->seq; i++)
		room->numbers[i] = 0;
	room->numbers[message->seq] = n;
	room->last = message->seq;
}

void
content_trim(struct content *content, struct str id, uint64_t seq)
{
	struct found_room *room =
	    room_of(content, id, "a room that is cut, but not there");

	if (room == NULL || seq < room->first)
		return;
	room->first = seq + 1;
	if (room->last < seq)
		room->last = seq;
}

uint64_t
print_of(unsigned n, uint64_t seq)
{
	return chance_mix(n * UINT64_C(1000003) + seq);
}

static uint64_t
first_kept(const struct found_room *room)
{
	return room->last > KEPT ? room->last - KEPT + 1 : 1;
}

struct print
content_print(const struct content *content, unsigned place)
{
	const struct found_room *room = &content->rooms[place];
	struct print print = { .life = room->life };

	if (room->life == 0)
		return print;
	print.last = room->last;
	for (uint64_t seq = first_kept(room); seq <= room->last; seq++)
		print.hash += print_of(room->numbers[seq], seq);
	return print;
}

static const char *
room_fault(const struct found_room *room)
{
	if (room->first > first_kept(room))
		return "messages that should be kept are missing";
	for (uint64_t seq = room->first; seq <= room->last; seq++)
		if (room->numbers[seq] == 0)
			return "a hole in the numbers";
	return NULL;
}

const char *
content_fault(const struct content *content, unsigned *place)
{
	*place = content->wrong_room;
	if (content->wrong != NULL)
		return content->wrong;
	for (*place = 0; *place < ROOMS; ++*place) {
		const struct found_room *room = &content->rooms[*place];
		const char *fault = room->life > 0 ? room_fault(room) : NULL;

		if (fault != NULL)
			return fault;
	}
	return NULL;
}

unsigned
found_number(const struct found_room *room, uint64_t seq)
{
	return seq >= room->first && seq <= room->last ? room->numbers[seq] : 0;
}

static bool
room_is_equal(const struct found_room *a, const struct found_room *b)
{
	if (a->life != b->life || a->life == 0)
		return a->life == b->life;
	if (a->last != b->last)
		return false;
	for (uint64_t i = 0; i < KEPT && i < a->last; i++)
		if (found_number(a, a->last - i) !=
		    found_number(b, b->last - i))
			return false;
	return true;
}

bool
content_is_equal(const struct content *a, const struct content *b)
{
	for (size_t i = 0; i < ROOMS; i++)
		if (!room_is_equal(&a->rooms[i], &b->rooms[i]))
			return false;
	return true;
}
