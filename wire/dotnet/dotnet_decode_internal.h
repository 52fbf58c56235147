/* For the files of the decoder of the dotnet dialect only. */
#ifndef WIRE_DOTNET_DECODE_INTERNAL_H
#define WIRE_DOTNET_DECODE_INTERNAL_H

#include "wire/common/command_words.h"
#include "wire/common/scratch.h"
#include "wire/dotnet/dialect_dotnet.h"

enum field {
	FIELD_MESSAGE,
	FIELD_TO_USERNAME,
	FIELD_TO_USERNAMES,
	FIELD_CHAT_TYPE,
	FIELD_ROOM_ID,
	FIELD_TYPE,
	FIELDS_COUNT
};

extern const struct str dotnet_keys[FIELDS_COUNT];

/* The state of the decoder for one message. */
struct decoding {
	struct scratch *scratch;
	struct failure *why;
	struct json_value values[FIELDS_COUNT]; /* null is absent */
	/* What is left of Message: the body of a JSON string. */
	const char *at;
	const char *end;
};

/* The function of a type reads what is left of Message. NULL: no type. */
const struct command_word *dotnet_type_find(struct scratch *, struct str type);

#endif
