#include "tests/persistence/crash/content.h"

#include <string.h>

#include "tests/support/persistence/chance.h"

static void
wrong_set(struct content *content, const char *why, unsigned place)
{
	if (content->wrong != NULL)
		return;
	content->wrong = why;
	content->wrong_room = place;
}

void
content_complain(struct content *content, const char *why)
{
	wrong_set(content, why, ROOMS);
}

void
content_clear(struct content *content)
{
	content->wrong = NULL;
	for (size_t i = 0; i < ROOMS; i++)
		content->rooms[i].generation = 0;
}

/* NULL: there is no such room, which is noted as an inconsistency. */
static struct found_room *
content_room_find(struct content *content, struct str id, const char *why)
{
	unsigned place = sample_room_place(id);

	if (place < ROOMS && content->rooms[place].generation != 0)
		return &content->rooms[place];
	wrong_set(content, why, place);
	return NULL;
}

/* A second record: the room got another epoch. */
void
content_add_room(struct content *content, const struct room *room)
{
	unsigned place = sample_room_place(str_from(room->id));
	unsigned generation = sample_room_generation(room);
	struct found_room *found = &content->rooms[place];

	if (place >= ROOMS || generation == 0 || !room->persistent) {
		wrong_set(content, "a room that never was", place);
		return;
	}
	if (found->generation != generation) {
		found->first = 1;
		found->last = 0;
		memset(found->marks, 0, sizeof(found->marks));
	}
	found->generation = generation;
	strcpy(found->epoch, room->epoch);
}

void
content_remove_room(struct content *content, struct str id)
{
	struct found_room *room = content_room_find(content, id,
	    "a room that is gone, but never was");

	if (room != NULL)
		room->generation = 0;
}

void
content_add_message(struct content *content, struct str id,
    const struct message *message)
{
	struct found_room *room = content_room_find(content, id,
	    "a message of a room that is not there");
	unsigned text;
	unsigned n = sample_message_number(message, &text);

	if (room == NULL)
		return;
	if (n == 0)
		wrong_set(content, "a message that was not sent",
		    sample_room_place(id));
	if (message->seq <= room->last || message->seq >= SEQ_MOST) {
		wrong_set(content, "a seq twice, or a wild one",
		    sample_room_place(id));
		return;
	}
	if (room->first > room->last)
		room->first = message->seq;
	for (uint64_t i = room->last + 1; i < message->seq; i++)
		room->numbers[i] = 0;
	room->numbers[message->seq] = n;
	room->messages[message->seq] = (struct message_marks){ .text = text };
	room->last = message->seq;
}

void
message_marks_set(struct message_marks *marks, unsigned mark, unsigned n)
{
	if (mark == MARK_REDACTION)
		memset(marks->marks, 0, sizeof(marks->marks));
	marks->marks[mark] = n;
}

bool
content_add_attribute(struct content *content, struct str id,
    const struct attribute *attribute)
{
	struct found_room *room = content_room_find(content, id,
	    "an attribute of a room that is not there");
	struct message_marks *marks;
	unsigned mark, n;

	if (room == NULL)
		return true;
	if (!sample_mark_read(attribute, &mark, &n)) {
		wrong_set(content, "an attribute that was not set",
		    sample_room_place(id));
		return true;
	}
	if (attribute->seq == 0) {
		room->marks[mark] = n;
		return true;
	}
	if (found_number(room, attribute->seq) == 0)
		return false;
	marks = &room->messages[attribute->seq];
	if (marks->marks[MARK_REDACTION] != 0)
		return false;
	message_marks_set(marks, mark, n);
	return true;
}

void
content_set_text(struct content *content, struct str id, uint64_t seq,
    unsigned text)
{
	struct found_room *room =
	    content_room_find(content, id, "a text of no room");

	if (room != NULL)
		room->messages[seq].text = text;
}

void
content_trim(struct content *content, struct str id, uint64_t seq)
{
	struct found_room *room =
	    content_room_find(content, id, "a room that is cut, but not there");

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
	struct print print = { .generation = room->generation };

	if (room->generation == 0)
		return print;
	print.last = room->last;
	memcpy(print.marks, room->marks, sizeof(print.marks));
	for (uint64_t seq = first_kept(room); seq <= room->last; seq++) {
		print.hash += print_of(room->numbers[seq], seq);
		if (found_number(room, seq) != 0)
			print.messages[seq % KEPT] = room->messages[seq];
	}
	return print;
}

bool
print_has_same_marks(const struct print *a, const struct print *b)
{
	return memcmp(a->marks, b->marks, sizeof(a->marks)) == 0 &&
	       memcmp(a->messages, b->messages, sizeof(a->messages)) == 0;
}

/* A redacted message has no text, an edited one that of the edit. */
static bool
text_is_right(const struct message_marks *message)
{
	if (message->marks[MARK_REDACTION] != 0)
		return message->text == TEXT_GONE;
	return message->text == message->marks[MARK_EDIT];
}

static const char *
room_fault(const struct found_room *room)
{
	if (room->first > first_kept(room))
		return "messages that should be kept are missing";
	for (uint64_t seq = room->first; seq <= room->last; seq++)
		if (room->numbers[seq] == 0)
			return "a hole in the numbers";
	for (uint64_t seq = room->first; seq <= room->last; seq++)
		if (!text_is_right(&room->messages[seq]))
			return "a text that is not the last one";
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
		const char *fault =
		    room->generation > 0 ? room_fault(room) : NULL;

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
messages_are_equal(const struct found_room *a, const struct found_room *b,
    uint64_t seq)
{
	unsigned number = found_number(a, seq);

	return number == found_number(b, seq) &&
	       (number == 0 || memcmp(&a->messages[seq], &b->messages[seq],
				   sizeof(a->messages[seq])) == 0);
}

static bool
room_is_equal(const struct found_room *a, const struct found_room *b)
{
	if (a->generation != b->generation || a->generation == 0)
		return a->generation == b->generation;
	if (a->last != b->last ||
	    memcmp(a->marks, b->marks, sizeof(a->marks)) != 0)
		return false;
	for (uint64_t i = 0; i < KEPT && i < a->last; i++)
		if (!messages_are_equal(a, b, a->last - i))
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
