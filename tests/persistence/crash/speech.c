#include "tests/persistence/crash/speech.h"

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
write_body(char body[4096], unsigned n)
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
speech_make(struct speech *speech, unsigned n)
{
	struct message *message = &speech->message;

	*message = (struct message){ .at_ms = 1000 + n };
	message->body = str_slice(speech->body, write_body(speech->body, n));
	snprintf(speech->author, sizeof(speech->author), "Author %u", n % 7);
	message->author = str_from(speech->author);
	message->author_id = str_slice(speech->author + 7, 1);
	snprintf(speech->key, sizeof(speech->key), "key-%u", n);
	if (n % 3 != 0)
		message->key = str_from(speech->key);
}

unsigned
speech_number(const struct message *message)
{
	struct speech speech;
	char digits[8] = "";
	unsigned n;

	if (message->body.len < sizeof(digits))
		return 0;
	memcpy(digits, message->body.data + 1, sizeof(digits) - 1);
	n = (unsigned)strtoul(digits, NULL, 10);
	speech_make(&speech, n);
	return str_equal(message->body, speech.message.body) &&
		       str_equal(message->key, speech.message.key) &&
		       str_equal(message->author, speech.message.author) &&
		       str_equal(message->author_id,
			   speech.message.author_id) &&
		       message->at_ms == speech.message.at_ms
		   ? n
		   : 0;
}

void
speech_room(struct room *room, unsigned place, unsigned life)
{
	*room = (struct room){ .persistent = true };
	snprintf(room->id, sizeof(room->id), "room%u", place);
	snprintf(room->name, sizeof(room->name), "Life %u", life);
	snprintf(room->epoch, sizeof(room->epoch), "e%u", life);
}

unsigned
speech_room_place(struct str id)
{
	unsigned place = id.len == 5 ? (unsigned)(id.data[4] - '0') : ROOMS;

	return place < ROOMS && memcmp(id.data, "room", 4) == 0 ? place : ROOMS;
}

unsigned
speech_room_life(const struct room *room)
{
	return strncmp(room->name, "Life ", 5) == 0
		   ? (unsigned)strtoul(room->name + 5, NULL, 10)
		   : 0;
}
