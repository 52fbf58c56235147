#include "tests/persistence/crash/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/persistence/chance.h"

/* Mostly short; some longer than a sector, a few longer than a page. */
static size_t
length_of(struct chance *chance)
{
	size_t lot = chance_below(chance, 100);

	if (lot < 70)
		return 8 + chance_below(chance, 120);
	if (lot < 90)
		return 300 + chance_below(chance, 400);
	return lot < 98 ? 900 + chance_below(chance, 700)
			: 3000 + chance_below(chance, 1000);
}

static size_t
sample_body_write(char body[4096], unsigned n)
{
	struct chance chance = { n };
	size_t len = (size_t)snprintf(body, 32, "\"%u ", n);
	size_t end = len + length_of(&chance);

	for (; len < end; len++)
		body[len] = (char)('a' + chance_below(&chance, 26));
	body[len++] = '"';
	return len;
}

/* Every third has no key. */
void
sample_message_make(struct sample_message *sample, unsigned n)
{
	struct message *message = &sample->message;

	*message = (struct message){ .at_ms = 1000 + n };
	message->body =
	    str_slice(sample->body, sample_body_write(sample->body, n));
	snprintf(sample->author, sizeof(sample->author), "Author %u", n % 7);
	message->author = str_from(sample->author);
	message->author_id = str_slice(sample->author + 7, 1);
	snprintf(sample->key, sizeof(sample->key), "key-%u", n);
	if (n % 3 != 0)
		message->key = str_from(sample->key);
}

/* False: it is no message's text. */
static bool
text_read(struct str body, unsigned *n)
{
	struct sample_message sample;
	char digits[8] = "";

	if (body.len < sizeof(digits))
		return false;
	memcpy(digits, body.data + 1, sizeof(digits) - 1);
	*n = (unsigned)strtoul(digits, NULL, 10);
	sample_message_make(&sample, *n);
	return str_equal(body, sample.message.body);
}

unsigned
sample_message_number(const struct message *message, unsigned *text)
{
	unsigned n = (unsigned)(message->at_ms - 1000);
	struct sample_message sample;

	sample_message_make(&sample, n);
	*text = TEXT_GONE;
	if (message->body.len > 0 && !text_read(message->body, text))
		return 0;
	if (*text == n)
		*text = TEXT_SENT;
	return str_equal(message->key, sample.message.key) &&
		       str_equal(message->author, sample.message.author) &&
		       str_equal(message->author_id,
			   sample.message.author_id) &&
		       message->at_ms == sample.message.at_ms
		   ? n
		   : 0;
}

/* Without value. */
static void
mark_name(struct sample_mark *mark, uint64_t seq, unsigned place)
{
	struct attribute *attribute = &mark->attribute;
	static const enum attribute_kind of_rooms[] = { ATTRIBUTE_TOPIC,
		ATTRIBUTE_SLOW };
	static const enum attribute_kind of_members[] = { ATTRIBUTE_ROLE,
		ATTRIBUTE_MEMBER, ATTRIBUTE_READ };
	static const enum attribute_kind of_messages[] = {
		[MARK_REDACTION] = ATTRIBUTE_REDACTION,
		[MARK_EDIT] = ATTRIBUTE_EDIT,
	};

	*mark = (struct sample_mark){ .attribute.seq = seq };
	if (place < 2) {
		attribute->kind =
		    seq > 0 ? of_messages[place] : of_rooms[place];
		return;
	}
	place -= 2;
	attribute->kind =
	    seq > 0 ? ATTRIBUTE_REACTION : of_members[place / MARK_SUBJECTS];
	snprintf(mark->subject, sizeof(mark->subject), "m%u",
	    place % MARK_SUBJECTS);
	attribute->subject = str_from(mark->subject);
	if (seq == 0)
		return;
	snprintf(mark->label, sizeof(mark->label), "r%u",
	    place / MARK_SUBJECTS);
	attribute->label = str_from(mark->label);
}

void
sample_mark_make(struct sample_mark *mark, uint64_t seq, unsigned place,
    unsigned n)
{
	struct attribute *attribute = &mark->attribute;

	mark_name(mark, seq, place);
	snprintf(mark->value, sizeof(mark->value), "value %u", n);
	attribute->value = str_from(mark->value);
	attribute->by = STR("by");
	attribute->at_ms = 1000 + n;
	if (attribute->kind == ATTRIBUTE_EDIT) {
		sample_message_make(&mark->text, n);
		attribute->body = mark->text.message.body;
	}
}

static bool
key_is_equal(const struct attribute *a, const struct attribute *b)
{
	return a->kind == b->kind && str_equal(a->subject, b->subject) &&
	       str_equal(a->label, b->label);
}

bool
sample_mark_read(const struct attribute *attribute, unsigned *place,
    unsigned *n)
{
	unsigned places = attribute->seq > 0 ? MESSAGE_MARKS : ROOM_MARKS;
	static struct sample_mark mark;

	for (*place = 0; *place < places; ++*place) {
		mark_name(&mark, attribute->seq, *place);
		if (key_is_equal(attribute, &mark.attribute))
			break;
	}
	*n = 0;
	if (*place == places || attribute->value.len == 0)
		return *place < places;
	*n = (unsigned)(attribute->at_ms - 1000);
	sample_mark_make(&mark, attribute->seq, *place, *n);
	return str_equal(attribute->value, mark.attribute.value) &&
	       str_equal(attribute->by, mark.attribute.by) &&
	       (attribute->body.len == 0 ||
		   str_equal(attribute->body, mark.attribute.body));
}

void
sample_room(struct room *room, unsigned place, unsigned generation)
{
	*room = (struct room){ .persistent = true };
	snprintf(room->id, sizeof(room->id), "room%u", place);
	snprintf(room->name, sizeof(room->name), "Room %u", generation);
	snprintf(room->epoch, sizeof(room->epoch), "e%u", generation);
}

unsigned
sample_room_place(struct str id)
{
	unsigned place = id.len == 5 ? (unsigned)(id.data[4] - '0') : ROOMS;

	return place < ROOMS && memcmp(id.data, "room", 4) == 0 ? place : ROOMS;
}

unsigned
sample_room_generation(const struct room *room)
{
	return strncmp(room->name, "Room ", 5) == 0
		   ? (unsigned)strtoul(room->name + 5, NULL, 10)
		   : 0;
}
