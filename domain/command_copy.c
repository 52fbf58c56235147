#include "domain/command_copy.h"

#include <string.h>

#include "domain/base/count_of.h"

/* Where in a command its texts are: what is not listed is not copied. */
static const size_t text_offsets[] = {
	offsetof(struct command, author),
	offsetof(struct command, scope),
	offsetof(struct command, ref),
	offsetof(struct command, word),
	offsetof(struct command, room),
	offsetof(struct command, name),
	offsetof(struct command, recipient),
	offsetof(struct command, after),
	offsetof(struct command, body),
	offsetof(struct command, key),
	offsetof(struct command, fields),
	offsetof(struct command, reaction),
	offsetof(struct command, reason),
	offsetof(struct command, topic),
	offsetof(struct command, role),
	offsetof(struct command, since_epoch),
	offsetof(struct command, as_id),
	offsetof(struct command, as_name),
	offsetof(struct command, file.id),
	offsetof(struct command, file.key),
	offsetof(struct command, file.name),
	offsetof(struct command, file.type),
};

size_t
command_text_bytes(const struct command *command)
{
	size_t bytes = 0;

	for (size_t i = 0; i < COUNT_OF(text_offsets); i++) {
		const struct str *text =
		    (const void *)((const char *)command + text_offsets[i]);

		bytes += text->len;
	}
	return bytes;
}

void
command_copy(const struct command *command, struct command *out, char *texts)
{
	*out = *command;
	for (size_t i = 0; i < COUNT_OF(text_offsets); i++) {
		struct str *text = (void *)((char *)out + text_offsets[i]);

		if (text->data == NULL)
			continue;
		memcpy(texts, text->data, text->len);
		text->data = texts;
		texts += text->len;
	}
}
